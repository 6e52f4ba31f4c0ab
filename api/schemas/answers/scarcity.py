"""Answers about prices of scarce capacity."""

from __future__ import annotations

from api.schemas.answers.common import Aged, RuleId, Time, Told
from api.schemas.base import Out
from solver.placing.scarce import Capacity


class ScarcePriceOut(Out):
    """A rule that keeps scarce capacity: its ``plain`` price in the profile, the one that follows the forecast (null:
    none is known), the most that may be, and which is ``in_force``."""

    rule_id: RuleId
    plain: int
    price: int | None
    cap: int
    in_force: int


class ScarceClassOut(Out):
    """One class of scarce capacity. ``waiting``: how many who need it have no place; ``bid``: what one unit is expected
    to spare those who need it, before the cap; the last day as forecast beside what was asked for."""

    capacity: Capacity
    rule_id: RuleId
    units: int
    free: int
    waiting: int
    expected_within_6_hours: float
    bid: int
    asked_for_last_day: int | None
    forecast_for_last_day: float | None
    drifted: bool
    sentence: Told


class ScarcityOut(Aged):
    """``enabled``: this service computes prices; ``switched_on``: an administrator wants them; ``drifted``: classes
    whose forecast no longer holds, which puts the plain prices in force. ``revision`` is the ETag."""

    revision: int
    enabled: bool
    switched_on: bool
    in_force: bool
    drifted: list[Capacity]
    computed_at: Time | None
    prices: list[ScarcePriceOut]
    classes: list[ScarceClassOut]


class SwitchedOut(Aged):
    """Decisions from the next batch on are taken under these prices, or under the profile's own."""

    switched_on: bool
    in_force: bool
    revision: int

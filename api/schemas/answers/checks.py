"""Answers about changes that nobody has made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.answers.common import Aged, Cost, RuleId, Time, Told
from api.schemas.answers.requests import LotUseOut, UnitUseOut
from api.schemas.base import Out
from api.security.permissions import Role
from solver.engine.rule import Level

Roles = Annotated[
    list[Role], Field(description="Who may override it, on the ward that asks; nobody if empty")
]


class BreachOut(Out):
    """A rule the change breaks, by ``amount`` of the rule's unit; ``waived``: somebody entitled has overridden it."""

    rule_id: RuleId
    level: Level
    amount: int
    sentence: Told
    overridable_by: Roles
    waived: bool


class ChangedPriceOut(Out):
    """What one rule adds to the cost, with the change and as things stand."""

    rule_id: RuleId
    amount: int
    cost: Cost
    amount_now: int
    cost_now: Cost
    sentence: Told


class CheckOut(Aged):
    """What a change would break and cost; nothing was changed. ``allowed``: it breaks nothing that is not waived.

    ``difference``: how much dearer the hospital becomes. ``hospital_revision``: the one this rests on.
    """

    bed_id: str
    ward_id: str
    start: Time
    end: Time
    companion_bed_id: str | None
    units: list[UnitUseOut]
    lots: list[LotUseOut]
    allowed: bool
    breaks: list[BreachOut]
    prices: list[ChangedPriceOut]
    cost: Cost
    cost_now: Cost
    difference: Cost
    sentence: Told

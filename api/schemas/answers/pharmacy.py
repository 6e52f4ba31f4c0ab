"""Answers about orders of a pharmacy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, PageOut, Time, Told
from api.schemas.base import Out
from solver.hospital import HandlingClass


class OrderPolicyOut(Out):
    """Order up to ``level``, at most ``largest_order``, while what is on hand and ordered is ``below`` (null: any)."""

    name: Literal[
        "base_stock",
        "min_max",
        "waste_aware_base_stock",
        "capped_base_stock",
        "age_aware_base_stock",
        "dynamic_programming",
        "rule_of_thumb",
        "person_decides",
    ]
    below: float | None
    level: float
    largest_order: int


class ExpectedOut(Out):
    """What the policy comes to on simulated days that it was not tuned on."""

    daily_cost: float
    service: Annotated[float, Field(description="Share of demand that is met")]
    waste: Annotated[float, Field(description="Share of what is ordered that expires")]
    short_days: Annotated[float, Field(description="Share of days on which something was not there")]


class CurvePointOut(Out):
    """What another level would come to."""

    level: float
    service: float
    waste: float


class StockAlertOut(Out):
    """What somebody should look at. ``in_days``: from today, below 0 before it."""

    kind: Literal[
        "expired",
        "expires_too_soon",
        "expires_unused",
        "runs_out_before_delivery",
        "below_safety_stock",
        "not_usable",
        "demand_unknown",
        "order_overdue",
    ]
    quantity: int
    in_days: int
    lot_id: str | None


class AcceptedOut(Out):
    """What a pharmacist decided about a line, and when."""

    quantity: int
    by: str
    at: Time


class OrderLineOut(Out):
    """One item: how much to order today, why, and how it stands."""

    item_id: str
    quantity: int
    policy: OrderPolicyOut
    daily_demand: float
    expected: ExpectedOut
    curve: list[CurvePointOut]
    on_hand: int
    days_of_cover: Annotated[float | None, Field(description="Null without demand")]
    days_to_next_delivery: int
    alerts: list[StockAlertOut]
    accepted: Annotated[AcceptedOut | None, Field(description="Null while nobody has decided")]


class AcceptedLineOut(AcceptedOut):
    """A line that was decided, beside what was proposed."""

    item_id: str
    proposed: int


class PharmacyPlanOut(Out):
    """A proposal: a pharmacist decides about each line."""

    job_id: str
    revision: Annotated[int, Field(description="Of what was decided so far; 0: nothing")]
    from_ledger: Annotated[bool, Field(description="Stock and demand are the live hospital's")]
    stopped: bool
    verified: Annotated[bool, Field(description="The referee found no rule of orders broken")]
    seed: int
    without: Annotated[list[str], Field(description="Items not looked at, since the job was stopped")]
    lines: list[OrderLineOut]


class OrderAcceptedOut(Aged):
    """The order as it is decided now: each line that somebody decided about."""

    revision: int
    items: list[AcceptedLineOut]


class BandOut(Out):
    """Units on hand that expire within so many days (null: later), and not within those of the band before; 0: they
    have expired."""

    within_days: int | None
    quantity: int


class WatchAlertOut(Out):
    """What somebody should look at. ``in_days``: from today, below 0 before it; ``told``: when an event told of it,
    null before the next look."""

    kind: Literal[
        "expired",
        "expires_too_soon",
        "expires_unused",
        "runs_out_before_delivery",
        "below_safety_stock",
        "not_usable",
        "cold_chain_hold",
        "demand_unknown",
        "order_overdue",
    ]
    quantity: int
    in_days: int
    lot_id: str | None
    told: Time | None
    sentence: Told


class WatchedOut(Out):
    """A drug as it stands. ``days_of_cover``: what is on hand lasts so long before it expires; null without demand."""

    id: str
    handling: HandlingClass
    on_hand: int
    daily_demand: float
    days_of_cover: float | None
    days_to_next_delivery: int
    bands: list[BandOut]
    alerts: list[WatchAlertOut]


class WatchPage(PageOut[WatchedOut]):
    """Drugs by id, as they stand on the day ``today`` (the hospital's own)."""

    today: str

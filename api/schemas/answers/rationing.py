"""Answers about the committee's order of priorities, and about shortages under it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.answers.common import Aged, ProfileOut, RuleId, Time, Told
from api.schemas.base import Out
from solver.hospital import Priority
from solver.pharmacy.rationing import Criterion


class RationingEventOut(Out):
    """Who proposed a version or put it in force, when and why."""

    by: Annotated[str, Field(description="The id of an account")]
    at: Time
    reason: str


class RationingOrderOut(Out):
    """One version. ``activated``: the last time that it came into force."""

    order_version: int
    committee: str
    criteria: list[Criterion]
    cover_bands: list[int]
    in_force: bool
    proposed: RationingEventOut
    activated: RationingEventOut | None


class RationingOrderList(Out):
    """Every version, the newest first. ``active_version`` 0: none was put in force yet, and the plain order holds
    (clinical priority, then days of cover), which no committee set. ``revision`` grows with each activation."""

    active_version: int
    revision: int
    items: list[RationingOrderOut]


class RationingProposedOut(Aged):
    """A version was proposed; it is not in force yet."""

    order_version: int
    revision: int


class RationingActivatedOut(Aged):
    """A version came into force."""

    order_version: int
    former_version: int
    revision: int


class OrderUsedOut(Out):
    """Whose order a list follows; ``order_version`` 0: the plain one, which no committee set."""

    order_version: int
    committee: str
    criteria: list[Criterion]
    cover_bands: list[int]


class ShareLotOut(Out):
    """Units of a lot."""

    lot_id: str
    quantity: int


class LotKeptOut(Out):
    """A lot that might have served, and the rule that keeps it from the request."""

    lot_id: str
    rule_id: RuleId
    sentence: Told


class ShareOut(Out):
    """What one request would get of what there is. ``rank``: its class in the order, 0 first; ``days_of_cover``: how
    long what the ward's cabinet holds lasts, 0 if nothing is there or no ward asks; ``short``: units it would go
    without."""

    request_id: str
    ward_id: str | None
    drug_id: str
    priority: Priority
    days_of_cover: int
    rank: int
    quantity: int
    proposed: int
    short: int
    lots: list[ShareLotOut]
    against: list[LotKeptOut]


class ShortageOut(Out):
    """A drug of which those who wait ask more than may be given out. ``asked`` and ``proposed`` in units."""

    drug_id: str
    asked: int
    proposed: int
    requests: list[ShareOut]


class ShortagesOut(Aged):
    """What is short now, and how the order in force would share it. Nothing is reserved by it: a clinician decides.
    ``profile``: whose prices of expiry and safety stock were used, among sharings that the order holds for equal.
    ``proven``: no other sharing is better under the order."""

    order: OrderUsedOut
    profile: ProfileOut
    proven: bool
    items: list[ShortageOut]
    hospital_revision: int

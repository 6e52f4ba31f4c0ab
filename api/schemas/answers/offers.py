"""Answers about offers: what a need could be given, what each way costs and takes from others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.answers.common import Aged, Cost, RuleId, Time, Told
from api.schemas.answers.requests import CoverOut, LotUseOut, NeedOut, OverriddenOut, PriceOut, UnitUseOut
from api.schemas.base import Out
from solver.placing.problem import Method
from solver.placing.taking import Scarce


class TaxedOut(PriceOut):
    """What one rule adds to the cost: ``amount`` times its weight per ``unit``."""

    unit: str
    sentence: Told


class TakenOut(Out):
    """The last of something scarce while the stay lasts. ``of``: the site of rooms and critical-care beds, the ward of
    staffed beds, the type of units, the drug of a stock; ``left``: what others still find of it."""

    kind: Scarce
    of: str
    left: int
    sentence: Told


class TakesPlaceOfOut(Out):
    """A less urgent booking that would be taken back; ``bed_id`` and ``start`` are null if it would wait again, and all
    but the sentence where the caller may not read requests of its ward."""

    request_id: str | None
    from_bed_id: str | None
    bed_id: str | None
    start: Time | None
    sentence: Told


class OptionOut(Out):
    """One way to place a need. Nothing is reserved: ``stands`` says how long it stands, at most until ``valid_until``.

    To take it as it is: ``:choose`` with ``bed_id``, ``start``, ``units`` and ``lots``.
    """

    bed_id: str
    room_id: str
    ward_id: str
    companion_bed_id: str | None
    start: Time
    end: Time
    conditional: bool
    units: list[UnitUseOut]
    lots: list[LotUseOut]
    cover: CoverOut
    method: Method
    verified: bool
    cost: Cost
    prices: list[TaxedOut]
    takes: list[TakenOut]
    takes_place_of: TakesPlaceOfOut | None
    profile_version: int
    scarcity_version: int | None
    waived: list[RuleId]
    overridden: list[OverriddenOut]
    reasons: list[Told]
    valid_until: Time
    stands: Told


class RecommendedOut(Aged):
    """The best options that differ, cheapest first; without one, ``need`` says what stands in the way.

    ``complete``: as many as asked for, or all there are. ``degraded``: time was short; what was found is all good, and
    may not be the best.
    """

    request_id: str | None
    decided_at: Time
    method: Annotated[str, Field(description="The methods by which options were found, joined by +")]
    degraded: bool
    complete: bool
    options: list[OptionOut]
    need: NeedOut | None

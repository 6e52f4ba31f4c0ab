"""Answers about requests: what was given and why, or what stands in the way and whom to call."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, BedsidePage, Cost, RepairPlanOut, RuleId, Time, Told
from api.schemas.answers.steps import BreachOut, StatedReasonOut
from api.schemas.base import Out
from api.schemas.requests import PriorityName
from api.solving.messages import Failure
from solver.hospital import Feature, RequestState, Step
from solver.placing.problem import Method


class UnitUseOut(Out):
    """A unit and when it is used; ``type_id`` is what was asked for."""

    type_id: str
    unit_id: str
    start: Time
    end: Time


class LotUseOut(Out):
    """A quantity of a lot; ``drug_id`` is what was asked for."""

    drug_id: str
    lot_id: str
    quantity: int


class PriceOut(Out):
    """What one rule adds to the cost."""

    rule_id: RuleId
    amount: int
    cost: Cost


class ComparedOut(Out):
    """Why not this other bed: the hard rules it would break, and what it would cost more."""

    bed_id: str
    broken: list[RuleId]
    extra_cost: Cost
    sentence: Told


class CoverOut(Out):
    """Nurses on a ward at the start of a stay; needed in hundredths of a nurse, ratios as ``1:4``."""

    ward_id: str
    nurses_on_duty: int
    nurses_needed_hundredths: int
    ratios: list[str]


class DisplacedOut(Out):
    """What became of a booking that was taken back or broken; ``allocation_id`` is null when it waits again."""

    request_id: str
    former_allocation_id: str | None
    allocation_id: str | None
    from_bed_id: str | None
    bed_id: str | None
    from_start: Time | None
    start: Time | None
    state: RequestState


class OverriddenOut(Out):
    """An overridable rule that is not kept here, because a person waived it: by how much."""

    rule_id: RuleId
    amount: int
    unit: str


class OverrideOut(Out):
    """A person's decision against a rule: by which account, in force during [since, until), for which request (perhaps
    one that this one continues). Told also when it is over. The one record's reader is told the ``reason`` too, unless
    it is ``withheld``: it is for who may read of the patient there."""

    id: str
    rule_id: RuleId
    by: str
    since: Time
    until: Time
    request_id: str
    reason: str | None = None
    withheld: bool | None = None


class AllocationOut(Out):
    """What was given, with its explanation. ``dispensed``: the lots that were, once the patient has arrived.
    ``displaced``: the less urgent booking that had this place. ``held_until``: given back then unless somebody
    confirms it. ``overridden``: rules not kept here because a person waived them. ``stale_since``: told from memory
    because storage cannot be asked; it was known to be so then; ``advice_only``: too long ago to act on.
    ``profile_version``: of the rules it was decided under, whichever are in force now; missing in what an older
    release decided. ``scarcity_version``: of the prices of scarce capacity (GET /scarcity) that held then; null where
    the profile's own did."""

    id: str
    request_id: str
    person_id: str
    state: RequestState
    revision: Annotated[int, Field(description="Of the request: its ETag")]
    bed_id: str
    room_id: str
    ward_id: str
    companion_bed_id: str | None
    start: Time
    end: Time
    conditional: bool
    units: list[UnitUseOut]
    lots: list[LotUseOut]
    method: Method
    verified: bool
    cost: Cost
    reasons: list[Told]
    prices: list[PriceOut]
    waived: list[RuleId]
    overridden: list[OverriddenOut] | None = None
    compared: list[ComparedOut]
    cover: CoverOut
    profile_version: int | None = None
    scarcity_version: int | None = None
    dispensed: list[str] | None = None
    displaced: list[DisplacedOut] | None = None
    held_until: Time | None = None
    stale_since: Time | None = None
    advice_only: bool | None = None
    overrides: list[OverrideOut] | None = None


class ReplacedAllocationOut(Out):
    """An allocation that is no longer in force; ``replaced_by`` names the one that is, if there is one."""

    id: str
    request_id: str
    person_id: str
    state: Literal["released"]
    revision: int
    bed_id: str
    start: Time
    end: Time
    replaced_by: str | None


class BlockingOut(Out):
    """A rule that stands in the way: in how many beds, and in how many alone."""

    rule_id: RuleId
    sentence: Told
    beds: int
    alone: int
    overridable: bool


class NearMissOut(Out):
    """A bed that fails by few rules; ``overridable``: a person could waive all of them."""

    bed_id: str
    ward_id: str
    rule_ids: list[RuleId]
    overridable: bool


class NeedOut(Out):
    """A need without a place. ``fits_from``: as things stand, null if not within the forecast."""

    blocking: list[BlockingOut]
    near_misses: list[NearMissOut]
    fits_from: Time | None
    decided_again: Time
    fallback: Told
    call: Told


class CaseOut(Out):
    """A request and where it stands: ``allocation`` if something was given, ``need`` with ``reasons`` if it waits,
    neither when it is over. ``displaced_by``: the more urgent request that took its former place."""

    request_id: str
    person_id: str
    state: RequestState
    revision: int
    priority: PriorityName
    needed_by: Time
    displaced_by: str | None = None
    overrides: list[OverrideOut] | None = None
    allocation: AllocationOut | None = None
    need: NeedOut | None = None
    reasons: list[Told] | None = None


class DecidedOut(CaseOut):
    """A request that was just decided; ``degraded``: time was short, and the quickest answer was taken."""

    decided_at: Time
    degraded: bool


class ActedOut(DecidedOut, Aged):
    """A request after something was done about it."""


class BatchOut(Aged):
    """Requests decided jointly, in the order they were sent, and how good that is.

    ``bound``: no joint decision could have cost less, on the hospital as it was when the batch came in; without a
    plan it is reckoned in milliseconds from what each would cost alone, no bed given twice, and proves less. Null when
    a rule was waived or a stay continued, or when the hospital changed so that the plan no longer held. ``gap``: the
    share of ``cost`` that a better decision could have saved at most. ``plan``: bookings of others that were taken back
    for the urgent of the batch, and what more of them would have saved. ``degraded``: time was short, or there was no
    plan, for the reason given.
    """

    placed: int
    unplaced: int
    method: Annotated[str, Field(description="The methods by which requests were decided, joined by +")]
    cost: Cost
    bound: Cost | None
    gap: float | None
    plan: RepairPlanOut
    degraded: bool
    degraded_reason: Failure | Literal["deadline"] | None
    results: list[DecidedOut]


class ListedCaseOut(CaseOut):
    """A request on a list; ``id`` is the request's."""

    id: str


class CasePage(BedsidePage[ListedCaseOut]):
    """Requests."""


class CareNeededOut(Out):
    """What the stay needs of its bed and ward."""

    speciality: str
    care_level: int
    features: list[Feature]
    skills: list[str]


class CaseDetailOut(CaseOut):
    """One request with the times of its steps; ``ward_asking`` is null for emergency department, theatre, home."""

    ward_asking: str | None
    steps: dict[Step, Time]
    breaches: Annotated[list[BreachOut], Field(description="Steps that were late, places that were declined")]
    declined_by: list[str]
    stated_reasons: list[StatedReasonOut]
    care: CareNeededOut
    duration_minutes: int
    max_wait_minutes: int

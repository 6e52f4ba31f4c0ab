"""Answers about disruptions, proposals, the clock and the census."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, PageOut, RepairPlanOut, Time, Told
from api.schemas.answers.requests import CaseOut, DecidedOut, DisplacedOut
from api.schemas.answers.steps import SaidOut
from api.schemas.base import Out
from api.schemas.requests import PriorityName
from solver.hospital import Companion, OperationalStatus

ProposalState = Literal["open", "confirmed", "declined", "expired"]


class FreedBed(Out):
    """A critical-care bed that a step-down frees; ``worth``: by the price of scarce care levels."""

    bed_id: str
    care_level: int
    worth: int


class TransferProposed(Out):
    """Another bed for who lies in ``from_bed_id``; without ``bed_id`` nothing fits before ``fits_from``."""

    priority: PriorityName
    care_level: int | None
    other_room: bool
    companion: Companion
    frees: FreedBed | None = None
    from_bed_id: str
    bed_id: str | None
    start: Time | None
    fits_from: Time | None


class UnitProposed(Out):
    """Another unit for one in use; null when none is free."""

    unit_id: str
    other_unit_id: str | None


class DrugReviewProposed(Out):
    """To look after somebody who was given a lot that may not be used."""

    lot_id: str
    stay_id: str


class CallInProposed(Out):
    """To call somebody in who is on call; ``shift_id`` is null where the caller may not read of the ward's staff."""

    shift_id: str | None
    ward_id: str
    needs_consent: bool


class ChainStep(Out):
    """One step of a chain: a booking gets another bed, a patient moves to another bed or waits in a lounge seat, and
    whom it is all for gets theirs."""

    action: Literal["rebook", "move", "lounge", "place"]
    request_id: str | None
    stay_id: str | None
    allocation_id: Annotated[str | None, Field(description="The booking that is changed")]
    from_bed_id: str | None
    bed_id: str
    ward_id: str
    start: Time


class ChainProposed(Out):
    """Steps in the order to carry them out, all or none. ``moves``: people who lie in a bed and would be moved;
    ``gain``: by how much the total cost falls; ``complete``: the search had time for all it wanted to look at;
    ``void``: why the chain no longer holds."""

    moves: int
    gain: int
    complete: bool
    frees: FreedBed | None
    steps: list[ChainStep]
    void: Told | None = None


class ProposalOut(Out):
    """A change that only a person may make; ``change`` says to what, by ``kind``."""

    id: str
    kind: Literal["transfer", "replace_unit", "review_drug", "call_in", "chain"]
    subject_id: Annotated[
        str | None,
        Field(
            description="The stay, booking, shift or request it is about; null for a shift one may not read"
        ),
    ]
    state: ProposalState
    reason: Told
    change: TransferProposed | UnitProposed | DrugReviewProposed | CallInProposed | ChainProposed
    expires: Time | None


class ListedProposalOut(ProposalOut):
    """A proposal on a list, with what was said to its answer."""

    answered_because: SaidOut


class ProposalPage(PageOut[ListedProposalOut]):
    """Proposals, oldest first."""


class UnitReplaced(Out):
    """Another unit took over."""

    unit_id: str
    other_unit_id: str


class CalledIn(Out):
    """Somebody on call comes."""

    shift_id: str


class ChainDone(Out):
    """A chain that was carried out: every request of it as it stands now."""

    chain: list[CaseOut]


class ChainVoid(Out):
    """A chain that no longer holds, and why; nothing of it was done."""

    void: Told


class ProposalAnswered(Aged):
    """What came of a proposal; ``result`` is null for one that was declined or needed nothing done."""

    id: str
    state: ProposalState
    result: DecidedOut | UnitReplaced | CalledIn | ChainDone | ChainVoid | None


class Upset(Aged):
    """What an event, or time alone, did to the bookings."""

    repaired: list[DisplacedOut]
    placed_from_waiting: list[CaseOut]


class DisruptionOut(Upset):
    """An event as told, what it changed, and what a person is asked to do."""

    plan: RepairPlanOut

    disruption_id: str
    kind: str
    subject_id: str
    at: Time
    proposals: list[ProposalOut]


class ClockOut(Upset):
    """The hospital's clock after it was set, and what followed."""

    now: Time
    cleaned_beds: list[str]
    overdue_stays: list[str]
    lapsed_holds: Annotated[list[str], Field(description="Allocations that nobody confirmed in time")]


class OccupantOut(Out):
    """Who lay in a bed."""

    stay_id: str
    person_id: str
    arrived: Time
    companion: bool


class BedCensusOut(Out):
    """One bed at one minute; ``status`` is null when nothing was recorded of it yet."""

    bed_id: str
    room_id: str
    ward_id: str
    status: OperationalStatus | None
    blocked: bool
    reserved_for: list[str]
    occupant: OccupantOut | None


class CensusOut(Out):
    """Every bed at one minute."""

    at: Time
    known_at: Time | None
    beds: int
    occupied: int
    reserved: int
    blocked: int
    items: list[BedCensusOut]

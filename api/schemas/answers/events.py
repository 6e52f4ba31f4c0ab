"""Answers about disruptions, proposals, the clock and the census."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, PageOut, Time, Told
from api.schemas.answers.requests import CaseOut, DecidedOut, DisplacedOut
from api.schemas.base import Out
from api.schemas.requests import PriorityName
from solver.hospital import Companion, OperationalStatus

ProposalState = Literal["open", "confirmed", "declined", "expired"]


class TransferProposed(Out):
    """Another bed for who lies in ``from_bed_id``; without ``bed_id`` nothing fits before ``fits_from``."""

    priority: PriorityName
    care_level: int | None
    other_room: bool
    companion: Companion
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
    """To call somebody in who is on call."""

    shift_id: str
    ward_id: str
    needs_consent: bool


class ProposalOut(Out):
    """A change that only a person may make; ``change`` says to what, by ``kind``."""

    id: str
    kind: Literal["transfer", "replace_unit", "review_drug", "call_in"]
    subject_id: Annotated[str, Field(description="The stay, booking or shift it is about")]
    state: ProposalState
    reason: Told
    change: TransferProposed | UnitProposed | DrugReviewProposed | CallInProposed
    expires: Time | None


class ProposalPage(PageOut[ProposalOut]):
    """Proposals, oldest first."""


class UnitReplaced(Out):
    """Another unit took over."""

    unit_id: str
    other_unit_id: str


class CalledIn(Out):
    """Somebody on call comes."""

    shift_id: str


class ProposalAnswered(Aged):
    """What came of a proposal; ``result`` is null for one that was declined or needed nothing done."""

    id: str
    state: ProposalState
    result: DecidedOut | UnitReplaced | CalledIn | None


class Upset(Aged):
    """What an event, or time alone, did to the bookings."""

    repaired: list[DisplacedOut]
    placed_from_waiting: list[CaseOut]


class DisruptionOut(Upset):
    """An event as told, what it changed, and what a person is asked to do."""

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

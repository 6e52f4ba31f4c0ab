"""Proposals: moves of people who lie somewhere, other units for those in use. A person confirms or
declines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from api.errors import WrongState
from api.schemas.movements import ProposalIn, TransferIn
from api.schemas.requests import PriorityName
from api.security.access import Access
from api.security.permissions import Permission
from api.services import chain_answers
from api.services.cases import Proposal
from api.services.changes import Changes
from api.services.opening import named, open_proposal
from api.services.stating import state_reason
from api.services.transfers import TransferStay, transfer_request, transfer_stay
from api.services.units import free_unit, way
from models.commands import Answer
from models.errors import NotFound
from models.repositories.reasons import CONFIRMED_PROPOSAL, DECLINED_PROPOSAL
from solver.hospital import Companion, DutyKind, Lot, Request, Shift, Stay, UnitBooking
from solver.placing import phrases
from solver.placing.language import Language, Sentence
from solver.placing.problem import Decision
from solver.placing.telling import said, told

NEEDED = {
    "transfer": Permission.ALLOCATION_TRANSFER,
    "replace_unit": Permission.DISRUPTION_EQUIPMENT,
    "review_drug": Permission.DISRUPTION_PERSON,
    "call_in": Permission.DISRUPTION_STAFF,
    "chain": Permission.ALLOCATION_TRANSFER,
}
"""What it takes to answer each kind of proposal: the same as doing it oneself."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A person's answer to a proposal."""

    proposal_id: str
    accepted: bool
    body: ProposalIn
    access: Access


def propose_transfer(
    stay: Stay,
    reason: Sentence,
    changes: Changes,
    *,
    care_level: int | None = None,
    urgent: bool = False,
    frees: dict[str, Any] | None = None,
) -> Proposal | None:
    """Propose another bed for a patient who lies here; None if one is proposed or asked for already. ``frees``: the
    critical-care bed that comes free by it."""
    if _already(stay.id, changes) or stay.with_stay_id is not None:
        return None
    priority = PriorityName.URGENT if urgent else PriorityName.SOON
    body = TransferIn(
        reason=said(reason, Language.ENGLISH),
        priority=priority,
        care_level=care_level,
        other_room=not urgent or care_level is None,
    )
    request, decision = _found(stay, body, changes)
    if urgent and decision.allocation is None and request.companion is not Companion.NONE:
        # Who needs another bed at once does not wait for a cot beside it; the person who confirms is told.
        request, decision = _found(stay, body.model_copy(update={"companion": Companion.NONE}), changes)
    change: dict[str, Any] = {
        "priority": priority.value,
        "care_level": care_level,
        "other_room": body.other_room,
        "companion": request.companion.value,
        "frees": frees,
        "from_bed_id": stay.bed_id,
        "bed_id": decision.allocation.bed_id if decision.allocation is not None else None,
        "start": decision.allocation.start if decision.allocation is not None else None,
        "fits_from": decision.why_not.fits_from if decision.why_not is not None else None,
    }
    return open_proposal("transfer", stay.id, reason, change, changes)


def _found(stay: Stay, body: TransferIn, changes: Changes) -> tuple[Request, Decision]:
    request = transfer_request(stay, body, changes)
    return request, changes.live.decide(request, changes.desk.new_id("alc"))


def propose_unit(booking: UnitBooking, reason: Sentence, changes: Changes) -> Proposal | None:
    """Propose another unit for one that is attached to somebody."""
    if _already(booking.id, changes):
        return None
    unit = changes.records.units[booking.unit_id]
    other = free_unit(unit, booking, changes.records)
    change = {"unit_id": booking.unit_id, "other_unit_id": other.id if other is not None else None}
    return open_proposal("replace_unit", booking.id, reason, change, changes)


def propose_lot(lot: Lot, subject_id: str, reason: Sentence, changes: Changes) -> Proposal | None:
    """Propose to look after somebody who was given a lot that may not be used."""
    subject = f"{subject_id}/{lot.id}"
    if _already(subject, changes):
        return None
    return open_proposal("review_drug", subject, reason, {"lot_id": lot.id, "stay_id": subject_id}, changes)


def propose_call_in(absent: Shift, changes: Changes) -> Proposal | None:
    """Propose to call in somebody of the same ward; a paid call-in needs that person's consent (safeguard
    7)."""
    shifts = (changes.records.shifts[s] for s in changes.records.shifts_of_ward.get(absent.ward_id, ()))
    reserve = sorted(
        (s for s in shifts if s.kind is DutyKind.ON_CALL and s.called_at is None and not s.absent),
        key=lambda s: (s.response_minutes, s.id),
    )
    overlapping = [s for s in reserve if s.start < absent.end and max(absent.start, changes.now) < s.end]
    if not overlapping or _already(absent.id, changes):
        return None
    change = {"shift_id": overlapping[0].id, "ward_id": absent.ward_id, "needs_consent": True}
    return open_proposal("call_in", absent.id, phrases.NURSE_ABSENT.of(), change, changes)


def answer_proposal(command: Answered, changes: Changes) -> Answer:
    """Carry out what was proposed, decided anew on the hospital as it is now; or note that it was
    declined."""
    proposal = changes.desk.proposals.get(command.proposal_id)
    if proposal is None:
        raise NotFound("open proposal", command.proposal_id)
    ward_id, person_id = _ward_of(proposal, changes), _person_of(proposal, changes)
    waits = changes.desk.cases.get(proposal.subject_id)
    if proposal.kind == "chain":
        chain_answers.require(proposal, command.access, changes)
    else:
        command.access.require(ward_id, NEEDED[proposal.kind])
    account = command.access.principal.account_id
    state = "confirmed" if command.accepted else "declined"
    try:
        result = _carry_out(proposal, command, changes) if command.accepted else None
    except chain_answers.Void as void:
        told = chain_answers.void(proposal, void.reason, changes)
        return Answer(200, {"id": proposal.id, "state": "expired", "result": told})
    # A move frees a bed, another unit frees the one before, a call-in adds a nurse.
    changes.came_free = changes.came_free or command.accepted
    changes.propose(replace(proposal, state=state, decided_by=account))
    changes.tell(f"proposal.{state}", proposal.id, proposal_kind=proposal.kind, **named(proposal))
    action = CONFIRMED_PROPOSAL if command.accepted else DECLINED_PROPOSAL
    ward_id = ward_id if waits is None else waits.ward_id
    state_reason(
        action, proposal.id, command.body.reason, changes, case=waits, person_id=person_id, ward_id=ward_id
    )
    return Answer(200, {"id": proposal.id, "state": state, "result": result})


def expire(changes: Changes) -> None:
    """Let proposals lapse that nobody looked at, or whose subject is gone."""
    for proposal in list(changes.desk.proposals.values()):
        late = proposal.expires is not None and proposal.expires <= changes.now
        gone = proposal.kind == "transfer" and proposal.subject_id not in changes.records.stays
        stale = chain_answers.changed_meanwhile(proposal, changes) if proposal.kind == "chain" else None
        if stale is not None:
            chain_answers.void(proposal, stale, changes)
        elif late or gone:
            changes.propose(replace(proposal, state="expired"))


def _already(subject_id: str, changes: Changes) -> bool:
    asked = {
        case.request.from_stay_id
        for case in changes.desk.cases.values()
        if case.request.from_stay_id == subject_id
    }
    open_ones = changes.desk.proposals.values()
    in_chains = (step["stay_id"] for p in open_ones for step in p.change.get("steps", ()))
    return bool(asked) or any(p.subject_id == subject_id for p in open_ones) or subject_id in in_chains


def _ward_of(proposal: Proposal, changes: Changes) -> str | None:
    records = changes.records
    stay = records.stays.get(proposal.change.get("stay_id", proposal.subject_id))
    if stay is not None:
        return records.ward_of_bed(stay.bed_id).id
    booking = records.unit_bookings.get(proposal.subject_id)
    shift = records.shifts.get(proposal.subject_id)
    found = booking or shift
    return found.ward_id if found is not None else None


def _person_of(proposal: Proposal, changes: Changes) -> str | None:
    """The patient it is about; nobody, where somebody of the staff is to be called in."""
    records = changes.records
    stay = records.stays.get(proposal.change.get("stay_id", proposal.subject_id))
    booking = records.unit_bookings.get(proposal.subject_id)
    if stay is None and booking is not None:
        stay = records.stays.get(f"{booking.allocation_id}/stay")
    return stay.person_id if stay is not None else None


def _carry_out(proposal: Proposal, command: Answered, changes: Changes) -> Any:
    if proposal.kind == "transfer":
        return _transfer(proposal, command, changes)
    if proposal.kind == "replace_unit":
        return _replace_unit(proposal, changes)
    if proposal.kind == "chain":
        return chain_answers.carry_out_chain(proposal, command.access, changes)
    if proposal.kind == "call_in":
        return _call_in(proposal, command, changes)
    return None


def _transfer(proposal: Proposal, command: Answered, changes: Changes) -> Any:
    change = proposal.change
    body = TransferIn(
        reason=told(proposal.reason, Language.ENGLISH),
        priority=PriorityName(change["priority"]),
        care_level=change["care_level"],
        other_room=change["other_room"],
        companion=Companion(change["companion"]) if "companion" in change else None,
    )
    access = replace(command.access, permission=Permission.ALLOCATION_TRANSFER)
    return transfer_stay(TransferStay(proposal.subject_id, body, access), changes).body


def _replace_unit(proposal: Proposal, changes: Changes) -> Any:
    """End the use of the one unit now and begin that of the other."""
    booking = changes.records.unit_bookings.get(proposal.subject_id)
    if booking is None or booking.end <= changes.now:
        raise WrongState("The unit is no longer in use there.", "Nothing is left to do.")
    other = free_unit(changes.records.units[booking.unit_id], booking, changes.records)
    if other is None:
        raise WrongState("No other unit is free now.", "Ask the equipment manager to borrow one.")
    start = max(booking.start, changes.now) + way(other, booking.ward_id, changes.records)
    changes.replace_unit(booking, other, min(start, booking.end - 1))
    return {"unit_id": booking.unit_id, "other_unit_id": other.id}


def _call_in(proposal: Proposal, command: Answered, changes: Changes) -> Any:
    if not command.body.consented:
        raise WrongState("A call-in needs the person's consent.", "Ask, then send consented: true.")
    shift = changes.records.shifts[proposal.change["shift_id"]]
    if shift.end <= changes.now or shift.called_at is not None:
        raise WrongState("The on-call shift is over, or was called already.", "Look for somebody else.")
    changes.put(replace(shift, called_at=changes.now))
    return {"shift_id": shift.id}

"""Before the patient lies in the bed: the ward accepts, the bundle is given back, the patient sets out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from api.errors import WrongState
from api.schemas.movements import ConfirmIn, ReleaseIn, StepIn
from api.security.access import Access
from api.services.acceptance import accept, decline
from api.services.cases import Case
from api.services.changes import Changes
from api.services.lookup import case_by_id, case_of_allocation, main_stay
from api.services.placing import answer, give_place
from api.services.stating import state_reason
from models.commands import Answer
from models.repositories.reasons import RELEASED
from solver.hospital import (
    Bed,
    Minute,
    OperationalStatus,
    RequestState,
    StayState,
    Step,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to an allocation that stands at ``revision``."""

    allocation_id: str
    revision: int
    body: Any
    access: Access


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A request taken back, placed or not."""

    request_id: str
    body: ReleaseIn
    access: Access


def confirm(command: Act, changes: Changes) -> Answer:
    """The destination ward accepts; or declines, and the request is decided again without that ward."""
    body: ConfirmIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    ward = changes.records.ward_of_bed(_allocated_bed(case))
    command.access.require(ward.id)
    if case.state is not RequestState.PLACED:
        raise WrongState("Only an allocation in state placed is confirmed.", "Read it again.")
    if body.accepted:
        return Answer(200, answer(accept(case, changes), changes))
    case = decline(case, ward.id, body.reason, changes)
    case = give_place(case, changes)
    changes.came_free = True
    return Answer(200 if case.allocation is not None else 202, answer(case, changes))


def release(command: Act, changes: Changes) -> Answer:
    """Give a bundle back before the patient came; what waits is decided again."""
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    return _release(case, command.body, command.access, changes)


def withdraw(command: Withdraw, changes: Changes) -> Answer:
    """Take a request back, placed or not."""
    return _release(case_by_id(command.request_id, changes), command.body, command.access, changes)


def _release(case: Case, body: ReleaseIn, access: Access, changes: Changes) -> Answer:
    ward_id = _ward_concerned(case, access, changes)
    access.require(ward_id)
    if any(stay.state.pinned for stay in changes.stays_of(case)):
        raise WrongState("The patient is on the way or has arrived.", "Discharge or transfer the patient.")
    if case.allocation is not None:
        changes.take_back(case)
        changes.came_free = True
    case = replace(case, state=RequestState.RELEASED, allocation=None, need=None, held_until=None)
    case = changes.set_case(case)
    changes.tell("request.released", case.id, reason_given=bool(body.reason))
    state_reason(RELEASED, case.id, body.reason, changes, case=case, ward_id=ward_id)
    return Answer(200, answer(case, changes))


def record_step(command: Act, changes: Changes) -> Answer:
    """Handed over: the patient is on the way, and the hold no longer lapses. Bed clean: housekeeping is
    done."""
    body: StepIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    command.access.require(_ward_concerned(case, command.access, changes))
    at = past(body.at, changes)
    if body.step == "handed_over":
        if stay.state.pinned:
            raise WrongState("The patient is on the way or has arrived.", "Read the allocation again.")
        if any(s.state is StayState.IN_TRANSIT for s in changes.records.bed_stays(stay.bed_id)):
            raise WrongState("Somebody else is on the way to this bed.", "Find out who comes first.")
        for own in list(changes.stays_of(case)):
            changes.put(replace(own, state=StayState.IN_TRANSIT))
        for booking in changes.bookings_of(case):
            changes.put(replace(booking, pinned=True))
        changes.step(case.id, Step.HANDED_OVER, at)
    else:
        make_clean(changes.records.beds[stay.bed_id], changes)
        changes.step(case.id, Step.BED_CLEAN, at)
    case = changes.desk.cases[case.id]
    on_the_way = body.step == "handed_over"
    case = changes.set_case(replace(case, held_until=None) if on_the_way else case)
    changes.tell(f"step.{body.step}", stay.id, request_id=case.id)
    return Answer(200, answer(case, changes))


def make_clean(bed: Bed, changes: Changes) -> None:
    """Housekeeping is done with a bed."""
    if bed.clean_at is None and bed.status is not OperationalStatus.HOUSEKEEPING:
        return
    status = bed.status if bed.status is OperationalStatus.CLOSED else OperationalStatus.UNOCCUPIED
    changes.put(replace(bed, status=status, clean_at=None))


def past(at: Minute | None, changes: Changes) -> Minute:
    """When it happened; not in the future."""
    if at is None:
        return changes.now
    if at > changes.now:
        raise WrongState("What happened cannot lie in the future.", "Leave `at` out, or check the clock.")
    return at


def _allocated_bed(case: Case) -> str:
    assert case.allocation is not None, "looked up by its allocation"
    return case.allocation.bed_id


def _ward_concerned(case: Case, access: Access, changes: Changes) -> str | None:
    """The ward that asked or the ward that was given, whichever the principal belongs to; if no ward asked, the ward
    that was given alone: "no ward in particular" would open it to every site."""
    if case.allocation is None:
        return case.ward_id
    given = changes.records.ward_of_bed(case.allocation.bed_id).id
    return given if case.ward_id is None or access.allows(given) else case.ward_id

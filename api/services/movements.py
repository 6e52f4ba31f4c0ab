"""What happens to a patient who has a bed: the ward accepts, the patient comes, is transferred, leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.errors import Place, RuleBroken, UnknownReference, WrongState
from api.places import pointer
from api.schemas.movements import ArrivalIn, ConfirmIn, DischargeIn, ReleaseIn, StepIn, TransferIn
from api.security.access import Access
from api.services import repair, waiting
from api.services.desk import Case, Changes
from api.services.intake import taken_waivers, unknown_rules
from api.services.lookup import case_by_id, case_of_allocation, main_stay, stay_by_id
from api.services.placing import answer, decide, settle
from api.services.units import latest_end
from models.commands import Answer
from solver.hospital import (
    Bed,
    Care,
    Departure,
    HandlingClass,
    Minute,
    OperationalStatus,
    Origin,
    Priority,
    Request,
    RequestState,
    Stay,
    StayState,
    Step,
    Unit,
    UnitBooking,
    UnitState,
    UnitUse,
)
from solver.hospital.stays import turnaround_minutes
from solver.placing import rules
from solver.placing.referee import Decided, broken, check

KEPT_RESERVED = frozenset({HandlingClass.CONTROLLED, HandlingClass.BLOOD})
"""Never dispensed here: two people confirm a controlled drug, the blood bank issues blood (CLINICAL.md)."""


MATTER_AT_THE_BED = frozenset(
    rule.id
    for rule in (
        rules.BED_OPEN,
        rules.ROOM_SEX,
        rules.ISOLATION_ROOM,
        rules.ISOLATION_COHORT,
        rules.EXPOSURE_COHORT,
        rules.KEEP_APART,
    )
)
"""Rules that are judged again when somebody arrives: what they are about may have changed on the way."""


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


@dataclass(frozen=True, slots=True)
class TransferStay:
    """A patient who lies here moves to another bed, because a person says so."""

    stay_id: str
    body: TransferIn
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
        case = changes.set_case(replace(case, state=RequestState.CONFIRMED))
        changes.tell("allocation.confirmed", command.allocation_id, request_id=case.id)
        return Answer(200, answer(case, changes))
    changes.tell("allocation.declined", command.allocation_id, request_id=case.id, ward_id=ward.id)
    changes.take_back(case)
    rooms = frozenset(changes.records.rooms_of_ward.get(ward.id, ()))
    request = replace(case.request, excluded_room_ids=case.request.excluded_room_ids | rooms)
    case = replace(case, request=request)
    case = settle(case, decide(case, changes), changes)
    waiting.decide_again(changes, besides={case.id})
    return Answer(200 if case.allocation is not None else 202, answer(case, changes))


def release(command: Act, changes: Changes) -> Answer:
    """Give a bundle back before the patient came; what waits is decided again."""
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    return _release(case, command.body, command.access, changes)


def withdraw(command: Withdraw, changes: Changes) -> Answer:
    """Take a request back, placed or not."""
    return _release(case_by_id(command.request_id, changes), command.body, command.access, changes)


def _release(case: Case, body: ReleaseIn, access: Access, changes: Changes) -> Answer:
    access.require(_ward_concerned(case, access, changes))
    if any(stay.state.pinned for stay in changes.stays_of(case)):
        raise WrongState("The patient is on the way or has arrived.", "Discharge or transfer the patient.")
    if case.allocation is not None:
        changes.take_back(case)
    case = changes.set_case(replace(case, state=RequestState.RELEASED, allocation=None, need=None))
    changes.tell("request.released", case.id, reason_given=bool(body.reason))
    waiting.decide_again(changes)
    return Answer(200, answer(case, changes))


def arrive(command: Act, changes: Changes) -> Answer:
    """The patient lies in the bed; equipment is attached, drugs are dispensed."""
    body: ArrivalIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    command.access.require(changes.records.ward_of_bed(stay.bed_id).id)
    if stay.state is StayState.OCCUPYING:
        raise WrongState("The patient has arrived already.", "Read the allocation again.")
    at = _past(body.at, changes)
    unknown = list(unknown_rules(body.waivers, ()))
    if unknown:
        raise UnknownReference(unknown)
    ward_id = changes.records.ward_of_bed(stay.bed_id).id
    taken = taken_waivers(body.waivers, ward_id, case.id, command.access, changes)
    case = replace(case, waivers=(*case.waivers, *taken))
    for own in changes.stays_of(case):
        _refuse_unready(own, at, changes)
    _refuse_wrong_place(case, at, changes)
    case = _leave_former_bed(case, at, changes)
    for own in list(changes.stays_of(case)):
        _occupy(own, at, changes)
        _push_back(own.bed_id, own.id, changes)
    given = _attach(case, changes)
    explained = case.explanation | {"dispensed": given}
    assert case.allocation is not None, "whoever arrives has an allocation"
    lying = replace(case.allocation, start=at, end=max(case.allocation.end, at + 1))
    case = changes.set_case(
        replace(case, state=RequestState.ARRIVED, allocation=lying, explanation=explained)
    )
    changes.step(case.id, Step.ARRIVED, at)
    changes.tell("stay.arrived", stay.id, request_id=case.id, bed_id=stay.bed_id)
    repair.bed(stay.bed_id, changes)
    return Answer(200, answer(case, changes))


def discharge(command: Act, changes: Changes) -> Answer:
    """The discharge is ordered, the drugs to take home are ready, or the patient has left."""
    body: DischargeIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    command.access.require(changes.records.ward_of_bed(stay.bed_id).id)
    if not stay.state.pinned:
        raise WrongState("The patient has not arrived.", "Release the allocation instead.")
    at = _past(body.at, changes)
    if body.step == "left":
        leave(stay, at, "left", changes)
        waiting.decide_again(changes)
        after = changes.cases_after[case.id]
        return Answer(200, answer(after, changes))
    if body.step == "ordered":
        expected = at + 60 if body.expected is None else body.expected
        set_end(stay, max(expected, changes.now + 1), Departure.CONFIRMED, changes)
    changes.step(case.id, Step.DISCHARGE_ORDERED if body.step == "ordered" else Step.DRUGS_READY, at)
    changes.tell(f"discharge.{body.step}", stay.id, request_id=case.id)
    case = changes.set_case(changes.desk.cases[case.id])
    if body.step == "ordered":
        waiting.decide_again(changes)
    return Answer(200, answer(case, changes))


def record_step(command: Act, changes: Changes) -> Answer:
    """Handed over: the patient is on the way, and the hold no longer lapses. Bed clean: housekeeping is
    done."""
    body: StepIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    command.access.require(_ward_concerned(case, command.access, changes))
    at = _past(body.at, changes)
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
    case = changes.set_case(changes.desk.cases[case.id])
    changes.tell(f"step.{body.step}", stay.id, request_id=case.id)
    return Answer(200, answer(case, changes))


def transfer(command: Act, changes: Changes) -> Answer:
    """Another bed for the patient of an allocation."""
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    return transfer_stay(TransferStay(stay.id, command.body, command.access), changes)


def transfer_stay(command: TransferStay, changes: Changes) -> Answer:
    """Another bed for a patient who lies here: a request that continues the stay."""
    stay = stay_by_id(command.stay_id, changes)
    ward_id = changes.records.ward_of_bed(stay.bed_id).id
    command.access.require(ward_id)
    if not stay.state.pinned:
        raise WrongState("The patient has not come yet.", "POST /requests/{id}:choose changes a booking.")
    if stay.with_stay_id is not None:
        raise WrongState("This stay accompanies another.", "Transfer the one it accompanies.")
    refuse_second_move(stay, changes)
    body = command.body
    unknown = list(unknown_rules(body.waivers, ()))
    if not body.excluded_room_ids <= changes.records.rooms.keys():
        unknown.append(Place(pointer("excluded_room_ids"), "ids of rooms"))
    if unknown:
        raise UnknownReference(unknown)
    request = transfer_request(stay, body, changes)
    waivers = taken_waivers(body.waivers, ward_id, request.id, command.access, changes)
    account = command.access.principal.account_id
    case = Case(request, RequestState.UNPLACED, ward_id, account, changes.now, waivers=waivers)
    changes.set_case(case)
    changes.step(request.id, Step.REQUESTED)
    case = settle(case, decide(case, changes), changes)
    return Answer(201 if case.allocation is not None else 202, answer(case, changes))


def refuse_second_move(stay: Stay, changes: Changes) -> None:
    """Raise ``WrongState`` if the person waits for another bed already."""
    for request_id in changes.desk.requests_of_person.get(stay.person_id, ()):
        if changes.desk.cases[request_id].request.from_stay_id is not None and request_id != stay.request_id:
            raise WrongState("This patient waits for another bed already.", "Release that request first.")


def transfer_request(stay: Stay, body: TransferIn, changes: Changes) -> Request:
    """The request that continues a stay: the same care unless said otherwise; equipment goes along."""
    care = stay.care if body.care_level is None else replace(stay.care, care_level=body.care_level)
    needed_by = changes.now if body.needed_by is None else max(body.needed_by, changes.now)
    home = changes.records.beds[stay.bed_id].room_id
    return Request(
        id=changes.desk.new_id("req"),
        person_id=stay.person_id,
        priority=Priority[body.priority.name],
        care=Care(care.speciality, care.care_level, care.features, care.skills, care.pooled),
        decided_at=changes.now,
        needed_by=needed_by,
        duration_minutes=max(stay.end - needed_by, 60),
        max_wait_minutes=body.max_wait_minutes,
        origin=Origin.WARD,
        from_stay_id=stay.id,
        excluded_room_ids=body.excluded_room_ids | ({home} if body.other_room else set()),
    )


# --- parts that disruptions and the clock use too -----------------------------------------------------------
def leave(stay: Stay, at: Minute, how: str, changes: Changes) -> None:
    """A person leaves the bed: stays end, beds are cleaned, units come free."""
    if at <= stay.start:
        raise WrongState("The patient came this very minute.", "Wait a minute.")
    case = changes.desk.case_of_stay(stay)
    own = list(changes.stays_of(case)) if case is not None else []
    for ended in own if stay in own else [stay]:
        vacate(ended, at, changes)
    if case is not None:
        _detach(case, at, changes)
        changes.step(case.id, Step.LEFT, at)
        changes.set_case(replace(case, state=RequestState.LEFT))
        _cancel_moves_of(stay, case, changes)
    changes.tell(f"stay.{how}", stay.id, bed_id=stay.bed_id)
    repair.bed(stay.bed_id, changes)


def vacate(stay: Stay, at: Minute, changes: Changes) -> None:
    """Empty a bed; it is clean after the cleaning that depends on who left."""
    records = changes.records
    bed = records.beds[stay.bed_id]
    minutes = turnaround_minutes(
        records.persons[stay.person_id], records.rooms[bed.room_id], records.cleaning
    )
    changes.ended[stay.id] = at
    changes.drop(Stay, stay.id)
    if stay.state is not StayState.OCCUPYING:
        return
    status = (
        OperationalStatus.CLOSED if bed.status is OperationalStatus.CLOSED else OperationalStatus.HOUSEKEEPING
    )
    changes.put(replace(bed, status=status, clean_at=at + minutes))


def set_end(stay: Stay, end: Minute, departure: Departure, changes: Changes) -> None:
    """Another forecast of the end, for the stay and who accompanies it; bookings it hits are repaired."""
    case = changes.desk.case_of_stay(stay)
    own = list(changes.stays_of(case)) if case is not None else [stay]
    bookings = changes.bookings_of(case) if case is not None else []
    later = [booking for booking in bookings if booking.end == stay.end]
    with repair.longer(own, [b.unit_id for b in later], end, changes):
        for each in own:
            begin = _earliest(each, changes)
            changes.put(replace(each, start=begin, end=max(end, begin + 1), departure=departure))
            _push_back(each.bed_id, each.id, changes)
        ends = {booking.unit_id: _keep(booking, end, changes) for booking in later}
    if case is not None and case.allocation is not None:
        _tell_end(changes.desk.cases[case.id], end, ends, changes)


def _keep(booking: UnitBooking, end: Minute, changes: Changes) -> Minute:
    """Keep a unit longer, as far as who comes next (and cannot be decided again) leaves it; returns until
    when."""
    limit = latest_end(booking, changes.records)
    kept = end if limit is None else max(min(end, limit), min(end, booking.end))
    changes.put(replace(booking, end=max(kept, booking.start + 1)))
    return max(kept, booking.start + 1)


def _push_back(bed_id: str, stay_id: str, changes: Changes) -> None:
    """Whoever is on the way to a bed that is kept longer comes later; that is no move to another bed."""
    last = changes.records.stays[stay_id]
    for other in changes.records.bed_stays(bed_id):
        if other.state is not StayState.IN_TRANSIT or other.id == stay_id or other.end <= last.start:
            continue
        delay = _free_after(last, changes) - other.start
        if delay > 0:
            changes.put(replace(other, start=other.start + delay, end=other.end + delay))
            changes.tell("stay.delayed", other.id, bed_id=bed_id, minutes=delay)
        last = changes.records.stays[other.id]


def _earliest(stay: Stay, changes: Changes) -> Minute:
    """When a stay may begin: for who is on the way not before the bed is clean after whoever lies there."""
    lying = (s for s in changes.records.bed_stays(stay.bed_id) if s.state is StayState.OCCUPYING)
    if stay.state is not StayState.IN_TRANSIT:
        return stay.start
    return max([stay.start, *(_free_after(occupant, changes) for occupant in lying)])


def _free_after(stay: Stay, changes: Changes) -> Minute:
    """When the bed is clean after a stay."""
    records = changes.records
    room = records.rooms[records.beds[stay.bed_id].room_id]
    return stay.end + turnaround_minutes(records.persons[stay.person_id], room, records.cleaning)


def _tell_end(case: Case, end: Minute, ends: Mapping[str, Minute], changes: Changes) -> None:
    """The allocation says the same as its stay and bookings."""
    allocation = case.allocation
    assert allocation is not None, "the caller looked"
    uses = tuple(
        replace(use, end=ends[use.unit_id]) if use.unit_id in ends and use.end == allocation.end else use
        for use in allocation.units
    )
    allocation = replace(allocation, end=max(end, allocation.start + 1), units=uses)
    changes.set_case(replace(case, allocation=allocation))


def make_clean(bed: Bed, changes: Changes) -> None:
    """Housekeeping is done with a bed."""
    if bed.clean_at is None and bed.status is not OperationalStatus.HOUSEKEEPING:
        return
    status = bed.status if bed.status is OperationalStatus.CLOSED else OperationalStatus.UNOCCUPIED
    changes.put(replace(bed, status=status, clean_at=None))


def _leave_former_bed(case: Case, at: Minute, changes: Changes) -> Case:
    """Arriving in the new bed of a transfer is leaving the old one; equipment goes along."""
    former = changes.records.stays.get(case.request.from_stay_id or "")
    if former is None:
        return case
    lay_there = former.state is StayState.OCCUPYING
    if lay_there and former.start >= at:
        raise WrongState("The patient came into the former bed this very minute.", "Wait a minute.")
    before = changes.desk.case_of_stay(former)
    vacate(former, at, changes)
    for companion in [s for s in changes.records.stays.values() if s.with_stay_id == former.id]:
        vacate(companion, at, changes)
    if before is not None:
        case = _take_along(before, case, at, changes)
        _detach(before, at, changes)
        if lay_there:
            changes.step(before.id, Step.LEFT, at)
            changes.set_case(replace(before, state=RequestState.LEFT))
        else:
            changes.set_case(replace(before, state=RequestState.RELEASED, allocation=None, need=None))
    changes.tell("stay.transferred", former.id, bed_id=former.bed_id)
    repair.bed(former.bed_id, changes)
    return case


def _take_along(before: Case, case: Case, at: Minute, changes: Changes) -> Case:
    """What is still attached belongs to the new allocation from now on."""
    allocation = case.allocation
    assert allocation is not None, "the new bed was given"
    assert before.allocation is not None, "the old bed was given"
    ward_id = changes.records.ward_of_bed(allocation.bed_id).id
    types = {use.unit_id: use.type_id for use in before.allocation.units}
    uses = list(allocation.units)
    for booking in changes.bookings_of(before):
        if booking.end > at:
            changes.put(replace(booking, allocation_id=allocation.id, ward_id=ward_id, pinned=True))
            uses.append(UnitUse(types[booking.unit_id], booking.unit_id, booking.start, booking.end))
    return replace(case, allocation=replace(allocation, units=tuple(uses)))


def _cancel_moves_of(stay: Stay, case: Case, changes: Changes) -> None:
    """Whoever has left waits for no other bed."""
    for request_id in sorted(changes.desk.requests_of_person.get(stay.person_id, ())):
        other = changes.desk.cases[request_id]
        if request_id != case.id and other.request.from_stay_id == stay.id:
            if other.allocation is not None:
                changes.take_back(other)
            changes.set_case(replace(other, state=RequestState.RELEASED, allocation=None, need=None))
            changes.tell("request.released", other.id, reason_given=True)


def _refuse_unready(stay: Stay, at: Minute, changes: Changes) -> None:
    bed = changes.records.beds[stay.bed_id]
    for other in changes.records.bed_stays(stay.bed_id):
        if other.id != stay.id and other.state is StayState.OCCUPYING:
            raise WrongState("Somebody still lies in this bed.", "Record that departure first.")
    if bed.clean_at is not None and bed.clean_at > at:
        raise WrongState("The bed is not clean yet.", "Record bed_cleaned when housekeeping is done.")


def _refuse_wrong_place(case: Case, at: Minute, changes: Changes) -> None:
    """Whoever comes must fit bed and room as they are then, with who lies there then; else a person
    waives."""
    allocation = case.allocation
    assert allocation is not None, "looked up by its allocation"
    own = list(changes.stays_of(case))
    for stay in reversed(own):
        changes.drop(Stay, stay.id)
    room_id = changes.records.beds[allocation.bed_id].room_id
    late = [s for s in changes.records.room_stays(room_id) if s.state is StayState.OCCUPYING and s.end <= at]
    for stay in late:
        # Expected to have left, and has not.
        changes.put(replace(stay, end=at + 1))
    bare = replace(case.request, equipment=(), drugs=())
    lying = replace(allocation, start=at, end=max(allocation.end, at + 1), units=(), lots=())
    counts = check(Decided(bare, lying), changes.records)
    for stay in (*own, *late):
        changes.put(stay)
    against = [r for r in broken(counts, changes.records.profile, case.waived) if r in MATTER_AT_THE_BED]
    if against:
        raise RuleBroken(against, "Transfer the patient, or record the arrival with waivers.")


def _occupy(stay: Stay, at: Minute, changes: Changes) -> None:
    """The stay begins now; what was booked in between is repaired by the caller."""
    changes.put(replace(stay, state=StayState.OCCUPYING, start=at, end=max(stay.end, at + 1)))
    bed = changes.records.beds[stay.bed_id]
    if bed.status is not OperationalStatus.CLOSED:
        changes.put(replace(bed, status=OperationalStatus.OCCUPIED, clean_at=None))


def _attach(case: Case, changes: Changes) -> list[str]:
    """Units at the bed are attached and pinned; drugs that may be dispensed here are. Returns those lots'
    ids."""
    for booking in changes.bookings_of(case):
        changes.put(replace(booking, pinned=True))
        unit = changes.records.units[booking.unit_id]
        if unit.state.usable and booking.start <= changes.now:
            changes.put(replace(unit, state=UnitState.ATTACHED))
    assert case.allocation is not None, "whoever arrives has an allocation"
    for use in case.allocation.lots:
        lot = changes.records.lots[use.lot_id]
        handling = changes.records.drugs[lot.drug_id].handling
        if handling not in KEPT_RESERVED and lot.state.value == "available" and lot.expires > changes.now:
            on_hand, reserved = lot.on_hand - use.quantity, lot.reserved - use.quantity
            changes.put(replace(lot, on_hand=on_hand, reserved=reserved))
            changes.dispensed[case.allocation.id].add(lot.id)
    return sorted(changes.dispensed[case.allocation.id])


def _detach(case: Case, at: Minute, changes: Changes) -> None:
    """Units come free after their turnaround; what was reserved and never dispensed goes back."""
    assert case.allocation is not None, "whoever leaves had an allocation"
    dispensed = case.explanation.get("dispensed", ())
    for use in case.allocation.lots:
        if use.lot_id not in dispensed:
            lot = changes.records.lots[use.lot_id]
            changes.put(replace(lot, reserved=lot.reserved - use.quantity))
    for booking in changes.bookings_of(case):
        unit: Unit = changes.records.units[booking.unit_id]
        if booking.start >= at or not unit.state.usable:
            # Of a unit that is broken the turnaround no longer matters.
            changes.ended[booking.id] = at
            changes.drop(UnitBooking, booking.id)
        elif booking.end > at:
            changes.put(replace(booking, end=at, pinned=False))
        else:
            changes.drop(UnitBooking, booking.id)
        if unit.state is UnitState.ATTACHED:
            changes.put(replace(unit, state=UnitState.FREE))


def _past(at: Minute | None, changes: Changes) -> Minute:
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
    """The ward that asked or the ward that was given, whichever the principal belongs to."""
    given = changes.records.ward_of_bed(case.allocation.bed_id).id if case.allocation is not None else None
    return given if given is not None and access.allows(given) else case.ward_id

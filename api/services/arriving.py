"""Arrivals: the patient lies in the bed, equipment is attached, drugs are dispensed, a former bed is left."""

from __future__ import annotations

from dataclasses import replace

from api.errors import BedNotClean, RuleBroken, UnknownReference, WrongState
from api.schemas.movements import ArrivalIn
from api.services import repair
from api.services.cases import Case, overruled
from api.services.changes import Changes
from api.services.intake import taken_waivers, unknown_rules
from api.services.lasting import keep, push_back
from api.services.leaving import detach, vacate
from api.services.lookup import case_of_allocation, main_stay
from api.services.movements import Act, past
from api.services.placing import answer
from api.services.words import moment
from models.commands import Answer
from solver.hospital import (
    HandlingClass,
    Minute,
    OperationalStatus,
    RequestState,
    Stay,
    StayState,
    Step,
    UnitState,
    UnitUse,
)
from solver.pharmacy.rules_of_lots import counts_as_stock
from solver.placing import rules
from solver.placing.referee import Decided, broken, check

KEPT_RESERVED = frozenset({HandlingClass.CONTROLLED, HandlingClass.BLOOD})
"""Never dispensed here: two people confirm a controlled drug, the blood bank issues blood (CLINICAL.md)."""


UNCLEAN = frozenset({OperationalStatus.HOUSEKEEPING, OperationalStatus.CONTAMINATED})
"""A bed in these is not clean until somebody says when (the database refuses such an arrival too)."""

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


def arrive(command: Act, changes: Changes) -> Answer:
    """The patient lies in the bed; equipment is attached, drugs are dispensed."""
    body: ArrivalIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    command.access.require(changes.records.ward_of_bed(stay.bed_id).id)
    if stay.state is StayState.OCCUPYING:
        raise WrongState("The patient has arrived already.", "Read the allocation again.")
    at = past(body.at, changes)
    unknown = list(unknown_rules(body.waivers, ()))
    if unknown:
        raise UnknownReference(unknown)
    ward_id = changes.records.ward_of_bed(stay.bed_id).id
    taken = taken_waivers(body.waivers, ward_id, case.id, command.access, changes)
    case = replace(overruled(case, taken), held_until=None)
    for own in changes.stays_of(case):
        _refuse_unready(own, at, changes)
    _refuse_wrong_place(case, at, changes)
    former = changes.records.with_companions(case.request.from_stay_id or "")
    case = _leave_former_bed(case, at, changes)
    for own in list(changes.stays_of(case)):
        _occupy(own, at, changes)
        push_back(own.bed_id, own.id, changes)
    given = _attach(case, changes)
    explained = case.explanation | {"dispensed": given}
    assert case.allocation is not None, "whoever arrives has an allocation"
    lying = replace(case.allocation, start=at, end=max(case.allocation.end, at + 1))
    case = changes.set_case(
        replace(case, state=RequestState.ARRIVED, allocation=lying, explanation=explained)
    )
    changes.step(case.id, Step.ARRIVED, at)
    changes.tell("stay.arrived", stay.id, request_id=case.id, bed_id=stay.bed_id)
    for each in (*changes.stays_of(case), *former):
        repair.bed(each.bed_id, changes)
    return Answer(200, answer(case, changes))


def _leave_former_bed(case: Case, at: Minute, changes: Changes) -> Case:
    """Arriving in the new bed of a transfer is leaving the old one; equipment goes along."""
    former = changes.records.stays.get(case.request.from_stay_id or "")
    if former is None:
        return case
    lay_there = former.state is StayState.OCCUPYING
    if lay_there and former.start >= at:
        raise WrongState("The patient came into the former bed this very minute.", "Wait a minute.")
    before = changes.desk.case_of_stay(former)
    for each in changes.records.with_companions(former.id):
        vacate(each, at, changes)
    if before is not None:
        case = _take_along(before, case, at, changes)
        detach(before, at, changes)
        if lay_there:
            changes.step(before.id, Step.LEFT, at)
            changes.set_case(replace(before, state=RequestState.LEFT))
        else:
            changes.set_case(replace(before, state=RequestState.RELEASED, allocation=None, need=None))
    changes.tell("stay.transferred", former.id, bed_id=former.bed_id)
    return case


def _take_along(before: Case, case: Case, at: Minute, changes: Changes) -> Case:
    """What is still attached belongs to the new allocation from now on; what was to be kept to the end of the former
    stay is kept to the end of this one."""
    allocation = case.allocation
    assert allocation is not None, "the new bed was given"
    assert before.allocation is not None, "the old bed was given"
    ward_id = changes.records.ward_of_bed(allocation.bed_id).id
    types = {use.unit_id: use.type_id for use in before.allocation.units}
    until = max(allocation.end, at + 1)
    going = changes.bookings_of(before)
    to_the_end = {booking.unit_id for booking in going if booking.end == before.allocation.end}
    longer = [booking.unit_id for booking in going if booking.unit_id in to_the_end and booking.end < until]
    uses = list(allocation.units)
    with repair.longer((), longer, until, changes):
        for booking in going:
            stays = booking.unit_id in to_the_end
            if not stays and booking.end <= at:
                continue
            mine = replace(booking, allocation_id=allocation.id, ward_id=ward_id, pinned=True)
            changes.put(mine)
            end = keep(mine, until, changes) if stays else booking.end
            uses.append(UnitUse(types[booking.unit_id], booking.unit_id, booking.start, end))
    return replace(case, allocation=replace(allocation, units=tuple(uses)))


def _refuse_unready(stay: Stay, at: Minute, changes: Changes) -> None:
    bed = changes.records.beds[stay.bed_id]
    for other in changes.records.bed_stays(stay.bed_id):
        if other.id != stay.id and other.state is StayState.OCCUPYING:
            raise WrongState("Somebody still lies in this bed.", "Record that departure first.")
    unclean = bed.status in UNCLEAN if bed.clean_at is None else bed.clean_at > at
    if unclean:
        told = None if bed.clean_at is None else moment(bed.clean_at, changes.zone)
        raise BedNotClean(bed.id, bed.status.value, told)


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
    # The former bed is none of this: what is healed by leaving it makes up for nothing here.
    bare = replace(case.request, equipment=(), drugs=(), from_stay_id=None)
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
        if handling not in KEPT_RESERVED and counts_as_stock(lot, changes.now):
            on_hand, reserved = lot.on_hand - use.quantity, lot.reserved - use.quantity
            changes.put(replace(lot, on_hand=on_hand, reserved=reserved))
            changes.dispensed[case.allocation.id].add(lot.id)
    return sorted(changes.dispensed[case.allocation.id])

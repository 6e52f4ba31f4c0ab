"""Departures: the steps of a discharge, and what a bed, units and lots come to when somebody has left."""

from __future__ import annotations

from dataclasses import replace

from api.errors import WrongState
from api.schemas.movements import DischargeIn
from api.services import repair
from api.services.cases import Case
from api.services.changes import Changes
from api.services.lasting import set_end
from api.services.lookup import case_of_allocation, main_stay
from api.services.movements import Act, past
from api.services.placing import answer
from models.commands import Answer
from solver.hospital import (
    Departure,
    Minute,
    OperationalStatus,
    RequestState,
    Stay,
    StayState,
    Step,
    Unit,
    UnitBooking,
    UnitState,
)
from solver.hospital.stays import turnaround_minutes


def discharge(command: Act, changes: Changes) -> Answer:
    """The discharge is ordered, the drugs to take home are ready, or the patient has left."""
    body: DischargeIn = command.body
    case = case_of_allocation(command.allocation_id, command.revision, changes)
    stay = main_stay(case, changes)
    command.access.require(changes.records.ward_of_bed(stay.bed_id).id)
    if not stay.state.pinned:
        raise WrongState("The patient has not arrived.", "Release the allocation instead.")
    at = past(body.at, changes)
    if body.step == "left":
        leave(stay, at, "left", changes)
        changes.came_free = True
        after = changes.cases_after[case.id]
        return Answer(200, answer(after, changes))
    if body.step == "ordered":
        expected = at + 60 if body.expected is None else body.expected
        set_end(stay, max(expected, changes.now + 1), Departure.CONFIRMED, changes)
    changes.step(case.id, Step.DISCHARGE_ORDERED if body.step == "ordered" else Step.DRUGS_READY, at)
    changes.tell(f"discharge.{body.step}", stay.id, request_id=case.id)
    case = changes.set_case(changes.desk.cases[case.id])
    if body.step == "ordered":
        changes.came_free = True
    return Answer(200, answer(case, changes))


def leave(stay: Stay, at: Minute, how: str, changes: Changes) -> None:
    """A person leaves the bed: stays end, beds are cleaned, units come free. Whoever accompanies them leaves too;
    who only accompanies somebody leaves alone."""
    if at <= stay.start:
        raise WrongState("The patient came this very minute.", "Wait a minute.")
    ended = changes.records.with_companions(stay.id)
    for each in ended:
        vacate(each, at, changes)
    if stay.with_stay_id is None:
        _close(stay, at, changes)
    changes.tell(f"stay.{how}", stay.id, bed_id=stay.bed_id)
    for each in ended:
        repair.bed(each.bed_id, changes)


def _close(stay: Stay, at: Minute, changes: Changes) -> None:
    """The case of a stay that is over, if it has one, is over too; another bed is no longer waited for."""
    case = changes.desk.case_of_stay(stay)
    if case is not None:
        detach(case, at, changes)
        changes.step(case.id, Step.LEFT, at)
        changes.set_case(replace(case, state=RequestState.LEFT))
    _cancel_moves_of(stay, changes)


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


def detach(case: Case, at: Minute, changes: Changes) -> None:
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


def _cancel_moves_of(stay: Stay, changes: Changes) -> None:
    """Whoever has left waits for no other bed."""
    for request_id in sorted(changes.desk.requests_of_person.get(stay.person_id, ())):
        other = changes.desk.cases[request_id]
        if other.request.from_stay_id == stay.id:
            if other.allocation is not None:
                changes.take_back(other)
            over = replace(other, state=RequestState.RELEASED, allocation=None, need=None, held_until=None)
            changes.set_case(over)
            changes.tell("request.released", other.id, reason_given=True)

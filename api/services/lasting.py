"""How long stays last: another expected end, and what follows from it for units and for who comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from api.services import repair
from api.services.cases import Case
from api.services.changes import Changes
from api.services.units import latest_end
from solver.hospital import (
    Departure,
    Minute,
    Stay,
    StayState,
    UnitBooking,
)
from solver.hospital.stays import turnaround_minutes


def set_end(stay: Stay, end: Minute, departure: Departure, changes: Changes) -> None:
    """Another forecast of the end, for the stay and who accompanies it; bookings it hits are repaired."""
    case = changes.desk.case_of_stay(stay)
    own = changes.records.with_companions(stay.id)
    later = _kept_with(stay, end, case, changes)
    with repair.longer(own, [b.unit_id for b in later], end, changes):
        for each in own:
            begin = _earliest(each, changes)
            changes.put(replace(each, start=begin, end=max(end, begin + 1), departure=departure))
            push_back(each.bed_id, each.id, changes)
        ends = {booking.unit_id: keep(booking, end, changes) for booking in later}
    if case is not None and case.allocation is not None:
        sooner = stay.end < case.allocation.end
        told = max(end, case.allocation.end) if sooner else end
        _tell_end(changes.desk.cases[case.id], told, ends, changes)


def _kept_with(stay: Stay, end: Minute, case: Case | None, changes: Changes) -> list[UnitBooking]:
    """The units that are the patient's to the end, and are so until another end. A transfer that is given makes the
    stay end sooner, not what goes along: that ends with the allocation."""
    if case is None or case.allocation is None:
        return []
    expected = max(stay.end, case.allocation.end)
    if stay.end < expected and end <= expected:
        return []
    return [booking for booking in changes.bookings_of(case) if booking.end in (stay.end, expected)]


def restore_left(changes: Changes) -> None:
    """Stays that transfers had made end sooner last again as long as they did, or until the transfer's later start, if
    what was given for it is no more; what was booked in those beds meanwhile is repaired."""
    looked_at: set[str] = set()
    while fresh := changes.cases_after.keys() - looked_at:
        looked_at |= fresh
        for case_id in sorted(fresh):
            _restore_left(changes.cases_before[case_id], changes.cases_after[case_id], changes)


def _restore_left(before: Case | None, after: Case, changes: Changes) -> None:
    left, until = changes.records.stays.get(after.request.from_stay_id or ""), after.left_until
    given = None if before is None else before.allocation
    if left is None or until is None or given is None or given == after.allocation:
        return
    if after.allocation is None:
        changes.set_case(replace(after, left_until=None))
    # Another end than the transfer's start was told since: a discharge that was ordered, say.
    told_sooner = left.end < given.start or (left.departure is Departure.CONFIRMED and left.end > given.start)
    end = until if after.allocation is None else min(until, after.allocation.start)
    if left.end < end and not told_sooner:
        set_end(left, end, left.departure, changes)
        changes.tell("stay.lasts_on", left.id, bed_id=left.bed_id, request_id=after.id)


def keep(booking: UnitBooking, end: Minute, changes: Changes) -> Minute:
    """Keep a unit longer, as far as who comes next (and cannot be decided again) leaves it; returns until
    when."""
    limit = latest_end(booking, changes.records)
    kept = end if limit is None else max(min(end, limit), min(end, booking.end))
    changes.put(replace(booking, end=max(kept, booking.start + 1)))
    return max(kept, booking.start + 1)


def push_back(bed_id: str, stay_id: str, changes: Changes) -> None:
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

"""Units of equipment between bookings: how long one may be kept, and which other one could take its place."""

from __future__ import annotations

from collections.abc import Callable

from solver.hospital import BookingKind, Minute, Unit, UnitBooking, transport_minutes
from solver.placing.records import Records


def way(unit: Unit, ward_id: str, records: Records) -> int:
    """Minutes from where a unit is kept to a ward."""
    return ways_of(records)(unit.ward_id, ward_id)


def ways_of(records: Records) -> Callable[[str, str], int]:
    """Minutes of transport from ward to ward, by their ids."""

    def minutes(here: str, there: str) -> int:
        home = records.wards[here]
        return transport_minutes(records.sites[home.site_id], home, records.wards[there])

    return minutes


def turnaround(unit: Unit, records: Records) -> int:
    """Minutes a unit needs after each use."""
    return records.equipment_types[unit.type_id].turnaround_minutes


def latest_end(booking: UnitBooking, records: Records) -> Minute | None:
    """Until when a booking may last at most before it gets in the way of the next one of its unit; None: no
    limit."""
    unit = records.units[booking.unit_id]
    later = [
        _taken_from(other, records)
        for other in _others(booking, records)
        if other.start >= booking.end or other.start > booking.start
    ]
    return min(later) - turnaround(unit, records) if later else None


def free_unit(unit: Unit, booking: UnitBooking, records: Records) -> Unit | None:
    """A usable unit of the same type or an approved substitute that is free for the rest of a booking; near
    ones first."""
    kind = records.equipment_types[unit.type_id]
    order = {type_id: place for place, type_id in enumerate((kind.id, *kind.substitutes))}

    def may(other: Unit) -> bool:
        own = other.owner_ward_id in (None, booking.ward_id) or other.lendable
        return other.type_id in order and other.id != unit.id and other.state.usable and own

    def rank(other: Unit) -> tuple[int, int, str]:
        return order[other.type_id], way(other, booking.ward_id, records), other.id

    for other in sorted(filter(may, records.units.values()), key=rank):
        start = records.now + way(other, booking.ward_id, records)
        if start < booking.end and _is_free(other, records.now, booking.end, records):
            return other
    return None


def _is_free(unit: Unit, start: Minute, end: Minute, records: Records) -> bool:
    pause = turnaround(unit, records)
    bookings = (records.unit_bookings[b] for b in records.bookings_of_unit.get(unit.id, ()))
    return not any(_taken_from(b, records) < end + pause and start < b.end + pause for b in bookings)


def _others(booking: UnitBooking, records: Records) -> list[UnitBooking]:
    ids = records.bookings_of_unit.get(booking.unit_id, ())
    return [records.unit_bookings[b] for b in ids if b != booking.id]


def _taken_from(booking: UnitBooking, records: Records) -> Minute:
    if booking.kind is BookingKind.MAINTENANCE:
        return booking.start
    return booking.start - way(records.units[booking.unit_id], booking.ward_id, records)

"""Rules about units: what a request gets, and what the bookings of one unit do to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.equipment import rules
from solver.hospital import (
    Allocation,
    BookingKind,
    EquipmentNeed,
    Minute,
    Request,
    Unit,
    UnitBooking,
    UnitUse,
    transport_minutes,
)
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts, overlapping_pairs


def of_request(request: Request, allocation: Allocation, records: Records) -> Amounts:
    """Whether the units given are those asked for, and how far down the lists of substitutes they stand."""
    matched = [_matched(need, allocation, records) for need in request.equipment]
    for need, uses in zip(request.equipment, matched, strict=True):
        yield rules.UNIT_TYPE, abs(need.count - len(uses))
    for position, use in enumerate(allocation.units):
        yield rules.UNIT_TYPE, int(not any(position in positions for positions in matched))
        yield rules.UNIT_SUBSTITUTE, _steps_down(use, records)


def _matched(need: EquipmentNeed, allocation: Allocation, records: Records) -> set[int]:
    """Positions in ``allocation.units`` of the uses that serve ``need``."""
    start = allocation.start + need.offset_minutes
    end = allocation.end if need.duration_minutes is None else start + need.duration_minutes
    approved = (need.type_id, *records.equipment_types[need.type_id].substitutes)
    return {
        position
        for position, use in enumerate(allocation.units)
        if use.type_id == need.type_id
        and records.units[use.unit_id].type_id in approved
        and (use.start, use.end) == (start, end)
    }


def _steps_down(use: UnitUse, records: Records) -> int:
    given = records.units[use.unit_id].type_id
    substitutes = records.equipment_types[use.type_id].substitutes
    return substitutes.index(given) + 1 if given in substitutes else 0


@dataclass(frozen=True, slots=True)
class Blocked:
    """The minutes a booking keeps its unit from others."""

    start: Minute
    end: Minute


def of_unit(unit_id: str, bookings: Sequence[UnitBooking], records: Records) -> Amounts:
    """What the bookings of one unit add, each by itself and in pairs."""
    unit = records.units[unit_id]
    for booking in bookings:
        yield from _of_booking(unit, booking, records)
    for _ in overlapping_pairs([blocked(unit, booking, records) for booking in bookings]):
        yield rules.UNIT_FREE, 1


def _of_booking(unit: Unit, booking: UnitBooking, records: Records) -> Amounts:
    if booking.kind is not BookingKind.USE:
        return
    # A booking that belongs to no bundle stays with its unit until a person decides what becomes of it.
    given_out = booking.allocation_id is not None and not booking.pinned
    yield rules.UNIT_USABLE, int(given_out and not unit.state.usable)
    foreign = unit.owner_ward_id is not None and unit.owner_ward_id != booking.ward_id
    yield rules.UNIT_LENT, int(foreign and not unit.lendable)
    yield rules.UNIT_DISTANCE, _transport(unit, booking, records)


def _transport(unit: Unit, booking: UnitBooking, records: Records) -> int:
    home = records.wards[unit.ward_id]
    return transport_minutes(records.sites[home.site_id], home, records.wards[booking.ward_id])


def blocked(unit: Unit, booking: UnitBooking, records: Records) -> Blocked:
    """A use blocks its unit from leaving its place until it is ready again; maintenance just itself."""
    if booking.kind is BookingKind.MAINTENANCE:
        return Blocked(booking.start, booking.end)
    turnaround = records.equipment_types[unit.type_id].turnaround_minutes
    return Blocked(booking.start - _transport(unit, booking, records), booking.end + turnaround)

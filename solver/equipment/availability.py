"""Who has a unit now, who is next, and when it is free: answered from units and bookings as they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from solver.hospital.equipment import BookingKind, EquipmentType, Unit, UnitBooking
from solver.hospital.timegrid import Minute

Transport = Callable[[str, str], int]


@dataclass(frozen=True, slots=True)
class Wish:
    """A use asked about: ``duration`` minutes on a ward, begun from ``earliest`` (and ``now``) to ``latest_start``."""

    ward_id: str
    earliest: Minute
    latest_start: Minute
    duration: int
    now: Minute


@dataclass(frozen=True, slots=True)
class UnitOutlook:
    """One unit: the booking that has it now, the next one, and the first start at which the wish fits.

    ``start`` is None if it fits nowhere in the window. ``way``: minutes of transport that the start allows for.
    ``step``: how far down the list of substitutes its type is, 0 for the type asked for.
    """

    unit: Unit
    step: int
    has_it: UnitBooking | None
    next_one: UnitBooking | None
    start: Minute | None
    way: int


def outlook(
    type_id: str,
    types: Iterable[EquipmentType],
    units: Iterable[Unit],
    bookings: Iterable[UnitBooking],
    transport: Transport,
    wish: Wish,
) -> list[UnitOutlook]:
    """Every unit of the type or of its approved substitutes that is usable and may serve the ward, soonest first.

    Transport before a use and turnaround after it are those that ``unit_free`` counts: a unit is carried from where it
    is kept. ``transport``: minutes from ward to ward, by id. Ties: the type asked for, the shorter way, the id.
    """
    by_id = {one.id: one for one in types}
    if type_id not in by_id:
        return []
    steps = {kind: step for step, kind in enumerate((type_id, *by_id[type_id].substitutes))}
    of_unit: dict[str, list[UnitBooking]] = {}
    for booking in bookings:
        of_unit.setdefault(booking.unit_id, []).append(booking)
    found = []
    for unit in units:
        if unit.type_id in steps and may_serve(unit, wish.ward_id):
            mine = sorted(of_unit.get(unit.id, ()), key=lambda one: (one.start, one.id))
            turnaround = by_id[unit.type_id].turnaround_minutes
            found.append(_looked_at(unit, steps[unit.type_id], mine, turnaround, transport, wish))
    return sorted(found, key=_rank)


def _rank(one: UnitOutlook) -> tuple[bool, int, int, int, str]:
    return one.start is None, one.start or 0, one.step, one.way, one.unit.id


def may_serve(unit: Unit, ward_id: str) -> bool:
    """Whether a unit works and may be used on a ward."""
    lent = unit.owner_ward_id in (None, ward_id) or unit.lendable
    return unit.state.usable and lent


def _looked_at(
    unit: Unit,
    step: int,
    bookings: Sequence[UnitBooking],
    turnaround: int,
    transport: Transport,
    wish: Wish,
) -> UnitOutlook:
    """One unit's bookings against the wish."""
    has_it = next((one for one in bookings if one.start <= wish.now < one.end), None)
    next_one = next((one for one in bookings if one.start > wish.now), None)
    way = transport(unit.ward_id, wish.ward_id)
    taken = sorted(blocked(one, unit, turnaround, transport) for one in bookings)
    start = first_fit(taken, max(wish.earliest, wish.now + way), way, wish.duration + turnaround)
    return UnitOutlook(unit, step, has_it, next_one, start if start <= wish.latest_start else None, way)


def first_fit(taken: Iterable[tuple[Minute, Minute]], start: Minute, way: int, span: int) -> Minute:
    """The first start, not before ``start``, at which a use of ``span`` minutes with its way before it meets none of
    the windows, which come in order."""
    for blocked_from, blocked_until in taken:
        if blocked_from < start + span and start - way < blocked_until:
            start = blocked_until + way
    return start


def blocked(booking: UnitBooking, unit: Unit, turnaround: int, transport: Transport) -> tuple[Minute, Minute]:
    """The minutes a booking takes: maintenance as booked, a use with its way and its turnaround."""
    if booking.kind is BookingKind.MAINTENANCE:
        return booking.start, booking.end
    return booking.start - transport(unit.ward_id, booking.ward_id), booking.end + turnaround

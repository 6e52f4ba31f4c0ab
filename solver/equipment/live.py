"""A plan of bookings over a hospital as it stands: its units between the bookings that they have.

Ways and turnarounds are those of ``unit_free``: a unit is carried from where it is kept, each time. Minute 0 of the
problem is now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.equipment.availability import Transport, blocked, may_serve
from solver.equipment.problem import (
    MOST_WEIGHT,
    BookingProblem,
    BookingRequest,
    BookingWeights,
    PlannedUnit,
)
from solver.equipment.recurring import REPEAT, recurring
from solver.hospital.equipment import BookingKind, BookingTerms, EquipmentType, Unit, UnitBooking
from solver.hospital.timegrid import Minute

PART: Final = "/"
"""Between a booking's id and the number of its part, in the id of a request."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A booking asked for: a unit of each of ``type_ids``, together, for ``duration`` minutes on a ward, begun from
    ``earliest`` to ``latest_start``; ``times`` times, ``every`` minutes apart."""

    id: str
    type_ids: tuple[str, ...]
    ward_id: str
    earliest: Minute
    latest_start: Minute
    duration: int
    priority: int = 1
    every: int = 1
    times: int = 1


def live_problem(
    wanted: Sequence[Wanted],
    types: Iterable[EquipmentType],
    units: Iterable[Unit],
    bookings: Iterable[UnitBooking],
    wards: Sequence[str],
    transport: Transport,
    now: Minute,
) -> tuple[BookingProblem, tuple[str, ...]]:
    """The problem, and the ids of those for which no unit works that may serve them: they are not in it.

    A unit that its owner does not lend serves its ward alone; approved substitutes serve as the type asked for does.
    Raises InvalidInstance.
    """
    kinds = {one.id: one for one in types}
    usable = [unit for unit in units if unit.state.usable]
    asked: list[BookingRequest] = []
    without = []
    for one in wanted:
        parts = _parts(one, kinds, usable, now)
        if parts is None:
            without.append(one.id)
        else:
            asked += recurring(parts, one.every, one.times)
    of_unit: dict[str, list[UnitBooking]] = {}
    for booking in bookings:
        of_unit.setdefault(booking.unit_id, []).append(booking)
    planned = tuple(
        PlannedUnit(
            unit.id,
            kind_of(unit),
            unit.ward_id,
            tuple(
                away(unit, kinds[unit.type_id].turnaround_minutes, of_unit.get(unit.id, ()), transport, now)
            ),
        )
        for unit in usable
    )
    ways = tuple(tuple(transport(here, there) for there in wards) for here in wards)
    horizon = max((one.latest_start + one.duration for one in asked), default=0)
    weights = weights_for(asked, ways)
    problem = BookingProblem(
        tuple(wards), ways, planned, tuple(asked), weights, horizon=horizon, from_home=True
    )
    return problem, tuple(without)


def weights_for(requests: Iterable[BookingRequest], ways: Iterable[Iterable[int]]) -> BookingWeights:
    """Prices under which nobody is left out because waiting, within the window that they named themselves, and the way
    would cost more: only if it makes others wait longer, or be left out."""
    usual = BookingWeights()
    longest = max((one.latest_start - one.earliest for one in requests), default=0)
    furthest = max((minutes for row in ways for minutes in row), default=0)
    dearest = usual.wait * longest + usual.transport * furthest + 1
    return replace(usual, unserved=min(MOST_WEIGHT, max(usual.unserved, dearest)))


def is_own(booking: UnitBooking) -> bool:
    """Whether a booking is a use of its own: no part of a bundle, no maintenance."""
    return booking.kind is BookingKind.USE and booking.allocation_id is None


def terms_of(booking: UnitBooking, type_id: str) -> BookingTerms:
    """What a use of its own was asked for; where nobody said: a unit of its type, at its minute. ``type_id``: of its
    unit."""
    return booking.terms or BookingTerms(booking.id, type_id, booking.start, booking.start)


def wanted_of(request_id: str) -> tuple[str, int, int]:
    """Whose request it is: the id of what was wanted, which part from 1, which occurrence from 1."""
    head, _, tail = request_id.rpartition(PART)
    part, _, turn = tail.partition(REPEAT)
    return head, int(part), int(turn or 1)


def kind_of(unit: Unit) -> str:
    """What a request accepts: the type, and the ward of a unit that is not lent."""
    return (
        unit.type_id
        if unit.lendable or unit.owner_ward_id is None
        else f"{unit.type_id} of {unit.owner_ward_id}"
    )


def _parts(
    one: Wanted, kinds: dict[str, EquipmentType], usable: Collection[Unit], now: Minute
) -> list[BookingRequest] | None:
    """One request per part; None if a part has no unit."""
    parts = []
    kit = one.id if len(one.type_ids) > 1 else ""
    for number, type_id in enumerate(one.type_ids, start=1):
        steps = (type_id, *kinds[type_id].substitutes)
        serving = [unit for unit in usable if unit.type_id in steps and may_serve(unit, one.ward_id)]
        if not serving:
            return None
        clean = max(kinds[unit.type_id].turnaround_minutes for unit in serving)
        parts.append(
            BookingRequest(
                f"{one.id}{PART}{number}",
                tuple(sorted({kind_of(unit) for unit in serving})),
                one.ward_id,
                max(0, one.earliest - now),
                one.latest_start - now,
                one.duration,
                clean,
                one.priority,
                kit,
            )
        )
    return parts


def away(
    unit: Unit, turnaround: int, bookings: Iterable[UnitBooking], transport: Transport, now: Minute
) -> Iterator[tuple[int, int]]:
    """When a unit is taken, in order and joined, in minutes from now on."""
    taken = sorted(blocked(one, unit, turnaround, transport) for one in bookings)
    begin, end = 0, 0
    for since, until in taken:
        if since - now > end:
            if end > begin:
                yield begin, end
            begin = since - now
        end = max(end, until - now)
    if end > begin:
        yield begin, end

"""A plan of bookings over a hospital as it stands: its units between the bookings that they have.

Ways and turnarounds are those of ``unit_free``: a unit is carried from where it is kept, each time. Minute 0 of the
problem is now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from solver.equipment.availability import Transport, blocked, may_serve
from solver.equipment.problem import BookingProblem, BookingRequest, PlannedUnit
from solver.equipment.recurring import REPEAT, recurring
from solver.hospital.equipment import EquipmentType, Unit, UnitBooking
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
        PlannedUnit(unit.id, _kind(unit), unit.ward_id, tuple(_away(unit, kinds, of_unit, transport, now)))
        for unit in usable
    )
    ways = tuple(tuple(transport(here, there) for there in wards) for here in wards)
    horizon = max((one.latest_start + one.duration for one in asked), default=0)
    problem = BookingProblem(tuple(wards), ways, planned, tuple(asked), horizon=horizon, from_home=True)
    return problem, tuple(without)


def wanted_of(request_id: str) -> tuple[str, int, int]:
    """Whose request it is: the id of what was wanted, which part from 1, which occurrence from 1."""
    head, _, tail = request_id.rpartition(PART)
    part, _, turn = tail.partition(REPEAT)
    return head, int(part), int(turn or 1)


def _kind(unit: Unit) -> str:
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
                tuple(sorted({_kind(unit) for unit in serving})),
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


def _away(
    unit: Unit,
    kinds: dict[str, EquipmentType],
    of_unit: dict[str, list[UnitBooking]],
    transport: Transport,
    now: Minute,
) -> Iterator[tuple[int, int]]:
    """When a unit is taken, in order and joined, from now on."""
    turnaround = kinds[unit.type_id].turnaround_minutes
    taken = sorted(blocked(one, unit, turnaround, transport) for one in of_unit.get(unit.id, ()))
    begin, end = 0, 0
    for since, until in taken:
        if since - now > end:
            if end > begin:
                yield begin, end
            begin = since - now
        end = max(end, until - now)
    if end > begin:
        yield begin, end

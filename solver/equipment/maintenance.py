"""Maintenance that is due, placed among the bookings where it hurts least: one more kind of booking.

Work on a unit is a booking that this unit alone may serve, on the ward where the unit is kept, begun within the window
in which it is due; when in the window costs nothing, so that it goes where no booking waits for it. Where technicians
are named, one of them is booked together with the unit, as the parts of a kit are: no two works of one technician
overlap, ways between wards included, and none is outside of their hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.engine.errors import InvalidInstance, Problem
from solver.equipment.live import PART
from solver.equipment.problem import BookingProblem, BookingRequest, PlannedUnit

TECHNICIAN: Final = "technician"
"""The type of whoever does the work."""

DUE_PRIORITY: Final = 10
"""How much leaving work undone weighs, unless said otherwise; assumed: ten plain bookings."""


@dataclass(frozen=True, slots=True)
class Due:
    """Work of ``duration`` minutes on a unit, begun from ``earliest`` to ``latest_start``. ``priority``: how much
    leaving it undone weighs."""

    id: str
    unit_id: str
    earliest: int
    latest_start: int
    duration: int
    priority: int = DUE_PRIORITY


def with_maintenance(
    problem: BookingProblem, due: Sequence[Due], technicians: Iterable[PlannedUnit]
) -> BookingProblem:
    """The problem with the work in it; ``technicians``: units of type ``TECHNICIAN``, away outside of their hours.

    The requests of a work ``M`` are ``M/1``, its unit, and ``M/2``, its technician. Raises InvalidInstance for a unit
    that the problem does not have, and as ``BookingProblem`` does.
    """
    units = {unit.id: unit for unit in problem.units}
    faults = [
        Problem(f"maintenance {one.id!r}, device", one.unit_id, "a device of the instance", "Correct it.")
        for one in due
        if one.unit_id not in units
    ]
    if faults:
        raise InvalidInstance(faults)
    crew = tuple(technicians)
    works = [part for one in due for part in _parts(one, units[one.unit_id], bool(crew))]
    return replace(problem, units=(*problem.units, *crew), requests=(*problem.requests, *works))


def _parts(due: Due, unit: PlannedUnit, with_crew: bool) -> Iterator[BookingRequest]:
    work = BookingRequest(
        f"{due.id}{PART}1",
        (unit.type_id,),
        unit.home,
        due.earliest,
        due.latest_start,
        due.duration,
        priority=due.priority,
        kit=due.id if with_crew else "",
        only=(unit.id,),
        waits=False,
    )
    yield work
    if with_crew:
        # Left out with the unit, so its own price is the least.
        yield replace(work, id=f"{due.id}{PART}2", type_ids=(TECHNICIAN,), only=(), priority=1)

"""The plan that the search begins with: mandatory patients where hard rules hold as far as could be found."""

from __future__ import annotations

import numpy as np

from solver.admissions.arrays import Compiled, new_plan
from solver.admissions.housing import housed
from solver.admissions.layout import Plan, Tables
from solver.admissions.packing import packed


def first_plan(compiled: Compiled, seed: int, seconds: float | None = None) -> Plan:
    """Mandatory patients by packing and housing, optional ones nowhere, any nurse on duty in every room and shift.

    Whoever found no day, theatre or room that way gets any of theirs, by chance; whoever an earlier plan admits begins
    there. ``seconds``: of the clock at most for each of the two; without, the same seed gives the same plan.
    """
    generator, tables, given = np.random.default_rng(seed), compiled.tables, new_plan(compiled)
    rooms = {room.id: r for r, room in enumerate(compiled.problem.rooms)}
    for p, occupant in enumerate(compiled.problem.occupants, start=len(compiled.problem.patients)):
        given.day[p], given.room[p] = 0, rooms[occupant.room]
    places = packed(tables, seed, seconds) or {}
    occupied = {p: int(given.room[p]) for p in range(len(compiled.problem.patients), int(tables.size[7]))}
    rooms_of = housed(tables, {p: day for p, (day, _) in places.items()}, occupied, seed, seconds) or {}
    for p, patient in enumerate(compiled.problem.patients):
        if patient.mandatory:
            days = tables.day_list[tables.day_first[p] : tables.day_first[p + 1]]
            anywhere = generator.choice(days), generator.integers(tables.size[2])
            allowed = tables.room_list[tables.room_first[p] : tables.room_first[p + 1]]
            given.day[p], given.theatre[p] = places.get(p, anywhere)
            given.room[p] = rooms_of.get(p, generator.choice(allowed))
    _as_before(tables, given)
    for s in range(given.nurse.shape[1]):
        duty = tables.duty_list[tables.duty_first[s] : tables.duty_first[s + 1]]
        given.nurse[:, s] = generator.choice(duty, given.nurse.shape[0])
    return given


def _as_before(tables: Tables, given: Plan) -> None:
    """Whoever an earlier plan admits begins there, where that is still possible for them."""
    for p, (day, room, theatre, price) in enumerate(tables.standing[: tables.size[0]].tolist()):
        days = tables.day_list[tables.day_first[p] : tables.day_first[p + 1]]
        rooms = tables.room_list[tables.room_first[p] : tables.room_first[p + 1]]
        if price and day in days and room in rooms:
            given.day[p], given.room[p] = day, room
            given.theatre[p] = max(0, theatre)

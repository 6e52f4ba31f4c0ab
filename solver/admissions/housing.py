"""Rooms for patients whose days are known: no bed twice, no two genders in a room on a day. Decided by CP-SAT."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from ortools.sat.python import cp_model

from solver.admissions.layout import Tables

WORK: Final = 2.0
"""Deterministic seconds of CP-SAT, so that the same problem always gets the same start."""


def housed(
    tables: Tables,
    days: Mapping[int, int],
    occupants: Mapping[int, int],
    seed: int,
    seconds: float | None = None,
) -> dict[int, int] | None:
    """The room of as many patients of ``days`` as can be; ``occupants``: rooms of those who are there already.

    None when nothing was found within ``WORK`` or ``seconds``.
    """
    model = cp_model.CpModel()
    chosen = {
        (p, int(r)): model.new_bool_var("")
        for p in days
        for r in tables.room_list[tables.room_first[p] : tables.room_first[p + 1]]
    }
    rooms_of: defaultdict[int, list[Any]] = defaultdict(list)
    for (p, _), here in chosen.items():
        rooms_of[p].append(here)
    for rooms in rooms_of.values():
        model.add_at_most_one(rooms)
    _limit(model, tables, days, occupants, chosen)
    model.maximize(sum(chosen.values()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % (1 << 31)
    solver.parameters.max_deterministic_time = WORK
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return {p: r for (p, r), here in chosen.items() if solver.boolean_value(here)}


def _limit(
    model: Any,
    tables: Tables,
    days: Mapping[int, int],
    occupants: Mapping[int, int],
    chosen: Mapping[tuple[int, int], Any],
) -> None:
    """A room's day holds people of the gender it has that day, as many as there are beds."""
    there: defaultdict[tuple[int, int], list[tuple[int, Any]]] = defaultdict(list)
    for (p, r), here in [*chosen.items(), *(((p, r), 1) for p, r in occupants.items())]:
        first = days.get(p, 0)
        for day in range(first, min(int(tables.size[5]), first + int(tables.need[p, 2]))):
            there[r, day].append((int(tables.need[p, 0]), here))
    for (r, _), people in there.items():
        beds, is_second = int(tables.beds[r]), model.new_bool_var("")
        model.add(sum(here for gender, here in people if gender == 1) <= beds * is_second)
        model.add(sum(here for gender, here in people if gender == 0) <= beds * (1 - is_second))

"""Days and theatres for the mandatory patients, so that no surgeon, no theatre and no day's beds are asked too much.

Surgeons' days are full to the minute in hard instances, and a search that moves one or two patients at a time cannot
unpack them. Here the days of all are decided together, by CP-SAT, without rooms and nurses.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from ortools.sat.python import cp_model

from solver.admissions.layout import Tables

WORK: Final = 4.0
"""Deterministic seconds of CP-SAT, so that the same problem always gets the same start."""


def packed(tables: Tables, seed: int, seconds: float | None = None) -> dict[int, tuple[int, int]] | None:
    """Day and theatre of every mandatory patient, by number; None when none was found within ``WORK`` or ``seconds``.

    The least delay that was met in that time. Minutes of surgeons are kept; those of theatres are kept day by day for
    all theatres together, and by each theatre if first fit finds how.
    """
    model = cp_model.CpModel()
    chosen = {
        (p, int(d)): model.new_bool_var("")
        for p in range(int(tables.size[0]))
        if not tables.need[p, 7]
        for d in tables.day_list[tables.day_first[p] : tables.day_first[p + 1]]
    }
    _limit(model, tables, chosen)
    model.minimize(sum((d - int(tables.need[p, 3])) * here for (p, d), here in chosen.items()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % (1 << 31)
    solver.parameters.max_deterministic_time = WORK
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    days = {p: d for (p, d), here in chosen.items() if solver.boolean_value(here)}
    return _with_theatres(tables, days)


def _limit(model: Any, tables: Tables, chosen: dict[tuple[int, int], Any]) -> None:
    """One day for each; no day with more minutes or people than there is room for."""
    days_of, on_day, of_surgeon, in_bed = (defaultdict(list) for _ in range(4))
    for (p, d), here in chosen.items():
        stay, _, _, minutes, surgeon = (int(value) for value in tables.need[p, 2:7])
        days_of[p].append(here)
        on_day[d].append(minutes * here)
        of_surgeon[surgeon, d].append(minutes * here)
        for day in range(d, min(int(tables.size[5]), d + stay)):
            in_bed[day].append(here)
    for days in days_of.values():
        model.add_exactly_one(days)
    for (surgeon, d), cases in of_surgeon.items():
        model.add(sum(cases) <= int(tables.surgeon_minutes[surgeon, d]))
    for d, cases in on_day.items():
        model.add(sum(cases) <= int(tables.theatre_minutes[:, d].sum()))
    for day, people in in_bed.items():
        model.add(sum(people) <= _free_beds(tables, day))


def _free_beds(tables: Tables, day: int) -> int:
    """Beds that no occupant has on a day."""
    occupants = tables.need[int(tables.size[0]) : int(tables.size[7]), 2]
    return int(tables.beds.sum()) - int((occupants > day).sum())


def _with_theatres(tables: Tables, days: dict[int, int]) -> dict[int, tuple[int, int]]:
    """Surgeon by surgeon, long surgery first, into the fullest theatre with the minutes left; else the emptiest."""
    left = tables.theatre_minutes.astype(int).copy()
    places = {}
    for p in sorted(days, key=lambda p: (-int(tables.need[p, 5]), int(tables.need[p, 6]), p)):
        d, minutes = days[p], int(tables.need[p, 5])
        fitting = [t for t in range(len(left)) if left[t, d] >= minutes]
        t = min(fitting, key=lambda t: left[t, d]) if fitting else int(left[:, d].argmax())
        left[t, d] -= minutes
        places[p] = d, t
    return places

"""What no plan can cost less than: a linear relaxation of who is admitted when, without rooms.

It knows delays, optional patients who stay out, open theatres by the minutes asked of them, and what care costs at
least: three nurses for everybody, as nobody works two shifts of a day, and the best skill that is on duty.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from solver.admissions.layout import Tables
from solver.admissions.problem import SHIFTS_PER_DAY
from solver.engine.types import Int32

SLACK = 1e-6
"""Share of the bound given away for what floating point might have added."""

Entry = tuple[int, float]


class _Rows:
    """Sums of columns that have a most each."""

    def __init__(self) -> None:
        self.sums: list[list[Entry]] = []
        self.most: list[float] = []

    def add(self, entries: Iterable[Entry], most: float) -> None:
        self.sums.append(list(entries))
        self.most.append(most)

    def matrix(self, columns: int) -> csr_array:
        triples = [(row, column, value) for row, sums in enumerate(self.sums) for column, value in sums]
        rows, cols, values = zip(*triples, strict=True) if triples else ((), (), ())
        return csr_array((values, (rows, cols)), shape=(len(self.sums), columns))


def lower_bound(tables: Tables) -> int | None:
    """Of the cost of a plan that keeps every hard rule, 0 or more; None where the relaxation has no solution."""
    days, patients = int(tables.size[5]), int(tables.size[0])
    best_skill = _best_skill(tables)
    columns = [
        (p, int(d))
        for p in range(patients)
        for d in tables.day_list[tables.day_first[p] : tables.day_first[p + 1]]
    ]
    unscheduled = int(tables.weights[7])
    saved = [unscheduled * int(tables.need[p, 7]) for p, _ in columns]
    cost = [_admission(tables, best_skill, p, d) - saved[i] for i, (p, d) in enumerate(columns)]
    cost += [float(tables.weights[4])] * days
    fixed = unscheduled * int(tables.need[:patients, 7].sum())
    fixed += sum(_care(tables, best_skill, p, 0) for p in range(patients, int(tables.size[7])))
    once, chosen, limited = _rows(tables, columns)
    found = linprog(
        np.array(cost),
        limited.matrix(len(cost)), np.array(limited.most),
        once.matrix(len(cost)) if once.sums else None, np.array(once.most) if once.sums else None,
        bounds=[(0, 1)] * chosen + [(0, int(tables.size[2]))] * days,
        method="highs",
    )  # fmt: skip
    if found.status != 0:
        return None
    value = fixed + float(found.fun)
    return max(0, math.ceil(value - SLACK * (1.0 + abs(value) + fixed)))


def _rows(tables: Tables, columns: list[tuple[int, int]]) -> tuple[_Rows, int, _Rows]:
    """Who comes exactly once, how many columns there are for admissions, and what has a most."""
    once, limited, days = _Rows(), _Rows(), int(tables.size[5])
    of_patient, of_surgeon, on_day, in_bed = (defaultdict(list) for _ in range(4))
    for column, (p, d) in enumerate(columns):
        stay, minutes, surgeon = (int(tables.need[p, field]) for field in (2, 5, 6))
        of_patient[p].append((column, 1.0))
        of_surgeon[surgeon, d].append((column, float(minutes)))
        on_day[d].append((column, float(minutes)))
        for day in range(d, min(days, d + stay)):
            in_bed[day].append((column, 1.0))
    for p, entries in of_patient.items():
        (limited if tables.need[p, 7] else once).add(entries, 1.0)
    for (surgeon, d), entries in of_surgeon.items():
        limited.add(entries, float(tables.surgeon_minutes[surgeon, d]))
    occupants = tables.need[int(tables.size[0]) : int(tables.size[7]), 2]
    for day in range(days):
        limited.add(in_bed[day], float(tables.beds.sum() - (occupants > day).sum()))
        limited.add(on_day[day], float(tables.theatre_minutes[:, day].sum()))
        longest = float(tables.theatre_minutes[:, day].max())
        limited.add([*on_day[day], (len(columns) + day, -longest)], 0.0)
    return once, len(columns), limited


def _best_skill(tables: Tables) -> Int32:
    """Of the nurses on duty, by shift."""
    shifts = SHIFTS_PER_DAY * int(tables.size[5])
    return np.array(
        [
            tables.nurse_skill[tables.duty_list[tables.duty_first[s] : tables.duty_first[s + 1]]].max()
            for s in range(shifts)
        ],
        np.int32,
    )


def _care(tables: Tables, best_skill: Int32, p: int, d: int) -> int:
    """What a person's care costs at least from day ``d`` on."""
    first = SHIFTS_PER_DAY * d
    end = min(len(best_skill), first + SHIFTS_PER_DAY * int(tables.need[p, 2]))
    lacking = np.maximum(0, tables.skill[p, : end - first] - best_skill[first:end]).sum()
    return int(tables.weights[1] * lacking + tables.weights[2] * SHIFTS_PER_DAY)


def _admission(tables: Tables, best_skill: Int32, p: int, d: int) -> float:
    return float(tables.weights[6] * (d - tables.need[p, 3]) + _care(tables, best_skill, p, d))

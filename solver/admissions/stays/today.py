"""Hard rules of today, kept by CP-SAT where a search has left them broken.

What is planned for tomorrow can be mended tomorrow; who is in today, and where, is decided. One day is a small model:
who is in lies somewhere, who can wait comes or does not.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import numpy as np
from ortools.sat.python import cp_model

from solver.admissions.stays.arrays import Compiled
from solver.admissions.stays.counting import counted
from solver.admissions.stays.layout import (
    CROWD,
    DELAY,
    LATEST,
    MINUTE_UNITS,
    MINUTES,
    PLANNED,
    SPECIALISM,
    STAY,
    SURGERY,
    TRANSFER,
    Plan,
)
from solver.engine import cpsat

HARD_PRICE: Final = 10_000
"""Of a hard unit, beside the prices of the problem."""
WORK: Final = 2.0
"""Of CP-SAT, in its own unit, at most: 231 people in 75 rooms need 0.1."""
Terms = list[tuple[int, Any]]
"""Amounts, and the choices that bring them."""


def is_broken_today(arrays: Compiled, plan: Plan) -> bool:
    """Whether what is decided today breaks a hard rule: too many people in a room, or too much surgery of those who
    are in on any day."""
    tables = arrays.tables
    start = np.where(plan.start == 0, 0, -1).astype(np.int32)
    place = np.where(plan.start[:, None] == 0, plan.place, -1).astype(np.int32)
    decided = counted(arrays, start, place)
    late = (decided.busy > tables.day_most).any() or (decided.used > tables.most).any()
    return bool((decided.there[:, 0] > tables.beds).any() or late)


def kept_today(arrays: Compiled, plan: Plan, seed: int) -> Plan:
    """``plan`` with as few hard units broken today as can be, at least cost; who then waits is left out of it.

    Rooms change for today alone, and surgery counts on the days that are decided by coming today.
    """
    model = _Today(arrays, plan)
    limits = cpsat.Parameters(seed=seed % 2**31, deterministic_time=WORK)
    outcome = cpsat.solve(model.model, limits)
    return model.read(outcome.solver) if outcome.status.has_plan else plan


class _Today:
    """Who comes, and who lies where; beds and minutes beyond what is allowed have the price of hard units."""

    def __init__(self, arrays: Compiled, plan: Plan) -> None:
        self.arrays, self.tables, self.plan = arrays, arrays.tables, plan
        self.model = cp_model.CpModel()
        self.costs: Terms = []
        self.people = [p for p, start in enumerate(plan.start) if start == 0]
        self.comes = {p: self._coming(p) for p in self.people}
        self.lies = {(p, r): self._lying(p, r) for p in self.people for r in self._rooms(p)}
        for p in self.people:
            self.model.add(sum(self.lies[p, r] for r in self._rooms(p)) == self.comes[p])
        self._count_beds()
        self._count_minutes()
        self.model.minimize(sum(amount * choice for amount, choice in self.costs))

    def _rooms(self, p: int) -> list[int]:
        first, given = self.tables.room_first, int(self.plan.place[p, 0])
        return sorted({given, *map(int, self.tables.room_list[first[p] : first[p + 1]])})

    def _coming(self, p: int) -> Any:
        """1 for who is in or must be; else a choice, with what is lost by waiting as a price below 0 of coming."""
        need, tables = self.tables.need[p], self.tables
        if tables.home[p] >= 0 or need[LATEST] == 0:
            return 1
        comes = self.model.new_bool_var("")
        self.model.add_hint(comes, True)
        beds = int(tables.idle_bed[: need[STAY]].sum())
        minutes = int(need[MINUTES] * tables.idle_minute[need[SURGERY]]) if need[SPECIALISM] >= 0 else 0
        self.costs.append((-beds - minutes - int(tables.price[DELAY]), comes))
        return comes

    def _lying(self, p: int, r: int) -> Any:
        lies, home = self.model.new_bool_var(""), int(self.tables.home[p])
        self.model.add_hint(lies, r == self.plan.place[p, 0])
        moved = int(self.tables.price[TRANSFER]) if home not in (-1, r) else 0
        moved += int(r != self.plan.place[p, 0])  # of rooms that are alike the planned one
        self.costs.append((int(self.tables.fit[self.tables.profile[p, 0], r]) + moved, lies))
        return lies

    def _keep(self, terms: Terms, most: int, units: int) -> None:
        """At most ``most``, and each one beyond at a price of hard units."""
        beyond = self.model.new_int_var(0, sum(amount for amount, _ in terms), "")
        self.model.add(sum(amount * choice for amount, choice in terms) <= most + beyond)
        self.costs.append((HARD_PRICE * units, beyond))

    def _count_beds(self) -> None:
        rooms: dict[int, Terms] = defaultdict(list)
        for (_, r), lies in self.lies.items():
            rooms[r].append((1, lies))
        for r, terms in rooms.items():
            self._keep(terms, int(self.tables.beds[r]), int(self.tables.price[CROWD]))

    def _count_minutes(self) -> None:
        days: dict[int, Terms] = defaultdict(list)
        lists: dict[tuple[int, int], Terms] = defaultdict(list)
        for p, comes in self.comes.items():
            x, minutes, day, planned = map(int, self.tables.need[p, [SPECIALISM, MINUTES, SURGERY, PLANNED]])
            if x >= 0:
                days[day].append((minutes, comes))
            if x >= 0 and planned:
                lists[x, day].append((minutes, comes))
        for day, terms in days.items():
            self._keep(terms, int(self.tables.day_most[day]), MINUTE_UNITS)
        for (x, day), terms in lists.items():
            self._keep(terms, int(self.tables.most[x, day]), MINUTE_UNITS)

    def read(self, solver: cp_model.CpSolver) -> Plan:
        """The plan of before, with today as it was solved."""
        start, place = self.plan.start.copy(), self.plan.place.copy()
        for (p, r), lies in self.lies.items():
            if solver.boolean_value(lies):
                place[p, 0] = r
        for p, comes in self.comes.items():
            if not solver.value(comes):
                start[p], place[p] = -1, -1
        return counted(self.arrays, start, place)

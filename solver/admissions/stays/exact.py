"""Rooms of the coming days where both sexes in a room are forbidden, decided by CP-SAT for everybody at once.

A room changes its sex only when all who are in it go, and one who goes may ask others to go as well: moves of
one or two patients seldom pass from one such plan to the next, so annealing made more transfers. A ward
has few rooms, and from one arrival or departure to the next nothing changes, so that some days are a small model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any, Final

import numpy as np
from ortools.sat.python import cp_model

from solver.admissions.stays.arrays import Compiled
from solver.admissions.stays.layout import FIRST, PRIVATE, SEX, SHARED, STAY, TRANSFER, Plan
from solver.admissions.stays.problem import StayProblem
from solver.engine import cpsat
from solver.engine.result import Countdown, Status
from solver.engine.types import Int32

PARTS: Final = 100
"""Of a unit of cost: prices ahead are shares of a transfer."""
BROKEN: Final = 10_000
"""Price, in units of cost, of a room-day with both sexes or of a person without a bed, where that cannot be avoided."""
LEAST_SECONDS: Final = 0.01
MOVES_A_UNIT: Final = 40_000
"""Moves of an annealing for a unit of CP-SAT's work, where moves are counted: about as long."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The first ``days`` are planned; who is in on the last of them stays where they are then.

    Who will come may make another transfer needed before a day is there, so plans far ahead are not worth what they
    cost. ``alone``: of how many transfers a day alone is worth to a private patient, if its price is not lower.
    ``room``: of how many it is worth to leave a room for several people empty for a day: it serves either sex.
    ``work``: of CP-SAT, in its own unit, at most.
    """

    days: int = 4
    alone: float = 0.26
    room: float = 0.015
    work: float = 0.3


def suits(problem: StayProblem) -> bool:
    """Whether days are fixed, both sexes in a room are forbidden, and neither theatres, idle beds nor risks count."""
    prices = problem.prices
    others = prices.risk, prices.idle_bed, prices.idle_minute, prices.overtime
    fixed = all(one.first == one.latest and one.surgery is None for one in problem.patients)
    return prices.mixed is None and not any(others) and fixed


def rooms_ahead(
    arrays: Compiled, given: Plan, ahead: Ahead, countdown: Countdown, seed: int
) -> tuple[Int32, Int32]:
    """Start (p,) and rooms (p, longest) of all who come within the days ahead; -1 for the others.

    ``given`` is where the search begins. No room holds both sexes, or too many, on any day if that can be avoided on
    all; else it is avoided at least on the first day if it can be. Where there are too few beds on the first day, who
    stays longest has none.
    """
    kept = _with_a_bed(arrays, ahead.days)
    for kept_spans in (None, 1, 0):
        model = _Model(arrays, ahead, kept, given, kept_spans)
        outcome = _solved(model, ahead, countdown, seed)
        if outcome.status is not Status.INFEASIBLE:
            break
    return model.read(outcome.solver)


def _solved(model: _Model, ahead: Ahead, countdown: Countdown, seed: int) -> cpsat.Outcome:
    """Within the budget if that suffices for any plan; otherwise as long as the first plan takes."""
    moves, seconds = countdown.budget.iterations, countdown.remaining()
    limits = cpsat.Parameters(
        seed=seed % 2**31,
        seconds=None if seconds is None else max(LEAST_SECONDS, seconds),
        deterministic_time=ahead.work if moves is None else min(ahead.work, moves / MOVES_A_UNIT),
        interleaved=True,
    )
    outcome = cpsat.solve(model.model, limits)
    while outcome.status is Status.OUT_OF_TIME:
        limits = replace(limits, seconds=None, deterministic_time=2 * (limits.deterministic_time or 1.0))
        outcome = cpsat.solve(model.model, limits)
    return outcome


def _with_a_bed(arrays: Compiled, days: int) -> list[int]:
    """Who comes within so many days, without those who find no bed on the first."""
    need = arrays.tables.need
    coming = [p for p in range(len(need)) if need[p, FIRST] < days]
    today = sorted((p for p in coming if need[p, FIRST] == 0), key=lambda p: (need[p, STAY], p))
    without = set(today[int(arrays.tables.beds.sum()) :])
    return [p for p in coming if p not in without]


class _Model:
    """Who lies where in every span of days in which nobody comes or goes; beyond the ``kept`` first spans, None is all,
    both sexes in a room and people beyond its beds have a price."""

    def __init__(
        self, arrays: Compiled, ahead: Ahead, patients: Sequence[int], given: Plan, kept: int | None
    ) -> None:
        self.tables, self.ahead, self.patients = arrays.tables, ahead, patients
        self.model = cp_model.CpModel()
        self.costs: list[Any] = []
        self.spans = self._spans()
        self.kept = len(self.spans) if kept is None else kept
        self.lies = {
            (p, r, s): self.model.new_bool_var("")
            for p in patients
            for s in self._of(p)
            for r in self._rooms_of(p)
        }
        for p in patients:
            self._stay(p)
            self._begin_with(p, given)
        for s in range(len(self.spans)):
            there = [p for p in patients if s in self._of(p)]
            for r in range(int(self.tables.size[1])) if there else ():
                self._room(r, s, [p for p in there if (p, r, s) in self.lies])
        self.model.minimize(sum(self.costs))

    def _spans(self) -> list[tuple[int, int]]:
        """First days of the spans, and the days after their last."""
        need = self.tables.need[list(self.patients)]
        events = {0, *need[:, FIRST].tolist(), *(need[:, FIRST] + need[:, STAY]).tolist()}
        return list(pairwise([*sorted(day for day in events if day < self.ahead.days), self.ahead.days]))

    def _of(self, p: int) -> list[int]:
        """The spans of a stay."""
        first, after = self.tables.need[p, FIRST], self.tables.need[p, FIRST] + self.tables.need[p, STAY]
        return [s for s, (begin, _) in enumerate(self.spans) if first <= begin < after]

    def _rooms_of(self, p: int) -> list[int]:
        first = self.tables.room_first
        return [int(r) for r in self.tables.room_list[first[p] : first[p + 1]]]

    def _pay(self, price: float, days: Sequence[int], what: Any) -> None:
        """``price`` for ``what``, on each of the days."""
        self.costs.append(round(PARTS * price) * len(days) * what)

    def _stay(self, p: int) -> None:
        """One room in every span, what a day there costs, and transfers."""
        tables, rooms, spans = self.tables, self._rooms_of(p), self._of(p)
        for s in spans:
            self.model.add_exactly_one(self.lies[p, r, s] for r in rooms)
            for r, day in product(rooms, range(*self.spans[s])):
                if cost := int(tables.fit[tables.profile[p, day - tables.need[p, FIRST]], r]):
                    self._pay(cost, [day], self.lies[p, r, s])
        price, home = float(tables.price[TRANSFER]), int(tables.home[p])
        if home in rooms:
            self._pay(-price, [0], self.lies[p, home, spans[0]])
        for before, s in pairwise(spans):
            moved = self.model.new_bool_var("")
            for r in rooms:
                self.model.add(self.lies[p, r, s] - self.lies[p, r, before] <= moved)
            self._pay(price, [self.spans[s][0]], moved)

    def _begin_with(self, p: int, given: Plan) -> None:
        for s in self._of(p) if given.start[p] >= 0 else ():
            where = given.place[p, self.spans[s][0] - given.start[p]]
            for r in self._rooms_of(p):
                self.model.add_hint(self.lies[p, r, s], int(r == where))

    def _room(self, r: int, s: int, there: Sequence[int]) -> None:
        """No more people than beds, one sex where that is asked, and what a private patient alone is worth."""
        beds, days = int(self.tables.beds[r]), range(*self.spans[s])
        over, mixed = self._slack(s, len(there))
        alone = {p: self._alone(p, r, s) for p in there if self.tables.need[p, PRIVATE]}
        sexes = [self.model.new_bool_var("") for _ in range(2)]
        for sex, here in enumerate(sexes):
            people = [p for p in there if self.tables.need[p, SEX] == sex]
            kept_free = [(beds - 1) * alone[p] for p in people if p in alone]
            self.model.add(sum(self.lies[p, r, s] for p in people) + sum(kept_free) <= beds * here + over)
            for p in people if s >= self.kept else ():  # who is one too many has a sex as well
                self.model.add_implication(self.lies[p, r, s], here)
        if self.tables.same[r]:
            self.model.add(sum(sexes) <= 1 + mixed)
        kept_free = [(beds - 1) * one for one in alone.values()]
        self.model.add(sum(self.lies[p, r, s] for p in there) + sum(kept_free) <= beds + over)
        if beds > 1:
            self._pay(self.ahead.room * float(self.tables.price[TRANSFER]), days, sum(sexes))

    def _alone(self, p: int, r: int, s: int) -> Any:
        """Whether a private patient is in the room and nobody else is."""
        lies = self.lies[p, r, s]
        alone = lies if self.tables.beds[r] == 1 else self.model.new_bool_var("")
        self.model.add_implication(alone, lies)
        price = min(float(self.tables.price[SHARED]), self.ahead.alone * float(self.tables.price[TRANSFER]))
        self._pay(-price, range(*self.spans[s]), alone)
        return alone

    def _slack(self, s: int, most: int) -> tuple[Any, Any]:
        if s < self.kept:
            return 0, 0
        over, mixed = self.model.new_int_var(0, most, ""), self.model.new_bool_var("")
        self._pay(BROKEN, range(*self.spans[s]), over + mixed)
        return over, mixed

    def read(self, solver: cp_model.CpSolver) -> tuple[Int32, Int32]:
        """Start and rooms of everybody; after the days ahead where they were last."""
        patients, longest = int(self.tables.size[0]), int(self.tables.size[4])
        start, place = np.full(patients, -1, np.int32), np.full((patients, longest), -1, np.int32)
        for p in self.patients:
            start[p], stay = self.tables.need[p, FIRST], self.tables.need[p, STAY]
            for s in self._of(p):
                room = next(r for r in self._rooms_of(p) if solver.boolean_value(self.lies[p, r, s]))
                place[p, self.spans[s][0] - start[p] : stay] = room
        return start, place

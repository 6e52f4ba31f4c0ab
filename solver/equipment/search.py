"""Improving a plan of bookings by ruin and recreate under annealing, on one core or on several side by side.

Kernels hold no lock of the interpreter, so workers are threads, each with a plan of its own.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.kernels_random import random_state
from solver.engine.result import Countdown
from solver.engine.types import Int64
from solver.equipment.kernels_booking import Neighbours, Routes, Scratch
from solver.equipment.kernels_ruin import LONGEST_STRING, construct_bookings, improve_bookings, lay_routes
from solver.equipment.problem import UNSERVED, BookingArrays, BookingProblem, frozen

CHUNK_SECONDS: Final = 0.02
"""Wanted time between two looks at the clock."""

MOST_STRINGS: Final = 3
"""Routes that one step opens at most."""

WARM: Final = 0.03
MILD: Final = 0.003
COLD: Final = 0.0003
"""Annealing's mean, from and to: shares of the mean price of leaving a booking unserved; from ``MILD`` where routes
were laid, which more warmth would undo."""

NEAREST: Final = 60
"""Competitors of a booking that a step looks at."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plan as arrays: unit of each booking (-1: unserved) and its start; what it costs."""

    unit: Int64
    begins: Int64
    cost: int


class Search:
    """The searches of one problem: made once, gone on with as long as there is time."""

    def __init__(self, problem: BookingProblem, seed: int, workers: int) -> None:
        self.arrays = problem.compiled()
        self.worst = int(self.arrays.unserved_price.sum())
        self.near = neighbours(problem, self.arrays)
        self.slack = int((self.arrays.latest - self.arrays.earliest).max(initial=0))
        seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
        self._runs = [_Run(self, int(one)) for one in seeds]
        self.steps = 0
        self._lock = threading.Lock()

    def construct(self) -> Found:
        """Insert one after the other: dearest to leave out first."""
        for run in self._runs:
            run.construct()
        return self.best()

    def lay(self, paths: Sequence[tuple[int, Sequence[int]]]) -> Found:
        """Go on from routes that are given: a unit and its bookings in order each, no unit and no booking twice.

        Who would be late is put in where that is cheapest. Workers whose best plan is as cheap keep what they have.
        """
        for run in self._runs:
            run.lay(paths)
        return self.best()

    def best(self) -> Found:
        """The cheapest plan of all workers."""
        return min((run.found() for run in self._runs), key=lambda found: found.cost)

    def improve(self, countdown: Countdown, tell: Callable[[Found], None], stop: Callable[[], bool]) -> Found:
        """Anneal until the countdown is over or ``stop`` says so; ``tell`` hears of each better plan."""
        if self.arrays.ward.size == 0:
            return self.best()
        told = [self.best().cost]

        def go(run: _Run) -> None:
            for _ in run.anneal(countdown, stop):
                with self._lock:
                    self.steps += run.chunk
                    if run.cost < told[0]:
                        told[0] = run.cost
                        tell(run.found())

        if len(self._runs) == 1:
            go(self._runs[0])
        else:
            with ThreadPoolExecutor(len(self._runs), "bookings") as pool:
                list(pool.map(go, self._runs))
        return self.best()


class _Run:
    """One worker: its plan, its best, its random numbers."""

    def __init__(self, search: Search, seed: int) -> None:
        self.search = search
        arrays = search.arrays
        bookings, units = arrays.ward.size, arrays.home.size
        width = longest_route(arrays)
        self.plan = Routes(
            np.zeros((units, width), np.int32),
            np.zeros(units, np.int64),
            np.full(bookings, UNSERVED, np.int64),
            np.zeros(bookings, np.int64),
            arrays.earliest.copy(),
            arrays.latest.copy(),
        )
        self.scratch = Scratch(
            np.zeros(bookings + MOST_STRINGS * LONGEST_STRING, np.int64),
            np.zeros(bookings + MOST_STRINGS * LONGEST_STRING),
            np.zeros(units, np.int64),
            np.zeros(units, np.int64),
            np.zeros((units, width), np.int32),
            np.zeros(units, np.int64),
            np.zeros(bookings, np.int64),
            np.zeros(units, np.int64),
            np.zeros(units, np.int64),
            np.zeros(bookings, np.int64),
            np.zeros(bookings, np.int64),
            np.zeros(2, np.int64),
        )
        self.best_unit, self.best_begins = self.plan.unit.copy(), self.plan.begins.copy()
        self.totals = np.zeros(3, np.int64)
        self.place = np.zeros(2, np.int64)
        self.state = random_state(seed)
        self.chunk = 100
        self._taken = 0
        self._warm = WARM

    @property
    def cost(self) -> int:
        """Of the best plan."""
        return self.search.worst + int(self.totals[1])

    def found(self) -> Found:
        """The best plan."""
        return Found(self.best_unit.copy(), self.best_begins.copy(), self.cost)

    def construct(self) -> None:
        """Insert one after the other."""
        self._keep(self._rest())

    def lay(self, paths: Sequence[tuple[int, Sequence[int]]]) -> None:
        """Give units these routes and insert the rest, if that is cheaper than the best plan."""
        arrays, plan = self.search.arrays, self.plan
        before = [np.array(array) for array in plan]
        plan.length[:], plan.unit[:] = 0, UNSERVED
        plan.floor[:], plan.ceiling[:] = arrays.earliest, arrays.latest
        pointers = np.cumsum([0, *(len(several) for _, several in paths)]).astype(np.int64)
        bookings = np.array([one for _, several in paths for one in several], np.int64)
        units = np.array([unit for unit, _ in paths], np.int64)
        cost = lay_routes(arrays, plan, units, pointers, bookings) + self._rest()
        if cost < self.totals[1]:
            self._keep(cost)
            self._warm = MILD
            return
        for place, held in enumerate(before):
            np.copyto(plan[place], held)

    def _rest(self) -> int:
        """Insert all who are not served, dearest first; the change in cost."""
        arrays = self.search.arrays
        left = np.flatnonzero(self.plan.unit < 0)
        order = left[np.lexsort((arrays.earliest[left], -arrays.unserved_price[left]))]
        return int(construct_bookings(arrays, self.plan, order, self.search.slack, self.place, self.state))

    def _keep(self, cost: int) -> None:
        self.totals[:2] = cost
        self.scratch.many[:], self.scratch.stale[:], self.scratch.loose[:] = 0, 0, 0
        self.best_unit[:], self.best_begins[:] = self.plan.unit, self.plan.begins

    def anneal(self, countdown: Countdown, stop: Callable[[], bool]) -> Iterator[None]:
        """Chunks of steps; one is done at each turn."""
        search = self.search
        price = max(1.0, search.worst / search.arrays.ward.size)
        began = self._taken
        while not countdown.is_over(self._taken - began) and not stop():
            warmth = price * self._warm * (COLD / self._warm) ** _progress(countdown, self._taken - began)
            before = countdown.elapsed()
            most = countdown.budget.iterations
            chunk = int(min(self.chunk, math.inf if most is None else most - (self._taken - began)))
            improve_bookings(
                search.arrays,
                self.plan,
                search.near,
                self.scratch,
                self.best_unit,
                self.best_begins,
                self.totals,
                chunk,
                MOST_STRINGS,
                warmth,
                search.slack,
                self.place,
                self.state,
            )
            self._taken += chunk
            yield
            # Warmth changes between chunks: where steps are counted, their size must not hang on the clock.
            if most is None and countdown.elapsed() - before < CHUNK_SECONDS:
                self.chunk = min(2 * self.chunk, 100_000)


def _progress(countdown: Countdown, steps: int) -> float:
    """Share of the budget used, by steps where steps are counted (so that runs repeat), else by time."""
    budget = countdown.budget
    if budget.iterations is not None:
        return min(1.0, steps / budget.iterations)
    return min(1.0, countdown.elapsed() / (budget.seconds or 1.0))


def longest_route(arrays: BookingArrays) -> int:
    """Most bookings that one unit can serve, by the shortest span and by how many it may serve at all; at least 1."""
    if not arrays.ward.size or not arrays.home.size:
        return 1
    may = np.bincount(arrays.units_of, minlength=arrays.home.size)
    during = int(arrays.latest.max() - arrays.earliest.min()) // max(1, int(arrays.span.min())) + 2
    return int(min(may.max(), during)) + 1


def neighbours(problem: BookingProblem, arrays: BookingArrays) -> Neighbours:
    """For each booking those nearest in time that a unit of one type could serve as well."""
    by_type: dict[str, list[int]] = {}
    for index, request in enumerate(problem.requests):
        for type_id in request.type_ids:
            by_type.setdefault(type_id, []).append(index)
    found: list[list[Int64]] = [[] for _ in problem.requests]
    for members in by_type.values():
        row = np.array(members, np.int64)
        row = row[np.argsort(arrays.earliest[row], kind="stable")]
        for place, index in enumerate(row):
            low = max(0, place - NEAREST // 2)
            found[index].append(row[low : place + NEAREST // 2 + 1])
    rows = []
    for index, several in enumerate(found):
        near = np.unique(np.concatenate(several)) if several else np.zeros(0, np.int64)
        near = near[near != index]
        apart = np.abs(arrays.earliest[near] - arrays.earliest[index])
        apart += arrays.transport[arrays.ward[near], arrays.ward[index]]
        rows.append(near[np.argsort(apart, kind="stable")][:NEAREST])
    pointers = np.cumsum([0, *(row.size for row in rows)]).astype(np.int64)
    flat = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    return Neighbours(frozen(pointers), frozen(flat))

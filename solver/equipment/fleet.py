"""The fewest units that serve bookings of fixed times: a size of the fleet is tried, search fills it, a bound
ends it.

Sizes are tried from the bound upwards, each with a little patience, until one succeeds; then the sizes left
open below it are tried again, each round more patiently, until the size found is the bound or the budget ends.
Workers are threads: the kernels hold no lock of the interpreter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.kernels_random import random_state
from solver.engine.result import Budget, Countdown, Observer, Result, Status, TracePoint, Unobserved
from solver.engine.types import Int64
from solver.equipment.fleet_bound import busiest, price_bound
from solver.equipment.kernels_fleet import MOST_UNITS, FleetWork, improve_fleet, start_over
from solver.equipment.problem import UNSERVED, FleetArrays, FleetPlan, FleetProblem, frozen
from solver.equipment.referee import recount_fleet

CHUNK: Final = 2_000
"""Steps between two looks at the clock: 1 to 3 ms."""

WARMTHS: Final = (0.1, 0.2, 0.05, 0.02)
"""Of annealing, in mean durations of a booking; the workers take them in turn, since instances differ."""

MOST_OUT: Final = 6
NOISE: Final = 0.2

PATIENCE: Final = 0.02
"""Share of the budget that a size gets at first; each round doubles it."""

PRICING_SHARE: Final = 0.2
PRICING_SECONDS: Final = 30.0
"""What the linear relaxation may take: a share of the budget's seconds; of so many where only steps are counted."""


def solve_fleet(
    problem: FleetProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[FleetPlan]:
    """Serve every booking with as few units as the budget allows to find.

    With iterations in the budget and one worker, the same seed gives the same plan. Infeasible: the bound, which is
    counted in whole numbers, says how many units more it takes. Out of time: no plan that serves every booking was
    found even with all units; that none exists is not claimed.
    """
    search = _Search(problem, budget.start(), seed, observer or Unobserved(), workers)
    search.go()
    return search.result()


@dataclass(slots=True)
class _Try:
    """One size of the fleet being tried: how patiently, and whether somebody has succeeded."""

    size: int
    patience: float
    done: threading.Event


class _Search:
    """The sizes between what is proven and what is found, the workers, and what is known so far."""

    def __init__(
        self, problem: FleetProblem, countdown: Countdown, seed: int, observer: Observer, workers: int
    ) -> None:
        self.problem, self.arrays = problem, problem.compiled()
        self.countdown, self.observer = countdown, observer
        self.bound = busiest(self.arrays)
        self.plan: Int64 | None = None
        self.size = len(problem.serves) + 1
        self.steps = 0
        self.trace: list[TracePoint] = []
        self._lock = threading.Lock()
        seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
        self.workers = [_Worker(self, int(one), place) for place, one in enumerate(seeds)]

    def go(self) -> None:
        """Until the bound is reached or the budget ends."""
        self._note(bound=True)
        with ThreadPoolExecutor(len(self.workers), "fleet") as pool:
            for size, patience in self._sizes():
                attempt = _Try(size, patience, threading.Event())
                list(pool.map(lambda worker, attempt=attempt: worker.attempt(attempt), self.workers))
                if self._is_over():
                    return

    def _sizes(self) -> Iterator[tuple[int, float]]:
        """Sizes to try and how long, in shares of the budget."""
        if not self.arrays.start.size:
            self.plan, self.size = np.zeros(0, np.int64), 0
            return
        units, patience = len(self.problem.serves), PATIENCE
        yield min(self.bound, units), patience
        yield units, patience * 4
        while not self._is_over():
            self._raise_bound(patience)
            if self.bound > units:
                return
            low = self.bound if self.plan is not None else units
            while low < self.size and not self._is_over():
                middle = low if self.size - low <= 2 else (low + self.size - 1) // 2
                yield middle, patience
                low = middle + 1
            patience *= 2

    def _raise_bound(self, patience: float) -> None:
        """By prices, once; where few bookings overlap yet few units may serve each, that is much higher."""
        if len(self.trace) and self.trace[-1].bound == self.bound and patience == PATIENCE:
            seconds = PRICING_SHARE * (self.countdown.budget.seconds or PRICING_SECONDS)
            found = price_bound(self.arrays, seconds, self._is_over)
            if found > self.bound:
                self.bound = found
                self._note(bound=True)

    def _used(self) -> float:
        """Share of the budget used, by steps where steps are counted, else by time."""
        budget = self.countdown.budget
        if budget.iterations is not None:
            return self.steps / budget.iterations
        return self.countdown.elapsed() / (budget.seconds or 1.0)

    def _is_over(self) -> bool:
        return self.size <= self.bound or self.countdown.is_over(self.steps) or self.observer.stop_requested()

    def found(self, unit_of: Int64, attempt: _Try) -> None:
        """A worker has served everybody."""
        with self._lock:
            attempt.done.set()
            size = int(np.unique(unit_of).size)
            if size < self.size:
                self.plan, self.size = unit_of, size
                self._note()

    def taken(self, steps: int) -> None:
        """A worker has taken so many steps more."""
        with self._lock:
            self.steps += steps

    def _note(self, bound: bool = False) -> None:
        cost = None if self.plan is None else self.size
        self.trace.append(TracePoint(self.countdown.elapsed(), self.steps, cost, self.bound))
        (self.observer.bound if bound else self.observer.incumbent)(self.trace[-1])

    def result(self) -> Result[FleetPlan]:
        """What was found, recounted."""
        if self.plan is None:
            short = self.bound > len(self.problem.serves)
            status = Status.INFEASIBLE if short else Status.OUT_OF_TIME
            return Result(status, None, None, self.bound, False, "ruin and refill", tuple(self.trace))
        plan = FleetPlan(tuple(int(unit) for unit in self.plan))
        score = recount_fleet(self.problem, plan)
        status = Status.OPTIMAL if score.cost == self.bound else Status.FEASIBLE
        verified = score.broken == 0 and score.cost == self.size
        return Result(status, plan, score.cost, self.bound, verified, "ruin and refill", tuple(self.trace))


class _Worker:
    """One thread: its chains, its random numbers."""

    def __init__(self, search: _Search, seed: int, place: int) -> None:
        self.search = search
        self.state = random_state(seed)
        self.work = work_for(search.arrays, seed)
        self.warmth = WARMTHS[place % len(WARMTHS)]
        self.slots = np.zeros(2 * MOST_UNITS, np.int64)

    def attempt(self, attempt: _Try) -> None:
        """Try to serve everybody with so many units, until somebody succeeds or patience ends."""
        search, work = self.search, self.work
        start_over(work, attempt.size, self.state)
        began = search._used()
        while work.numbers[0] and not attempt.done.is_set() and not search._is_over():
            if search._used() - began > attempt.patience:
                return
            taken = improve_fleet(
                work, attempt.size, CHUNK, MOST_OUT, self.warmth, NOISE, self.slots, self.state
            )
            search.taken(max(1, int(taken)))
        if not work.numbers[0]:
            search.found(self._unit_of(), attempt)

    def _unit_of(self) -> Int64:
        """The chains by the problem's own numbers."""
        work, unit_of = self.work, np.full(self.work.start.size, UNSERVED, np.int64)
        for unit in range(work.fleet.size):
            chain = work.held[work.room[unit] : work.room[unit] + work.served[unit]]
            unit_of[self.search.arrays.original[chain]] = unit
        return unit_of


def work_for(arrays: FleetArrays, seed: int) -> FleetWork:
    """What the kernels work on: nobody is served, units that may serve most come first."""
    bookings, units = arrays.start.size, arrays.jobs_ptr.size - 1
    may = np.zeros((units, bookings), np.bool_)
    for unit in range(units):
        may[unit, arrays.jobs[arrays.jobs_ptr[unit] : arrays.jobs_ptr[unit + 1]]] = True
    may.setflags(write=False)
    lengths = (arrays.end - arrays.start).astype(np.float64)
    worth = lengths / max(1.0, float(lengths.mean())) if bookings else lengths
    worth.setflags(write=False)
    chance = np.random.default_rng(seed).random(units)
    fleet = np.argsort(chance - np.diff(arrays.jobs_ptr)).astype(np.int64)
    scratch = [np.zeros(bookings + 1, np.int64) for _ in range(6)]
    waiting, pool, following, taken, owner, places = scratch
    best = np.zeros(bookings + 1)
    served, held = np.zeros(units, np.int64), np.zeros(arrays.jobs.size, np.int64)
    return FleetWork(
        arrays.start,
        arrays.end,
        may,
        worth,
        fleet,
        frozen(arrays.jobs_ptr),
        served,
        held,
        waiting,
        np.zeros(2, np.int64),
        pool,
        best,
        following,
        taken,
        owner,
        places,
    )

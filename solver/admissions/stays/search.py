"""Simulated annealing over stays; workers side by side meet and go on from the best plan."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.admissions.stays.arrays import Compiled, new_trial
from solver.admissions.stays.counting import counted
from solver.admissions.stays.kernels_search import anneal
from solver.admissions.stays.layout import FIRST, HARD, LATEST, ONE_SEX, SOFT, Plan
from solver.engine.kernels_random import random_state
from solver.engine.result import Countdown, Observer, TracePoint
from solver.engine.types import Float64, Int64
from solver.engine.watch import Watch

EXCHANGES: Final = (0.6, 0.8, 0.92)
"""Shares of the budget after which a worker that is behind goes on from the best plan of all."""
CHUNK: Final = 5_000
"""Moves between two looks at the clock, and at most between two temperatures."""
TEMPERATURES: Final = 40
"""So many at least where moves are counted."""
WITHOUT_DAYS: Final = (40, 50, 6, 0, 0, 0, 2, 8)
"""How often each kind of move is tried where days are fixed: those of days would find nothing."""
WITH_TRANSFERS: Final = (20, 25, 55, 0, 0, 0, 0, 0)
"""Where both sexes in a room are forbidden: long stays are kept apart by transfers, or not at all."""
WITH_DAYS: Final = (24, 30, 4, 22, 10, 10, 1, 1)


LATE: Final = 2.0
"""Power of the share of the budget by which the price of hard units rises."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """Temperature and price of a hard unit. The temperature falls by a constant factor; the price rises late, so that
    most of the search may pass through plans that break rules."""

    hot: float
    cold: float
    low_price: float
    high_price: float

    def at_prices(self, times: float) -> Cooling:
        """The same where every price is so many times as high."""
        return Cooling(*(times * one for one in (self.hot, self.cold, self.low_price, self.high_price)))

    def at(self, done: float) -> Float64:
        """Both, when the share ``done`` of the budget is used."""
        return np.array(
            [
                self.hot * (self.cold / self.hot) ** done,
                self.low_price * (self.high_price / self.low_price) ** done**LATE,
            ]
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan in arrays, moves tried and taken per kind (int64 (kinds, 2)), and how costs fell."""

    plan: Plan
    counts: Int64
    trace: tuple[TracePoint, ...]


def search(
    compiled: Compiled,
    given: Plan,
    cooling: Cooling,
    countdown: Countdown,
    seed: int,
    observer: Observer,
    workers: int = 1,
) -> Found:
    """The best plan found from ``given`` on within the budget; an iteration is a move of one worker."""
    log = _Log(compiled, given, cooling, countdown, observer)
    seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
    log.runs = [_Run(log, given, int(one)) for one in seeds]
    if workers == 1:
        log.runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "stays") as pool:
            list(pool.map(_Run.go, log.runs))
    best = min(log.runs, key=lambda run: run.rank)
    counts = np.sum([run.trial.counts for run in log.runs], axis=0)
    return Found(best.best, counts, tuple(log.trace))


class _Log(Watch):
    """What the workers share, and they themselves."""

    def __init__(
        self, compiled: Compiled, given: Plan, cooling: Cooling, countdown: Countdown, observer: Observer
    ) -> None:
        super().__init__(countdown, observer)
        self.compiled, self.cooling = compiled, cooling
        self.mix = shares(compiled, bool((given.start < 0).any()))
        self.runs: list[_Run] = []

    def note_best(self, run: _Run) -> None:
        """Tell of a worker's best if it breaks no hard rule that could be kept."""
        hard, soft = run.rank
        if hard <= self.compiled.least_hard:
            self.note(soft, run.steps)


def shares(compiled: Compiled, left_out: bool) -> Float64:
    """Shares (kinds,) of the kinds of moves, summed up."""
    need = compiled.tables.need
    movable = bool((need[:, LATEST] > need[:, FIRST]).any())
    fixed = WITH_TRANSFERS if compiled.tables.price[ONE_SEX] > 0 else WITHOUT_DAYS
    weights = np.array(WITH_DAYS if movable else fixed, np.float64)
    if not left_out:
        weights[6:] = 0
    summed: Float64 = np.cumsum(weights) / weights.sum()
    return summed


class _Run:
    """One worker: its plan, its random numbers, its best so far."""

    def __init__(self, log: _Log, given: Plan, seed: int) -> None:
        self.log, self.compiled = log, log.compiled
        self.trial, self.state, self.steps = new_trial(), random_state(seed), 0
        self.plan = counted(self.compiled, given.start, given.place)
        self.best = Plan(*(array.copy() for array in self.plan))

    @property
    def rank(self) -> tuple[int, int]:
        """Hard units broken, then cost."""
        return int(self.best.total[HARD]), int(self.best.total[SOFT])

    def go(self) -> None:
        """Anneal until the budget ends."""
        pending = list(EXCHANGES)
        most = self.log.countdown.budget.iterations
        while not self.log.is_over(self.steps):
            done = self.log.progress(self.steps)
            if pending and done >= pending[0]:
                pending.pop(0)
                self._exchange()
            chunk = CHUNK if most is None else min(CHUNK, most // TEMPERATURES + 1, most - self.steps)
            self._anneal(chunk, self.log.cooling.at(done))
            self.steps += chunk
            self.log.note_best(self)

    def _anneal(self, moves: int, hot: Float64) -> None:
        with self.log.lock:  # nobody reads a best plan while it is being written: the kernel writes a copy
            best = Plan(*(array.copy() for array in self.best))
        anneal(self.compiled.tables, self.plan, best, self.trial, moves, self.log.mix, hot, self.state)
        with self.log.lock:
            self.best = best

    def _exchange(self) -> None:
        """Go on from the best plan of all, if this worker has not found it."""
        with self.log.lock:
            leader = min(self.log.runs, key=lambda run: run.rank)
            if leader.rank < self.rank:
                self.best = Plan(*(array.copy() for array in leader.best))
                self.plan = counted(self.compiled, self.best.start, self.best.place)

"""Search by ruin and exact recreation: each step takes some people's schedules out and finds them again by the dynamic
programme, one after the other, with a little noise on all but the last; annealed, so that it escapes from where it is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.kernels_random import random_state
from solver.engine.result import Countdown, Observer, TracePoint
from solver.engine.types import Int64
from solver.rostering.arrays import SCALE, Compiled, room
from solver.rostering.kernels_search import anneal, empty_cost, respond
from solver.rostering.layout import Plan, Trial

HOT: Final = 0.6
"""Temperature at the start, as a share of the median price of a person missing."""
COLD: Final = 0.5
"""Temperature at the end, in units of cost: ties and single wishes."""
NOISE: Final = 0.05
"""Largest surcharge of a shift at the start, as a share of the median price of a person missing."""
WIDTH: Final = 3
"""People whose schedules are found again in one step, at most."""
EXCHANGES: Final = (0.5, 0.75, 0.9)
"""Shares of the budget after which a worker that is behind goes on from the best plan of all."""
CHUNK_SECONDS: Final = 0.05
CHUNK: Final = 64
"""Steps between two looks at the clock, to begin with; always so many where steps are counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan: duties int64 (n_employees, days), its cost in the problem's units, how costs fell."""

    duties: Int64
    cost: int
    trace: tuple[TracePoint, ...]


class Unbuildable(Exception):
    """Nobody can make a schedule for these employees (positions in the problem)."""

    def __init__(self, employees: Sequence[int]) -> None:
        super().__init__(tuple(employees))
        self.employees = tuple(employees)


def search(
    compiled: Compiled, countdown: Countdown, seed: int, observer: Observer, workers: int = 1
) -> Found:
    """The best roster found within the budget. Raises ``Unbuildable`` for people without any lawful schedule."""
    log = _Log(compiled, countdown, observer)
    seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
    runs = [_Run(compiled, int(one), log) for one in seeds]
    runs[0].begin()
    for other in runs[1:]:
        other.adopt(runs[0].best)
    log.runs = runs
    if workers == 1:
        runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "roster") as pool:
            list(pool.map(_Run.go, runs))
    best = min(runs, key=lambda run: run.cost)
    return Found(best.best.duty, compiled.in_units(best.cost), tuple(log.trace))


class _Log:
    """What the workers share."""

    def __init__(self, compiled: Compiled, countdown: Countdown, observer: Observer) -> None:
        self.compiled, self.countdown, self.observer = compiled, countdown, observer
        self.trace: list[TracePoint] = []
        self.runs: list[_Run] = []
        self.lock = threading.Lock()

    def note(self, cost: int, steps: int) -> None:
        """A worker's best after so many steps of its own."""
        shown = self.compiled.in_units(cost)
        with self.lock:
            if not self.trace or shown < (self.trace[-1].cost or 0):
                self.trace.append(TracePoint(self.countdown.elapsed(), steps, shown, None))
                self.observer.incumbent(self.trace[-1])

    def is_over(self, steps: int) -> bool:
        return self.countdown.is_over(steps) or self.observer.stop_requested()

    def progress(self, steps: int) -> float:
        """Share of the budget used, by steps where steps are counted, so that runs repeat."""
        budget = self.countdown.budget
        if budget.iterations is not None:
            return min(1.0, steps / budget.iterations)
        return min(1.0, self.countdown.elapsed() / (budget.seconds or 1.0))


class _Run:
    """One worker: its plan, its random numbers, its best so far."""

    def __init__(self, compiled: Compiled, seed: int, log: _Log) -> None:
        self.compiled, self.log, self.seed = compiled, log, seed
        self.work = room(compiled.tables)
        self.plan, self.best = empty_plan(compiled), empty_plan(compiled)
        self.trial = new_trial(compiled)
        self.state = random_state(seed)
        self.steps = 0
        self.chunk = CHUNK
        prices = compiled.tables.under[compiled.tables.under > 0]
        self.unit = float(np.median(prices)) if prices.size else float(SCALE)

    @property
    def cost(self) -> int:
        """Of the best so far, in the arrays' units."""
        return int(self.best.total[0])

    def begin(self) -> None:
        """Everyone's schedule once, each the best for those before."""
        stuck = []
        for p in np.random.default_rng(self.seed).permutation(len(self.plan.personal)):
            if not respond(self.compiled.tables, int(p), 0, self.plan, self.trial, self.work, self.state):
                stuck.append(int(p))
        if stuck:
            raise Unbuildable(sorted(stuck))
        _copy(self.plan, self.best)
        self.log.note(self.cost, 0)

    def adopt(self, plan: Plan) -> None:
        """Go on from another plan."""
        _copy(plan, self.plan)
        if plan.total[0] < self.best.total[0] or self.best.duty.max(initial=-1) < 0:
            _copy(plan, self.best)

    def go(self) -> None:
        """Improve until the budget ends."""
        pending = list(EXCHANGES)
        while not self.log.is_over(self.steps):
            done = self.log.progress(self.steps)
            if pending and done >= pending[0]:
                pending.pop(0)
                self._exchange()
            began = self.log.countdown.elapsed()
            self._improve(done)
            self.log.note(self.cost, self.steps)
            self._adapt(self.log.countdown.elapsed() - began)

    def _improve(self, done: float) -> None:
        heat = max(COLD * SCALE, HOT * self.unit * (1.0 - done) ** 2)
        noise = int(NOISE * self.unit * (1.0 - done))
        most = self.log.countdown.budget.iterations
        steps = self.chunk if most is None else min(CHUNK, most - self.steps)
        people = min(WIDTH, len(self.plan.personal))
        space = self.plan, self.best, self.trial, self.work, self.state
        anneal(self.compiled.tables, steps, people, noise, heat, *space)
        self.steps += steps

    def _adapt(self, seconds: float) -> None:
        """So many steps that the clock is looked at often enough, and not too often."""
        if seconds > 2 * CHUNK_SECONDS:
            self.chunk = max(1, self.chunk // 2)
        elif seconds < CHUNK_SECONDS / 2:
            self.chunk = min(4096, self.chunk * 2)

    def _exchange(self) -> None:
        """Go on from the best plan of all, if this worker has not found it."""
        with self.log.lock:
            leader = min(self.log.runs, key=lambda run: run.cost)
            if leader is not self and leader.cost < self.cost:
                self.adopt(Plan(*(array.copy() for array in leader.best)))


def empty_plan(compiled: Compiled) -> Plan:
    """Nobody works."""
    tables = compiled.tables
    people, shifts = tables.most.shape
    days, duties = tables.wanted.shape
    plan = Plan(
        duty=np.full((people, days), -1, np.int64),
        staffed=np.zeros((days, duties), np.int64),
        personal=np.zeros(people, np.int64),
        total=np.zeros(1, np.int64),
        extra=np.zeros((people, shifts), np.int64),
    )
    plan.total[0] = empty_cost(tables)
    return plan


def new_trial(compiled: Compiled) -> Trial:
    """Room for one worker's steps."""
    days, shifts = compiled.problem.days, len(compiled.problem.shifts)
    grid, rows = np.zeros((days, shifts), np.int64), np.zeros(WIDTH, np.int64)
    return Trial(
        price=grid,
        choice=grid.copy(),
        noise=grid.copy(),
        schedule=np.zeros(days, np.int64),
        kept=np.zeros((WIDTH, days), np.int64),
        kept_personal=rows,
        who=rows.copy(),
    )


def _copy(source: Plan, target: Plan) -> None:
    for array, other in zip(source, target, strict=True):
        other[...] = array

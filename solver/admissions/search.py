"""Simulated annealing over patients and nurses together; workers side by side meet and go on from the best plan."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.admissions.arrays import Compiled, new_plan, new_trial
from solver.admissions.kernels_search import anneal, build
from solver.admissions.layout import HARD, SOFT, Plan
from solver.engine.kernels_random import random_state
from solver.engine.result import Countdown, Observer, TracePoint
from solver.engine.types import Int64

HOT: Final = 25.0
COLD: Final = 2.0
"""Temperature at the start and at the end, in units of cost; between them it falls by a constant factor."""
LOW_PRICE: Final = 2.0
HIGH_PRICE: Final = 100.0
"""Of a minute of overtime at the start and at the end; a person too many counts as 60. A low price lets the plan pass
through broken rules; at the end no half hour of overtime may be worth an optional patient."""
NURSE_SHARE: Final = 0.6
"""Moves of nurses among all."""
EXCHANGES: Final = (0.5, 0.75, 0.9)
"""Shares of the budget after which a worker that is behind goes on from the best plan of all."""
CHUNK: Final = 20_000
"""Moves between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan in arrays, moves tried and taken per kind (int64 (kinds, 2)), and how costs fell."""

    plan: Plan
    counts: Int64
    trace: tuple[TracePoint, ...]


def search(compiled: Compiled, countdown: Countdown, seed: int, observer: Observer, workers: int) -> Found:
    """The best plan found within the budget; an iteration is a move of one worker."""
    log = _Log(countdown, observer)
    seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
    log.runs = [_Run(compiled, int(one), log) for one in seeds]
    if workers == 1:
        log.runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "admissions") as pool:
            list(pool.map(_Run.go, log.runs))
    best = min(log.runs, key=lambda run: run.rank)
    counts = np.sum([run.trial.counts for run in log.runs], axis=0)
    return Found(best.best, counts, tuple(log.trace))


class _Log:
    """What the workers share."""

    def __init__(self, countdown: Countdown, observer: Observer) -> None:
        self.countdown, self.observer = countdown, observer
        self.trace: list[TracePoint] = []
        self.runs: list[_Run] = []
        self.lock = threading.Lock()

    def note(self, run: _Run) -> None:
        """Tell of a worker's best if it is the best of all and keeps every hard rule."""
        with self.lock:
            hard, soft = run.rank
            if hard == 0 and (not self.trace or soft < (self.trace[-1].cost or 0)):
                self.trace.append(TracePoint(self.countdown.elapsed(), run.steps, soft, None))
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
        self.compiled, self.log = compiled, log
        self.trial, self.state, self.steps = new_trial(compiled), random_state(seed), 0
        self.plan = self._counted(random_plan(compiled, seed))
        self.best = Plan(*(array.copy() for array in self.plan))

    @property
    def rank(self) -> tuple[int, int]:
        """Hard units broken, then cost."""
        return int(self.best.total[HARD]), int(self.best.total[SOFT])

    def _counted(self, given: Plan) -> Plan:
        plan = new_plan(self.compiled)
        build(self.compiled.tables, plan, self.trial, given)
        return plan

    def go(self) -> None:
        """Anneal until the budget ends."""
        pending = list(EXCHANGES)
        hot = np.array([HOT, LOW_PRICE])
        most = self.log.countdown.budget.iterations
        while not self.log.is_over(self.steps):
            done = self.log.progress(self.steps)
            if pending and done >= pending[0]:
                pending.pop(0)
                self._exchange()
            hot[0] = HOT * (COLD / HOT) ** done
            hot[1] = LOW_PRICE * (HIGH_PRICE / LOW_PRICE) ** done
            chunk = CHUNK if most is None else min(CHUNK, most - self.steps)
            self._anneal(chunk, hot)
            self.steps += chunk
            self.log.note(self)

    def _anneal(self, moves: int, hot: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
        with self.log.lock:  # nobody reads a best plan while it is being written: the kernel writes a copy
            best = Plan(*(array.copy() for array in self.best))
        tables = self.compiled.tables
        anneal(tables, self.plan, best, self.trial, moves, NURSE_SHARE, hot, self.state)
        with self.log.lock:
            self.best = best

    def _exchange(self) -> None:
        """Go on from the best plan of all, if this worker has not found it."""
        with self.log.lock:
            leader = min(self.log.runs, key=lambda run: run.rank)
            if leader.rank < self.rank:
                self.best = Plan(*(array.copy() for array in leader.best))
                self.plan = self._counted(self.best)


def random_plan(compiled: Compiled, seed: int) -> Plan:
    """Mandatory patients anywhere they may be, optional ones nowhere, a nurse on duty in every room and shift."""
    generator, tables, given = np.random.default_rng(seed), compiled.tables, new_plan(compiled)
    for p, patient in enumerate(compiled.problem.patients):
        if patient.mandatory:
            given.day[p] = generator.choice(tables.day_list[tables.day_first[p] : tables.day_first[p + 1]])
            given.room[p] = generator.choice(
                tables.room_list[tables.room_first[p] : tables.room_first[p + 1]]
            )
            given.theatre[p] = generator.integers(tables.size[2])
    rooms = {room.id: r for r, room in enumerate(compiled.problem.rooms)}
    for p, occupant in enumerate(compiled.problem.occupants, start=len(compiled.problem.patients)):
        given.day[p], given.room[p] = 0, rooms[occupant.room]
    for s in range(given.nurse.shape[1]):
        duty = tables.duty_list[tables.duty_first[s] : tables.duty_first[s + 1]]
        given.nurse[:, s] = generator.choice(duty, given.nurse.shape[0])
    return given

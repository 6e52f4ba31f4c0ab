"""Simulated annealing over patients and nurses together; workers side by side meet and go on from the best plan."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.admissions.arrays import Compiled, new_plan, new_trial
from solver.admissions.kernels_search import anneal, build
from solver.admissions.layout import MINUTES, PEOPLE, SOFT, Plan, Tables
from solver.admissions.parts import parts
from solver.admissions.starting import first_plan
from solver.engine.kernels_random import random_state
from solver.engine.result import Countdown, Observer, TracePoint
from solver.engine.types import Float64, Int64
from solver.engine.watch import Watch


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the annealing cools, and what broken hard rules cost meanwhile.

    Temperatures are in units of cost and fall by a constant amount. hot: of moves of patients at the start, as a share
    of what a patient left out costs, within ``hottest``; cold: at the end. nurses: of moves of nurses at the start and
    the end; they are cooler, since a nurse more costs little beside a patient left out.
    person: prices of a person too many for a day, or of the other gender: at the start, the lowest, the highest.
    minute: the same of a minute of overtime. A price rises by ``step`` while its rule is broken and falls while it is
    kept, so that the plan goes back and forth over the border. It only rises before a plan was found that keeps all
    hard rules, and from ``firm`` on, a share of the budget.
    nurse_share: moves of nurses among all, where there is a choice of nurses.
    """

    hot: float = 0.11
    hottest: tuple[float, float] = (10.0, 60.0)
    cold: float = 0.4
    nurses: tuple[float, float] = (5.0, 0.1)
    person: tuple[float, float, float] = (600.0, 20.0, 6000.0)
    minute: tuple[float, float, float] = (20.0, 0.5, 200.0)
    step: float = 1.02
    firm: float = 0.7
    nurse_share: float = 0.4

    def first(self) -> Float64:
        """``Trial.hot`` at the start, but for the temperatures."""
        return np.array([0.0, self.person[0], self.minute[0], 0.0])

    def cool(self, hot: Float64, left_out: int, done: float) -> None:
        """Set the temperatures in ``hot`` after a share of the budget; ``left_out``: what a patient left out costs."""
        start = min(self.hottest[1], max(self.hottest[0], self.hot * left_out))
        hot[0] = start + (self.cold - start) * done
        hot[3] = self.nurses[0] + (self.nurses[1] - self.nurses[0]) * done

    def reprice(self, hot: Float64, broken: Int64, may_fall: bool) -> None:
        """Make dearer in ``hot[1:]`` what is broken (in the order of ``Plan.total``), and cheaper what is kept."""
        for rule, (_, least, most) in enumerate((self.person, self.minute)):
            if broken[rule] > 0:
                hot[1 + rule] = min(most, hot[1 + rule] * self.step)
            elif may_fall:
                hot[1 + rule] = max(least, hot[1 + rule] / self.step)


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


def search(
    compiled: Compiled,
    countdown: Countdown,
    seed: int,
    observer: Observer,
    workers: int,
    schedule: Schedule = Schedule(),
) -> Found:
    """The best plan found within the budget; an iteration is a move of one worker."""
    log = _Log(countdown, observer)
    seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
    left = countdown.remaining()
    given = first_plan(compiled, seed, None if left is None else left / 4)
    log.runs = [_Run(compiled, given, int(one), log, schedule) for one in seeds]
    if workers == 1:
        log.runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "admissions") as pool:
            list(pool.map(_Run.go, log.runs))
    best = min(log.runs, key=lambda run: run.rank)
    counts = np.sum([run.trial.counts for run in log.runs], axis=0)
    return Found(best.best, counts, tuple(log.trace))


def has_choice_of_nurses(tables: Tables) -> bool:
    """Whether two are on duty in some shift. Where one stands in for all, as in a live hospital, no move of nurses
    changes anything."""
    return bool((np.diff(tables.duty_first) > 1).any())


class _Log(Watch):
    """What the workers share, and they themselves."""

    def __init__(self, countdown: Countdown, observer: Observer) -> None:
        super().__init__(countdown, observer)
        self.runs: list[_Run] = []

    def note_best(self, run: _Run) -> None:
        """Tell of a worker's best if it keeps every hard rule."""
        hard, soft = run.rank
        if hard == 0:
            self.note(soft, run.steps, lambda: parts(run.compiled, run.best))


class _Run:
    """One worker: its plan, its random numbers, its best so far."""

    def __init__(self, compiled: Compiled, given: Plan, seed: int, log: _Log, schedule: Schedule) -> None:
        self.compiled, self.log, self.schedule = compiled, log, schedule
        self.trial, self.state, self.steps = new_trial(compiled), random_state(seed), 0
        self.nurse_share = schedule.nurse_share if has_choice_of_nurses(compiled.tables) else 0.0
        self.plan = self._counted(given)
        self.best = Plan(*(array.copy() for array in self.plan))

    @property
    def rank(self) -> tuple[int, int]:
        """Hard units broken, then cost."""
        total = self.best.total
        return int(60 * total[PEOPLE] + total[MINUTES]), int(total[SOFT])

    def _counted(self, given: Plan) -> Plan:
        plan = new_plan(self.compiled)
        build(self.compiled.tables, plan, self.trial, given)
        return plan

    def go(self) -> None:
        """Anneal until the budget ends."""
        pending = list(EXCHANGES)
        hot, left_out = self.schedule.first(), int(self.compiled.tables.weights[7])
        most = self.log.countdown.budget.iterations
        while not self.log.is_over(self.steps):
            done = self.log.progress(self.steps)
            if pending and done >= pending[0]:
                pending.pop(0)
                self._exchange()
            self.schedule.cool(hot, left_out, done)
            chunk = CHUNK if most is None else min(CHUNK, most - self.steps)
            self._anneal(chunk, hot)
            self.schedule.reprice(hot, self.plan.total, done < self.schedule.firm and self.rank[0] == 0)
            self.steps += chunk
            self.log.note_best(self)

    def _anneal(self, moves: int, hot: Float64) -> None:
        with self.log.lock:  # nobody reads a best plan while it is being written: the kernel writes a copy
            best = Plan(*(array.copy() for array in self.best))
        tables = self.compiled.tables
        anneal(tables, self.plan, best, self.trial, moves, self.nurse_share, hot, self.state)
        with self.log.lock:
            self.best = best

    def _exchange(self) -> None:
        """Go on from the best plan of all, if this worker has not found it."""
        with self.log.lock:
            leader = min(self.log.runs, key=lambda run: run.rank)
            if leader.rank < self.rank:
                self.best = Plan(*(array.copy() for array in leader.best))
                self.plan = self._counted(self.best)

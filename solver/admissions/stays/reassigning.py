"""A plan of stays improved by giving the patients of some nights rooms anew, as long as there is time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from solver.admissions.stays.arrays import Compiled
from solver.admissions.stays.assignment import Assigner, Freedom
from solver.admissions.stays.counting import counted
from solver.admissions.stays.layout import HARD, SOFT
from solver.admissions.stays.search import Found
from solver.engine.result import Countdown, Observer
from solver.engine.types import Bool, Int32
from solver.engine.watch import Watch

SIZES: Final = (150, 300, 600, 1200)
"""Patients who may be moved at once; each size has the same share of the time."""
FIRST_ROOMS: Final = 8.0
"""Rooms whose sex may change, at first; more while that is solved, fewer where it is not."""
FEWER, MORE, FEWEST_ROOMS = 0.7, 1.25, 0.5
"""What their number is multiplied by, and the least: below one no sex changes."""
SECONDS: Final = 5.0
"""For one such problem, at most."""


def reassigned(
    compiled: Compiled, found: Found, countdown: Countdown, seed: int, observer: Observer, workers: int = 1
) -> Found:
    """``found``, whose plan breaks no hard rule, with a better plan if one is found in time."""
    shared = Shared(compiled, found, countdown, observer)
    runs = [_Run(shared, int(one)) for one in np.random.SeedSequence(seed).generate_state(workers, np.uint64)]
    if workers == 1:
        runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "rooms") as pool:
            list(pool.map(_Run.go, runs))
    return replace(found, plan=shared.plan, trace=tuple(shared.trace))


class Shared(Watch):
    """The best plan of all workers, and the patients and rooms they draw from."""

    def __init__(self, compiled: Compiled, found: Found, countdown: Countdown, observer: Observer) -> None:
        super().__init__(countdown, observer)
        self.trace.extend(found.trace)
        self.compiled, self.plan, self.assigner = compiled, found.plan, Assigner(compiled)

    def offer(self, place: Int32) -> None:
        """Take these rooms if they break no hard rule and cost no more: that they cost the same leads elsewhere."""
        plan = counted(self.compiled, self.plan.start, place)
        with self.lock:
            if plan.total[HARD] > 0 or plan.total[SOFT] > self.plan.total[SOFT]:
                return
            self.plan = plan
        self.note(int(plan.total[SOFT]), 0)


class _Run:
    """One worker: its random numbers, prices of beds, and for each size what it ``spent`` and how many ``rooms`` it may
    change the sex of."""

    def __init__(self, shared: Shared, seed: int) -> None:
        self.shared, self.random = shared, np.random.default_rng(seed)
        self.prices = np.zeros(shared.assigner.shape)
        sizes = [n for n in SIZES if n < 2 * len(shared.plan.start)] or [SIZES[0]]
        self.spent, self.rooms = dict.fromkeys(sizes, 0.0), dict.fromkeys(sizes, FIRST_ROOMS)

    def go(self) -> None:
        """Until the budget ends."""
        elapsed = self.shared.countdown.elapsed
        while not self.shared.is_over(0) and (left := self.shared.countdown.remaining()):
            size, began = min(self.spent, key=self._turn), elapsed()
            proven = self._reassign(size, began + min(SECONDS, left))
            took = elapsed() - began
            self.spent[size] += took
            self._adapt(size, proven, took)

    def _turn(self, size: int) -> float:
        """The least is next; a size that is not solved even with every sex as it is has a tenth of the others' time."""
        return self.spent[size] * (1.0 if self.rooms[size] >= 1.0 else 10.0)

    def _reassign(self, size: int, end: float) -> bool:
        assigner, elapsed = self.shared.assigner, self.shared.countdown.elapsed
        patients = _around(assigner, size, self.random)
        freedom = Freedom(patients, _some(assigner, int(self.rooms[size]), self.random))
        outcome = assigner.reassign(self.shared.plan.place, freedom, self.prices, lambda: end - elapsed())
        self.prices = outcome.prices
        if outcome.place is not None:
            self.shared.offer(outcome.place)
        return outcome.proven

    def _adapt(self, size: int, proven: bool, took: float) -> None:
        if not proven:
            self.rooms[size] = max(FEWEST_ROOMS, FEWER * self.rooms[size])
        elif took < SECONDS / 2:
            most = float(self.shared.assigner.shape[0])
            self.rooms[size] = min(MORE * max(1.0, self.rooms[size]), most)


def _around(assigner: Assigner, size: int, random: np.random.Generator) -> Bool:
    """About so many patients whose stays are nearest to a night."""
    night = random.integers(assigner.shape[1])
    after = assigner.first + assigner.stay
    far = np.maximum(0, np.maximum(assigner.first - night, night - after + 1))
    most = np.sort(far)[min(size, len(far)) - 1]
    near: Bool = far <= most if random.random() < 0.5 else far < max(most, 1)
    return near


def _some(assigner: Assigner, count: int, random: np.random.Generator) -> Bool:
    """So many rooms whose policy is one sex a night."""
    same = np.flatnonzero(assigner.same[:, 0])
    chosen: Bool = np.zeros(assigner.shape[0], np.bool_)
    chosen[random.choice(same, min(count, len(same)), replace=False)] = True
    return chosen

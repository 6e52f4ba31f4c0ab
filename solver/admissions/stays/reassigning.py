"""A plan of stays improved by giving the patients of some nights rooms anew, as long as there is time."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.admissions.stays.arrays import Compiled
from solver.admissions.stays.assignment import Assigner, Freedom
from solver.admissions.stays.counting import counted
from solver.admissions.stays.layout import HARD, SOFT, Plan
from solver.engine.result import Countdown, Observer
from solver.engine.types import Bool
from solver.engine.watch import Watch

SIZES: Final = (150, 300, 600, 1200)
"""Patients who may be moved at once; each size has the same share of the time."""
FIRST_ROOMS: Final = 8.0
"""Rooms whose sex may change, at first; more while that is solved, fewer where it is not."""
SECONDS: Final = 5.0
"""For one such problem, at most."""


def reassigned(compiled: Compiled, plan: Plan, countdown: Countdown, seed: int, observer: Observer) -> Plan:
    """``plan``, in which no hard rule is broken, or a better one."""
    assigner, random = Assigner(compiled), np.random.default_rng(seed)
    log, prices = Watch(countdown, observer), np.zeros(assigner.shape)
    sizes = [n for n in SIZES if n < 2 * len(plan.start)] or [SIZES[0]]
    spent, rooms = dict.fromkeys(sizes, 0.0), dict.fromkeys(sizes, FIRST_ROOMS)
    while not log.is_over(0) and (left := countdown.remaining()):
        size, began = min(sizes, key=lambda n: spent[n] * (1 if rooms[n] >= 1 else 10)), countdown.elapsed()
        freedom = Freedom(_around(assigner, size, random), _some(assigner, int(rooms[size]), random))
        outcome = assigner.reassign(plan.place, freedom, prices, min(SECONDS, left))
        prices = outcome.prices
        took = countdown.elapsed() - began
        spent[size] += took
        if not outcome.proven:
            rooms[size] = max(0.5, 0.7 * rooms[size])
        elif took < SECONDS / 2:
            rooms[size] = min(1.25 * max(1.0, rooms[size]), float(assigner.shape[0]))
        if outcome.place is not None:
            other = counted(compiled, plan.start, outcome.place)
            if other.total[HARD] == 0 and other.total[SOFT] <= plan.total[SOFT]:
                plan = other
                log.note(int(plan.total[SOFT]), 0)
    return plan


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

"""Everybody agrees on prices: first prices of the cover are found at which all would make the best roster if they could
be paid in parts, then people answer to them in turn, while whoever is missing or too many counts more and more.

The prices are those of the Lagrangian relaxation, found by steps along a smoothed subgradient (Polyak 1969; Camerini,
Fratta, Maffioli 1975), so they give a bound. What follows is an augmented Lagrangian, minimised person by person (Boyd
et al. 2011, "Distributed optimization and statistical learning via the alternating direction method of multipliers"),
whose penalty rises as slowly as there is time. Nothing is solved but schedules of one person. For sixty nurses and
eight weeks the relaxation by columns had not met its bound after 120 seconds; prices take ten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from solver.engine.types import Float64, Int64
from solver.rostering.arrays import new_trial, room
from solver.rostering.columns import lagrangian
from solver.rostering.kernels_pricing import FREE, price_everybody
from solver.rostering.kernels_search import insert_schedule, remove_schedule
from solver.rostering.kernels_sweeps import sweep
from solver.rostering.layout import FAR, Plan, Priced, Tables
from solver.rostering.sharing import copy, rank

STEP_FIRST: Final = 1 / 15
STEP_LAST: Final = 1 / 300
"""By how much a price moves for each person missing, in the first round and in the last, as a share of the median price
of a person missing; between them it falls by the same factor each."""
MOMENTUM: Final = 0.8
"""Share of the last direction in the next one."""
SLOPE_FIRST: Final = 1 / 30
SLOPE_LAST: Final = 1 / 2
"""What a person missing counts beyond the price, in the first sweep and in the last, as the same share."""
STEP_SWEEPING: Final = 1 / 600
"""By how much a price moves after a sweep, as the same share."""


@dataclass(slots=True)
class Agreeing:
    """Prices float64 (days, n_duties) of one person more, and the ``bound`` that follows from the best of them,
    ``best_prices``; ``unit`` is the median price of a person missing, all in the arrays' units."""

    tables: Tables
    unit: float
    bound: int | None = None
    prices: Float64 = field(init=False)
    best_prices: Float64 = field(init=False)
    _most: Int64 = field(init=False)
    _direction: Float64 = field(init=False)
    _priced: Priced = field(init=False)

    def __post_init__(self) -> None:
        tables, people = self.tables, len(self.tables.terms)
        days = len(tables.wanted)
        self._most = np.where(tables.wanted > 0, tables.under, -tables.over)
        self._most = np.where(tables.least > 0, tables.size[3], self._most)
        self.prices = np.clip(tables.under / 2, -tables.over, self._most)
        self.best_prices = self.prices
        self._direction = np.zeros(tables.wanted.shape)
        self._priced = Priced(
            np.zeros((people, days), np.int64), np.zeros(people, np.int64), np.zeros(1, np.int64)
        )

    def climb(self, rounds: int, progress: Callable[[], float]) -> None:
        """Improve the prices so many rounds long, while ``progress`` is below 1; each prices everybody once."""
        trial, work = new_trial(self.tables, 1), room(self.tables)
        free = np.full(self._priced.duties.shape, FREE, np.int64)
        for number in range(rounds):
            if (done := progress()) >= 1.0:
                return
            whole = np.rint(self.prices).astype(np.int64)
            price_everybody(self.tables, whole, free, trial, work, self._priced)
            bound = lagrangian(self.tables, np.zeros_like(whole), whole, int(self._priced.least[0]))
            if self.bound is None or bound > self.bound:
                self.bound, self.best_prices = bound, self.prices
            gap = self._gap(_staffed(self.tables, self._priced.duties))
            self._direction = MOMENTUM * self._direction + (1.0 - MOMENTUM) * gap
            self._move(_between(STEP_FIRST, STEP_LAST, max(done, number / rounds)), self._direction)

    def sweep(
        self, plan: Plan, best: Plan, progress: Callable[[], float], random: np.random.Generator
    ) -> None:
        """From the best prices on make ``plan`` what all agree on while ``progress`` goes from 0 to 1, and ``best``
        where it becomes better."""
        trial, work = new_trial(self.tables, 1), room(self.tables)
        self.prices = self.best_prices
        self._answer(plan)
        while (done := progress()) < 1.0:
            slope = int(_between(SLOPE_FIRST, SLOPE_LAST, done) * self.unit)
            order, whole = random.permutation(len(plan.personal)), np.rint(self.prices).astype(np.int64)
            sweep(self.tables, order, whole, slope, plan, trial, work)
            if rank(plan) < rank(best):
                copy(plan, best)
            self._move(STEP_SWEEPING, self._gap(plan.staffed))

    def _answer(self, plan: Plan) -> None:
        """Give everybody the schedule that pays them best, whatever the others do."""
        trial, work = new_trial(self.tables, 1), room(self.tables)
        free = np.full(plan.duty.shape, FREE, np.int64)
        price_everybody(self.tables, np.rint(self.prices).astype(np.int64), free, trial, work, self._priced)
        for p in np.flatnonzero(self._priced.personal < FAR).tolist():
            remove_schedule(self.tables, p, plan)
            insert_schedule(self.tables, p, self._priced.duties[p], int(self._priced.personal[p]), plan)

    def _gap(self, staffed: Int64) -> Int64:
        """People missing, less those whom at these prices the cover rather does without: int64 (days, n_duties)."""
        tables = self.tables
        spare = np.maximum(0, tables.wanted - tables.least)
        missing = np.maximum(tables.wanted, tables.least) - staffed
        dearer, equal = self.prices > tables.under + 1, np.abs(self.prices - tables.under) <= 1
        without = np.where(dearer, spare, np.where(equal, np.clip(missing, 0, spare), 0))
        gap: Int64 = missing - without
        return gap

    def _move(self, step: float, direction: Float64 | Int64) -> None:
        moved = self.prices + step * self.unit * direction
        self.prices = np.clip(moved, -self.tables.over, self._most)


def _between(first: float, last: float, done: float) -> float:
    """From ``first`` to ``last`` by the same factor in equal times."""
    return float(first * (last / first) ** done)


def _staffed(tables: Tables, duties: Int64) -> Int64:
    """People on each duty, int64 (days, n_duties), of schedules int64 (n, days)."""
    return np.stack([(duties == k).sum(axis=0) for k in range(len(tables.duty_shift))], axis=1)

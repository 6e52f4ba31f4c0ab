"""Column generation: the dynamic programme prices schedules, the master chooses among them; a bound and a dive.

The bound is Lagrangian and counted in whole numbers from rounded prices, so nothing rests on floating point: whatever
the prices, no roster costs less. A dive decides days step by step, the surest first, and looks for better schedules
under what is decided in between (Joncour et al. 2010, "Column generation based primal heuristics").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from solver.engine.types import Float64, Int64
from solver.rostering.arrays import SCALE, new_trial, room
from solver.rostering.kernels_pricing import FREE, price_everybody
from solver.rostering.layout import FAR, Priced, Tables, Trial, Work
from solver.rostering.master import Column, Master, Relaxed

SMOOTHING: Final = 0.5
"""Share of the prices of the best bound so far in those that are tried (Wentges 1997)."""
CLOSE: Final = 0.5 * SCALE
"""Relaxation and bound this near are taken for equal: costs are whole."""
SURE: Final = 0.75
"""A duty or a day off with so large a share is decided in the next step of a dive."""
STEP: Final = 0.02
"""Share of all days that one step decides, at least."""
DIVE_ROUNDS: Final = 8
"""Rounds of pricing between two steps of a dive, at most."""


@dataclass(slots=True)
class Generation:
    """Column generation for ``tables``.

    ``staffed`` int64 (days, n_duties): people who are there anyway. ``given`` int64 (n_employees, days): what is
    decided from the start. ``seconds_left`` tells how long it may go on; 0 ends it. ``bound`` in the arrays' units
    and the ``prices`` int64 (days, n_duties) that it was counted by, None until there is one.
    """

    tables: Tables
    staffed: Int64
    given: Int64
    seconds_left: Callable[[], float]
    bound: int | None = None
    master: Master = field(init=False)
    _work: Work = field(init=False)
    _trial: Trial = field(init=False)
    _priced: Priced = field(init=False)
    _fixed: Int64 = field(init=False)
    prices: Int64 | None = None

    def __post_init__(self) -> None:
        people, days = self.given.shape
        self.master = Master(self.tables, self.staffed)
        self._work, self._trial = room(self.tables), new_trial(self.tables, 1)
        self._priced = Priced(
            np.zeros((people, days), np.int64), np.zeros(people, np.int64), np.zeros(1, np.int64)
        )
        self._fixed = self.given.copy()

    def begin(self, duties: Int64) -> Int64:
        """Begin from a roster, int64 (n_employees, days); its personal costs, int64 (n_employees,)."""
        personal = personal_costs(self.tables, duties)
        for person in range(len(duties)):
            self.master.add(person, duties[person], int(personal[person]))
        return personal

    def generate(self, hopeless: float = float("inf")) -> Relaxed | None:
        """Add schedules until the relaxation meets its bound, that goes above ``hopeless``, or the time ends; the last
        relaxation."""
        relaxed = self.master.solve(self.seconds_left())
        while relaxed is not None and self.seconds_left() > 0:
            whole = np.rint(relaxed.prices).astype(np.int64)
            added = self._round(relaxed, self._smoothed(whole))
            if self.bound is not None and (relaxed.cost - self.bound <= CLOSE or self.bound > hopeless):
                return relaxed
            if not added and not self._round(relaxed, whole):
                return relaxed
            relaxed = self.master.solve(self.seconds_left())
        return relaxed

    def dive(self, worthwhile: float = float("inf")) -> list[Column] | None:
        """A schedule for everybody: step by step every duty and day off that the relaxation is nearly sure of is
        decided, until nothing is left open. None if time did not suffice, or the relaxation went above
        ``worthwhile``."""
        self._fixed[:] = self.given
        while (self._fixed == FREE).any():
            relaxed = self._settle(worthwhile)
            if relaxed is None:
                return None
            before = self._fixed.copy()
            self._decide()
            for person in np.flatnonzero((before != self._fixed).any(axis=1)).tolist():
                self.master.keep(person, self._fixed[person])
        if self._settle(worthwhile) is None:
            return None
        return [self._chosen(person) for person in range(len(self._fixed))]

    def _chosen(self, person: int) -> Column:
        """The schedule that was decided; where none is lawful just so, the one that is nearest to it."""
        fixed = self._fixed[person]
        return max(self.master.columns[person], key=lambda column: int((column.duties == fixed).sum()))

    def _settle(self, worthwhile: float) -> Relaxed | None:
        """The relaxation under what is decided, after some rounds of pricing."""
        relaxed = self.master.solve(self.seconds_left())
        for _ in range(DIVE_ROUNDS):
            if relaxed is None or self.seconds_left() <= 0:
                return None
            if not self._round(relaxed, np.rint(relaxed.prices).astype(np.int64), bounding=False):
                break
            relaxed = self.master.solve(self.seconds_left())
        return None if relaxed is None or relaxed.cost > worthwhile else relaxed

    def _decide(self) -> None:
        """Fix what is nearly sure; where that is little, the surest days beside."""
        open_days = np.argwhere(self._fixed == FREE)
        shares = self._shares()
        best = shares.argmax(axis=2)
        sure = shares.max(axis=2)[tuple(open_days.T)]
        least = max(1, int(STEP * self._fixed.size))
        chosen = sure >= SURE
        if chosen.sum() < least:
            chosen[np.argsort(-sure, kind="stable")[:least]] = True
        where = tuple(open_days[chosen].T)
        self._fixed[where] = best[where] - 1

    def _shares(self) -> Float64:
        """How much of each duty (and of a day off, at 0) the relaxation gives: (n_employees, days, n_duties + 1)."""
        people, days = self._fixed.shape
        shares = np.zeros((people, days, self.staffed.shape[1] + 1))
        for person, columns in enumerate(self.master.columns):
            for column in columns:
                share = self.master.share(column)
                if share > 0:
                    shares[person, np.arange(days), column.duties + 1] += share
        return shares

    def _smoothed(self, whole: Int64) -> Int64:
        if self.prices is None:
            return whole
        mixed: Int64 = np.rint(SMOOTHING * self.prices + (1.0 - SMOOTHING) * whole).astype(np.int64)
        return mixed

    def _round(self, relaxed: Relaxed, worth: Int64, bounding: bool = True) -> bool:
        """Price everybody once; whether a schedule was added that the relaxation wants."""
        tables, priced = self.tables, self._priced
        worth = np.clip(worth, -tables.over, tables.size[3])
        price_everybody(tables, worth, self._fixed, self._trial, self._work, priced)
        earned = worth_of(priced.duties, relaxed.prices)
        wanted = (priced.personal < FAR) & (priced.personal - earned - relaxed.rents < -1.0)
        added = False
        for person in np.flatnonzero(wanted).tolist():
            added |= self.master.add(person, priced.duties[person], int(priced.personal[person]))
        if bounding:
            self._improve_bound(worth, int(priced.least[0]))
        return added

    def _improve_bound(self, worth: Int64, least: int) -> None:
        bound = lagrangian(self.tables, self.staffed, worth, least)
        if self.bound is None or bound > self.bound:
            self.bound, self.prices = bound, worth


def lagrangian(tables: Tables, there: Int64, worth: Int64, least: int) -> int:
    """What no roster costs less than, when all schedules together cost at least ``least``, less what one person on each
    duty is worth, int64 (days, n_duties). People ``there`` anyway are paid for by what is not wanted any more."""
    short = np.maximum(0, tables.least - there)
    under = np.maximum(0, tables.wanted - np.maximum(tables.least, there))
    bound = least + int((worth * (tables.wanted - there)).sum())
    bound += int((np.minimum(0, tables.under - worth) * under).sum())
    bound += int((np.minimum(0, tables.size[3] - worth) * short).sum())
    return bound


def personal_costs(tables: Tables, duties: Int64) -> Int64:
    """What everybody's schedule, int64 (n_employees, days), costs apart from cover: int64 (n_employees,)."""
    priced = Priced(np.zeros_like(duties), np.zeros(len(duties), np.int64), np.zeros(1, np.int64))
    none = np.zeros(tables.wanted.shape, np.int64)
    price_everybody(tables, none, duties, new_trial(tables, 1), room(tables), priced)
    return priced.personal


def worth_of(duties: Int64, prices: Float64) -> Float64:
    """What schedules, int64 (n, days), earn at prices of duties, float64 (days, n_duties): float64 (n,)."""
    with_off = np.concatenate([prices, np.zeros((len(prices), 1))], axis=1)
    earned: Float64 = with_off[np.arange(duties.shape[1]), duties].sum(axis=1)
    return earned

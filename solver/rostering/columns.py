"""Column generation: the dynamic programme prices schedules, the master chooses among them; a bound and a dive.

The bound is Lagrangian and counted in whole numbers from rounded prices, so nothing rests on floating point: whatever
the prices, no roster costs less. A dive decides days step by step, the surest first, and looks for better schedules
under what is decided in between (Joncour et al. 2010, "Column generation based primal heuristics").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from solver.engine.result import Countdown, Observer
from solver.engine.types import Float64, Int64
from solver.rostering.arrays import SCALE, Compiled, room
from solver.rostering.kernels import best_schedule
from solver.rostering.kernels_search import price_from
from solver.rostering.layout import FAR, Work
from solver.rostering.master import FREE, Column, Master, Relaxed

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
DECIDED: Final = 1 << 44
"""Reward for a duty that is decided: above all that a schedule ever costs."""


@dataclass(slots=True)
class Generation:
    """Column generation for one problem. ``bound`` in the arrays' units, None until there is one."""

    compiled: Compiled
    countdown: Countdown
    observer: Observer
    bound: int | None = None
    master: Master = field(init=False)
    _work: Work = field(init=False)
    _fixed: Int64 = field(init=False)
    _prices: Int64 | None = None
    _until: float = 0.0

    def __post_init__(self) -> None:
        self.master = Master(self.compiled.tables, int(self.compiled.tables.size[3]))
        self._work = room(self.compiled.tables)
        self._fixed = np.full(
            (len(self.compiled.problem.employees), self.compiled.problem.days), FREE, np.int64
        )

    def begin(self, duty: Int64, personal: Int64) -> None:
        """Begin from a roster."""
        for person in range(len(duty)):
            self.master.add(person, duty[person], int(personal[person]))

    @property
    def over(self) -> bool:
        """Whether the time for what is being done has ended."""
        late = self.countdown.elapsed() >= self._until
        return late or self.countdown.is_over(0) or self.observer.stop_requested()

    def _seconds(self) -> float:
        return max(0.001, self._until - self.countdown.elapsed())

    def generate(self, seconds: float) -> Relaxed | None:
        """Add schedules until the relaxation meets its bound, the rounds or ``seconds`` end; the last relaxation."""
        self._until = self.countdown.elapsed() + seconds
        relaxed = self.master.solve(self._seconds())
        while relaxed is not None and not self.over:
            whole = np.rint(relaxed.prices).astype(np.int64)
            added = self._round(relaxed, self._smoothed(whole))
            if self.bound is not None and relaxed.cost - self.bound <= CLOSE:
                return relaxed
            if not added and not self._round(relaxed, whole):
                return relaxed
            relaxed = self.master.solve(self._seconds())
        return relaxed

    def dive(self, seconds: float) -> list[Column] | None:
        """A schedule for everybody: step by step every duty and day off that the relaxation is nearly sure of is
        decided, until nothing is left open. None if ``seconds`` did not suffice."""
        self._until = self.countdown.elapsed() + seconds
        self._fixed[:] = FREE
        while (self._fixed == FREE).any():
            if self._settle() is None:
                return None
            before = self._fixed.copy()
            self._decide()
            for person in np.flatnonzero((before != self._fixed).any(axis=1)).tolist():
                self.master.keep(person, self._fixed[person])
        return (
            None if self._settle() is None else [self._chosen(person) for person in range(len(self._fixed))]
        )

    def _chosen(self, person: int) -> Column:
        """The schedule that was decided; where none is lawful just so, the one that is nearest to it."""
        fixed = self._fixed[person]
        return max(self.master.columns[person], key=lambda column: int((column.duties == fixed).sum()))

    def _settle(self) -> Relaxed | None:
        """The relaxation under what is decided, after some rounds of pricing."""
        relaxed = self.master.solve(self._seconds())
        for _ in range(DIVE_ROUNDS):
            if relaxed is None or self.over:
                return None
            if not self._round(relaxed, np.rint(relaxed.prices).astype(np.int64), bounding=False):
                break
            relaxed = self.master.solve(self._seconds())
        return relaxed

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
        for person, day in open_days[chosen].tolist():
            self._fixed[person, day] = best[person, day] - 1

    def _shares(self) -> Float64:
        """How much of each duty (and of a day off, at 0) the relaxation gives: (n_employees, days, n_duties + 1)."""
        people, days = self._fixed.shape
        shares = np.zeros((people, days, len(self.compiled.duties) + 1))
        for person, columns in enumerate(self.master.columns):
            for column in columns:
                share = self.master.share(column)
                if share > 0:
                    shares[person, np.arange(days), column.duties + 1] += share
        return shares

    def _smoothed(self, whole: Int64) -> Int64:
        if self._prices is None:
            return whole
        mixed: Int64 = np.rint(SMOOTHING * self._prices + (1.0 - SMOOTHING) * whole).astype(np.int64)
        return mixed

    def _round(self, relaxed: Relaxed, worth: Int64, bounding: bool = True) -> bool:
        """Price everybody once; whether a schedule was added that the relaxation wants."""
        tables = self.compiled.tables
        worth = np.clip(worth, -tables.over, tables.size[3])
        least, added = 0, False
        for person in range(len(tables.terms)):
            cost, found = self._cheapest(person, worth)
            least += cost
            if found is None:
                continue
            duties, personal = found
            rented = personal - float(relaxed.prices[_cells(duties)].sum()) - relaxed.rents[person]
            if rented < -1.0:
                self.master.add(person, duties, personal)
                added = True
        if bounding:
            self._improve_bound(worth, least)
        return added

    def _improve_bound(self, worth: Int64, least: int) -> None:
        tables = self.compiled.tables
        missing = np.minimum(0, tables.under - worth) * (tables.wanted - tables.least)
        broken = np.minimum(0, tables.size[3] - worth) * tables.least
        bound = least + int((worth * tables.wanted).sum()) + int(missing.sum()) + int(broken.sum())
        if self.bound is None or bound > self.bound:
            self.bound, self._prices = bound, worth

    def _cheapest(self, person: int, worth: Int64) -> tuple[int, tuple[Int64, int] | None]:
        """Least cost of a schedule less its worth; and one that also keeps the limits of uncounted shift types, with
        its personal cost."""
        tables = self.compiled.tables
        days, shifts = self.compiled.problem.days, len(tables.unit)
        price, choice = np.zeros((days, shifts), np.int64), np.zeros((days, shifts), np.int64)
        schedule = np.zeros(days, np.int64)
        price_from(tables, person, worth, price, choice)
        reward = self._bind(person, worth, price, choice)
        least = cost = best_schedule(tables, person, price, self._work, schedule)
        for _ in range(shifts):
            often = np.bincount(schedule[schedule >= 0], minlength=shifts) > tables.most[person]
            if not often.any() or cost >= FAR:
                break
            for shift in np.flatnonzero(often).tolist():
                self._restrict(person, shift, schedule, price)
            cost = best_schedule(tables, person, price, self._work, schedule)
        if cost >= FAR:
            return least + reward, None
        on = np.flatnonzero(schedule >= 0)
        duties = np.full(days, -1, np.int64)
        duties[on] = choice[on, schedule[on]]
        return least + reward, (duties, int(cost + reward + worth[on, duties[on]].sum()))

    def _restrict(self, person: int, shift: int, schedule: Int64, price: Int64) -> None:
        """Allow a shift type that is worked too often only on the cheapest of those days."""
        days = np.flatnonzero(schedule == shift)
        kept = days[np.argsort(price[days, shift], kind="stable")[: self.compiled.tables.most[person, shift]]]
        open_to = price[kept, shift].copy()
        price[:, shift] = FAR
        price[kept, shift] = open_to

    def _bind(self, person: int, worth: Int64, price: Int64, choice: Int64) -> int:
        """Forbid whatever is not as decided; the reward that a schedule has for keeping to the decided duties."""
        tables, fixed = self.compiled.tables, self._fixed[person]
        price[fixed != FREE] = FAR
        days = np.flatnonzero(fixed >= 0)
        shifts = tables.duty_shift[fixed[days]]
        price[days, shifts] = tables.wish[person, days, shifts] - worth[days, fixed[days]] - DECIDED
        choice[days, shifts] = fixed[days]
        return DECIDED * len(days)


def _cells(duties: Int64) -> tuple[Int64, Int64]:
    on = np.flatnonzero(duties >= 0)
    return on, duties[on]

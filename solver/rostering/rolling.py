"""Annealing in windows that roll forward in time: for horizons so long that one schedule of all of it takes too long.

Everybody's days of some weeks are annealed while all other days stay; the next window begins some weeks later and
overlaps with it. A schedule of four weeks takes a small part of one of a year, so each person is looked at many times
where annealing over the whole horizon would look once. A window keeps the best that it saw, so no roster becomes worse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Int64, UInt64
from solver.rostering.arrays import SCALE, new_trial, room
from solver.rostering.columns import personal_costs
from solver.rostering.kernels_pricing import DECIDED, FREE
from solver.rostering.kernels_search import anneal
from solver.rostering.layout import FAR, Plan, Tables
from solver.rostering.neighbourhoods import cover_cost
from solver.rostering.problem import DAYS_PER_WEEK
from solver.rostering.windows import Window, window

WEEKS: Final = 4
STRIDE: Final = 3
"""Weeks from the beginning of a window to that of the next."""
SWEEPS: Final = 3
"""How often the horizon is gone through in the time there is."""
WIDTH: Final = 2
"""People whose schedules are found again in one step, at most."""
HOT: Final = 0.3
"""Temperature at the start of the first sweep's windows, as a share of the price of a person missing."""
COLD: Final = 0.5
"""Temperature at the end of each window, in units of cost."""
NOISE: Final = 0.05
"""Largest surcharge of a shift at the start of a window, as a share of the price of a person missing."""
STEPS: Final = 8
"""Between two looks at the clock."""


@dataclass(slots=True)
class Rolling:
    """Improves a plan window by window from the first week on, and again.

    ``elapsed`` is the clock, ``seconds_left`` what is left for this; ``state`` of the random numbers; ``unit``: price
    of a person missing, in the arrays' units.
    """

    tables: Tables
    elapsed: Callable[[], float]
    seconds_left: Callable[[], float]
    state: UInt64
    unit: float
    seconds: float = 0.0
    week: int = 0
    sweep: int = 0

    def __post_init__(self) -> None:
        self.seconds = self.seconds_left()

    def improve(self, plan: Plan) -> bool:
        """Anneal the next window; whether the plan became cheaper."""
        part = self._next(plan)
        tables, personal, reward = _bound(part)
        there = plan.staffed[part.first : part.last].copy()
        total = int((personal - reward).sum()) + cover_cost(part.tables, there)
        short = int(np.maximum(0, tables.least - there).sum())
        now = Plan(part.known.copy(), there, personal - reward, np.array([total, short]))
        best = Plan(*(array.copy() for array in now))
        self._anneal(tables, now, best)
        if (best.total[1], best.total[0]) >= (short, total):
            return False
        plan.duty[:, part.first : part.last] = best.duty
        plan.staffed[part.first : part.last] = best.staffed
        plan.personal[:] += best.personal + reward - personal
        plan.total[:] += best.total - (total, short)
        return True

    def _next(self, plan: Plan) -> Window:
        days, people = int(self.tables.size[0]), np.arange(len(plan.personal))
        begin = DAYS_PER_WEEK * self.week
        end = min(days, begin + DAYS_PER_WEEK * WEEKS)
        self.week += STRIDE
        if end == days:
            self.sweep += 1
            self.week = self.sweep % 2
        return window(self.tables, plan, people, begin, end)

    def _slice(self) -> float:
        """Seconds for one window."""
        weeks = int(self.tables.size[0]) / DAYS_PER_WEEK
        return min(self.seconds_left(), self.seconds * STRIDE / (SWEEPS * max(STRIDE, weeks)))

    def _anneal(self, tables: Tables, now: Plan, best: Plan) -> None:
        """From a temperature that falls from sweep to sweep down to where only ties and single wishes pass."""
        width = min(WIDTH, len(now.personal))
        trial, work = new_trial(tables, width), room(tables)
        hottest = HOT * self.unit * min(1.0, self.seconds_left() / max(self.seconds, 1e-9))
        began, seconds = self.elapsed(), max(self._slice(), 1e-9)
        while (done := (self.elapsed() - began) / seconds) < 1.0:
            heat = max(COLD * SCALE, hottest * (1.0 - done) ** 2)
            noise = int(NOISE * self.unit * (1.0 - done))
            anneal(tables, STEPS, width, noise, heat, now, best, trial, work, self.state)


def _bound(part: Window) -> tuple[Tables, Int64, Int64]:
    """The window's tables in which decided days can only be as they are, what its people's schedules cost, and the
    reward that they then have for keeping to it, int64 (n,)."""
    personal = personal_costs(part.tables, part.known)
    wish = part.tables.wish.copy()
    who, day = np.nonzero(part.given != FREE)
    duty = part.given[who, day]
    shift = part.tables.duty_shift[duty]
    kept = wish[who, day, shift] - DECIDED
    wish[who, day] = FAR
    on = duty >= 0
    wish[who[on], day[on], shift[on]] = kept[on]
    wish.setflags(write=False)
    reward: Int64 = DECIDED * np.bincount(who[on], minlength=len(personal)).astype(np.int64)
    return part.tables._replace(wish=wish), personal, reward

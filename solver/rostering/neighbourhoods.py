"""Large neighbourhoods: some people in some weeks are decided anew by column generation and a dive.

The relaxation of a part tells at once whether anything better is in it, so most time goes where something is to be won.
Who is chosen follows the prices of the whole roster's relaxation: whoever's schedule is dearer than the dearest that
the relaxation would take. How large parts are follows from what came of those before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from solver.engine.types import Int64
from solver.rostering.arrays import SCALE
from solver.rostering.columns import Generation
from solver.rostering.groups import cover_cost, group_of
from solver.rostering.layout import Plan, Tables
from solver.rostering.pool import Pool
from solver.rostering.problem import DAYS_PER_WEEK
from solver.rostering.windows import Window, window

FEWEST: Final = 3
"""People in a part, at least."""
WEEKS: Final = (2, 4, 8)
"""Lengths of parts, beside the whole horizon where it is not longer."""
AT_FIRST: Final = 8 * 28
"""Days of people in a part at first."""
LONG: Final = 1.0
"""Seconds after which a part was too large."""
GROWTH: Final = 1.05
BY_PRICE: Final = 0.5
"""Share of the parts whose people are chosen by prices."""


@dataclass(slots=True)
class Parts:
    """Improves a plan part by part. Costs differ by multiples of ``step``; ``elapsed`` is the clock, ``seconds_left``
    what is left of the whole."""

    tables: Tables
    step: int
    elapsed: Callable[[], float]
    seconds_left: Callable[[], float]
    random: np.random.Generator
    group_of: Int64 = field(init=False)
    sizes: dict[int, float] = field(default_factory=dict)
    tried: int = 0
    won: int = 0

    def __post_init__(self) -> None:
        self.group_of = group_of(self.tables.able)

    def improve(self, plan: Plan, pool: Pool | None) -> bool:
        """Decide one part anew; whether the plan was changed, which never costs more after it."""
        weeks, part = self._choose(plan, pool)
        began = self.elapsed()
        outcome = self._decide_anew(plan, part, pool, began + 2 * LONG)
        took = self.elapsed() - began
        self.tried += 1
        if took > LONG:
            self.sizes[weeks] /= GROWTH**3
        elif outcome is None:
            self.sizes[weeks] *= GROWTH
        return bool(outcome)

    def _choose(self, plan: Plan, pool: Pool | None) -> tuple[int, Window]:
        days = int(self.tables.size[0])
        whole = -(-days // DAYS_PER_WEEK)
        lengths = [weeks for weeks in WEEKS if weeks < whole] + [whole] * (whole <= max(WEEKS))
        weeks = int(self.random.choice(lengths))
        begin = DAYS_PER_WEEK * int(self.random.integers(0, whole - weeks + 1))
        end = min(days, begin + DAYS_PER_WEEK * weeks)
        size = self.sizes.setdefault(weeks, AT_FIRST)
        people = min(len(plan.personal), max(FEWEST, round(size / (end - begin))))
        return weeks, window(self.tables, plan, self._people(plan, pool, people), begin, end)

    def _people(self, plan: Plan, pool: Pool | None, count: int) -> Int64:
        """Who is decided anew: people of one group, as others have nothing to exchange with them. Where only some
        groups were relaxed, theirs: without prices to choose by, one part of 58 found anything among sixty nurses."""
        weight = np.ones(len(plan.personal))
        if pool is not None and self.random.random() < BY_PRICE:
            dear = pool.dearness(plan)
            weight = dear + 0.1 * dear.mean() + 1.0
        keys = np.log(weight) + self.random.gumbel(size=len(weight))
        if pool is not None:
            keys[np.isinf(pool.rents)] = -np.inf
        keys[self.group_of != self.group_of[keys.argmax()]] = -np.inf
        together = np.argsort(-keys)[:count]
        return np.sort(together[keys[together] > -np.inf])

    def _decide_anew(self, plan: Plan, part: Window, pool: Pool | None, until: float) -> bool | None:
        """Whether the plan was changed; None when nothing better was in the part."""
        generation = Generation(
            part.tables,
            part.staffed,
            part.given,
            lambda: max(0.0, min(until - self.elapsed(), self.seconds_left())),
        )
        personal = generation.begin(part.known)
        if pool is not None and part.known.shape[1] == plan.duty.shape[1]:
            _seed(generation, part, pool)
        cost = int(personal.sum()) + cover_cost(part.tables, _with(part.staffed, part.known))
        relaxed = generation.generate(cost - self.step)
        if relaxed is None or relaxed.cost > cost - self.step + SCALE / 2:
            return None
        dived = generation.dive(cost + SCALE / 2)
        if dived is None:
            return False
        duties = np.array([column.duties for column in dived])
        changed = np.array([column.cost for column in dived], np.int64)
        there = _with(part.staffed, duties)
        better = int(changed.sum()) + cover_cost(part.tables, there) - cost
        if better > 0:
            return False
        self.won += better < 0
        self._put(plan, part, duties, there, changed - personal, better)
        return True

    def _put(
        self, plan: Plan, part: Window, duties: Int64, there: Int64, personal: Int64, better: int
    ) -> None:
        plan.duty[part.people, part.first : part.last] = duties
        plan.staffed[part.first : part.last] = there
        plan.personal[part.people] += personal
        plan.total[0] += better
        plan.total[1] = np.maximum(0, self.tables.least - plan.staffed).sum()


def _seed(generation: Generation, part: Window, pool: Pool) -> None:
    for row, person in enumerate(part.people.tolist()):
        for duties, cost in zip(pool.duties[person], pool.costs[person].tolist(), strict=True):
            generation.master.add(row, duties, cost)


def _with(staffed: Int64, duties: Int64) -> Int64:
    """People on each duty when these, int64 (n, days), come too."""
    there = staffed.copy()
    for row in duties:
        on = np.flatnonzero(row >= 0)
        there[on, row[on]] += 1
    return there

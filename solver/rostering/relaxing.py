"""Column generation for whole rosters before the search goes on: a bound, and what a dive finds, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.rostering.arrays import Compiled
from solver.rostering.columns import Generation
from solver.rostering.groups import Group, cover_cost
from solver.rostering.kernels_pricing import FREE
from solver.rostering.kernels_search import insert_schedule, remove_schedule
from solver.rostering.layout import Plan
from solver.rostering.master import Relaxed
from solver.rostering.pool import Relaxation, pooled
from solver.rostering.sharing import Log, copy, rank

RELAXING: Final = 0.7
"""Share of the seconds of a search for columns and dives, at most."""
GENERATING: Final = 0.5
"""Share of what is left of it for generating a group's columns; the rest is for its dive, and for the next group."""
LATE: Final = 0.3
USEFUL: Final = 0.5
"""If the bound is below so large a share of the cost after so large a share of the time for columns, it is given up."""
FEWEST_ROUNDS: Final = 40
"""Columns are worth nothing after fewer."""
MEETING_ROUNDS: Final = 80
"""After so many a small group's relaxation meets its bound; thirty trainees, with time for fewer, came to nothing."""
SOLVING: Final = 1e-5
"""Seconds for one solve of the relaxation, per row and person: 0.7 for eighty nurses, eight weeks and 16 duties."""


@dataclass(slots=True)
class Relaxing:
    """For one worker, before it has made a step: ``best``, its best plan, becomes better where a dive finds something.
    Only where seconds are the budget, as rounds take what they take."""

    compiled: Compiled
    log: Log
    best: Plan

    def affordable(self, every: Sequence[Group], seconds: float, rounds: int) -> list[Group]:
        """The first of the groups for which, taken together, so many rounds would fit into these seconds."""
        if self.log.countdown.budget.iterations is not None:
            return []
        needed = np.cumsum([rounds * self._round_seconds(group) for group in every])
        return [*every[: int((needed < GENERATING * seconds).sum())]]

    def _round_seconds(self, group: Group) -> float:
        """Of pricing the group and solving its relaxation once."""
        people = len(group.people)
        pricing = self.log.round_seconds * people / len(self.best.personal)
        return pricing + SOLVING * len(self.best.staffed) * int(group.duties.sum()) * people

    def generate(self, parts: Sequence[Group], seconds: float) -> bool:
        """Columns for some groups, one after the other; a bound, if that is all of them. Whether a dive came to its end
        for everybody."""
        tables, elapsed = self.compiled.tables, self.log.countdown.elapsed
        end = elapsed() + seconds
        prices, bound = np.zeros_like(tables.wanted), 0
        relaxations: list[Relaxation] = []
        bounded = dived = 0
        for group in parts:
            columns, relaxed = self._relax(group, GENERATING * (end - elapsed()))
            if columns.bound is not None and columns.prices is not None:
                prices[:, group.duties] = columns.prices[:, group.duties]
                bound += columns.bound
                bounded += len(group.people)
            if bounded == len(self.best.personal):
                self.log.note_prices(prices, bound)
            if relaxed is None or self.log.is_over(0) or self._far(group, columns.bound):
                continue
            relaxations.append(Relaxation(group, columns.master.columns, relaxed))
            dived += len(group.people) * self._dive(group, columns, end)
        if relaxations:
            self.log.pool = pooled(tables, relaxations)
        return dived == len(self.best.personal)

    def _relax(self, group: Group, seconds: float) -> tuple[Generation, Relaxed | None]:
        free = np.full((len(group.people), self.best.duty.shape[1]), FREE, np.int64)
        began = self.log.countdown.elapsed()
        nobody = np.zeros_like(group.tables.wanted)
        columns = Generation(group.tables, nobody, free, lambda: seconds)
        columns.seconds_left = lambda: self._patience(group, columns, began, seconds)
        columns.begin(self.best.duty[group.people])
        return columns, columns.generate()

    def _dive(self, group: Group, columns: Generation, end: float) -> bool:
        """Give a group what a dive finds for it, if that is better; whether the dive came to its end."""
        columns.seconds_left = self.log.left(end)
        dived = columns.dive()
        if dived is None:
            return False
        plan = Plan(*(array.copy() for array in self.best))
        for column in dived:
            p = int(group.people[column.person])
            remove_schedule(self.compiled.tables, p, plan)
            insert_schedule(self.compiled.tables, p, column.duties, column.cost, plan)
        if rank(plan) < rank(self.best):
            copy(plan, self.best)
            self.log.note_plan(self.best, 0)
        return True

    def _patience(self, group: Group, columns: Generation, began: float, seconds: float) -> float:
        """Seconds left for columns, none when their bound is of no use though it is late."""
        late = self.log.countdown.elapsed() - began > LATE * seconds
        return 0.0 if late and self._far(group, columns.bound) else self.log.left(began + seconds)()

    def _far(self, group: Group, bound: int | None) -> bool:
        """Whether a bound of the group's arrays is still of no use for the whole roster."""
        if bound is None:
            return True
        total, cost = int(self.best.total[0]), int(self.best.personal[group.people].sum())
        cost += cover_cost(group.tables, self.best.staffed * group.duties)
        return self.compiled.at_least(total - cost + bound) < USEFUL * self.compiled.in_units(total)

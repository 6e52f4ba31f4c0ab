"""What the workers of a search share."""

from __future__ import annotations

from collections.abc import Callable

from solver.engine.result import Countdown, Observer
from solver.engine.types import Int64
from solver.engine.watch import Watch
from solver.rostering.arrays import Compiled
from solver.rostering.kernels_rows import BREACH
from solver.rostering.layout import Plan
from solver.rostering.pool import Pool


def rank(plan: Plan) -> tuple[int, int]:
    """What makes one roster better than another: fewer people below the least cover, then what it costs."""
    return int(plan.total[1]), int(plan.total[0])


def breaks_hard_rules(plan: Plan) -> bool:
    """Whether somebody's schedule breaks a hard rule, as only small moves let it."""
    return int(plan.total[0]) >= BREACH // 2


def copy(source: Plan, target: Plan) -> None:
    """Write one plan over another."""
    for array, other in zip(source, target, strict=True):
        other[...] = array


class Log(Watch):
    """A watch in the problem's units, the best plan of all workers, and what the columns of the whole roster left."""

    def __init__(self, compiled: Compiled, countdown: Countdown, observer: Observer) -> None:
        super().__init__(countdown, observer)
        self.compiled = compiled
        self.leader: Plan | None = None
        """The best of all that was told: a copy nobody writes to, so that any worker may read it."""
        self.round_seconds = 0.0
        """That everybody's first schedule took."""
        self.dual: tuple[Int64, int] | None = None
        """Prices int64 (days, n_duties) and the bound that follows from them, in the arrays' units."""
        self.pool: Pool | None = None

    def note_plan(self, best: Plan, steps: int) -> None:
        """A worker's best after so many steps of its own; the observer is told of it when everybody is there who must
        be, and lawfully."""
        with self.lock:
            if self.leader is None or rank(best) < rank(self.leader):
                self.leader = Plan(*(array.copy() for array in best))
        if best.total[1] == 0 and not breaks_hard_rules(best):
            self.note(self.compiled.in_units(int(best.total[0])), steps)

    def note_prices(self, prices: Int64, bound: int) -> None:
        """No roster costs less than ``bound``, as these prices prove; kept where that is more than was known."""
        if self.dual is None or bound > self.dual[1]:
            self.dual = prices, bound
            self.note_bound(self.compiled.at_least(bound), 0)

    def left(self, until: float) -> Callable[[], float]:
        """Tells the seconds until ``until`` of the countdown, none when the search ends before; not where rounds are
        the budget."""
        return lambda: 0.0 if self.is_over(0) else max(0.0, until - self.countdown.elapsed())

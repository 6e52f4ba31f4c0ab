"""What the workers of a search share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from solver.engine.result import Countdown, Observer, TracePoint
from solver.engine.types import Int64
from solver.rostering.arrays import Compiled
from solver.rostering.layout import Plan
from solver.rostering.neighbourhoods import Pool


class Worker(Protocol):
    """Who searches: the best plan so far, and its rank, lower is better."""

    best: Plan

    @property
    def rank(self) -> tuple[int, int]: ...


class Log:
    """Clock, observer, trace, bound, and what the columns of the whole roster left."""

    def __init__(self, compiled: Compiled, countdown: Countdown, observer: Observer) -> None:
        self.compiled, self.countdown, self.observer = compiled, countdown, observer
        self.trace: list[TracePoint] = []
        self.runs: Sequence[Worker] = ()
        self.round_seconds = 0.0
        """That everybody's first schedule took."""
        self.bound: int | None = None
        self.dual: tuple[Int64, int] | None = None
        """Prices int64 (days, n_duties) and the bound that follows from them, in the arrays' units."""
        self.pool: Pool | None = None
        self.lock = threading.Lock()

    def note(self, best: Plan, steps: int) -> None:
        """A worker's best after so many steps of its own; told when everybody is there who must be."""
        shown = self.compiled.in_units(int(best.total[0]))
        with self.lock:
            if best.total[1] == 0 and self._cheaper(shown):
                self.trace.append(TracePoint(self.countdown.elapsed(), steps, shown, self.bound))
                self.observer.incumbent(self.trace[-1])

    def _cheaper(self, shown: int) -> bool:
        known = self.trace[-1].cost if self.trace else None
        return known is None or shown < known

    def note_bound(self, bound: int, steps: int) -> None:
        """No roster costs less than ``bound``, in the problem's units."""
        with self.lock:
            self.bound = bound
            best = self.trace[-1].cost if self.trace else None
            self.trace.append(TracePoint(self.countdown.elapsed(), steps, best, bound))
            self.observer.bound(self.trace[-1])

    @property
    def proven(self) -> bool:
        """Whether the best roster is as cheap as any can be."""
        return self.bound is not None and bool(self.trace) and self.trace[-1].cost == self.bound

    def is_over(self, steps: int) -> bool:
        return self.countdown.is_over(steps) or self.observer.stop_requested() or self.proven

    def progress(self, steps: int) -> float:
        """Share of the budget used, by steps where steps are counted, so that runs repeat."""
        budget = self.countdown.budget
        if budget.iterations is not None:
            return min(1.0, steps / budget.iterations)
        return min(1.0, self.countdown.elapsed() / (budget.seconds or 1.0))

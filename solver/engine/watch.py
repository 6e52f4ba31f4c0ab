"""What the workers of one search share: the clock, who watches, how the best cost of all fell, and what is proven."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from solver.engine.result import Countdown, Observer, TracePoint


class Watch:
    """Tells every worker when to stop, and the observer of each plan that is better than all before.

    ``trace``: those plans, the last one the cheapest, and each ``bound``, which no plan costs less than; ``steps`` are
    those of the worker that found it. ``lock`` guards what workers read of each other; ``note`` and ``note_bound`` take
    it, so nobody may hold it then.
    """

    def __init__(self, countdown: Countdown, observer: Observer) -> None:
        self.countdown, self.observer = countdown, observer
        self.trace: list[TracePoint] = []
        self.bound: int | None = None
        self.lock = threading.Lock()

    def note(self, cost: int, steps: int, parts: Callable[[], Mapping[str, int]] | None = None) -> None:
        """A worker's best after so many steps of its own; ``parts`` is asked only if it is the best of all."""
        with self.lock:
            best = self._best
            if best is None or cost < best:
                made_of = None if parts is None else parts()
                self.trace.append(TracePoint(self.countdown.elapsed(), steps, cost, self.bound, made_of))
                self.observer.incumbent(self.trace[-1])

    def note_bound(self, bound: int, steps: int) -> None:
        """No plan costs less than ``bound``."""
        with self.lock:
            self.bound = bound
            self.trace.append(TracePoint(self.countdown.elapsed(), steps, self._best, bound))
            self.observer.bound(self.trace[-1])

    @property
    def _best(self) -> int | None:
        return self.trace[-1].cost if self.trace else None

    @property
    def proven(self) -> bool:
        """Whether the best plan is as cheap as any can be."""
        return self.bound is not None and self._best == self.bound

    def is_over(self, steps: int) -> bool:
        """Whether a worker that has taken so many steps must stop."""
        return self.countdown.is_over(steps) or self.observer.stop_requested() or self.proven

    def progress(self, steps: int) -> float:
        """Share of the budget used, 0 to 1: by steps where steps are counted, so that runs repeat, else by time."""
        budget = self.countdown.budget
        if budget.iterations is not None:
            return min(1.0, steps / budget.iterations)
        return min(1.0, self.countdown.elapsed() / (budget.seconds or 1.0))

"""Where the workers of one search meet: now and then each shows what it holds, and whoever holds something dearer goes
on from the cheapest that was shown.

Searches side by side that know nothing of each other are little better than one of them: half of the time goes into
plans that are thrown away (Lee and Lee 1996, Synchronous and asynchronous parallel simulated annealing with multiple
Markov chains).
"""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

from solver.placing.kernels_batch import Held

MEETINGS: Final = 4
"""How often they meet in one search. Seldom enough that each comes to something of its own, often enough that the other
makes use of it (``benchmarks.placing.meetings``, docs/decisions/0026)."""


class Shown(NamedTuple):
    """What a worker held: its total cost, whose it is, and a copy."""

    total: int
    number: int
    held: Held


class Meeting:
    """``in_step``: they wait for each other, so that a search by steps repeats. By the clock on the wall each takes
    what the others showed last: whoever waits for a thread that another program keeps from its core loses more.
    ``times``: how often they meet."""

    def __init__(self, workers: int, in_step: bool, times: int = MEETINGS) -> None:
        self.times = times
        self._shown: list[Shown | None] = [None] * workers
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(workers) if in_step else None

    def cheaper(self, mine: Shown) -> Shown | None:
        """What another showed that is cheaper than mine, or no dearer and of a worker before; None if there is
        nothing."""
        with self._lock:
            self._shown[mine.number] = mine
        self._wait()
        with self._lock:
            best = min((one for one in self._shown if one is not None), key=lambda one: one[:2])
        self._wait()
        return None if best.number == mine.number else best

    def leave(self) -> None:
        """Nobody waits for this worker any more."""
        if self._barrier is not None:
            self._barrier.abort()

    def _wait(self) -> None:
        if self._barrier is not None:
            try:
                self._barrier.wait()
            except threading.BrokenBarrierError:
                return

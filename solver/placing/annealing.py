"""Improving a batch step by step until the budget ends: annealing, on one core or on several side by side.

Kernels hold no lock of the interpreter, so workers are threads: each has a copy of what the kernels write to, and
nothing is loaded or sent to begin with. Now and then they meet (``meeting``).
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from solver.engine.kernels_random import random_state
from solver.engine.result import Budget, Countdown, Observer, TracePoint
from solver.engine.types import Bool, Int64
from solver.engine.watch import Watch
from solver.placing.kernels_adopt import adopt
from solver.placing.kernels_batch import Batch, Held, World
from solver.placing.kernels_ruin import WAYS, construct, improve
from solver.placing.meeting import MEETINGS, Meeting, Shown

MOST_OUT: Final = 16
"""Largest size of a step, small ones more often: up to twice as many requests are taken out at once. Chosen outside
of the public set (``benchmarks.placing.step_size``, docs/decisions/0022): with 4, 8, 16, 24 and 32 the plans of 14
instances cost 0.45, 0.15, 0.15, 0.18 and 0.25 % more than the cheapest found, in equal processor time."""

WARM: Final = 600_000.0
COLD: Final = 500.0
"""Annealing from about a quarter of a routine request left waiting to half a routine minute. Little hangs on it: from
50,000, 200,000, 600,000 and 2,000,000 the plans of nine instances, three seeds each, cost 0.79, 0.76, 0.71 and 0.80 %
more than the best known (0.5 s of processor time, steps of size 4)."""

CHUNK: Final = 50
"""Steps between two looks at the clock: about 6 ms on 300 beds (86,100 steps in 10 s)."""


@dataclass(frozen=True, slots=True)
class Annealed:
    """The best that was held, its cost, the cost of the plan begun with, steps of all workers, and how cost fell."""

    held: Held
    cost: int
    constructed: int
    steps: int
    trace: tuple[TracePoint, ...]


def anneal(
    world: World,
    countdown: Countdown,
    seed: int,
    observer: Observer,
    workers: int = 1,
    most_out: int = MOST_OUT,
    meetings: int = MEETINGS,
) -> Annealed:
    """Construct, then improve until the countdown is over; the world then holds some plan, not the best.

    With iterations in the budget each of the ``workers`` takes so many. ``most_out``: largest size of a step, 1 or
    more. ``meetings``: how often the workers meet, 0 or more.
    """
    log = Watch(countdown, observer)
    total = int(construct(world, first_order(world.batch), random_state(seed)))
    log.note(total, 0)
    worlds = [world, *(_copy_world(world) for _ in range(workers - 1))]
    seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
    meeting = Meeting(workers, _waiting_is_free(countdown.budget), meetings) if workers > 1 else None
    runs = [
        _Run(number, one, total, int(of_run), log, most_out, meeting)
        for number, (one, of_run) in enumerate(zip(worlds, seeds, strict=True))
    ]
    if workers == 1:
        runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "anneal") as pool:
            list(pool.map(_Run.go, runs))
    best = min(runs, key=lambda run: run.cost)
    return Annealed(best.best, best.cost, total, sum(run.steps for run in runs), tuple(log.trace))


def _waiting_is_free(budget: Budget) -> bool:
    """Whether a worker loses nothing of its budget while it waits: steps, or processor time."""
    return budget.seconds is None or budget.timer is not time.monotonic


class _Run:
    """One worker: its world, its random numbers, its best so far."""

    def __init__(
        self,
        number: int,
        world: World,
        total: int,
        seed: int,
        log: Watch,
        most_out: int,
        meeting: Meeting | None,
    ) -> None:
        self.number, self.world, self.log, self.most_out = number, world, log, most_out
        self.meeting, self.met = meeting, 0
        self.state = random_state(seed)
        self.totals = np.full(2, total, np.int64)
        self.best = _copied(world.held)
        self.steps = 0

    @property
    def cost(self) -> int:
        """Of the best so far."""
        return int(self.totals[1])

    def go(self) -> None:
        """Improve until the budget ends."""
        rows, log = self.world.held.bed.size, self.log
        before, stale = _copied(self.world.held), np.zeros(rows, np.bool_)
        chosen, keys = np.zeros(2 * self.most_out, np.int64), np.zeros(2 * self.most_out)
        weights = np.full(WAYS, 1.0 / WAYS)
        space = before, self.best, stale, self.state, chosen, keys, weights, self.totals
        while rows > 1 and not log.is_over(self.steps):
            warmth = WARM * (COLD / WARM) ** log.progress(self.steps)
            chunk = self._chunk()
            improve(self.world, *space, chunk, self.most_out, warmth)
            self.steps += chunk
            log.note(self.cost, self.steps)
            self._meet(stale)
        if self.meeting is not None:
            self.meeting.leave()

    def _meet(self, stale: Bool) -> None:
        """Show the others what is held when it is time to, and go on from what one of them holds if that is cheaper."""
        due = 0 if self.meeting is None else int(self.meeting.times * self.log.progress(self.steps))
        if self.meeting is None or due <= self.met:
            return
        self.met = due
        other = self.meeting.cheaper(Shown(int(self.totals[0]), self.number, _copied(self.world.held)))
        if other is None:
            return
        adopt(self.world, other.held, np.zeros_like(stale), stale)
        self.totals[0] = other.total
        if other.total < self.cost:
            self.totals[1] = other.total
            for target, source in zip(self.best, self.world.held, strict=True):
                target[...] = source
            stale[:] = False

    def _chunk(self) -> int:
        most = self.log.countdown.budget.iterations
        return int(min(CHUNK, math.inf if most is None else most - self.steps))


def first_order(batch: Batch) -> Int64:
    """Dearest to leave waiting first; among those the shorter stay, which leaves more to the others."""
    return np.lexsort((batch.numbers[:, 4], -batch.unplaced_price))


def _copied(arrays: Any) -> Any:
    """A named tuple of arrays, each copied."""
    return type(arrays)(*(array.copy() for array in arrays))


def _copy_world(world: World) -> World:
    """A world of its own for another worker; what no kernel writes to is shared."""
    written: tuple[NamedTuple, ...] = (world.stays, world.cover, world.units, world.lots, world.scratch)
    stays, cover, units, lots, scratch = (_copied(arrays) for arrays in written)
    choices = world.choices._replace(
        first=world.choices.first.copy(), seen=world.choices.seen.copy(), changed=world.choices.changed.copy()
    )
    return world._replace(
        stays=stays,
        cover=cover,
        units=units,
        lots=lots,
        scratch=scratch,
        held=_copied(world.held),
        choices=choices,
    )

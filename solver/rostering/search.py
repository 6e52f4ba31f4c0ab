"""Search by ruin and exact recreation: each step takes some people's schedules out and finds them again by the dynamic
programme, one after the other, with a little noise on all but the last; annealed, so that it escapes from where it is.

Where seconds count and the problem is not too large, one worker first generates columns (``relaxing``): that gives a
bound, and a roster from a dive, from which the annealing goes on when it is better than what was there. Where runs of
days have prices for everybody, ``agreeing`` begins, and is the start of all that follows. Elsewhere, where a problem is
too large for columns, the groups that share no duty with others and are small enough get theirs after the moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.kernels_random import random_state
from solver.engine.result import Countdown, Observer, TracePoint
from solver.engine.types import Int64
from solver.rostering import moves
from solver.rostering.agreeing import Agreeing
from solver.rostering.arrays import SCALE, Compiled, is_lenient, new_trial, room
from solver.rostering.groups import groups
from solver.rostering.kernels_rows import BREACH
from solver.rostering.kernels_search import anneal, empty, insert_schedule, remove_schedule, respond
from solver.rostering.layout import Plan
from solver.rostering.neighbourhoods import Parts
from solver.rostering.proof import cheapest_roster
from solver.rostering.relaxing import FEWEST_ROUNDS, MEETING_ROUNDS, RELAXING, Relaxing
from solver.rostering.sharing import Log, breaks_hard_rules, copy, rank

HOT: Final = 0.6
"""Temperature at the start, as a share of the median price of a person missing."""
COLD: Final = 0.5
"""Temperature at the end, in units of cost: ties and single wishes."""
NOISE: Final = 0.05
"""Largest surcharge of a shift at the start, as a share of the median price of a person missing."""
WIDTH: Final = 3
"""People whose schedules are found again in one step, at most."""
EXCHANGES: Final = (0.5, 0.75, 0.9)
"""Shares of the budget after which a worker that is behind goes on from the best plan of all."""
MOVED: Final = 0.8
MOVED_LENIENT: Final = 0.97
"""Share of the seconds until which rosters are annealed by small moves, where no columns are generated; the same where
runs of days have prices for everybody: parts decided anew took 30 seconds for 20 of 4810 on eighty nurses."""
MOVED_PARTLY: Final = 0.6
"""The same where columns are generated for some groups only, after the moves."""
MOVED_BEFORE: Final = 0.25
MOVED_AFTER: Final = 0.6
MOVED_LEAST: Final = 0.05
"""The same before columns, and after a dive; and the share that moves have after columns at least."""
SECONDS_PER_DAY: Final = 0.01
"""For small moves before columns, at most, for each day of somebody."""
MOVING_HOT: Final = 0.4
MOVING_WARM: Final = 0.1
"""Temperatures of small moves at the start, and when going on from a good roster, as a share of the median price of a
person missing."""
MOVING_COOL: Final = 1 / 15
"""The same after sweeps."""
MOVING_COLD: Final = 0.3
"""Temperature of small moves at the end, as a share of the least difference between two costs."""
CLIMBING: Final = 0.15
FEWEST_CLIMBS, MOST_CLIMBS = 60, 400
"""Share of the seconds for finding prices, where so many rounds fit into it; more are not worth their time."""
AGREED: Final = 0.65
MOVED_AGREED: Final = 0.8
"""Share of the seconds until which sweeps go on, and small moves after them."""
LIGHT: Final = 1.0
HEAVY: Final = 4.0
"""What small moves take a hard rule broken by a day for at the start and at the end, in median prices of a person
missing."""
BEGINNING: Final = 0.1
FEWEST_SECONDS: Final = 5.0
"""Share of the seconds for everybody's first schedule, and seconds at least, where a year takes long."""
ATTEMPTS: Final = 10
"""To find somebody's first schedule."""
COOLED: Final = 0.6
"""After a dive the annealing goes on as if so much of the budget were used: a hotter one would lose what was found."""
ANNEALED: Final = 0.2
"""Share of the budget after which rosters are improved part by part."""
PROVING: Final = 0.05
"""Share of the budget for one look whether all schedules that a better roster could hold are few."""
PROOFS: Final = (0.5, 0.8)
"""Shares of the budget after which that is looked at again, if a better roster was found."""
CHUNK_SECONDS: Final = 0.05
CHUNK: Final = 64
"""Steps between two looks at the clock, to begin with; always so many where steps are counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan: duties int64 (n_employees, days), its cost and a bound in the problem's units (None: no bound),
    and how costs fell."""

    duties: Int64
    cost: int
    bound: int | None
    trace: tuple[TracePoint, ...]


class Unbuildable(Exception):
    """No schedule was found for these employees (positions in the problem); ``collisions`` tells whether one exists."""

    def __init__(self, employees: Sequence[int]) -> None:
        super().__init__(tuple(employees))
        self.employees = tuple(employees)


def search(
    compiled: Compiled, countdown: Countdown, seed: int, observer: Observer, workers: int = 1
) -> Found:
    """The best roster found within the budget. Raises ``Unbuildable`` for people without any lawful schedule."""
    log = Log(compiled, countdown, observer)
    seeds = np.random.SeedSequence(seed).generate_state(workers, np.uint64)
    runs = [_Run(compiled, int(one), log, generates=number == 0) for number, one in enumerate(seeds)]
    runs[0].begin()
    for other in runs[1:]:
        other.adopt(runs[0].best)
    if workers == 1:
        runs[0].go()
    else:
        with ThreadPoolExecutor(workers, "roster") as pool:
            list(pool.map(_Run.go, runs))
    best = log.leader or runs[0].best
    return Found(best.duty, compiled.in_units(int(best.total[0])), log.bound, tuple(log.trace))


class _Run:
    """One worker: its plan, its random numbers, its best so far; whether it ``generates`` columns."""

    def __init__(self, compiled: Compiled, seed: int, log: Log, generates: bool) -> None:
        self.generates = generates
        self.compiled, self.log, self.seed = compiled, log, seed
        self.work = room(compiled.tables)
        self.plan, self.best = empty_plan(compiled), empty_plan(compiled)
        self.trial = new_trial(compiled.tables, WIDTH)
        self.state = random_state(seed)
        self.steps = 0
        self.chunk = CHUNK
        self.dived = self.in_parts = False
        self.proof_tried: int | None = None
        self.lenient = is_lenient(compiled.tables)
        self.parts = Parts(
            compiled.tables,
            compiled.step,
            log.countdown.elapsed,
            log.left(float("inf")),
            np.random.default_rng(seed),
        )
        prices = compiled.tables.under[compiled.tables.under > 0]
        self.unit = float(np.median(prices)) if prices.size else float(SCALE)

    @property
    def cost(self) -> int:
        """Of the best so far, in the arrays' units."""
        return int(self.best.total[0])

    def begin(self) -> None:
        """Everyone's schedule once, each the best for those before; where that takes too long, the rest have days off
        until small moves and ``_mend`` give them one."""
        clock, seconds = self.log.countdown.elapsed, self.log.countdown.budget.seconds
        patience = clock() + max(FEWEST_SECONDS, BEGINNING * (seconds or float("inf")))
        waiting = np.random.default_rng(self.seed).permutation(len(self.plan.personal)).tolist()
        stuck: list[int] = []
        took: list[float] = []
        while waiting and clock() <= patience:
            began = clock()
            if not self._respond(waiting[-1]):
                stuck.append(waiting[-1])
            waiting.pop()
            took.append(clock() - began)
        if stuck:
            raise Unbuildable(sorted(stuck))
        self.log.round_seconds = float(np.median(took or 0.0)) * len(self.plan.personal)
        moves.leave_off(self.compiled.tables, waiting, self.plan)
        copy(self.plan, self.best)
        self.log.note_plan(self.best, 0)

    def _respond(self, p: int) -> bool:
        """A schedule for ``p``, tried some times, with noise from the second time on: which days the limits of shift
        types leave to them depends on it."""
        noises = (int(attempt * NOISE * self.unit) for attempt in range(ATTEMPTS))
        space = self.plan, self.trial, self.work, self.state
        return any(respond(self.compiled.tables, p, noise, *space) for noise in noises)

    def adopt(self, plan: Plan) -> None:
        """Go on from another plan."""
        copy(plan, self.plan)
        if rank(plan) < rank(self.best) or self.best.duty.max(initial=-1) < 0:
            copy(plan, self.best)

    def go(self) -> None:
        """Improve until the budget ends; the first worker generates columns before, if there is time for it."""
        seconds = self.log.countdown.budget.seconds
        if seconds is not None:
            self._start(seconds)
        pending, proofs = list(EXCHANGES), list(PROOFS)
        while not self.log.is_over(self.steps):
            done = self.log.progress(self.steps)
            if pending and done >= pending[0]:
                pending.pop(0)
                self._exchange()
            if proofs and done >= proofs[0]:
                proofs.pop(0)
                self._prove()
            if self._by_parts(done):
                self._improve_part()
                continue
            began = self.log.countdown.elapsed()
            self._improve(done)
            self.log.note_plan(self.best, self.steps)
            self._adapt(self.log.countdown.elapsed() - began)

    def _start(self, seconds: float) -> None:
        """Sweeps or small moves, and columns for as many groups as there is time for: before further moves where that
        is all of them, else after these, unless there were sweeps. Of these, columns that do not meet their bound only
        take the time: eighty nurses in 60 seconds came to 5265 instead of 4105."""
        relaxing = Relaxing(self.compiled, self.log, self.best)
        every = groups(self.compiled.tables) if self.generates else ()
        rounds = MEETING_ROUNDS if self.lenient else FEWEST_ROUNDS
        affordable = relaxing.affordable(every, RELAXING * seconds, rounds)
        if not affordable or len(affordable) < len(every):
            if self._agree(seconds, AGREED):
                self._move(MOVING_COOL, MOVED_AGREED)
                return
            small = relaxing.affordable(every, (1.0 - MOVED_PARTLY) * seconds, MEETING_ROUNDS)
            until = MOVED_PARTLY if small else MOVED_LENIENT if self.lenient else MOVED
            self._move(MOVING_HOT, until)
            relaxing.generate(small, (1.0 - until) * seconds)
            copy(self.best, self.plan)
            return
        if not self._agree(seconds, MOVED_BEFORE):
            self._move(MOVING_HOT, min(MOVED_BEFORE, SECONDS_PER_DAY * self.plan.duty.size / seconds))
        self.dived = relaxing.generate(affordable, RELAXING * seconds)
        self._prove()
        until = MOVED_AFTER if self.dived else MOVED
        self._move(MOVING_WARM, max(until, self.log.progress(self.steps) + MOVED_LEAST))

    def _by_parts(self, done: float) -> bool:
        return self.log.countdown.budget.iterations is None and (self.lenient or done >= ANNEALED)

    def _improve_part(self) -> None:
        """From the best plan on, part by part."""
        self._exchange()
        if not self.in_parts:
            self.in_parts = True
            copy(self.best, self.plan)
        if self.parts.improve(self.plan, self.log.pool):
            copy(self.plan, self.best)
            self.log.note_plan(self.best, self.steps)

    def _move(self, hot: float, until: float) -> None:
        """Anneal by small moves from the best plan of this worker on, until so large a share of the seconds."""
        copy(self.best, self.plan)
        cold, light, heavy = MOVING_COLD * self.compiled.step, LIGHT * self.unit, HEAVY * self.unit
        heat, progress = moves.Heat(hot * self.unit, cold, light, heavy), self._progress(until)
        moves.anneal(self.compiled.tables, self.plan, self.best, heat, progress, self.state)
        if self._mend() and rank(self.plan) < rank(self.best):
            copy(self.plan, self.best)
            self.log.note_plan(self.best, self.steps)
        copy(self.best, self.plan)

    def _progress(self, until: float) -> Callable[[], float]:
        """From 0 to 1, while it goes on until so large a share of the seconds; told to the log by the way."""
        elapsed = self.log.countdown.elapsed
        began, end = elapsed(), until * (self.log.countdown.budget.seconds or 0.0)

        def progress() -> float:
            self.log.note_plan(self.best, self.steps)
            over = elapsed() >= end or self.log.is_over(self.steps)
            return 1.0 if over else (elapsed() - began) / (end - began)

        return progress

    def _agree(self, seconds: float, until: float) -> bool:
        """Find prices, and sweep until all agree on them, until so large a share of the seconds; False where too few
        rounds fit into these."""
        rounds = int(CLIMBING * seconds / max(self.log.round_seconds, 1e-6))
        if not self.lenient or rounds < FEWEST_CLIMBS:
            return False
        agreeing = Agreeing(self.compiled.tables, self.unit)
        agreeing.climb(min(rounds, MOST_CLIMBS), self._progress(CLIMBING))
        if self.generates and agreeing.bound is not None:
            self.log.note_prices(np.rint(agreeing.best_prices).astype(np.int64), agreeing.bound)
        random = np.random.default_rng(self.seed)
        agreeing.sweep(self.plan, self.best, self._progress(until), random)
        return True

    def _mend(self) -> bool:
        """Find the schedules of those again who break a hard rule; whether everybody keeps all then. It takes its time
        where no roster is known yet in which everybody does."""
        needed = breaks_hard_rules(self.best)
        for p in np.flatnonzero(self.plan.personal >= BREACH // 2).tolist():
            if self.log.is_over(self.steps) and not needed:
                return False
            remove_schedule(self.compiled.tables, p, self.plan)
            if not self._respond(p):
                if needed:
                    raise Unbuildable([p])
                return False
        return True

    def _prove(self) -> None:
        """The best roster of all and its proof, where few schedules could be in a better one."""
        dual, seconds = self.log.dual, self.log.countdown.budget.seconds
        if dual is None or seconds is None or self.best.total[1] > 0 or self.cost == self.proof_tried:
            return
        self.proof_tried = self.cost
        left = self.log.left(self.log.countdown.elapsed() + PROVING * seconds)
        best = cheapest_roster(self.compiled.tables, *dual, self.cost, left)
        if best is None:
            return
        plan = empty_plan(self.compiled)
        for p, (duties, cost) in enumerate(best):
            insert_schedule(self.compiled.tables, p, duties, cost, plan)
        self.adopt(plan)
        self.log.note_plan(self.best, self.steps)
        self.log.note_bound(self.compiled.in_units(self.cost), self.steps)

    def _improve(self, done: float) -> None:
        if self.dived:
            done = max(done, COOLED)
        heat = max(COLD * SCALE, HOT * self.unit * (1.0 - done) ** 2)
        noise = int(NOISE * self.unit * (1.0 - done))
        most = self.log.countdown.budget.iterations
        steps = self.chunk if most is None else min(CHUNK, most - self.steps)
        people = min(WIDTH, len(self.plan.personal))
        space = self.plan, self.best, self.trial, self.work, self.state
        anneal(self.compiled.tables, steps, people, noise, heat, *space)
        self.steps += steps

    def _adapt(self, seconds: float) -> None:
        """So many steps that the clock is looked at often enough, and not too often."""
        if seconds > 2 * CHUNK_SECONDS:
            self.chunk = max(1, self.chunk // 2)
        elif seconds < CHUNK_SECONDS / 2:
            self.chunk = min(4096, self.chunk * 2)

    def _exchange(self) -> None:
        """Go on from the best plan of all, if this worker has not found it."""
        leader = self.log.leader
        if leader is not None and rank(leader) < rank(self.best):
            self.adopt(leader)


def empty_plan(compiled: Compiled) -> Plan:
    """Nobody works."""
    tables = compiled.tables
    people = len(tables.terms)
    days, duties = tables.wanted.shape
    plan = Plan(
        duty=np.full((people, days), -1, np.int64),
        staffed=np.zeros((days, duties), np.int64),
        personal=np.zeros(people, np.int64),
        total=np.zeros(2, np.int64),
    )
    empty(tables, plan.total)
    return plan

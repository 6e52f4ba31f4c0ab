"""Repair: bookings that no longer hold after a disruption get other bundles, jointly and within a hard budget of moves.

A *move* is a booking that gets another bundle than was told. Which bookings are worth one is decided together: each
step gives a bundle to the booking whose place saves most as things then stand (greedy by gain, re-evaluated lazily:
a place given away only makes others dearer), then the places of those chosen are improved together by ruin and
recreate, then somebody urgent without a place may take that of a less urgent booking the disruption never touched,
for two moves, if the whole gets cheaper. Beyond the budget the same steps go on for a few moves on trial, to tell what
each further move would buy.

With fewer moves than the bookings that lost their place may take (two for whoever is urgent and finds no free place),
who gets one is no matter of price: they go in order of precedence (docs/decisions/0013), each to its best place, be it
that of a less urgent booking; together the chosen are improved, and nobody of them is left out for it. A last move does
nothing for who needs two: it goes to the next whom one suffices, to a place that was no good to those before.

Nothing that has started is moved (CLINICAL.md, safeguard 2): only bookings come in here. What finds no place within the
budget is handed back to be stored as a need (safeguard 1).
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from solver.engine.result import Budget
from solver.hospital import Allocation
from solver.hospital.door import Door
from solver.placing import rules
from solver.placing.bounds import Bounds
from solver.placing.displace import URGENT, Booking, Exchange, exchange
from solver.placing.displace import movable as may_be_taken_back
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method
from solver.placing.referee import Decided, broken, check

EXCHANGE_MOVES = 2
"""An exchange changes two bookings: who takes the place, and who is displaced."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How far a repair goes.

    ``max_moves``: most bookings that may change; hard. ``further``: steps beyond it that are tried, to tell what they
    would buy. ``improve_steps``: steps of ruin and recreate for each booking that was chosen, 0.1 ms a step on 1,000
    beds; 0 leaves the greedy plan as it is.
    """

    max_moves: int
    further: int = 5
    improve_steps: int = 15
    seed: int = 1
    displacing: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        door = Door("Effort of a repair", "")
        door.whole(self.max_moves, "max_moves", 0, 1_000_000)
        door.whole(self.further, "further", 0, 1000)
        door.whole(self.improve_steps, "improve_steps", 0, 100_000)
        door.close()


@dataclass(frozen=True, slots=True)
class Moved:
    """A booking with its other bundle."""

    booking: Booking
    decision: Decision


@dataclass(frozen=True, slots=True)
class Further:
    """One more step beyond the budget: how many moves it takes and by how much the plan's cost falls (above 0)."""

    moves: int
    saves: int


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repaired plan.

    ``kept``: bookings that still hold as they are. ``steps``: what changes, in the order to carry it out. ``waiting``:
    bookings without a place. ``moves``: bookings changed by the steps. ``cost``: of those that do not hold, moved or
    waiting, and of who is displaced less what that one cost before. ``first_seconds``: until every booking had its
    place or its need for the first time.
    """

    kept: tuple[Booking, ...]
    steps: tuple[Moved | Exchange, ...]
    waiting: tuple[Booking, ...]
    moves: int
    cost: int
    further: tuple[Further, ...]
    first_seconds: float


def repair(
    live: LiveHospital,
    bookings: Sequence[Booking],
    movable: Iterable[Booking],
    new_id: Callable[[], str],
    effort: Effort,
    timer: Callable[[], float] = time.monotonic,
) -> Repaired:
    """The best plan found for bookings that a disruption has touched; changes nothing that lasts.

    ``live``: the hospital after the disruption, the ``bookings`` taken out. Those are in order of precedence: the first
    is put back first. ``movable``: other bookings that may be taken back for somebody urgent, read only when somebody
    urgent waits. ``new_id``: makes ids of allocations.
    """
    began = timer()
    with live.trial():
        kept, touched = _sorted_out(live, bookings)
        work = _Work(live, touched, movable, new_id, effort)
        work.insert(effort.max_moves)
        first_seconds = timer() - began
        work.improve()
        work.exchange(effort.max_moves - work.moves)
        steps, moves, cost = tuple(work.steps), work.moves, work.cost
        waiting = tuple(work.touched[row] for row in sorted(work.waiting))
        further = work.beyond(effort.further)
    return Repaired(tuple(kept), steps, waiting, moves, cost, further, first_seconds)


def _sorted_out(live: LiveHospital, bookings: Sequence[Booking]) -> tuple[list[Booking], list[Booking]]:
    """Bookings that hold beside those put back before them, and those that do not."""
    kept: list[Booking] = []
    touched: list[Booking] = []
    for booking in bookings:
        request, given = booking.request, booking.allocation
        counts = check(Decided(request, given, given.bed_id), live.records)
        if broken(counts, live.records.profile, booking.waived):
            touched.append(booking)
        else:
            _apply(live, Decision(request, given, 0))
            kept.append(booking)
    return kept, touched


def _apply(live: LiveHospital, decision: Decision) -> None:
    """Apply a decision; the bed that a transfer leaves is not counted as free by it: it is free when the patient has
    left."""
    live.apply(replace(decision, request=replace(decision.request, from_stay_id=None)))


@dataclass(slots=True)
class _Candidate:
    """A place for a booking as it was when ``seen`` steps had been taken."""

    allocation: Allocation
    gain: int
    seen: int


class _Work:
    """A plan while it is made: what was given, who waits, what it costs."""

    def __init__(
        self,
        live: LiveHospital,
        touched: Sequence[Booking],
        movable: Iterable[Booking],
        new_id: Callable[[], str],
        effort: Effort,
    ) -> None:
        self.live, self.touched, self._unread = live, list(touched), movable
        self._movable: list[Booking] | None = None
        self._refused: dict[int, int] = {}
        self.new_id, self.effort = new_id, effort
        self.ids = [new_id() for _ in self.touched]
        self.placed: dict[int, Decision] = {}
        self.exchanged: list[Exchange] = []
        self.waiting = set(range(len(self.touched)))
        self.cost = sum(self._unplaced(booking) for booking in self.touched)
        self.moves = 0
        self._candidates: dict[int, _Candidate] = {}
        self._queue: list[tuple[int, int]] = []
        self._taken = 0
        for row in range(len(self.touched)):
            self._look(row)
        self._short = effort.max_moves < sum(self._moves_of(row) for row in self.waiting)

    @property
    def steps(self) -> list[Moved | Exchange]:
        """What changes, in the order in which it was decided."""
        return [*(Moved(self.touched[row], found) for row, found in self.placed.items()), *self.exchanged]

    # --- one at a time, the greatest gain first -------------------------------------------------------------
    def insert(self, most: int) -> None:
        """Give places, the greatest gain first, until so many have one or nothing gains."""
        if self._short:
            self._in_precedence(self.moves + most)
            return
        for _ in range(most):
            row = self._best()
            if row is None:
                return
            self._give(row)

    def _moves_of(self, row: int) -> int:
        """The most moves a booking may take: whether there is an exchange for it is not known before."""
        urgent = self.touched[row].request.priority in URGENT
        return EXCHANGE_MOVES if urgent and row not in self._candidates else 1

    def _in_precedence(self, until: int) -> None:
        """Give places to those who precede, until so many moves are made; who needs more than are left is passed over,
        and keeps nobody from the place that one move brings."""
        for row in sorted(self.waiting):
            if self.moves >= until:
                return
            candidate = self._candidates.get(row)
            if candidate is not None and candidate.seen != self._taken:
                self._look(row)
            if row in self._candidates:
                self._give(row)
            elif until - self.moves >= EXCHANGE_MOVES:
                self._exchanged(row)

    def _look(self, row: int) -> None:
        """Find the place a booking would get now, and queue it by its gain."""
        booking = self.touched[row]
        found = self.live.priced(
            booking.request, self.ids[row], published=booking.allocation.bed_id, waived=booking.waived
        )
        self._candidates.pop(row, None)
        if found is None:
            return
        gain = self._unplaced(booking) - found[1]
        if gain > 0:
            self._candidates[row] = _Candidate(found[0], gain, self._taken)
            heapq.heappush(self._queue, (-gain, row))

    def _best(self) -> int | None:
        """The booking whose place gains most as things stand; None when none gains."""
        while self._queue:
            negative, row = self._queue[0]
            found = self._candidates.get(row)
            if found is None or found.gain != -negative or row not in self.waiting:
                heapq.heappop(self._queue)
            elif found.seen == self._taken:
                return row
            else:
                heapq.heappop(self._queue)
                self._look(row)
        return None

    def _give(self, row: int) -> None:
        booking, found = self.touched[row], self._candidates.pop(row)
        decision = self._judged(booking, found.allocation, Method.KERNEL)
        if not decision.verified:
            # Left waiting: what the referee does not confirm is never given.
            return
        _apply(self.live, decision)
        self.placed[row] = decision
        self.waiting.discard(row)
        self.cost -= self._unplaced(booking) - decision.cost
        self._count(1)

    def _count(self, moves: int) -> None:
        self.moves += moves
        self._taken += 1

    # --- together -------------------------------------------------------------------------------------------
    def improve(self) -> None:
        """Decide the chosen ones again together, and as many of those that wait as the budget has moves for; kept
        only if that costs less."""
        waiting = sorted(self.waiting, key=lambda row: (-self._unplaced(self.touched[row]), row))
        more = 0 if self._short else self.effort.max_moves - self.moves
        chosen = [*self.placed, *waiting[:more]]
        rows = [row for row in chosen if self._is_free(self.touched[row])]
        if len(rows) < 2 or self.effort.improve_steps == 0:
            return
        before = {row: self.placed[row] for row in rows if row in self.placed}
        with self.live.trial():
            for decision in reversed(before.values()):
                self._withdraw(decision)
            after = self._jointly(rows)
        saved = self._sum(before, rows) - self._sum(after, rows)
        if saved > 0 and not (self._short and before.keys() - after.keys()):
            self._replace(before, after)
            self.cost -= saved
            self._count(len(after) - len(before))

    def _replace(self, before: dict[int, Decision], after: dict[int, Decision]) -> None:
        """Take some bundles back and give others instead, in the order in which they were decided."""
        for row, decision in reversed(before.items()):
            self._withdraw(decision)
            del self.placed[row]
            self.waiting.add(row)
        for row, decision in after.items():
            _apply(self.live, decision)
            self.placed[row] = decision
            self.waiting.discard(row)

    def _jointly(self, rows: list[int]) -> dict[int, Decision]:
        """A joint plan for some bookings: those that get a place the referee confirms. Nothing of it lasts."""
        requests = [self.touched[row].request for row in rows]
        published = {self.touched[row].request.id: self.touched[row].allocation.bed_id for row in rows}
        found = self.live.search(
            requests,
            [self.ids[row] for row in rows],
            Budget(iterations=self.effort.improve_steps * len(rows)),
            self.effort.seed,
            published=published,
        )
        decided: dict[int, Decision] = {}
        for row, allocation in zip(rows, found.allocations, strict=True):
            decision = self._judged(self.touched[row], allocation, Method.BATCH)
            if allocation is not None and decision.verified:
                _apply(self.live, decision)
                decided[row] = decision
        return decided

    # --- taking back what the disruption never touched ------------------------------------------------------
    def exchange(self, most: int) -> None:
        """Let urgent bookings that wait take the place of less urgent ones, within so many moves."""
        for row in sorted(self.waiting):
            if most < EXCHANGE_MOVES:
                return
            most -= EXCHANGE_MOVES * int(self._exchanged(row) is not None)

    def _exchanged(self, row: int) -> Exchange | None:
        booking = self.touched[row]
        if booking.request.priority not in URGENT or self._refused.get(row) == self._taken:
            return None
        if self._movable is None:
            self._movable = list(self._unread)
        ids, bounds = (self.ids[row], self.new_id()), self.effort.displacing
        allowed = [other for other in self._movable if may_be_taken_back(other, self.live)]
        found = exchange(self.live, booking.request, None, allowed, ids, bounds, booking.waived)
        if found is None:
            self._refused[row] = self._taken
            return None
        self.live.withdraw(found.displaced.request, found.displaced.allocation)
        for decision in (found.urgent, found.again):
            _apply(self.live, decision)
        self.exchanged.append(found)
        self.waiting.discard(row)
        self.cost -= found.gain
        self._count(EXCHANGE_MOVES)
        return found

    # --- what more would buy --------------------------------------------------------------------------------
    def beyond(self, steps: int) -> tuple[Further, ...]:
        """What each of the next steps would save; the plan goes on as if they were allowed."""
        told: list[Further] = []
        while len(told) < steps and self.waiting:
            moves, cost = self.moves, self.cost
            self.insert(1)
            if self.moves == moves:
                self._first_exchange()
            if self.moves == moves:
                break
            told.append(Further(self.moves - moves, cost - self.cost))
        return tuple(told)

    def _first_exchange(self) -> None:
        for row in sorted(self.waiting):
            if self._exchanged(row) is not None:
                return

    # --- prices ---------------------------------------------------------------------------------------------
    def _judged(self, booking: Booking, allocation: Allocation | None, method: Method) -> Decision:
        published, waived = booking.allocation.bed_id, booking.waived
        return self.live.judged(booking.request, allocation, method, published=published, waived=waived)

    def _unplaced(self, booking: Booking) -> int:
        return self.live.records.profile.weight(rules.UNPLACED[booking.request.priority])

    def _withdraw(self, decision: Decision) -> None:
        assert decision.allocation is not None, "placed"
        self.live.withdraw(decision.request, decision.allocation)

    @staticmethod
    def _is_free(booking: Booking) -> bool:
        """Whether the joint search may decide it: it knows neither waivers nor stays that go on."""
        return not booking.waived and booking.request.from_stay_id is None

    def _sum(self, decisions: dict[int, Decision], rows: list[int]) -> int:
        """What some bookings cost, those without a decision waiting."""
        return sum(
            decisions[row].cost if row in decisions else self._unplaced(self.touched[row]) for row in rows
        )

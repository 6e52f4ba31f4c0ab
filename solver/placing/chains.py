"""Chains: somebody finds no place, but would if somebody else moved, who would if a third one moved, and so on.

A search over the beds of the live hospital with the kernels: who stands in the way is asked of the kernel that tells
from when a room could take the patient without each of its stays; the most promising are tried, depth first, up to
``Bounds.depth`` moves. Everybody of a chain gets a place, bookings are rebooked, and who lies in a bed continues the
stay in another (``moving`` says who may). The cost is that of the decisions plus a price for each move; the referee
counts the chain that is returned. Nothing is done here: a chain is a proposal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from solver.hospital import Allocation, Minute, Priority, Request
from solver.hospital.door import Door
from solver.placing import rules
from solver.placing.displace import Booking
from solver.placing.layout import FAR
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the search goes.

    ``depth``: most moves of a chain. ``tries``: stays tried at each step. ``milliseconds``: after them the best chain
    found counts. ``move_price``: what moving somebody who lies in a bed costs besides, ``rebook_price`` what changing a
    booking does (assumed: 40 and 10 routine minutes).
    """

    depth: int = 3
    tries: int = 6
    milliseconds: int = 100
    move_price: int = 40_000
    rebook_price: int = 10_000

    def __post_init__(self) -> None:
        door = Door("Bounds of chains", "")
        door.whole(self.depth, "depth", 0, 3)
        door.whole(self.tries, "tries", 1, 100)
        door.whole(self.milliseconds, "milliseconds", 1, 60_000)
        door.whole(self.move_price, "move_price", 0, 10**9)
        door.whole(self.rebook_price, "rebook_price", 0, 10**9)
        door.close()


@dataclass(frozen=True, slots=True)
class Movable:
    """A stay that may be moved. ``booking``: what was given and has not started, None for who lies in a bed. ``asks``:
    what is asked for it, for who lies there a request that continues the stay; a function makes it when it is needed,
    because of hundreds who may be moved a few are tried."""

    stay_id: str
    asks: Request | Callable[[], Request]
    booking: Booking | None = None

    @property
    def request(self) -> Request:
        """What is asked for it."""
        return self.asks if isinstance(self.asks, Request) else self.asks()

    @property
    def priority(self) -> Priority:
        """How urgent it is; to move somebody who lies in a bed is routine."""
        return Priority.ROUTINE if self.booking is None else self.booking.request.priority

    @property
    def waived(self) -> frozenset[str]:
        """Rules a person overrode for it."""
        return frozenset() if self.booking is None else self.booking.waived

    @property
    def published(self) -> str | None:
        """The bed told before."""
        return None if self.booking is None else self.booking.allocation.bed_id


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: the decision, and whose stay it moves (None: who it is all for)."""

    decision: Decision
    moved: Movable | None


@dataclass(frozen=True, slots=True)
class Chain:
    """Decisions in the order to carry them out, once the bookings among them are taken back.

    ``gain``: by how much the total cost falls, the price of the moves deducted; above 0. ``complete``: the search had
    looked at all it wanted to when its time was over.
    """

    links: tuple[Link, ...]
    gain: int
    complete: bool

    @property
    def moved(self) -> tuple[Movable, ...]:
        """Who is moved."""
        return tuple(link.moved for link in self.links if link.moved is not None)


def find_chain(
    live: LiveHospital,
    request: Request,
    found: Allocation | None,
    movable: Sequence[Movable],
    new_id: Callable[[], str],
    bounds: Bounds,
    waived: frozenset[str] = frozenset(),
    timer: Callable[[], float] = time.monotonic,
) -> Chain | None:
    """The best chain that brings a request in, or in earlier than ``found``; None when none makes the whole cheaper.

    ``found``: what it gets as things stand, not applied. ``movable``: who may be moved. ``new_id``: makes ids of
    allocations. Changes nothing that lasts.
    """
    search = _Search(live, movable, new_id, bounds, timer() + bounds.milliseconds / 1000, timer)
    before = live.judged(request, found, Method.KERNEL, waived=waived).cost
    subject = _Who(request, waived, None, None, FAR if found is None else found.start)
    with live.trial():
        plan = search.through_others(subject, bounds.depth, frozenset())
    if plan is None:
        return None
    return search.confirmed(plan, before)


@dataclass(frozen=True, slots=True)
class _Who:
    """Somebody to place: before ``latest``, whatever else stands."""

    request: Request
    waived: frozenset[str]
    published: str | None
    moved: Movable | None
    latest: Minute = FAR


@dataclass(frozen=True, slots=True)
class _Step:
    """Somebody's place within a plan, and what it costs more than before."""

    who: _Who
    allocation: Allocation
    cost: int


_Plan = list[_Step]


class _Search:
    """One search for a chain."""

    def __init__(
        self,
        live: LiveHospital,
        movable: Sequence[Movable],
        new_id: Callable[[], str],
        bounds: Bounds,
        until: float,
        timer: Callable[[], float],
    ) -> None:
        self.live, self.bounds, self.new_id = live, bounds, new_id
        self._movable = {one.stay_id: one for one in movable}
        self._until, self._timer = until, timer
        self.complete = True

    # --- the search -----------------------------------------------------------------------------------------
    def place(self, who: _Who, depth: int, path: frozenset[str]) -> _Plan | None:
        """Place somebody, others moved if need be; the plan stays applied."""
        return self._directly(who) or self.through_others(who, depth, path)

    def through_others(self, who: _Who, depth: int, path: frozenset[str]) -> _Plan | None:
        """The cheapest way to place somebody by moving others; stays applied."""
        best: _Plan | None = None
        for other in self._in_the_way(who, path) if depth > 0 else ():
            if self._timer() > self._until:
                self.complete = False
                break
            with self.live.trial():
                plan = self._past(who, other, depth, path | {other.stay_id})
            if plan is not None and (best is None or _cost(plan) < _cost(best)):
                best = plan
        if best is not None:
            self._apply_all(best)
        return best

    def _past(self, who: _Who, other: Movable, depth: int, path: frozenset[str]) -> _Plan | None:
        """Place somebody by moving one other, who may have to move others in turn."""
        if other.booking is None:
            # The bed is free when its patient has left and it is clean: who lies there goes first.
            moved = self.place(_of(other), depth - 1, path)
            placed = None if moved is None else self._directly(who)
            return None if moved is None or placed is None else [*moved, *placed]
        self.live.withdraw(other.booking.request, other.booking.allocation)
        placed = self._directly(who)
        moved = None if placed is None else self.place(_of(other), depth - 1, path)
        return None if placed is None or moved is None else [*placed, *moved]

    def _in_the_way(self, who: _Who, path: frozenset[str]) -> list[Movable]:
        """Stays without which somebody could start in time, the most promising first: the earliest start, bookings
        before people in beds, the less urgent first."""
        others = [
            one
            for stay_id, one in self._movable.items()
            if stay_id not in path and stay_id in self.live.records.stays
        ]
        starts = self.live.starts_without(who.request, [one.stay_id for one in others], who.waived)
        worth = [(int(at), one) for at, one in zip(starts, others, strict=True) if at < who.latest]
        worth.sort(key=lambda item: (item[0], item[1].booking is None, -item[1].priority))
        return [one for _, one in worth[: self.bounds.tries]]

    def _directly(self, who: _Who) -> _Plan | None:
        """The place somebody gets as things stand in this trial; stays applied."""
        found = self.live.priced(who.request, self.new_id(), published=who.published, waived=who.waived)
        if found is None or found[0].start >= who.latest:
            return None
        step = _Step(who, found[0], found[1] + self._price(who) - self._stood(who))
        self._apply(step)
        return [step]

    # --- prices ---------------------------------------------------------------------------------------------
    def _price(self, who: _Who) -> int:
        if who.moved is None:
            return 0
        return self.bounds.move_price if who.moved.booking is None else self.bounds.rebook_price

    def _stood(self, who: _Who) -> int:
        """What a booking cost as it stood: its delay; what its bed cost besides hardly differs, and the referee counts
        it in the end."""
        if who.moved is None or who.moved.booking is None:
            return 0
        theirs, given = who.moved.booking.request, who.moved.booking.allocation
        weight = self.live.records.profile.weight(rules.DELAY[theirs.priority])
        return weight * (given.start - theirs.needed_by)

    # --- carrying a plan out on trial -----------------------------------------------------------------------
    def _apply_all(self, plan: _Plan) -> None:
        for step in plan:
            self._take_back(step)
        for step in plan:
            self._apply(step)

    def _take_back(self, step: _Step) -> None:
        booking = None if step.who.moved is None else step.who.moved.booking
        if booking is not None and f"{booking.allocation.id}/stay" in self.live.records.stays:
            self.live.withdraw(booking.request, booking.allocation)

    def _apply(self, step: _Step) -> None:
        request = step.who.request
        if step.who.moved is None:
            # The bed that a transfer leaves is not counted as free by it: who comes there comes by a link of their own.
            request = replace(request, from_stay_id=None)
        self.live.apply(Decision(request, step.allocation, 0))

    def confirmed(self, plan: _Plan, before: int) -> Chain | None:
        """The chain as the referee counts it; None unless every decision is clean and the total falls."""
        links: list[Link] = []
        cost = 0
        with self.live.trial():
            for step in plan:
                cost -= self._referee_stood(step)
            for step in plan:
                decision = self.live.judged(
                    step.who.request,
                    step.allocation,
                    Method.KERNEL,
                    published=step.who.published,
                    waived=step.who.waived,
                )
                if not decision.verified:
                    return None
                self._apply(step)
                links.append(Link(decision, step.who.moved))
                cost += decision.cost + self._price(step.who)
        gain = before - cost
        return Chain(tuple(links), gain, self.complete) if gain > 0 else None

    def _referee_stood(self, step: _Step) -> int:
        """What a booking cost as it stood; it is taken back."""
        booking = None if step.who.moved is None else step.who.moved.booking
        if booking is None:
            return 0
        self._take_back(step)
        stood = self.live.judged(booking.request, booking.allocation, Method.KERNEL, waived=booking.waived)
        return stood.cost


def _of(other: Movable) -> _Who:
    return _Who(other.request, other.waived, other.published, other)


def _cost(plan: _Plan) -> int:
    return sum(step.cost for step in plan)

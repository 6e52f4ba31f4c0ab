"""Commands that wait for the writer: soonest due first, and no more at a time than the first of them can wait for.

A caller who gave a deadline is due then; every other is due half a second after it came, so that nobody waits for ever
behind those who are in a hurry. What is taken together is committed together, and answered when all of it is: so a
batch ends where one more command would make one of its deadlines pass; and while callers come who are in a hurry, no
batch takes longer than the hastiest of them could wait. Not so where deadlines have passed already: then the sooner all
of them are served the better, and many commits would take longer than few.

A deadline is no precedence (docs/decisions/0021): one that nobody could keep is none, and none that can be kept passes
an emergency or somebody urgent who came before and set no deadline.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.pending import Pending
from solver.hospital import Priority

PATIENCE_SECONDS = 0.5
"""When a command without a deadline is due."""

KEPT_FROM_SECONDS = 0.01
"""Deciding, storing and sending take most of this. A deadline that ends sooner cannot be kept by going first: it buys
no place before others, and is answered late, by the quickest method."""

PATIENCE_OF: Mapping[Priority, float] = {Priority.EMERGENCY: 0.0, Priority.URGENT: KEPT_FROM_SECONDS}
"""When those are due who set no deadline that can be kept: before whoever comes after them, whatever deadline that
has."""

SLICE_SECONDS = 0.01
"""Those whose deadline has all but passed do not go alone, but as many as take about this long, or as long as the
commit that serves them all."""

REMEMBERED_SECONDS = 10.0
"""So long it is expected that who was in a hurry has followers."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a batch takes: ``fixed`` whatever it holds (the commit, syncing it), and ``each`` for a command of
    weight 1."""

    fixed: float = 0.0
    each: float = 0.0


class Line:
    """The queue. Not safe for several threads: whoever owns it has a lock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, float | None, Pending]] = []
        self._numbers = itertools.count()
        self._shortest = math.inf
        self._forgotten = -math.inf

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, pending: Pending, now: float) -> None:
        """Let a command wait; ``now``: monotonic seconds."""
        command = pending.command
        due = command.due if command.due is None or command.due - now >= KEPT_FROM_SECONDS else None
        if due is not None and (due - now <= self._shortest or now > self._forgotten):
            self._shortest, self._forgotten = due - now, now + REMEMBERED_SECONDS
        patience = (
            PATIENCE_SECONDS
            if command.urgency is None
            else PATIENCE_OF.get(command.urgency, PATIENCE_SECONDS)
        )
        self._push(now + patience if due is None else due, pending, due)

    def put_back(self, pendings: Iterable[Pending]) -> None:
        """These come first, in this order: they were taken before."""
        for pending in pendings:
            self._push(-math.inf, pending, pending.command.due)

    def take(self, most: int, now: float, pace: Pace, taken: Iterable[Pending] = ()) -> list[Pending]:
        """The next commands, at most ``most`` and at least one.

        ``pace``: what batches of late took. ``taken``: what goes along already.
        """
        found: list[Pending] = []
        ends = now + pace.fixed + pace.each * sum(pending.command.weight for pending in taken)
        shortest = pace.fixed + max(SLICE_SECONDS, pace.fixed)
        # Another as hasty as the hastiest of late may come the moment this batch has begun, and waits for its end.
        soonest = now + max(shortest, self._shortest) if now <= self._forgotten else math.inf
        while self._heap and len(found) < most:
            *_, due, pending = self._heap[0]
            ends += pace.each * pending.command.weight
            soonest = soonest if due is None else min(soonest, max(due, now + shortest))
            if found and ends > soonest:
                break
            heapq.heappop(self._heap)
            found.append(pending)
        return found

    def soonest(self) -> float:
        """The soonest deadline that a caller gave; infinite without one."""
        dues = (due for _, _, due, _ in self._heap)
        return min((due for due in dues if due is not None), default=math.inf)

    def _push(self, place: float, pending: Pending, due: float | None) -> None:
        heapq.heappush(self._heap, (place, next(self._numbers), due, pending))

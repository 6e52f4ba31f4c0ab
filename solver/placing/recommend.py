"""Recommending: the best options for one request that differ in more than a bed number.

Two options *differ* if they lie in different rooms, or in one room with the later of them at least ``APART_MINUTES``
after the other: another bed of the same bay, or the same bed a little later, is no choice. The first option is what
placing would give; each further one is the cheapest that differs from all before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.engine.result import Budget
from solver.engine.types import Int64
from solver.hospital import Allocation, Minute, Request
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method, Within
from solver.placing.taking import Taken, takes

APART_MINUTES: Final = 240
"""So much later the same room is another option (assumed: half a shift)."""

Priced = tuple[Allocation, int]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to place a request, counted by the referee, and the last of anything scarce that it takes from others."""

    decision: Decision
    allocation: Allocation
    takes: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Recommended:
    """The options, cheapest first; ``complete``: as many as asked for, or all there are. Else time was short."""

    options: tuple[Option, ...]
    complete: bool


def recommend(
    live: LiveHospital,
    request: Request,
    new_id: Callable[[], str],
    budget: Budget,
    *,
    published: str | None = None,
    waived: frozenset[str] = frozenset(),
) -> Recommended:
    """The best options that differ, cheapest first: as many as the budget has iterations, or until its seconds end.

    With no time at all, the first bed at the earliest start is the one option (``first_fit``). Changes nothing.
    """
    assert budget.iterations is not None, "the budget says how many options"
    countdown = budget.start()
    if countdown.is_over(0):
        return _hurried(live, request, new_id(), published, waived)
    search = _Search(live, request, new_id, published, waived)
    options: list[Option] = []
    while not countdown.is_over(len(options)):
        option = search.next()
        if option is None:
            return Recommended(tuple(options), complete=True)
        options.append(option)
    return Recommended(tuple(options), complete=len(options) == budget.iterations)


def _hurried(
    live: LiveHospital, request: Request, allocation_id: str, published: str | None, waived: frozenset[str]
) -> Recommended:
    found = live.find(request, allocation_id, published=published, waived=waived, first_fit=True)
    if found is None:
        return Recommended((), complete=False)
    decision = live.judged(request, found, Method.FIRST_FIT, published=published, waived=waived)
    options = (Option(decision, found, takes(found, live.records)),) if decision.verified else ()
    return Recommended(options, complete=False)


class _Search:
    """What has been offered of each room, and the cheapest that is left."""

    def __init__(
        self,
        live: LiveHospital,
        request: Request,
        new_id: Callable[[], str],
        published: str | None,
        waived: frozenset[str],
    ) -> None:
        self._live, self._request, self._new_id = live, request, new_id
        self._published, self._waived = published, waived
        self._untouched = np.ones(len(live.arrays.bed_ids), np.bool_)
        """Beds of rooms nothing was offered of; bool (n_beds,)."""
        self._elsewhere: Priced | None = self._find(Within())
        self._later: dict[int, Priced] = {}
        """By room (index): its cheapest place long enough after the one that was offered."""

    def next(self) -> Option | None:
        """The cheapest option that differs from those before; None when there is none. What the referee does not
        confirm is passed over."""
        while True:
            found = self._cheapest()
            if found is None:
                return None
            live, request = self._live, self._request
            decision = live.judged(
                request, found, Method.KERNEL, published=self._published, waived=self._waived
            )
            if decision.verified:
                return Option(decision, found, takes(found, live.records))

    def _cheapest(self) -> Allocation | None:
        """The cheapest place left, which is left no longer."""
        later = min(self._later, key=lambda room: self._later[room][1], default=None)
        elsewhere = self._elsewhere
        if later is None and elsewhere is None:
            return None
        if later is None or (elsewhere is not None and elsewhere[1] <= self._later[later][1]):
            assert elsewhere is not None, "one of the two is there"
            room = self._room_of(elsewhere[0])
            self._untouched &= self._live.arrays.places.room != room
            self._elsewhere = self._find(Within(np.flatnonzero(self._untouched)))
            return self._offered(room, elsewhere[0])
        return self._offered(later, self._later.pop(later)[0])

    def _offered(self, room: int, allocation: Allocation) -> Allocation:
        """Note what the room has to offer long enough after this."""
        places = self._live.arrays.places
        beds: Int64 = places.room_beds[places.room_ptr[room] : places.room_ptr[room + 1]]
        found = self._find(Within(np.array(beds), self._apart(allocation.start)))
        if found is not None:
            self._later[room] = found
        return allocation

    def _apart(self, start: Minute) -> Minute:
        """The first start of the grid that is long enough after another."""
        step = self._live.records.options.start_step_minutes
        return start + -(-APART_MINUTES // step) * step

    def _room_of(self, allocation: Allocation) -> int:
        arrays = self._live.arrays
        return int(arrays.places.room[arrays.bed_number[allocation.bed_id]])

    def _find(self, within: Within) -> Priced | None:
        found = self._live.priced(
            self._request, "option", published=self._published, waived=self._waived, within=within
        )
        return None if found is None else (replace(found[0], id=self._new_id()), found[1])

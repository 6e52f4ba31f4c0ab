"""Plays a drawn day against whoever decides: the event loop, and the ledger of what became of everybody.

The player plays the wards: patients come when their bed is due, leave when they really leave, and are retried
when the bed is not ready. It decides nothing. A :class:`Driver` does: a hospital in this process
(``day_hospital``) or the service over HTTP (``day_http``).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import Any, Final, Protocol

from simulations.day_events import Ask, AskBadly, Day, Event, Expect, Leave, Upset
from solver.hospital import Minute, Request

RETRY_MINUTES: Final = 15
"""A patient whose bed is not ready comes again after this (assumed)."""


class State(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    PLACED = "placed"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the driver says of one request now.

    ``fits_from`` and ``call`` belong to one that waits: from when it fits (None: not within the forecast), whom
    to call. ``of_stay``: the stay of the census a transfer continues.
    """

    request_id: str
    state: State
    bed_id: str | None = None
    start: Minute | None = None
    end: Minute | None = None
    conditional: bool = False
    fits_from: Minute | None = None
    call: str = ""
    of_stay: str | None = None


Standings = list[Standing]


class Driver(Protocol):
    """Whoever decides. Each method returns the requests whose standing changed; ``patient`` is the id of a stay of
    the census or of a request."""

    def advance(self, minute: Minute) -> Standings:
        """The clock shows ``minute``; everything that time alone changes happens."""
        ...

    def ask(self, ask: Ask) -> Standings:
        """Decide a request."""
        ...

    def refuses(self, ask: AskBadly) -> bool:
        """Whether a request that is none is refused and not stored."""
        ...

    def arrive(self, request_id: str) -> Standings:
        """The patient comes; the standing stays as it is when the bed is not ready."""
        ...

    def expect(self, patient: str, until: Minute) -> Standings:
        """The discharge is ordered: the patient leaves by ``until``."""
        ...

    def leave(self, patient: str) -> Standings:
        """The patient leaves the bed."""
        ...

    def upset(self, upset: Upset) -> Standings:
        """Something upsets the plan."""
        ...

    def finish(self) -> Standings:
        """The waiting requests at the end, with when they fit and whom to call."""
        ...


@dataclass(slots=True)
class Entry:
    """One request in the ledger. ``first_start``: when it was first given a start."""

    request: Request | None
    asked_at: Minute
    standing: Standing
    arrived_at: Minute | None = None
    left_at: Minute | None = None
    refused_arrivals: int = 0


@dataclass(frozen=True, slots=True)
class Lying:
    """Somebody in a bed during ``[start, end)``; ``patient`` as in :class:`Driver`."""

    patient: str
    bed_id: str
    start: Minute
    end: Minute


@dataclass(frozen=True, slots=True)
class Due:
    """A patient is due: to come (``what`` arrive), to be told to leave (expect), to leave."""

    what: str
    patient: str
    until: Minute = 0


@dataclass(slots=True)
class Ledger:
    """What became of everybody: requests in the order asked, transfers apart, who lay where."""

    day: Day
    entries: dict[str, Entry] = field(default_factory=dict)
    transfers: dict[str, Entry] = field(default_factory=dict)
    lying: list[Lying] = field(default_factory=list)
    invalid_refused: int = 0
    invalid_taken: int = 0


class Watch(Protocol):
    """Whoever wants to see the day go by."""

    def at(self, minute: Minute, event: Event, ledger: Ledger) -> None:
        """An event of the day was played."""
        ...


_TURN: Final = {"leave": 0, "expect": 1, "arrive": 3}


class Player:
    """Plays one day; ``ledger`` holds the result."""

    def __init__(self, day: Day, driver: Driver, watch: Watch | None = None) -> None:
        self.day = day
        self.driver = driver
        self.watch = watch
        self.ledger = Ledger(day)
        self.now = day.start
        self._numbers = count()
        self._due_at: dict[str, Minute] = {}
        self._bed_of: dict[str, tuple[str, Minute]] = {
            stay.id: (stay.bed_id, day.start) for stay in day.hospital.stays if stay.with_stay_id is None
        }
        self._queue: list[tuple[Minute, int, int, Any]] = []
        for event in day.events:
            self._push(event.minute, event.turn, event)
        for minute in day.clock_looks:
            self._push(minute, -1, None)

    def play(self) -> Ledger:
        """Play to the end of the day."""
        while self._queue and self._queue[0][0] < self.day.end:
            self.now = self._queue[0][0]
            self._note(self.driver.advance(self.now))
            while self._queue and self._queue[0][0] == self.now:
                self._happen(heapq.heappop(self._queue)[3])
        self.now = self.day.end
        self._note(self.driver.finish())
        for patient, (bed_id, since) in self._bed_of.items():
            self.ledger.lying.append(Lying(patient, bed_id, since, self.day.end))
        return self.ledger

    def _push(self, minute: Minute, turn: int, event: Any) -> None:
        heapq.heappush(self._queue, (minute, turn, next(self._numbers), event))

    # --- what happens ---------------------------------------------------------------------------------------
    def _happen(self, event: Any) -> None:
        if event is None:
            return
        if isinstance(event, Due):
            self._fall_due(event)
            return
        if isinstance(event, Ask):
            self._ask(event)
        elif isinstance(event, AskBadly):
            refused = self.driver.refuses(event)
            self.ledger.invalid_refused += refused
            self.ledger.invalid_taken += not refused
        elif isinstance(event, Expect):
            self._note(self.driver.expect(event.stay_id, event.until))
        elif isinstance(event, Leave):
            self._leave(event.stay_id)
        else:
            self._note(self.driver.upset(event))
        if self.watch is not None:
            self.watch.at(self.now, event, self.ledger)

    def _ask(self, event: Ask) -> None:
        request = event.arrival.request
        waiting = Standing(request.id, State.WAITING)
        self.ledger.entries[request.id] = Entry(request, self.now, waiting)
        self._note(self.driver.ask(event))

    def _fall_due(self, due: Due) -> None:
        if due.what == "arrive":
            if self._due_at.get(due.patient) == self.now:
                self._arrive(due.patient)
        elif due.what == "expect":
            if due.patient in self._bed_of:
                self._note(self.driver.expect(due.patient, due.until))
        else:
            self._leave(due.patient)

    def _arrive(self, request_id: str) -> None:
        entry = self._entry(request_id)
        gone = entry.standing.of_stay is not None and entry.standing.of_stay not in self._bed_of
        if entry.standing.state is not State.PLACED or gone:
            return
        self._note(self.driver.arrive(request_id))
        standing = entry.standing
        if standing.state is State.ARRIVED:
            self._lie_down(request_id, entry)
        elif standing.state is State.PLACED and standing.start is not None and standing.start <= self.now:
            entry.refused_arrivals += 1
            self._due(request_id, self.now + RETRY_MINUTES)

    def _lie_down(self, request_id: str, entry: Entry) -> None:
        entry.arrived_at = self.now
        standing = entry.standing
        assert standing.bed_id is not None, "whoever arrives has a bed"
        patient = standing.of_stay or request_id
        self._get_up(patient)
        self._bed_of[patient] = (standing.bed_id, self.now)
        truth = self.day.truth.get(request_id)
        if truth is None:
            return
        leaves = self.now + truth.minutes
        if truth.notice:
            told = max(self.now + 1, leaves - truth.notice)
            self._push(told, _TURN["expect"], Due("expect", patient, leaves + RETRY_MINUTES))
        self._push(leaves, _TURN["leave"], Due("leave", patient))

    def _leave(self, patient: str) -> None:
        if patient not in self._bed_of:
            return
        self._note(self.driver.leave(patient))
        self._get_up(patient)
        if patient in self.ledger.entries:
            self.ledger.entries[patient].left_at = self.now

    def _get_up(self, patient: str) -> None:
        if patient in self._bed_of:
            bed_id, since = self._bed_of.pop(patient)
            self.ledger.lying.append(Lying(patient, bed_id, since, self.now))

    # --- what is told ---------------------------------------------------------------------------------------
    def _entry(self, request_id: str) -> Entry:
        found = self.ledger.entries.get(request_id)
        return found if found is not None else self.ledger.transfers[request_id]

    def _note(self, standings: Iterable[Standing]) -> None:
        for standing in standings:
            if standing.request_id not in self.ledger.entries:
                new = Entry(None, self.now, standing)
                self.ledger.transfers.setdefault(standing.request_id, new)
            entry = self._entry(standing.request_id)
            if entry.arrived_at is not None:
                continue
            if standing.of_stay is None and entry.standing.of_stay is not None:
                standing = replace(standing, of_stay=entry.standing.of_stay)  # noqa: PLW2901
            entry.standing = standing
            if standing.state is State.PLACED and standing.start is not None:
                self._due(standing.request_id, max(standing.start, self.now))

    def _due(self, request_id: str, minute: Minute) -> None:
        if self._due_at.get(request_id) != minute or minute == self.now:
            self._due_at[request_id] = minute
            self._push(minute, _TURN["arrive"], Due("arrive", request_id))

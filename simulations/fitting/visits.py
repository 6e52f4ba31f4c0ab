"""Visits of patients to wards, as a record or a simulation tells them: one form, so that both are counted alike.

Patients are numbers that link the rows of one of them; nothing else is known of them here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np

from simulations.engine.codes import Event
from simulations.statistics.survival import Bools, Float64, Lifetimes
from solver.engine.types import Int64

NEVER = np.inf
TIMES = ("asked", "started", "finished", "freed", "gone")
ARRAYS = ("person", "group", "ward", *TIMES, "fate", "goes_to", "first")


class Fate(IntEnum):
    """What became of a visit, where it is not the number of the ward that followed."""

    LEFT = -1
    OPEN = -2
    """Not known yet: waits, or lies there."""
    REFUSED = -3
    GAVE_UP = -4


@dataclass(frozen=True, slots=True)
class Visits:
    """All arrays have shape (n,), ordered by person and time; times are hours from the start of a period.

    person, group, ward int64: numbers of the patient, of the class, of the ward. asked: when the ward was wanted.
    started: when a bed was taken. finished: when nothing held the patient there any more. freed: when the bed came
    free. gone: when somebody was refused or gave up. NEVER stands for what did not happen, or not yet.
    fate int64: the ward that followed, or a ``Fate``. goes_to int64: where who was refused or gave up went then.
    first bool: whether it is how a patient came in.
    """

    classes: tuple[str, ...]
    wards: tuple[str, ...]
    person: Int64
    group: Int64
    ward: Int64
    asked: Float64
    started: Float64
    finished: Float64
    freed: Float64
    gone: Float64
    fate: Int64
    goes_to: Int64
    first: Bools

    def __len__(self) -> int:
        return len(self.person)

    def of(self, chosen: Bools) -> Visits:
        """Some of the visits."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in ARRAYS})

    def within(self, begin: float, end: float) -> Visits:
        """What was known at ``end`` of the time from ``begin`` on, which becomes hour 0: what was over before is left
        out, what came later is not known yet."""
        over = np.minimum(self.freed, self.gone) <= begin
        kept = self.of((self.asked < end) & ~over)
        moved: dict[str, Any] = {name: _until(getattr(kept, name), begin, end) for name in TIMES}
        known = np.isfinite(np.minimum(moved["finished"], moved["gone"]))
        return replace(kept, **moved, fate=np.where(known, kept.fate, int(Fate.OPEN)).astype(np.int64))

    def stays(self, length: float) -> Lifetimes:
        """How long each bed was needed, seen from hour 0 until ``length``; of visits that had started by then."""
        return _lifetimes(self.started, self.finished, length)

    def waits(self, length: float) -> Lifetimes:
        """How long each was ready to wait: ended where somebody gave up, not yet ended where a bed was found first."""
        gave_up = np.where(self.fate == Fate.GAVE_UP, self.gone, NEVER)
        return _lifetimes(self.asked, gave_up, np.minimum(self.started, length))

    def started_by(self, length: float) -> Bools:
        """Which visits ``stays`` tells of."""
        return (self.started < length) & (np.minimum(self.finished, length) > np.maximum(self.started, 0.0))


def _until(times: Float64, begin: float, end: float) -> Float64:
    return np.where(times < end, times - begin, NEVER)


def _lifetimes(begun: Float64, ended: Float64, until: Float64 | float) -> Lifetimes:
    last = np.minimum(ended, until)
    entry = np.maximum(-begun, 0.0)
    return Lifetimes(entry, last - begun, ended <= until)


@dataclass(frozen=True, slots=True)
class Events:
    """What happened, ordered by person and then by time, as events of the simulator's log.

    person, kind (``engine.codes.Event``), group, ward int64 (n,); time float64 (n,). The first of a person, and every
    other ENTERED, begins an episode.
    """

    classes: tuple[str, ...]
    wards: tuple[str, ...]
    person: Int64
    time: Float64
    kind: Int64
    group: Int64
    ward: Int64


def visits_of(events: Events, keeps_bed: Bools) -> Visits:
    """The visits that ``events`` tell of; keeps_bed bool (wards,): until the patient has the next one."""
    joined = events.kind == Event.JOINED
    count = int(joined.sum())
    rows = np.flatnonzero(joined)
    asked, person, ward = events.time[rows], events.person[rows], events.ward[rows]
    number = _numbers(events, joined)
    started = _first(events, number, count, (Event.STARTED,))
    finished = _first(events, number, count, (Event.FINISHED,))
    gone = _first(events, number, count, (Event.REFUSED, Event.BALKED, Event.RENEGED))
    left = _first(events, number, count, (Event.LEFT,))
    follows = np.zeros(count, dtype=bool)
    first = np.ones(count, dtype=bool)
    entered = _first(events, number, count, (Event.ENTERED,))
    # Who enters anew after a visit is linked to it by the row before the next JOINED.
    follows[:-1] = (person[1:] == person[:-1]) & ~np.isfinite(entered[:-1])
    first[1:] = ~follows[:-1]
    onward = np.where(follows, np.append(ward[1:], 0), int(Fate.LEFT)).astype(np.int64)
    finished = np.minimum(finished, left)
    begun_next = _next_begun(follows, started, gone)
    over = np.isfinite(finished)
    freed = np.where(keeps_bed[ward] & follows, np.maximum(begun_next, finished), finished)
    fate = np.where(over, onward, int(Fate.OPEN))
    fate = np.where(np.isfinite(gone), _why_gone(events, number, count), fate)
    # The class is that in which they came: what they became on the way is not told apart.
    episode = np.maximum.accumulate(np.where(first, np.arange(count), 0)) if count else np.empty(0, np.int64)
    return Visits(
        events.classes,
        events.wards,
        person,
        events.group[rows][episode],
        ward,
        asked,
        started,
        np.where(np.isfinite(started), finished, NEVER),
        np.where(np.isfinite(started), freed, NEVER),
        gone,
        fate.astype(np.int64),
        onward,
        first,
    )


def _numbers(events: Events, joined: Bools) -> Int64:
    """The visit that each row belongs to, int64 (rows,); -1 where its person has asked for no ward so far."""
    number = np.cumsum(joined) - 1
    # The last visit before a row may be somebody else's: people come and go without asking for a ward.
    of_visit = np.append(events.person[joined], -1)
    return np.where(of_visit[number] == events.person, number, -1)


def _next_begun(follows: Bools, started: Float64, gone: Float64) -> Float64:
    """When a bed is left for the next: at the first start that follows, or where somebody gave up at last."""
    found = np.where(follows, np.append(started[1:], NEVER), NEVER)
    # Seldom: the next ward was never reached, and another after it perhaps.
    for row in np.flatnonzero(follows & ~np.isfinite(found))[::-1]:
        found[row] = found[row + 1] if follows[row + 1] else gone[row + 1]
    return found


def _first(events: Events, number: Int64, count: int, kinds: tuple[Event, ...]) -> Float64:
    """When something first happened in each visit."""
    found = np.full(count, NEVER)
    rows = np.flatnonzero(np.isin(events.kind, [int(kind) for kind in kinds]) & (number >= 0))
    np.minimum.at(found, number[rows], events.time[rows])
    return found


def _why_gone(events: Events, number: Int64, count: int) -> Int64:
    why = np.full(count, int(Fate.REFUSED), dtype=np.int64)
    why[number[(events.kind == Event.RENEGED) & (number >= 0)]] = int(Fate.GAVE_UP)
    return why


def census_of(begun: Float64, ended: Float64, at: Float64) -> Int64:
    """How many of the intervals [begun, ended) hold each of the moments ``at``: int64 (moments,)."""
    return np.searchsorted(np.sort(begun), at, side="right") - np.searchsorted(
        np.sort(ended), at, side="right"
    )


def hourly(begun: Float64, ended: Float64, length: float) -> Float64:
    """The mean number of intervals under way in each whole hour from 0 to ``length``."""
    edges = np.arange(int(length) + 1, dtype=np.float64)
    found: Float64 = np.diff(_area(begun, edges) - _area(ended, edges))
    return found


def _area(times: Float64, edges: Float64) -> Float64:
    """How long ago each of ``times`` was at each edge, summed over those that were, from hour 0 on."""
    ordered = np.sort(np.maximum(times[np.isfinite(times)], 0.0))
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    count = np.searchsorted(ordered, edges, side="right")
    found: Float64 = count * edges - sums[count]
    return found

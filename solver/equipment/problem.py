"""What a plan of bookings is asked for: units, requests with windows, the way between wards.

Two problems share the room. ``BookingProblem``: bookings with windows, some of which may stay unserved, at the least
cost. ``FleetProblem``: bookings of fixed times, all of which are served, by as few units as possible. Both are
checked as they are made, and compiled to read-only arrays for the engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from solver.engine.errors import Problem, refuse_if_any
from solver.engine.types import Int64
from solver.equipment.rules import BOOKING_SERVED, BOOKING_WAIT, UNIT_TRANSPORT
from solver.hospital.door import MAX_ID_LENGTH, MAX_MINUTE
from solver.hospital.equipment import MOST_PRIORITY

MOST_WEIGHT: Final = 1_000_000
UNSERVED: Final = -1


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """One unit: ``home`` is the ward where it begins; it is away during each ``[from, until)`` of ``unavailable``."""

    id: str
    type_id: str
    home: str
    unavailable: tuple[tuple[int, int], ...] = ()

    def problems(self) -> Iterator[Problem]:
        """What is wrong with it by itself."""
        where = f"device {self.id!r}"
        yield from _bad_id(self.id, "device, id")
        yield from _bad_id(self.type_id, f"{where}, type")
        last = 0
        for window in self.unavailable:
            good = len(window) == 2 and all(_is_minute(value) for value in window) and window[0] < window[1]
            if not good:
                yield Problem(
                    f"{where}, unavailable", window, "[from, until] with from < until", "Correct it."
                )
            elif window[0] < last:
                yield Problem(
                    f"{where}, unavailable",
                    window,
                    "windows in order, apart from each other",
                    "Join or sort them.",
                )
            last = window[1] if good else last


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """One booking asked for: any unit of ``type_ids`` for ``duration`` minutes, then ``clean`` minutes of cleaning.

    It starts in ``[earliest, latest_start]``, both included, and its use ends by the plan's horizon. ``priority`` from
    1: how much its waiting weighs. Requests of one ``kit`` are parts of one booking: they start at one minute on one
    ward, each on a unit of its own, or none of them is served. ``only``: of the units of those types these alone may
    serve it; none named: any. ``waits``: whether a start after the earliest has a price.
    """

    id: str
    type_ids: tuple[str, ...]
    ward: str
    earliest: int
    latest_start: int
    duration: int
    clean: int = 0
    priority: int = 1
    kit: str = ""
    only: tuple[str, ...] = ()
    waits: bool = True

    @property
    def span(self) -> int:
        """Minutes a unit is taken: use and cleaning."""
        return self.duration + self.clean

    def problems(self, horizon: int) -> Iterator[Problem]:
        """What is wrong with it by itself, in a plan that ends at ``horizon``."""
        where = f"request {self.id!r}"
        yield from _bad_id(self.id, "request, id")
        if self.kit:
            yield from _bad_id(self.kit, f"{where}, kit")
        if not self.type_ids:
            yield Problem(f"{where}, types", self.type_ids, "at least one type", "Name what may serve it.")
        whole = True
        for name, low, high in (
            ("earliest", 0, MAX_MINUTE),
            ("latest_start", 0, MAX_MINUTE),
            ("duration", 1, MAX_MINUTE),
            ("clean", 0, MAX_MINUTE),
            ("priority", 1, MOST_PRIORITY),
        ):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                whole = False
                yield Problem(
                    f"{where}, {name}", value, f"a whole number from {low} to {high}", "Correct it."
                )
        if not whole:
            return
        if self.earliest > self.latest_start:
            window = (self.earliest, self.latest_start)
            yield Problem(f"{where}, window", window, "earliest <= latest_start", "Swap or widen them.")
        if self.earliest + self.duration > horizon:
            yield Problem(
                f"{where}, duration",
                self.duration,
                f"to end by the horizon {horizon} when begun at {self.earliest}",
                "A booking longer than its window fits nowhere: shorten it, or widen the window.",
            )


@dataclass(frozen=True, slots=True)
class BookingWeights:
    """Prices: of an unserved booking and of a minute's wait (both times the priority), of a minute of transport."""

    unserved: int = BOOKING_SERVED.weight
    wait: int = BOOKING_WAIT.weight
    transport: int = UNIT_TRANSPORT.weight

    def problems(self) -> Iterator[Problem]:
        """Prices that are no whole number in range."""
        for name in ("unserved", "wait", "transport"):
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value <= MOST_WEIGHT:
                yield Problem(
                    f"weights, {name}", value, f"a whole number from 0 to {MOST_WEIGHT}", "Correct it."
                )


@dataclass(frozen=True, slots=True)
class BookingProblem:
    """Units and what they are asked for, in whole minutes from any origin. ``transport[a][b]``: minutes from ward
    ``wards[a]`` to ``wards[b]``.

    Units are carried from ward to ward, also while they are away for maintenance; or, ``from_home``, each time from
    their home and in time that is theirs, as the hospital's own bookings are counted.

    Raises InvalidInstance with everything that is wrong.
    """

    wards: tuple[str, ...]
    transport: tuple[tuple[int, ...], ...]
    units: tuple[PlannedUnit, ...]
    requests: tuple[BookingRequest, ...]
    weights: BookingWeights = field(default_factory=BookingWeights)
    horizon: int = MAX_MINUTE
    name: str = ""
    from_home: bool = False

    def __post_init__(self) -> None:
        refuse_if_any(self._problems())

    @property
    def kits(self) -> dict[str, list[int]]:
        """Places of the requests of each kit, by its name."""
        found: dict[str, list[int]] = {}
        for place, request in enumerate(self.requests):
            if request.kit:
                found.setdefault(request.kit, []).append(place)
        return found

    def _problems(self) -> Iterator[Problem]:
        if not _is_minute(self.horizon):
            yield Problem("horizon", self.horizon, f"a whole number from 0 to {MAX_MINUTE}", "Correct it.")
            return
        for kind, ids in (
            ("ward", self.wards),
            ("device", [unit.id for unit in self.units]),
            ("request", [request.id for request in self.requests]),
        ):
            yield from _repeated(kind, ids)
        yield from self._bad_transport()
        yield from self.weights.problems()
        for unit in self.units:
            yield from unit.problems()
            yield from self._unknown_ward(f"device {unit.id!r}, home", unit.home)
        types = {unit.id: unit.type_id for unit in self.units}
        known = set(types.values())
        for request in self.requests:
            where = f"request {request.id!r}"
            yield from request.problems(self.horizon)
            yield from self._unknown_ward(f"{where}, ward", request.ward)
            for type_id in request.type_ids:
                if type_id not in known:
                    yield Problem(f"{where}, types", type_id, "the type of a device", "Correct or add it.")
            for unit_id in request.only:
                if types.get(unit_id) not in request.type_ids:
                    expected = "a device of one of its types"
                    yield Problem(f"{where}, only", unit_id, expected, "Correct it, or add its type.")
        yield from self._torn_kits()

    def _torn_kits(self) -> Iterator[Problem]:
        """Parts of one kit that could never start together."""
        for kit, places in self.kits.items():
            parts = [self.requests[place] for place in places]
            windows = sorted({(part.ward, part.earliest, part.latest_start) for part in parts}, key=repr)
            if len(windows) > 1:
                expected = "one ward, earliest and latest start for all its parts"
                yield Problem(f"kit {kit!r}", windows, expected, "Give its parts the same.")

    def _unknown_ward(self, where: str, ward: str) -> Iterator[Problem]:
        if ward not in self.wards:
            yield Problem(where, ward, "a ward of the instance", "Correct it, or add the ward.")

    def _bad_transport(self) -> Iterator[Problem]:
        size = len(self.wards)
        if len(self.transport) != size or any(len(row) != size for row in self.transport):
            shape = [len(row) for row in self.transport]
            yield Problem("transport", shape, f"{size} rows of {size} numbers", "Give each pair of wards.")
            return
        for row, ward in zip(self.transport, self.wards, strict=True):
            for minutes in row:
                if not _is_minute(minutes):
                    yield Problem(f"transport from {ward!r}", minutes, "whole minutes from 0", "Correct it.")

    def compiled(self) -> BookingArrays:
        """The same as arrays."""
        return _compiled(self)


class BookingArrays(NamedTuple):
    """A ``BookingProblem`` as arrays, all read-only; n requests, m units.

    ward, earliest, latest, span, priority int64 (n,)   what starts by ``latest`` is used by the horizon
    wait_price, unserved_price int64 (n,)   in cost
    transport int64 (wards, wards)   minutes; ``transport_price`` int64 (1,) per minute
    home int64 (m,)   ward index
    away_ptr int64 (m + 1,), away_from, away_until int64   windows of unit d: away_ptr[d] .. away_ptr[d + 1], in order
    units_ptr int64 (n + 1,), units_of int64   units that may serve request i
    from_home int64 (1,)   1: each use is carried to from the unit's home, in minutes at which it is not away
    kit int64 (n,)   -1 for none; kit_ptr int64 (kits + 1,), parts int64   requests of kit k
    """

    ward: Int64
    earliest: Int64
    latest: Int64
    span: Int64
    wait_price: Int64
    unserved_price: Int64
    transport: Int64
    transport_price: Int64
    home: Int64
    away_ptr: Int64
    away_from: Int64
    away_until: Int64
    units_ptr: Int64
    units_of: Int64
    from_home: Int64
    kit: Int64
    kit_ptr: Int64
    parts: Int64


@dataclass(frozen=True, slots=True)
class Served:
    """One served booking."""

    request_id: str
    unit_id: str
    start: int


@dataclass(frozen=True, slots=True)
class BookingPlan:
    """Who is served by which unit, when; requests that do not appear stay unserved."""

    served: tuple[Served, ...]


@dataclass(frozen=True, slots=True)
class FleetProblem:
    """Bookings of fixed times, each of which one of the units that list it must serve, without overlaps.

    ``intervals[j]`` is booking j's ``(start, end)``; ``serves[d]`` are the bookings that unit d may serve. All are
    numbered from 0. Raises InvalidInstance with everything that is wrong.
    """

    intervals: tuple[tuple[int, int], ...]
    serves: tuple[tuple[int, ...], ...]
    name: str = ""

    def __post_init__(self) -> None:
        refuse_if_any(self._problems())

    def _problems(self) -> Iterator[Problem]:
        for job, (start, end) in enumerate(self.intervals):
            if not (_is_minute(start) and _is_minute(end) and start < end):
                yield Problem(f"job {job}", (start, end), "start < end, whole numbers from 0", "Correct it.")
        served: set[int] = set()
        for unit, jobs in enumerate(self.serves):
            for job in jobs:
                if not (type(job) is int and 0 <= job < len(self.intervals)):
                    expected = f"the number of a job, 0 to {len(self.intervals) - 1}"
                    yield Problem(f"device {unit}, jobs", job, expected, "Jobs are counted from 0.")
            if len(set(jobs)) != len(jobs):
                twice = sorted(job for job in set(jobs) if jobs.count(job) > 1)
                yield Problem(f"device {unit}, jobs", twice, "each job once", "Take the repeats out.")
            served.update(jobs)
        for job in range(len(self.intervals)):
            if job not in served:
                yield Problem(
                    f"job {job}", None, "a device that lists it", "Nobody can serve it: add a device."
                )

    def compiled(self) -> FleetArrays:
        """The same as arrays, bookings in order of start."""
        times = np.array(self.intervals, np.int64).reshape(-1, 2)
        order = np.lexsort((times[:, 1], times[:, 0]))
        place = np.empty(order.size, np.int64)
        place[order] = np.arange(order.size)
        rows = [np.sort(place[np.array(jobs, np.int64)]) for jobs in self.serves]
        return FleetArrays(
            frozen(times[order, 0]), frozen(times[order, 1]), *_ragged(rows), frozen(order.astype(np.int64))
        )


class FleetArrays(NamedTuple):
    """A ``FleetProblem`` as read-only arrays; bookings are renumbered by start, ties by end.

    start, end int64 (n,)   jobs_ptr int64 (m + 1,), jobs int64: bookings that unit d may serve, ascending
    original int64 (n,)   the number that the problem gives the booking
    """

    start: Int64
    end: Int64
    jobs_ptr: Int64
    jobs: Int64
    original: Int64


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """``unit_of[j]``: the unit that serves booking j."""

    unit_of: tuple[int, ...]


def frozen(array: Int64) -> Int64:
    """The array, made read-only and contiguous."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def _compiled(problem: BookingProblem) -> BookingArrays:
    wards = {ward: index for index, ward in enumerate(problem.wards)}
    by_type: dict[str, list[int]] = {}
    for index, unit in enumerate(problem.units):
        by_type.setdefault(unit.type_id, []).append(index)
    requests, weights = problem.requests, problem.weights
    place = {unit.id: index for index, unit in enumerate(problem.units)}
    may = [
        sorted(
            {place[one] for one in request.only} or {u for kind in request.type_ids for u in by_type[kind]}
        )
        for request in requests
    ]
    windows = [unit.unavailable for unit in problem.units]
    away_ptr, away_from = _ragged([[begin for begin, _ in one] for one in windows])
    priority = _column(request.priority for request in requests)
    return BookingArrays(
        _column(wards[request.ward] for request in requests),
        _column(request.earliest for request in requests),
        _column(min(request.latest_start, problem.horizon - request.duration) for request in requests),
        _column(request.span for request in requests),
        frozen(priority * weights.wait * _column(request.waits for request in requests)),
        frozen(priority * weights.unserved),
        frozen(np.array(problem.transport, np.int64).reshape(len(wards), len(wards))),
        _column([weights.transport]),
        _column(wards[unit.home] for unit in problem.units),
        away_ptr,
        away_from,
        _column(until for one in windows for _, until in one),
        *_ragged(may),
        _column([int(problem.from_home)]),
        *_kits(problem),
    )


def _kits(problem: BookingProblem) -> tuple[Int64, Int64, Int64]:
    """The kit of each request, and the requests of each kit."""
    kits = list(problem.kits.values())
    of = np.full(len(problem.requests), -1, np.int64)
    for kit, parts in enumerate(kits):
        of[parts] = kit
    return frozen(of), *_ragged(kits)


def _column(values: Iterable[int]) -> Int64:
    return frozen(np.array(list(values), np.int64))


def _ragged(rows: Sequence[Sequence[int] | Int64]) -> tuple[Int64, Int64]:
    """Rows of different lengths as pointers and one array of values."""
    lengths = np.array([len(row) for row in rows], np.int64)
    pointers = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    values = np.concatenate([np.asarray(row, np.int64) for row in rows]) if rows else np.zeros(0, np.int64)
    return frozen(pointers), frozen(values)


def _is_minute(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_MINUTE


def _bad_id(value: object, where: str) -> Iterator[Problem]:
    if not (
        isinstance(value, str)
        and 0 < len(value) <= MAX_ID_LENGTH
        and value.isprintable()
        and value == value.strip()
    ):
        expected = f"1 to {MAX_ID_LENGTH} printable characters without outer blanks"
        yield Problem(where, value, expected, "Correct it.")


def _repeated(kind: str, ids: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            yield Problem(f"{kind} {one!r}", one, f"each {kind} once", "Rename or remove the repeat.")
        seen.add(one)

"""A problem of stays compiled to arrays, plans to begin with, and plans read back from arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.admissions.stays.layout import (
    CROWD,
    HARD_UNITS,
    KINDS,
    LATEST,
    SPARE_BEDS,
    STAY,
    Plan,
    Tables,
    Trial,
)
from solver.admissions.stays.problem import (
    Department,
    Night,
    Patient,
    Policy,
    Prices,
    Room,
    Sex,
    StayPlan,
    StayProblem,
)
from solver.engine.types import Float64, Int32, Int64

FORBIDDEN = -1
NEVER_CROWDED = 1_000_000
"""Hard units of a person too many where not everybody can have a bed: no patient more is worth one."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A problem with its arrays. ``constant``: the cost of what is idle when nobody is in. ``chosen``: as many
    patients as can have a bed, by number. ``lingering`` (r,): patients before the window who may overstay into it."""

    problem: StayProblem
    tables: Tables
    constant: int
    chosen: frozenset[int]
    lingering: Int32

    @property
    def least_hard(self) -> int:
        """Hard units that every plan breaks: of those who can have no bed."""
        return HARD_UNITS * (len(self.problem.patients) - len(self.chosen))

    def plan(self, start: Int32, place: Int32) -> StayPlan:
        """What the arrays say."""
        rooms = [room.id for room in self.problem.rooms]
        nights = [
            Night(patient.id, int(start[p]) + k, rooms[place[p, k]])
            for p, patient in enumerate(self.problem.patients)
            if start[p] >= 0
            for k in range(patient.days)
        ]
        return StayPlan(tuple(sorted(nights)))


class Matches:
    """What a day in each room costs a patient, remembered: the morning asks again for whom it knew before."""

    def __init__(self, problem: StayProblem) -> None:
        departments = {department.id: department for department in problem.departments}
        self.rooms = [(room, departments[room.department]) for room in problem.rooms]
        self.prices = problem.prices
        self.known: dict[tuple[object, ...], Int32] = {}

    def of(self, patient: Patient, specialism: str) -> Int32:
        """Costs (r,), ``FORBIDDEN`` where a hard rule forbids the room."""
        key = (patient.sex, patient.age, patient.needed, patient.preferred, patient.size, specialism)
        if key not in self.known:
            costs = [match(self.prices, patient, specialism, *room) for room in self.rooms]
            self.known[key] = np.array(costs, np.int32)
        return self.known[key]


def match(prices: Prices, patient: Patient, specialism: str, room: Room, department: Department) -> int:
    """What a day in a room costs a patient, ``FORBIDDEN`` where that is forbidden."""
    level = department.specialisms.get(specialism)
    cost = 0
    for price, count in (
        (prices.needed, len(patient.needed - room.properties)),
        (prices.age, int(not department.admits(patient.age))),
        (prices.department, int(level is None)),
    ):
        if count and price is None:
            return FORBIDDEN
        cost += count * (price or 0)
    if level is not None and level > 1:
        cost += prices.auxiliary
    if room.priorities:
        priority = room.priorities.get(specialism, 3)
        cost += prices.second_priority * (priority == 2) + prices.no_priority * (priority > 2)
    cost += prices.preferred * len(patient.preferred - patient.needed - room.properties)
    if patient.size is not None and room.capacity > patient.size:
        cost += prices.size
    if room.policy in (Policy.MALE, Policy.FEMALE) and room.policy.value != patient.sex.value:
        cost += prices.fixed_sex
    return cost


def compiled(
    problem: StayProblem,
    matches: Matches | None = None,
    idle_minute: Sequence[float] | None = None,
    idle_bed: Sequence[float] | None = None,
    lingering: Sequence[str] = (),
) -> Compiled:
    """The arrays of a problem. ``idle_minute``, ``idle_bed`` (d,): what an unused one is worth on each day, instead of
    the same on all days that count; ``lingering``: rooms of those before the window who may
    overstay. A patient no room is allowed for may have any."""
    matches = matches or Matches(problem)
    profile, fit = _profiles(problem, matches)
    allowed = np.array(
        [
            (fit[list(set(row[: one.days]))] >= 0).all(axis=0)
            for one, row in zip(problem.patients, profile, strict=True)
        ]
    )
    allowed[~allowed.any(axis=1)] = True
    specialisms = sorted(
        {x for _, x in problem.theatre.slots} | {x for x in map(_specialism, problem.patients) if x}
    )
    chosen = fitting(problem)
    slots, most = _theatres(problem, specialisms)
    sums = [fit[row[: one.days]].sum(axis=0) for one, row in zip(problem.patients, profile, strict=True)]
    size = len(problem.patients), len(problem.rooms), problem.days, len(specialisms), profile.shape[1]
    tables = Tables(
        np.array(size, np.int32),
        _needs(problem, specialisms),
        _homes(problem),
        profile,
        np.maximum(fit, 0),
        allowed.astype(np.uint8),
        *room_lists(allowed, sums),
        np.array([room.capacity for room in problem.rooms], np.int32),
        np.array([room.policy is Policy.SAME for room in problem.rooms], np.int32),
        _prices(problem, len(chosen) == len(problem.patients)),
        _worth(problem, problem.prices.idle_bed, idle_bed),
        _worth(problem, problem.prices.idle_minute, idle_minute),
        slots,
        most,
        slots.sum(axis=0, dtype=np.int32),
        np.array([problem.theatre.day(d) + problem.theatre.over_per_day for d in range(problem.days)], np.int32),
    )  # fmt: skip
    for array in tables:
        array.setflags(write=False)
    left = np.array([lingering.count(room.id) for room in problem.rooms], np.int32)
    return Compiled(problem, tables, _constant(problem), chosen, left)


def with_promising(compiled: Compiled, worth: Float64) -> Compiled:
    """The same with rooms in the order of ``worth`` float64 (room list), what a stay in each costs."""
    first, rooms = compiled.tables.room_first, compiled.tables.room_list
    patient = np.repeat(np.arange(len(first) - 1), np.diff(first))
    ordered = np.ascontiguousarray(rooms[np.lexsort((worth, patient))])
    ordered.setflags(write=False)
    return replace(compiled, tables=compiled.tables._replace(room_list=ordered))


def _specialism(patient: Patient) -> str | None:
    return patient.surgery.specialism if patient.surgery else None


def _profiles(problem: StayProblem, matches: Matches) -> tuple[Int32, Int32]:
    """Profile of each day of each stay, and cost of each profile in each room."""
    longest = max(patient.days for patient in problem.patients)
    profile = np.zeros((len(problem.patients), longest), np.int32)
    rows: list[Int32] = []
    known: dict[int, int] = {}
    for p, patient in enumerate(problem.patients):
        for k, specialism in enumerate(patient.specialisms):
            row = matches.of(patient, specialism)
            if id(row) not in known:
                known[id(row)] = len(rows)
                rows.append(row)
            profile[p, k] = known[id(row)]
    return profile, np.array(rows, np.int32)


def _needs(problem: StayProblem, specialisms: Sequence[str]) -> Int32:
    rows = []
    for one in problem.patients:
        surgery = one.surgery
        theatre = (
            (-1, 0, 0)
            if surgery is None
            else (specialisms.index(surgery.specialism), surgery.minutes, surgery.day)
        )
        who = one.sex is Sex.FEMALE, one.days, one.first, one.latest, one.at_risk, one.private
        rows.append((*who, *theatre, not one.urgent))
    return np.array(rows, np.int32)


def _homes(problem: StayProblem) -> Int32:
    rooms = {room.id: r for r, room in enumerate(problem.rooms)}
    return np.array([rooms[one.room] if one.room is not None else -1 for one in problem.patients], np.int32)


def room_lists(allowed: np.ndarray, worth: Iterable[np.ndarray]) -> tuple[Int32, Int32]:
    """First places (p + 1,) and rooms one after the other, those that cost a patient least first."""
    rows = [
        np.flatnonzero(row)[np.argsort(costs[row], kind="stable")]
        for row, costs in zip(allowed, worth, strict=True)
    ]
    first = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)
    return first, np.concatenate(rows).astype(np.int32)


def _prices(problem: StayProblem, all_fit: bool) -> Int32:
    prices = problem.prices
    return np.array(
        [
            prices.mixed or 0, prices.mixed_by_person, HARD_UNITS if prices.mixed is None else 0, prices.risk,
            prices.shared_private, prices.transfer, prices.delay, prices.overtime,
            HARD_UNITS if all_fit else NEVER_CROWDED, HARD_UNITS,
        ],
        np.int32,
    )  # fmt: skip


def _worth(problem: StayProblem, price: int, given: Sequence[float] | None) -> Int32:
    if given is not None:
        return np.array(given).round().astype(np.int32)
    return np.where(np.arange(problem.days) < problem.counted, price, 0).astype(np.int32)


def _theatres(problem: StayProblem, specialisms: Sequence[str]) -> tuple[Int32, Int32]:
    slots, most = (np.zeros((max(1, len(specialisms)), problem.days), np.int32) for _ in range(2))
    theatre = problem.theatre
    for (d, x), count in theatre.slots.items():
        slots[specialisms.index(x), d] = count * theatre.minutes
        most[specialisms.index(x), d] = count * (theatre.minutes + theatre.over_per_slot)
    return slots, most


def _constant(problem: StayProblem) -> int:
    beds = sum(room.capacity for room in problem.rooms) * problem.counted
    theatre = problem.theatre
    minutes = sum(count for (d, _), count in theatre.slots.items() if d < problem.counted) * theatre.minutes
    wanted = sum(one.surgery.minutes for one in problem.patients if one.surgery)
    days = sum(one.days for one in problem.patients)
    return problem.prices.idle_bed * min(beds, days) + problem.prices.idle_minute * min(minutes, wanted)


def fitting(problem: StayProblem) -> frozenset[int]:
    """Numbers of patients who can all have a bed on the planned days: as many as possible.

    Day by day, who stays longest goes while there are too many: with fixed days nobody can place more, since whoever
    fits under the number of beds can be given one bed for the whole stay.
    """
    beds = sum(room.capacity for room in problem.rooms)
    if any(one.latest > one.first for one in problem.patients):
        return frozenset(range(len(problem.patients)))
    coming: dict[int, list[int]] = {}
    for p, one in enumerate(problem.patients):
        coming.setdefault(one.first, []).append(p)
    there: list[tuple[int, int]] = []
    chosen: set[int] = set()
    for d in range(problem.days):
        there = [(end, p) for end, p in there if end > d]
        there += [(d + problem.patients[p].days, p) for p in coming.get(d, [])]
        there.sort()
        chosen |= {p for _, p in there}
        chosen -= {p for _, p in there[beds:]}
        there = there[:beds]
    return frozenset(chosen)


def new_plan(compiled: Compiled) -> Plan:
    """Everybody left out."""
    patients, rooms, days, specialisms, longest = (int(n) for n in compiled.tables.size)
    most = int(compiled.tables.beds.max()) + SPARE_BEDS

    def zeros(*shape: int) -> Int32:
        return np.zeros(shape, np.int32)

    might = zeros(rooms, days + 1)
    might[:, 0] = compiled.lingering
    return Plan(
        np.full(patients, -1, np.int32), np.full((patients, longest), -1, np.int32), zeros(rooms, days),
        zeros(rooms, days), zeros(rooms, days), might, zeros(rooms, days, most),
        zeros(max(1, specialisms), days), zeros(days),
        np.array([HARD_UNITS * patients, compiled.constant], np.int64),
    )  # fmt: skip


def new_trial() -> Trial:
    """Room for one worker's moves."""
    counts: Int64 = np.zeros((len(KINDS), 2), np.int64)
    return Trial(
        np.zeros(2, np.int32),
        np.zeros((2, 6), np.int32),
        np.zeros((2, 7), np.int32),
        counts,
        np.zeros(2, np.float64),
    )


def first_plan(compiled: Compiled, former: Mapping[str, tuple[int, Sequence[int]]] | None = None) -> Plan:
    """Who can have a bed at the planned day in the most promising free room, or in any; ``former`` says otherwise:
    start and room numbers by patient."""
    tables, given = compiled.tables, new_plan(compiled)
    free = np.zeros(given.there.shape, np.int32) + tables.beds[:, None]
    order = sorted(compiled.chosen, key=lambda p: (compiled.problem.patients[p].first, p))
    known = former or {}
    for p in sorted(order, key=lambda p: compiled.problem.patients[p].id not in known):
        one = compiled.problem.patients[p]
        if one.id in known:
            given.start[p], places = known[one.id]
            given.place[p, : one.days] = places
            free[given.place[p, : one.days], np.arange(given.start[p], given.start[p] + one.days)] -= 1
            continue
        for start in range(one.first, one.latest + 1):
            r = _room_for(tables, free, p, start)
            if r >= 0:
                given.start[p], given.place[p, : one.days] = start, r
                free[r, start : start + one.days] -= 1
                break
    return given


def _room_for(tables: Tables, free: Int32, p: int, start: int) -> int:
    """The most promising room with a bed for the whole stay; on the latest day any that is not far too full; or -1."""
    rooms = tables.room_list[tables.room_first[p] : tables.room_first[p + 1]]
    least = free[rooms, start : start + tables.need[p, STAY]].min(axis=1)
    if tables.home[p] in rooms:
        return int(tables.home[p])
    if (least > 0).any():
        return int(rooms[np.argmax(least > 0)])
    if start == tables.need[p, LATEST] and tables.price[CROWD] == HARD_UNITS and least.max() > -SPARE_BEDS:
        return int(rooms[np.argmax(least)])
    return -1

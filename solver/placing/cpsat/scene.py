"""The hospital as the joint model sees it: records turned into arrays once, fixed stays and requests alike.

A *start* is the k-th minute of a request's grid: ``base + k * start_step_minutes`` with
``base = max(needed_by, now)``, no later than ``max(needed_by + max_wait_minutes, base)``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.rule import Rule
from solver.engine.types import Bool, Int64
from solver.hospital import (
    BedKind,
    Departure,
    Feature,
    Isolation,
    Minute,
    OperationalStatus,
    Person,
    Request,
    Room,
    Sex,
    SexPolicy,
    Stay,
    from_minute,
)
from solver.hospital.stays import turnaround_minutes
from solver.placing.problem import PRESSURE_FEATURES, SPECIAL_FEATURES
from solver.placing.records import Records

NEVER: Final = np.int64(1) << 60
"""A minute later than every other."""

UNKNOWN_SEX: Final = 2
SEX: Final = {Sex.FEMALE: 0, Sex.MALE: 1, Sex.UNKNOWN: UNKNOWN_SEX}
FEATURE_BIT: Final = {feature: 1 << place for place, feature in enumerate(Feature)}
KIND: Final = {kind: place for place, kind in enumerate(BedKind)}
POLICY: Final = {policy: place for place, policy in enumerate(SexPolicy)}
FIRST: Final = POLICY[SexPolicy.FIRST]
NOT_READY: Final = (
    OperationalStatus.CONTAMINATED,
    OperationalStatus.ISOLATED,
    OperationalStatus.HOUSEKEEPING,
)


def bits(features: frozenset[Feature]) -> int:
    """Features as one whole number."""
    return sum(FEATURE_BIT[feature] for feature in features)


@dataclass(frozen=True, slots=True)
class People:
    """What sharing a room asks of persons; every array int64 (n,). ``cohort`` -1: joins none; ``exposed``
    numbers equal sets; ``person`` numbers persons."""

    sex: Int64
    isolated: Int64
    protective: Int64
    cohort: Int64
    exposed: Int64
    person: Int64

    def at(self, chosen: Int64 | int) -> People:
        """Some of them."""
        arrays = self.sex, self.isolated, self.protective, self.cohort, self.exposed, self.person
        return People(*(np.atleast_1d(array[chosen]) for array in arrays))


class Numbering:
    """Gives equal values equal numbers, from 0."""

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}

    def of(self, value: object) -> int:
        """The number of a value, new if need be."""
        return self.numbers.setdefault(value, len(self.numbers))


@dataclass(frozen=True, slots=True)
class Beds:
    """Beds in the order of the records; arrays (n_beds,). ``clean_at`` 0: clean now."""

    ids: list[str]
    room: Int64
    ward: Int64
    kind: Int64
    features: Int64
    offered: Int64
    max_weight: Int64
    care_level: Int64
    staffed: Bool
    closed: Bool
    clean_at: Int64
    opens: Int64
    closes: Int64
    blocks: Int64
    """(n_blocks, 3): bed, start, end of every block of bed, room or ward."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Rooms in the order of the records; arrays (n_rooms,)."""

    ids: list[str]
    records: list[Room]
    ward: Int64
    policy: Int64
    features: Int64
    pressure: Bool
    single: Bool
    beds: list[list[int]]


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays already there; arrays (n_stays,), sorted by bed. ``turnaround`` in minutes. ``must_be_clean``:
    booked and clean as things stand, so that nothing may spoil it. ``mover``: the request that continues this
    stay, -1 for none."""

    records: list[Stay]
    bed: Int64
    start: Int64
    end: Int64
    turnaround: Int64
    booked: Bool
    main: Bool
    predicted: Bool
    must_be_clean: Bool
    mover: Int64
    people: People


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the rows are made from."""

    records: Records
    requests: tuple[Request, ...]
    published: Mapping[str, str]
    starts: list[Int64]
    offset: int
    beds: Beds
    rooms: Rooms
    stays: Stays
    people: People
    apart: frozenset[tuple[int, int]]
    turnaround: Int64
    """int64 (n_requests, n_rooms): minutes after the request's person leaves a bed of the room."""
    lending: int = 0
    """Price of a unit that its owner does not lend, where that rule is off."""
    fetching: int = 0
    """Price of a lot from another ward's cabinet, where that rule is off."""

    @property
    def now(self) -> Minute:
        """The minute of the records."""
        return self.records.now

    def active(self, rule: Rule) -> bool:
        """Whether the rule counts."""
        return self.records.profile.active(rule)

    def weight(self, rule: Rule) -> int:
        """Price of one unit of the rule."""
        return self.records.profile.weight(rule)

    def person(self, request: int) -> Person:
        """Whom a request is for."""
        return self.records.persons[self.requests[request].person_id]

    def horizon(self) -> tuple[Minute, Minute]:
        """First minute of cover, and the one after its last."""
        return self.now, self.now + self.records.options.cover_horizon_minutes


def scene_of(records: Records, requests: Sequence[Request], published: Mapping[str, str]) -> Scene:
    """Read the records once."""
    beds, rooms = _beds(records), _rooms(records)
    numbers = tuple(Numbering() for _ in range(3))
    persons = [records.persons[request.person_id] for request in requests]
    stays = _stays(records, requests, beds, numbers)
    return Scene(
        records,
        tuple(requests),
        published,
        [start_grid(request, records) for request in requests],
        _offset(records),
        beds,
        rooms,
        stays,
        _people(persons, numbers),
        frozenset(_apart(persons, stays.records, records, numbers[2])),
        _turnarounds(persons, rooms, records),
    )


def start_grid(request: Request, records: Records) -> Int64:
    """The minutes at which the stay may start, earliest first."""
    base = max(request.needed_by, records.now)
    latest = max(request.needed_by + request.max_wait_minutes, base)
    return np.arange(base, latest + 1, records.options.start_step_minutes, dtype=np.int64)


def _offset(records: Records) -> int:
    for site in records.sites.values():
        offset = from_minute(records.now, site.time_zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds() // 60)
    return 0


def _array(values: Iterator[int] | list[int]) -> Int64:
    return np.array(list(values), np.int64)


def _beds(records: Records) -> Beds:
    beds = list(records.beds.values())
    room_number = {room_id: number for number, room_id in enumerate(records.rooms)}
    ward_number = {ward_id: number for number, ward_id in enumerate(records.wards)}
    rooms = [records.rooms[bed.room_id] for bed in beds]
    closed = [
        bed.status is OperationalStatus.CLOSED or (bed.status in NOT_READY and bed.clean_at is None)
        for bed in beds
    ]
    return Beds(
        [bed.id for bed in beds],
        _array(room_number[room.id] for room in rooms),
        _array(ward_number[room.ward_id] for room in rooms),
        _array(KIND[bed.kind] for bed in beds),
        _array(bits(bed.features) for bed in beds),
        _array(bits(bed.features | room.features) for bed, room in zip(beds, rooms, strict=True)),
        _array(bed.max_weight_kg for bed in beds),
        _array(bed.care_level for bed in beds),
        np.array([bed.staffed for bed in beds], bool),
        np.array(closed, bool),
        _array(bed.clean_at or 0 for bed in beds),
        _array(bed.opens for bed in beds),
        _array(bed.closes for bed in beds),
        _blocks(records),
    )


def _blocks(records: Records) -> Int64:
    rows = []
    for number, bed in enumerate(records.beds.values()):
        room = records.rooms[bed.room_id]
        for block in (*bed.blocks, *room.blocks, *records.wards[room.ward_id].blocks):
            rows.append((number, block.start, int(NEVER) if block.end is None else block.end))
    return np.array(rows, np.int64).reshape(-1, 3)


def _rooms(records: Records) -> Rooms:
    rooms = list(records.rooms.values())
    ward_number = {ward_id: number for number, ward_id in enumerate(records.wards)}
    beds: defaultdict[str, list[int]] = defaultdict(list)
    lying: defaultdict[str, int] = defaultdict(int)
    for number, bed in enumerate(records.beds.values()):
        beds[bed.room_id].append(number)
        lying[bed.room_id] += bed.kind in (BedKind.BED, BedKind.INCUBATOR)
    return Rooms(
        [room.id for room in rooms],
        rooms,
        _array(ward_number[room.ward_id] for room in rooms),
        _array(POLICY[room.sex_policy] for room in rooms),
        _array(bits(room.features) for room in rooms),
        np.array([bool(room.features & PRESSURE_FEATURES) for room in rooms], bool),
        np.array([lying[room.id] == 1 for room in rooms], bool),
        [beds[room.id] for room in rooms],
    )


def _stays(
    records: Records, requests: Sequence[Request], beds: Beds, numbers: tuple[Numbering, ...]
) -> Stays:
    bed_number = {bed_id: number for number, bed_id in enumerate(beds.ids)}
    stays = sorted(records.stays.values(), key=lambda stay: (bed_number[stay.bed_id], stay.start, stay.id))
    movers = {r.from_stay_id: number for number, r in enumerate(requests) if r.from_stay_id is not None}
    turnaround = {
        stay.id: turnaround_minutes(
            records.persons[stay.person_id],
            records.rooms[records.beds[stay.bed_id].room_id],
            records.cleaning,
        )
        for stay in stays
    }
    return Stays(
        stays,
        _array(bed_number[stay.bed_id] for stay in stays),
        _array(stay.start for stay in stays),
        _array(stay.end for stay in stays),
        _array(turnaround[stay.id] for stay in stays),
        np.array([not stay.state.pinned for stay in stays], bool),
        np.array([stay.with_stay_id is None for stay in stays], bool),
        np.array([stay.state.pinned and stay.departure is Departure.PREDICTED for stay in stays], bool),
        np.array([_must_stay_clean(stay, records, turnaround) for stay in stays], bool),
        _array(movers.get(stay.id, -1) for stay in stays),
        _people([records.persons[stay.person_id] for stay in stays], numbers),
    )


def _must_stay_clean(stay: Stay, records: Records, turnaround: Mapping[str, int]) -> bool:
    if stay.state.pinned:
        return False
    clean_at = records.beds[stay.bed_id].clean_at
    if clean_at is not None and stay.start < clean_at:
        return False
    others = (records.stays[other] for other in records.stays_of_bed.get(stay.bed_id, ()) if other != stay.id)
    return not any(other.end <= stay.start < other.end + turnaround[other.id] for other in others)


def _people(persons: Sequence[Person], numbers: tuple[Numbering, ...]) -> People:
    cohorts, exposures, ids = numbers
    return People(
        _array(SEX[person.sex] for person in persons),
        _array(bool(person.isolation) for person in persons),
        _array(Isolation.PROTECTIVE in person.isolation for person in persons),
        _array(cohorts.of(person.cohort()) if person.cohort() else -1 for person in persons),
        _array(exposures.of(person.exposed_to) for person in persons),
        _array(ids.of(person.id) for person in persons),
    )


def _apart(
    persons: Sequence[Person], stays: Sequence[Stay], records: Records, ids: Numbering
) -> Iterator[tuple[int, int]]:
    """Pairs of person numbers that must not meet, each from either side."""
    everybody = {person.id: person for person in persons}
    everybody |= {stay.person_id: records.persons[stay.person_id] for stay in stays}
    for person in everybody.values():
        for other in person.keep_apart:
            if other in everybody:
                yield ids.of(person.id), ids.of(other)
                yield ids.of(other), ids.of(person.id)


def _turnarounds(persons: Sequence[Person], rooms: Rooms, records: Records) -> Int64:
    table = np.zeros((len(persons), len(rooms.ids)), np.int64)
    changes = {room.air_changes_per_hour: room for room in rooms.records}
    of_room = np.array([room.air_changes_per_hour for room in rooms.records], np.int64)
    for row, person in enumerate(persons):
        for air, room in changes.items():
            table[row, of_room == air] = turnaround_minutes(person, room, records.cleaning)
    return table


def special_count(features: Int64) -> Int64:
    """How many special features each of some numbers of features holds."""
    counts = np.zeros(features.shape, np.int64)
    for feature in SPECIAL_FEATURES:
        counts += (features & FEATURE_BIT[feature]) != 0
    return counts

"""The hospital's histories, replayed: what was known at the moment of each decision and each arrival.

Every command has a microsecond of its own, so that what became known in one moment is what one command did. Facts
without a history (beds, rooms, ratios, staff, equipment types) are taken as they are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, select

from models.clock import MICROSECONDS_PER_MINUTE
from models.tables import care, equipment, ledger, people, places, staff

Row = Any
LIVE = ("booked", "in_transit", "occupying")
HISTORIES = {
    "person": people.person_version,
    "request": care.request_version,
    "stay": care.stay_version,
    "shift": staff.shift_version,
    "block": places.place_block_version,
    "status": places.bed_status_version,
    "unit": equipment.unit_version,
    "booking": equipment.unit_booking_version,
    "occupancy": care.occupancy_version,
    "allocation": care.allocation_version,
}


@dataclass(frozen=True, slots=True)
class Places:
    """What has no history, by id; ``ratios`` by ward ("" for the hospital) and care level."""

    wards: dict[str, Row]
    rooms: dict[str, Row]
    beds: dict[str, Row]
    beds_of_room: dict[str, list[Row]]
    rooms_of_ward: dict[str, list[Row]]
    ratios: dict[tuple[str, int], Row]
    staff: dict[str, Row]
    substitutes: dict[str, set[str]]
    cleaning: dict[str, int]
    zone: str

    @classmethod
    def of(cls, connection: Connection) -> Places:
        """Read them."""
        rooms, beds = _by_id(connection, places.room), _by_id(connection, places.bed)
        beds_of_room, rooms_of_ward = defaultdict(list), defaultdict(list)
        for room in rooms.values():
            rooms_of_ward[room.ward_id].append(room)
        for bed in beds.values():
            beds_of_room[bed.room_id].append(bed)
        ratios = connection.execute(select(places.nursing_ratio))
        substitutes = defaultdict(set)
        for row in connection.execute(select(equipment.equipment_substitute)):
            substitutes[row.type_id].add(row.substitute_id)
        meta = connection.execute(select(ledger.hospital_meta.c.cleaning)).first()
        sites = select(places.site.c.time_zone).order_by(places.site.c.position, places.site.c.id)
        return cls(
            _by_id(connection, places.ward),
            rooms,
            beds,
            beds_of_room,
            rooms_of_ward,
            {(row.scope, row.care_level): row for row in ratios},
            _by_id(connection, staff.staff_member),
            substitutes,
            {} if meta is None else dict(meta.cleaning),
            connection.scalar(sites) or "UTC",
        )


@dataclass(slots=True)
class Known:
    """What was known at one moment: rows by id. ``stays`` are those that live, by bed."""

    places: Places
    person: dict[str, Row] = field(default_factory=dict)
    request: dict[str, Row] = field(default_factory=dict)
    shift: dict[str, Row] = field(default_factory=dict)
    block: dict[str, Row] = field(default_factory=dict)
    unit: dict[str, Row] = field(default_factory=dict)
    status: dict[str, Row] = field(default_factory=dict)
    stay: dict[str, Row] = field(default_factory=dict)
    stays: defaultdict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def learn(self, kind: str, row: Row) -> None:
        """Take in one version of one record."""
        if kind == "stay":
            self._learn_stay(row)
        elif kind == "status":
            self._learn_status(row)
        elif kind not in ("booking", "occupancy", "allocation"):
            getattr(self, kind)[row.id] = row

    def _learn_stay(self, row: Row) -> None:
        before = self.stay.pop(row.id, None)
        if before is not None:
            del self.stays[before.bed_id][row.id]
        if row.state in LIVE:
            self.stay[row.id] = self.stays[row.bed_id][row.id] = row

    def _learn_status(self, row: Row) -> None:
        if row.end_minute is None:
            self.status[row.bed_id] = row
        elif row.bed_id in self.status and self.status[row.bed_id].id == row.id:
            del self.status[row.bed_id]

    def of_room(self, room_id: str) -> Iterator[Row]:
        """The live stays of a room."""
        for bed in self.places.beds_of_room.get(room_id, ()):
            yield from self.stays.get(bed.id, {}).values()

    def of_ward(self, ward_id: str) -> Iterator[Row]:
        """The live stays of a ward."""
        for room in self.places.rooms_of_ward.get(ward_id, ()):
            yield from self.of_room(room.id)


@dataclass(frozen=True, slots=True)
class Subject:
    """A decision or an arrival: whom it puts where, for how long, as known then.

    ``names``: the ids an override may name. ``minute``: when it was recorded.
    """

    id: str
    names: tuple[str | None, ...]
    minute: int
    person: Row
    request: Row
    bed: Row
    room: Row
    ward: Row
    start: int
    end: int
    companion_bed_id: str | None
    arrival: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """One command: what is known after it, what it decided, who arrived, how changed stays were before, and the
    unit bookings it made."""

    microsecond: int
    known: Known
    decisions: tuple[Subject, ...]
    arrivals: tuple[Subject, ...]
    before: dict[str, Row | None]
    bookings: tuple[Row, ...]

    @property
    def minute(self) -> int:
        """The minute it was recorded in."""
        return self.microsecond // MICROSECONDS_PER_MINUTE


def moments(connection: Connection) -> Iterator[Moment]:
    """Every moment at which something was decided or somebody arrived, in order of time."""
    known = Known(Places.of(connection))
    streams = [_stream(connection, kind, table) for kind, table in HISTORIES.items()]
    for microsecond, entries in groupby(merge(*streams, key=lambda entry: entry[:2]), lambda entry: entry[0]):
        became = [(kind, row) for _, _, kind, row in entries]
        changed = {row.id for kind, row in became if kind == "stay"}
        before = {stay_id: known.stay.get(stay_id) for stay_id in changed}
        for kind, row in became:
            known.learn(kind, row)
        new = [(kind, row) for kind, row in became if row.version == 1]
        decisions = tuple(_decision(row, microsecond, known) for kind, row in new if kind == "allocation")
        arrivals = tuple(_arrivals([row for kind, row in new if kind == "occupancy"], microsecond, known))
        bookings = tuple(row for kind, row in new if kind == "booking")
        if decisions or arrivals:
            yield Moment(microsecond, known, decisions, arrivals, before, bookings)


def _stream(connection: Connection, kind: str, table: Table) -> Iterator[tuple[int, int, str, Row]]:
    found = select(table).order_by(table.c.recorded_microsecond, table.c.version, table.c.id)
    for row in connection.execute(found):
        yield row.recorded_microsecond, row.version, kind, row


def _decision(row: Row, microsecond: int, known: Known) -> Subject:
    names = row.id, row.request_id, row.bed_id
    return _subject(row.id, names, microsecond, known, row, row.start_minute, row.end_minute)


def _arrivals(rows: list[Row], microsecond: int, known: Known) -> Iterator[Subject]:
    """Patients of an allocation who came; who was imported was put there by somebody else."""
    for row in rows:
        stay = known.stay.get(row.stay_id)
        if row.void or row.companion or stay is None or stay.request_id not in known.request:
            continue
        names = stay.allocation_id, stay.request_id, stay.id, stay.bed_id
        yield _subject(row.id, names, microsecond, known, stay, row.arrived_minute, stay.end_minute, True)


def _subject(
    subject_id: str, names: tuple[str | None, ...], microsecond: int, known: Known, row: Row,
    start: int, end: int, arrival: bool = False,
) -> Subject:  # fmt: skip
    bed = known.places.beds[row.bed_id]
    room = known.places.rooms[bed.room_id]
    return Subject(
        subject_id,
        names,
        microsecond // MICROSECONDS_PER_MINUTE,
        known.person[row.person_id],
        known.request[row.request_id],
        bed,
        room,
        known.places.wards[room.ward_id],
        start,
        end,
        None if arrival else row.companion_bed_id,
        arrival,
    )


def _by_id(connection: Connection, table: Table) -> dict[str, Row]:
    return {row.id: row for row in connection.execute(select(table))}

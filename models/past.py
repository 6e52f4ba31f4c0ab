"""The hospital as it was known at a past moment, what became known since, and which requests were decided on it.

Every command has a microsecond of its own, so what was recorded before it is what it was decided on. Told from the
histories: beds' status, blocks, units, bookings, lots with their quantities, shifts, persons, stays. Taken as they are
now, because no history of them is kept: the places themselves, their features and transport times, nursing ratios,
kinds of equipment and drugs, who is employed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, false, func, or_, select, true

from models import rows
from models.clock import Instant
from models.repositories.cases import read_request
from models.repositories.drugs import reserved_at
from models.store import load_hospital
from models.tables import care, drugs, equipment, people, places, staff
from solver.hospital import (
    Bed,
    Hospital,
    Lot,
    Minute,
    Person,
    Room,
    Shift,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)
from solver.placing.records import Record
from solver.placing.replay import Past, PastChange, PastDecision, PastPlace

Key = tuple[type, str]

ORDER: Final[tuple[type, ...]] = (Person, Ward, Room, Bed, Unit, Lot, Shift, UnitBooking, Stay)
"""What is pointed to comes before what points to it."""

MOVABLE: Final = (Stay, UnitBooking)
"""Taken out before anything is put in, so that they may have changed places."""

JOINTLY, BY_PERSON, HURRIED, TRANSFER, DISPLACING, OTHERWISE = (
    "jointly",
    "by_person",
    "hurried",
    "transfer",
    "displacing",
    "otherwise",
)
LEFT_OUT: Final = (JOINTLY, BY_PERSON, HURRIED, TRANSFER, DISPLACING, OTHERWISE)
"""Decisions that are not replayed, because prices alone did not decide them: those of a batch together, a person's
choice, one whose deadline had passed, another bed for who lies here, one that displaced a booking, any other way."""

_METHODS: Final = {"batch": JOINTLY, "cpsat": JOINTLY, "person": BY_PERSON, "first_fit": HURRIED}


@dataclass(frozen=True, slots=True)
class Decided:
    """A past with those decisions that can be replayed; ``left_out`` counts the others, by why; ``earlier``: how many
    there were before the oldest that was looked at."""

    past: Past
    left_out: Mapping[str, int]
    earlier: int


def load_decided(connection: Connection, since: Minute, most: int) -> Decided:
    """The requests decided from a minute on (the newest ``most`` of them), with the hospital they were decided on."""
    start = Instant.of_minute(since).microsecond
    table = care.request_version
    first = and_(table.c.version == 1, table.c.recorded_microsecond >= start)
    total = connection.scalar(select(func.count()).select_from(table).where(first)) or 0
    newest = table.c.recorded_microsecond.desc(), table.c.id.desc()
    asked = connection.execute(select(table).where(first).order_by(*newest).limit(most)).all()[::-1]
    if asked and total > most:
        start = asked[0].recorded_microsecond
    decided, left_out = _parted(connection, asked)
    history = _History(connection, start, {row.person_id for row, _, _ in decided})
    return Decided(history.past(decided), left_out, total - len(asked))


# --- decisions ----------------------------------------------------------------------------------------------
_Asked = tuple[Any, Any, frozenset[str]]
"""A request's first row, the allocation's first row if it was given at once, and the rules waived for it."""


def _parted(connection: Connection, asked: Sequence[Any]) -> tuple[list[_Asked], dict[str, int]]:
    together = Counter(row.recorded_microsecond for row in asked)
    given = {(row.request_id, row.recorded_microsecond): row for row in _first_allocations(connection, asked)}
    waived = _waived(connection, asked)
    decided, left_out = [], Counter(dict.fromkeys(LEFT_OUT, 0))
    for row in asked:
        key = row.id, row.recorded_microsecond
        why = _why_left_out(row, given.get(key), together[row.recorded_microsecond])
        if why is None:
            decided.append((row, given.get(key), frozenset(waived[key])))
        else:
            left_out[why] += 1
    return decided, dict(left_out)


def _why_left_out(row: Any, given: Any, together: int) -> str | None:
    if together > 1:
        return JOINTLY
    if row.from_stay_id is not None:
        return TRANSFER
    if given is None:
        return None if row.state == "unplaced" else OTHERWISE
    if row.state != "placed":
        return OTHERWISE
    told = given.explanation
    return DISPLACING if told.get("displaced") else _METHODS.get(told.get("method", ""))


def _first_allocations(connection: Connection, asked: Sequence[Any]) -> Iterable[Any]:
    table = care.allocation_version
    since = asked[0].recorded_microsecond if asked else 0
    return connection.execute(
        select(table).where(table.c.version == 1, table.c.recorded_microsecond >= since)
    )


def _waived(connection: Connection, asked: Sequence[Any]) -> defaultdict[tuple[str, int], list[str]]:
    table, found = care.rule_override, defaultdict[tuple[str, int], list[str]](list)
    since = asked[0].recorded_microsecond if asked else 0
    for row in connection.execute(select(table).where(table.c.recorded_microsecond >= since)):
        found[row.subject_id, row.recorded_microsecond].append(row.rule_id)
    return found


# --- the hospital -------------------------------------------------------------------------------------------
class _History:
    """Follows what was recorded, from a moment on, and tells after each moment which records changed."""

    def __init__(self, connection: Connection, since: int, persons: Iterable[str]) -> None:
        self._since = since
        self._present = load_hospital(connection)
        self._lasting = {lot.id: lot.minimum_minutes_left for lot in self._present.lots}
        self._beds = {row.id: row for row in _beds_since(connection, Instant(since).minute)}
        self._rows: dict[Key, Any] = {}
        self._statuses: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._blocks: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._quantities: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._known: dict[Key, Record] = {}
        self._recorded = sorted(_recorded(connection, since, set(persons)), key=lambda each: each[0])
        self._places: dict[Key, Any] = {
            **{(Ward, ward.id): ward for ward in self._present.wards},
            **{(Room, room.id): room for room in self._present.rooms},
        }

    def past(self, decided: list[_Asked]) -> Past:
        """The hospital at the beginning, what changed since, and the decisions with whom they were about."""
        before = [each for each in self._recorded if each[0] < self._since]
        touched = {key for _, take in before for key in take(self)}
        touched |= self._places.keys() | {(Bed, bed_id) for bed_id in self._beds}
        self._changed(0, touched)
        hospital, began = self._hospital(), Instant(self._since).minute
        at = {row.recorded_microsecond: (row, given, waived) for row, given, waived in decided}
        changes, decisions = [], []
        later = self._recorded[len(before) :]
        for microsecond, group in groupby(later, key=lambda each: each[0]):
            touched = {key for _, take in group for key in take(self)}
            changes.append(self._changed(microsecond, touched))
            if microsecond in at:
                decisions.append(self._decision(*at[microsecond]))
        return Past(hospital, began, tuple(changes), tuple(decisions))

    def _decision(self, row: Any, given: Any, waived: frozenset[str]) -> PastDecision:
        person = self._known[Person, row.person_id]
        assert isinstance(person, Person), "a request names a person"
        place = None if given is None else PastPlace(given.bed_id, given.start_minute)
        asked = replace(read_request(row), accepting_team="")
        return PastDecision(row.recorded_microsecond, row.clock_start_minute, asked, person, waived, place)

    def _changed(self, microsecond: int, touched: Iterable[Key]) -> PastChange:
        drops, puts = [], []
        for key in touched:
            before, after = self._known.pop(key, None), self._built(key)
            if after is not None:
                self._known[key] = after
            if before == after:
                continue
            if before is not None and (after is None or key[0] in MOVABLE):
                drops.append(key)
            if after is not None:
                puts.append(after)
        drops.sort(key=lambda key: (-ORDER.index(key[0]), key[1]))
        return PastChange(microsecond, tuple(drops), tuple(sorted(puts, key=_in_order)))

    def _built(self, key: Key) -> Record | None:
        kind, record_id = key
        if kind in (Ward, Room):
            place: Ward | Room = self._places[key]
            return replace(place, blocks=self._blocks_of(record_id))
        if kind is Bed:
            return self._bed(record_id)
        row = self._rows.get(key)
        if row is None:
            return None
        if kind is Lot:
            on_hand, reserved = self._quantities[record_id]
            told = {
                "on_hand": on_hand,
                "reserved": reserved,
                "minimum_minutes_left": self._lasting[record_id],
            }
            return rows.read_lot(SimpleNamespace(**row._mapping, **told))
        read: Record | None = _READERS[kind](row)
        return read

    def _bed(self, bed_id: str) -> Bed | None:
        row = self._beds.get(bed_id)
        in_force = [status for status in self._statuses[bed_id].values() if status.end_minute is None]
        # What has no status yet was brought in later.
        return (
            None if row is None or not in_force else rows.read_bed(row, in_force[-1], self._blocks_of(bed_id))
        )

    def _blocks_of(self, place_id: str) -> tuple[Any, ...]:
        # What somebody wrote may name a patient: reasons stay behind.
        standing = (rows.read_block(row) for row in self._blocks[place_id].values() if not row.void)
        return tuple(replace(block, reason="closed") for block in standing)

    def _hospital(self) -> Hospital:
        present = self._present
        in_order: tuple[Ward | Room | Bed | Unit | Lot, ...] = (
            *present.wards,
            *present.rooms,
            *present.beds,
            *present.units,
            *present.lots,
        )
        order = {(type(record), record.id): place for place, record in enumerate(in_order)}
        found: defaultdict[type, list[Any]] = defaultdict(list)
        for (kind, _), record in self._known.items():
            found[kind].append(record)
        for records in found.values():
            # As the hospital is stored: of two places as good as each other the first is chosen.
            records.sort(key=lambda r: (order.get((type(r), r.id), len(order)), *_in_order(r)))
        return replace(
            present,
            wards=tuple(found[Ward]),
            rooms=tuple(found[Room]),
            beds=tuple(found[Bed]),
            units=tuple(found[Unit]),
            unit_bookings=tuple(found[UnitBooking]),
            lots=tuple(found[Lot]),
            shifts=tuple(found[Shift]),
            persons=tuple(found[Person]),
            stays=tuple(found[Stay]),
        )

    # --- what a row says ------------------------------------------------------------------------------------
    def take_row(self, kind: type, row: Any) -> Iterable[Key]:
        """A row of a record's own history."""
        self._rows[kind, row.id] = row
        return ((kind, row.id),)

    def take_status(self, row: Any) -> Iterable[Key]:
        """A status of a bed began or ended."""
        self._statuses[row.bed_id][row.id] = row
        return ((Bed, row.bed_id),)

    def take_block(self, row: Any) -> Iterable[Key]:
        """A block of a ward, room or bed."""
        kind, place_id = next(
            (kind, place_id)
            for kind, place_id in ((Ward, row.ward_id), (Room, row.room_id), (Bed, row.bed_id))
            if place_id is not None
        )
        self._blocks[place_id][row.id] = row
        return ((kind, place_id),)

    def take_quantity(self, lot_id: str, on_hand: int, reserved: int) -> Iterable[Key]:
        """So much more came in, and so much more was spoken for."""
        self._quantities[lot_id][0] += on_hand
        self._quantities[lot_id][1] += reserved
        return ((Lot, lot_id),)


_Take = Callable[[_History], Iterable[Key]]

_READERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Unit: rows.read_unit,
    Person: rows.read_person,
    Shift: lambda row: None if row.cancelled else rows.read_shift(row),
    UnitBooking: lambda row: rows.read_unit_booking(row) if row.state == "active" else None,
    Stay: lambda row: rows.read_stay(row) if row.state in care.LIVE_STAYS else None,
}


def _in_order(record: Record) -> tuple[int, bool, str]:
    beside = isinstance(record, Stay) and record.with_stay_id is not None
    return ORDER.index(type(record)), beside, record.id


def _recorded(connection: Connection, since: int, persons: set[str]) -> Iterator[tuple[int, _Take]]:
    """Everything recorded from a microsecond on, and before it what still counted then."""
    minute = Instant(since).minute
    live = care.stay_version.c.state.in_(care.LIVE_STAYS)
    for row in _versions(connection, care.stay_version, since, live):
        persons.add(row.person_id)
        yield row.recorded_microsecond, _taking(Stay, row)
    named = people.person_version.c.id.in_(sorted(persons))
    for row in _versions(connection, people.person_version, since, true(), named):
        yield row.recorded_microsecond, _taking(Person, row)
    shift, booking = staff.shift_version.c, equipment.unit_booking_version.c
    for kind, table, counted in (
        (Unit, equipment.unit_version, true()),
        (UnitBooking, equipment.unit_booking_version, booking.state == "active"),
        (Shift, staff.shift_version, and_(shift.cancelled.is_(false()), shift.end_minute > minute)),
        (Lot, drugs.lot_version, true()),
    ):
        for row in _versions(connection, table, since, counted):
            yield row.recorded_microsecond, _taking(kind, row)
    yield from _recorded_of_places(connection, since, minute)
    yield from _recorded_of_lots(connection, since)


def _recorded_of_places(connection: Connection, since: int, minute: Minute) -> Iterator[tuple[int, _Take]]:
    status, block = places.bed_status_version, places.place_block_version
    for row in _versions(connection, status, since, status.c.end_minute.is_(None)):
        yield row.recorded_microsecond, lambda h, row=row: h.take_status(row)  # type: ignore[misc]
    standing = and_(block.c.void.is_(false()), or_(block.c.end_minute.is_(None), block.c.end_minute > minute))
    for row in _versions(connection, block, since, standing):
        yield row.recorded_microsecond, lambda h, row=row: h.take_block(row)  # type: ignore[misc]


def _recorded_of_lots(connection: Connection, since: int) -> Iterator[tuple[int, _Take]]:
    """Quantities: what is there now less all that came and went since is what was there."""
    on_hand = {row.lot_id: row.on_hand for row in connection.execute(select(drugs.lot_balance))}
    steps: list[tuple[int, str, int, int]] = []
    for row in connection.execute(
        select(drugs.lot_move).where(drugs.lot_move.c.recorded_microsecond >= since)
    ):
        steps.append((row.recorded_microsecond, row.lot_id, row.quantity, 0))
    for row in connection.execute(select(drugs.lot_reservation)):
        steps.append((reserved_at(row.id), row.lot_id, 0, row.quantity))
        if row.state != "reserved":
            taken = -row.quantity if row.state == "dispensed" else 0
            steps.append((row.recorded_microsecond, row.lot_id, taken, -row.quantity))
    for microsecond, lot_id, more, _ in steps:
        # Of what went before the moment, the balance of then says enough.
        on_hand[lot_id] -= more if microsecond >= since else 0
    for lot_id, quantity in on_hand.items():
        yield 0, _counting(lot_id, quantity, 0)
    for microsecond, lot_id, more, reserved in steps:
        yield microsecond, _counting(lot_id, more if microsecond >= since else 0, reserved)


def _taking(kind: type, row: Any) -> _Take:
    return lambda history: history.take_row(kind, row)


def _counting(lot_id: str, on_hand: int, reserved: int) -> _Take:
    return lambda history: history.take_quantity(lot_id, on_hand, reserved)


def _versions(
    connection: Connection,
    table: Table,
    since: int,
    counted: ColumnElement[bool],
    chosen: ColumnElement[bool] | None = None,
) -> list[Any]:
    """Versions recorded from a microsecond on, and of each record the one before it, if it ``counted`` then."""
    later = table.alias()
    before = select(func.max(later.c.version)).where(
        later.c.id == table.c.id, later.c.recorded_microsecond < since
    )
    standing = and_(table.c.version == before.scalar_subquery(), counted)
    wanted = or_(table.c.recorded_microsecond >= since, standing)
    conditions = [wanted] if chosen is None else [wanted, chosen]
    order = table.c.recorded_microsecond, table.c.version, table.c.id
    return list(connection.execute(select(table).where(*conditions).order_by(*order)))


def _beds_since(connection: Connection, minute: Minute) -> Iterable[Any]:
    """Beds that were there at a minute or later; one that was taken away meanwhile counts to the end."""
    gone = places.bed.c.removed_minute
    standing = or_(gone.is_(None), gone > minute)
    return connection.execute(
        select(places.bed).where(standing).order_by(places.bed.c.position, places.bed.c.id)
    )

"""Following what other processes commit: what changed since a revision, and the records as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, false, or_, select

from models import rows
from models.clock import Instant
from models.commands import Touched
from models.tables import care, drugs, equipment, people, places, staff
from models.tables.ledger import audit_line, batch_touched, hospital_meta
from solver.hospital import (
    Bed,
    Block,
    Lot,
    Minute,
    Person,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)


@dataclass(frozen=True, slots=True)
class News:
    """The revision a database stands at, and the records touched on the way there; None: it may be any.

    ``recorded``: the minute of what was recorded last. Decisions taken at an earlier one, by a clock that was set back,
    would be refused: the future they know nothing of has happened already.
    """

    revision: int
    touched: frozenset[Touched] | None
    recorded: Minute


def revision_of(connection: Connection) -> int:
    """The hospital's revision; 0 in a database without a hospital."""
    return int(connection.scalar(select(hospital_meta.c.revision)) or 0)


def recorded_minute(connection: Connection) -> Minute:
    """The minute of the last audit line; 0 without one."""
    last = select(audit_line.c.recorded_microsecond).order_by(audit_line.c.sequence.desc()).limit(1)
    return Instant(connection.scalar(last) or 0).minute


def news_since(connection: Connection, revision: int) -> News:
    """What was committed after a revision."""
    now = revision_of(connection)
    if now == revision:
        return News(now, frozenset(), 0)
    recorded = recorded_minute(connection)
    after = batch_touched.c.revision.between(revision + 1, now)
    batches = connection.scalars(select(batch_touched.c.touched).where(after)).all()
    if now < revision or len(batches) != now - revision or None in batches:
        return News(now, None, recorded)
    touched = frozenset((kind, record_id) for batch in batches for kind, record_id in batch)
    return News(now, touched, recorded)


def present_records(connection: Connection, kind: type, ids: Collection[str], now: Minute) -> dict[str, Any]:
    """Those of these records that are part of the present hospital, as ``store.load_hospital`` reads them.

    ``kind``: one of ``FOLLOWED``; blocks that were over at ``now`` are left out.
    """
    return {record.id: record for record in FOLLOWED[kind](connection, list(ids), now)}


_Reader = Callable[[Connection, list[str], Minute], Iterable[Any]]


def _plain(table: Table, read: Callable[[Any], Any], *conditions: ColumnElement[bool]) -> _Reader:
    def load(connection: Connection, ids: list[str], now: Minute) -> Iterable[Any]:
        return map(read, connection.execute(select(table).where(table.c.id.in_(ids), *conditions)))

    return load


def _wards(connection: Connection, ids: list[str], now: Minute) -> Iterator[Ward]:
    table, ratio = places.ward, places.nursing_ratio
    blocks = _blocks(connection, places.place_block.c.ward_id, ids, now)
    ratios: defaultdict[str, list[Any]] = defaultdict(list)
    for r in connection.execute(select(ratio).where(ratio.c.ward_id.in_(ids)).order_by(ratio.c.position)):
        ratios[r.ward_id].append(rows.read_ratio(r))
    for r in connection.execute(select(table).where(table.c.id.in_(ids))):
        yield rows.read_ward(r, ratios[r.id], blocks[r.id])


def _rooms(connection: Connection, ids: list[str], now: Minute) -> Iterator[Room]:
    table = places.room
    blocks = _blocks(connection, places.place_block.c.room_id, ids, now)
    for r in connection.execute(select(table).where(table.c.id.in_(ids))):
        yield rows.read_room(r, blocks[r.id])


def _beds(connection: Connection, ids: list[str], now: Minute) -> Iterator[Bed]:
    table, status = places.bed, places.bed_status
    blocks = _blocks(connection, places.place_block.c.bed_id, ids, now)
    in_force = select(status).where(status.c.bed_id.in_(ids), status.c.end_minute.is_(None))
    states = {r.bed_id: r for r in connection.execute(in_force)}
    standing = select(table).where(table.c.id.in_(ids), table.c.removed_minute.is_(None))
    for r in connection.execute(standing):
        yield rows.read_bed(r, states.get(r.id), blocks[r.id])


def _blocks(
    connection: Connection, place: Column[str], ids: list[str], now: Minute
) -> defaultdict[str, list[Block]]:
    table = places.place_block
    standing = or_(table.c.end_minute.is_(None), table.c.end_minute > now)
    chosen = select(table, place.label("place")).where(place.in_(ids), table.c.void.is_(false()), standing)
    found: defaultdict[str, list[Block]] = defaultdict(list)
    for r in connection.execute(chosen.order_by(table.c.id)):
        found[r.place].append(rows.read_block(r))
    return found


def _lots(connection: Connection, ids: list[str], now: Minute) -> Iterable[Lot]:
    balance = drugs.lot_balance.c
    joined = select(*drugs.lot.columns, balance.on_hand, balance.reserved).join_from(
        drugs.lot, drugs.lot_balance
    )
    return map(rows.read_lot, connection.execute(joined.where(drugs.lot.c.id.in_(ids))))


FOLLOWED: Mapping[type, _Reader] = {
    Site: _plain(places.site, rows.read_site),
    Ward: _wards,
    Room: _rooms,
    Bed: _beds,
    Unit: _plain(equipment.unit, rows.read_unit),
    Lot: _lots,
    StaffMember: _plain(staff.staff_member, rows.read_staff_member),
    Shift: _plain(staff.shift, rows.read_shift, staff.shift.c.cancelled.is_(false())),
    Person: _plain(people.person, rows.read_person),
    Stay: _plain(care.stay, rows.read_stay, care.stay.c.state.in_(care.LIVE_STAYS)),
    UnitBooking: _plain(
        equipment.unit_booking, rows.read_unit_booking, equipment.unit_booking.c.state == "active"
    ),
}
"""Every kind of record that changes while a service runs; what is pointed to comes before what points to it."""

"""The census of any past minute: the four facts of every bed as they were, or as they were known at a later
moment.

Facts are true from a minute (when it happened) and known from a moment (when it was recorded). Without
``known_at`` a census tells what is known now of that minute; with it, what was known then. A reservation is
a promise made at the time, so it is always told as it stood at the end of that minute, never by what came
of it later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, false, func, or_, select

from models.clock import MICROSECONDS_PER_MINUTE
from models.tables import care, places
from solver.hospital import Minute, OperationalStatus


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who lay in a bed, by opaque ids, and since when."""

    stay_id: str
    person_id: str
    arrived: Minute
    left: Minute | None
    companion: bool


@dataclass(frozen=True, slots=True)
class BedCensus:
    """One bed at one minute. ``status`` None: nothing was recorded of it yet."""

    bed_id: str
    room_id: str
    ward_id: str
    status: OperationalStatus | None
    blocks: tuple[str, ...]
    reserved_for: tuple[str, ...]
    occupant: Occupant | None


def census(connection: Connection, at: Minute, known_at: Minute | None = None) -> list[BedCensus]:
    """Every bed at a minute, in the order of the hospital.

    ``blocks`` are the reasons of blocks of the bed, its room or its ward; ``reserved_for`` the stays booked
    or on the way in that minute. ``known_at``: leave out what was recorded after that minute.
    """
    known = None if known_at is None else _end_of(known_at)
    promised = _end_of(at) if known is None else min(_end_of(at), known)
    statuses = {row.bed_id: row for row in _facts(connection, places.bed_status, at, known)}
    blocks = _by_place(_facts(connection, places.place_block, at, known))
    occupants = {row.bed_id: row for row in _occupancies(connection, at, known)}
    reserved = defaultdict(list)
    for row in _facts(connection, care.stay, at, promised):
        if row.state in ("booked", "in_transit"):
            reserved[row.bed_id].append(row.id)
    return [
        BedCensus(
            bed.id,
            bed.room_id,
            bed.ward_id,
            OperationalStatus(statuses[bed.id].status) if bed.id in statuses else None,
            tuple(blocks[bed.id] + blocks[bed.room_id] + blocks[bed.ward_id]),
            tuple(reserved[bed.id]),
            _occupant(occupants.get(bed.id)),
        )
        for bed in _beds(connection, at)
    ]


def _beds(connection: Connection, at: Minute) -> Iterable[Any]:
    standing = or_(places.bed.c.removed_minute.is_(None), places.bed.c.removed_minute > at)
    columns = places.bed.c.id, places.bed.c.room_id, places.room.c.ward_id
    joined = select(*columns).join_from(places.bed, places.room).where(standing)
    return connection.execute(joined.order_by(places.bed.c.position, places.bed.c.id))


def _facts(connection: Connection, table: Table, at: Minute, known: int | None) -> list[Any]:
    """Rows of a table (or of its history, as known at a microsecond) whose interval holds the minute."""
    source, conditions = _as_known(table, known)
    held = and_(source.c.start_minute <= at, or_(source.c.end_minute.is_(None), source.c.end_minute > at))
    standing = [source.c.void.is_(false())] if "void" in source.c else []
    return list(connection.execute(select(source).where(held, *conditions, *standing).order_by(source.c.id)))


def _occupancies(connection: Connection, at: Minute, known: int | None) -> list[Any]:
    source, conditions = _as_known(care.occupancy, known)
    not_left = or_(source.c.left_minute.is_(None), source.c.left_minute > at)
    there = and_(source.c.arrived_minute <= at, not_left, source.c.void.is_(false()))
    return list(connection.execute(select(source).where(there, *conditions)))


def _as_known(table: Table, known: int | None) -> tuple[Table, list[ColumnElement[bool]]]:
    if known is None:
        return table, []
    history = table.metadata.tables[f"{table.name}_version"]
    later = history.alias()
    newest = (
        select(func.max(later.c.version))
        .where(later.c.id == history.c.id, later.c.recorded_microsecond < known)
        .scalar_subquery()
    )
    return history, [history.c.version == newest]


def _by_place(rows: Iterable[Any]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.bed_id or row.room_id or row.ward_id].append(row.reason)
    return found


def _occupant(row: Any) -> Occupant | None:
    if row is None:
        return None
    return Occupant(row.stay_id, row.person_id, row.arrived_minute, row.left_minute, row.companion)


def _end_of(minute: Minute) -> int:
    return (minute + 1) * MICROSECONDS_PER_MINUTE

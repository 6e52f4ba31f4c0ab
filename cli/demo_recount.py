"""Recounts a day from the database alone, after the service has stopped: the invariants, and nursing minutes.

Plain SQL and plain Python: nothing that decided or played is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from models.invariants import Violation
    from solver.hospital import Minute

NURSE = 120
"""Shares of one nurse, so that every ratio in use divides them."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """What the database says: broken invariants, ward-minutes below the nursing floor, and who lay where
    (person, room, arrived, left or None)."""

    violations: tuple[Violation, ...]
    floor_minutes: int
    lain: tuple[tuple[str, str, Minute, Minute | None], ...]


def recount_database(database: Path, key_file: Path, start: Minute, end: Minute) -> Recounted:
    """Everything that is recounted of ``[start, end)``, on a connection that only reads."""
    from models.database import open_database
    from models.invariants import recount
    from models.keys import read_key_file

    keys = read_key_file(key_file)
    with open_database(database, keys.database, readers=1) as opened, opened.reading() as connection:
        return Recounted(
            tuple(recount(connection)), floor_minutes(connection, start, end), tuple(_lain(connection))
        )


def floor_minutes(connection: Connection, start: Minute, end: Minute) -> int:
    """Minutes of wards in ``[start, end)`` with fewer nurses on duty than the floor asks for who lay there."""
    spare: dict[str, list[int]] = {}

    def add(ward_id: str, begin: Minute, until: Minute, shares: int) -> None:
        change = spare.setdefault(ward_id, [0] * (end - start + 1))
        if begin < end and until > start:
            change[max(begin, start) - start] += shares
            change[min(until, end) - start] -= shares

    for ward_id, begin, until in _on_duty(connection):
        add(ward_id, begin, until, NURSE)
    for ward_id, arrived, left, shares in _in_bed(connection):
        add(ward_id, arrived, end if left is None else left, -shares)
    return sum(_negative(change) for change in spare.values())


def _negative(change: list[int]) -> int:
    level, minutes = 0, 0
    for step in change[:-1]:
        level += step
        minutes += level < 0
    return minutes


def _on_duty(connection: Connection) -> Iterator[tuple[str, Minute, Minute]]:
    """Time on duty of everybody who counts: no students, nobody absent, breaks out, on call only when called."""
    shifts = """SELECT s.ward_id, s.start_minute, s.end_minute, s.breaks, s.kind, s.called_at, s.response_minutes
                FROM shift s JOIN staff_member m ON m.id = s.staff_id
                WHERE NOT s.absent AND NOT s.cancelled AND NOT m.student"""
    for row in _rows(connection, shifts):
        begin = row.start_minute
        if row.kind == "on_call":
            if row.called_at is None:
                continue
            begin = max(begin, row.called_at + row.response_minutes)
        for pause_start, pause_end in sorted(_json(row.breaks)):
            if begin < pause_start:
                yield row.ward_id, begin, pause_start
            begin = max(begin, pause_end)
        if begin < row.end_minute:
            yield row.ward_id, begin, row.end_minute


def _in_bed(connection: Connection) -> Iterator[tuple[str, Minute, Minute | None, int]]:
    ratios = {
        (row.scope, row.care_level): row.floor_patients
        for row in _rows(connection, "SELECT scope, care_level, floor_patients FROM nursing_ratio")
    }
    lying = """SELECT r.ward_id, o.arrived_minute, o.left_minute, s.care_level, p.one_to_one
               FROM occupancy o JOIN stay s ON s.id = o.stay_id JOIN person p ON p.id = o.person_id
               JOIN bed b ON b.id = o.bed_id JOIN room r ON r.id = b.room_id
               WHERE NOT o.void AND NOT o.companion"""
    for row in _rows(connection, lying):
        patients = ratios.get((row.ward_id, row.care_level)) or ratios.get(("", row.care_level))
        shares = NURSE if row.one_to_one else NURSE // patients if patients else 0
        yield row.ward_id, row.arrived_minute, row.left_minute, shares


def _lain(connection: Connection) -> Iterator[tuple[str, str, Minute, Minute | None]]:
    lain = """SELECT o.person_id, b.room_id, o.arrived_minute, o.left_minute
              FROM occupancy o JOIN bed b ON b.id = o.bed_id WHERE NOT o.void AND NOT o.companion
              ORDER BY o.arrived_minute, o.person_id"""
    for row in _rows(connection, lain):
        yield row.person_id, row.room_id, row.arrived_minute, row.left_minute


def _rows(connection: Connection, statement: str) -> Any:
    from sqlalchemy import text

    return connection.execute(text(statement))


def _json(stored: Any) -> Any:
    return orjson.loads(stored) if isinstance(stored, str) else stored

"""A whole hospital from one database into another, of the same engine or not, and the proof that it is the same.

Every table is copied as it is, histories and audit trail included, with the target's guards out of the way (they would
write the histories a second time) and put back before the end; then every table is read again on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Table, insert, select

from models import audit, schema
from models.connections import Database
from models.errors import DatabaseError
from models.tables import metadata

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class TableContent:
    """What a table holds: how many rows, and the SHA-256 of all of them in the order of their keys."""

    name: str
    rows: int
    digest: str


def copy_hospital(source: Database, target: Database) -> list[TableContent]:
    """Copy every row into a target that ``create_database`` has just made; returns what was copied, by table.

    All or nothing. Raises ``DatabaseInUse`` if other processes have the source open, ``DatabaseError`` if anything in
    the target is not as in the source, or if the audit trail is broken.
    """
    with source.alone(), source.reading() as old, target.alone(), target.writing() as new:
        target.dialect.drop_guards(new)
        for table in metadata.sorted_tables:
            _copy(old, new, table)
        target.dialect.check_foreign_keys(new)
        target.dialect.install_guards(new, schema.guards_of(new))
        copied = [_compared(old, new, table) for table in metadata.sorted_tables]
        _check_trail(old, new)
    return copied


def content_of(connection: Connection, table: Table) -> TableContent:
    """Read a table from end to end."""
    digest, count = hashlib.sha256(), 0
    for rows in _pages(connection, table):
        for row in rows:
            digest.update(orjson.dumps(list(row), default=bytes.hex, option=orjson.OPT_SORT_KEYS))
            digest.update(b"\n")
        count += len(rows)
    return TableContent(table.name, count, digest.hexdigest())


def _copy(old: Connection, new: Connection, table: Table) -> None:
    for rows in _pages(old, table):
        new.execute(insert(table), [dict(row._mapping) for row in rows])


def _pages(connection: Connection, table: Table) -> Iterator[list[Any]]:
    # Who accompanies somebody points to that somebody's stay in the same table: those who point to nobody come first.
    pointers = [c.nulls_first() for c in table.columns for key in c.foreign_keys if key.column.table is table]
    ordered = select(table).order_by(*(pointers or ()), *table.primary_key.columns)
    yield from map(list, connection.execute(ordered).partitions(ROWS_AT_ONCE))


def _compared(old: Connection, new: Connection, table: Table) -> TableContent:
    wanted, found = content_of(old, table), content_of(new, table)
    if found != wanted:
        raise DatabaseError(
            f"{table.name}: {found.rows} rows with hash {found.digest[:16]} were stored, the source has {wanted.rows} "
            f"with {wanted.digest[:16]}. Nothing was kept; tell whoever maintains wardflow."
        )
    return wanted


def _check_trail(old: Connection, new: Connection) -> None:
    breaks = audit.verify_chain(new, [audit.head(old)]).breaks
    if breaks:
        raise DatabaseError(
            f"The audit trail is broken, here as in its source: {' '.join(breaks[:5])} Nothing was kept; find out who "
            "did it before the hospital moves."
        )

"""Changing rows that keep their history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, insert, update

from models.commands import Transaction
from models.errors import GuardViolation, NotFound


def add(transaction: Transaction, table: Table, values: dict[str, Any]) -> None:
    """Insert a row as its first version."""
    first = {"version": 1, "recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(table), values | first)


def revise(
    transaction: Transaction,
    table: Table,
    record_id: str,
    values: dict[str, Any],
    expected_version: int | None = None,
) -> None:
    """Change a row and count its version up.

    Raises ``GuardViolation`` named ``<table>_version`` if ``expected_version`` is not the one that is
    there, and ``NotFound`` if there is no such row.
    """
    changed = transaction.connection.execute(
        update(table)
        .where(table.c.id == record_id, *_version_is(table, expected_version))
        .values(**values, version=table.c.version + 1, recorded_microsecond=transaction.now.microsecond)
    )
    if changed.rowcount == 1:
        return
    if expected_version is not None:
        raise GuardViolation(f"{table.name}_version")
    raise NotFound(table.name, record_id)


def _version_is(table: Table, version: int | None) -> list[ColumnElement[bool]]:
    return [] if version is None else [table.c.version == version]

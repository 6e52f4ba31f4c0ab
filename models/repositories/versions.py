"""Changing rows that keep their history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table

from models.commands import Transaction
from models.errors import GuardViolation, NotFound
from models.statements import insert_row, update_row


def add(transaction: Transaction, table: Table, values: dict[str, Any]) -> None:
    """Insert a row as its first version."""
    first = {"version": 1, "recorded_microsecond": transaction.now.microsecond}
    insert_row(transaction.connection, table, values | first)


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
    where = {"id": record_id} if expected_version is None else {"id": record_id, "version": expected_version}
    changed = values | {"recorded_microsecond": transaction.now.microsecond}

    def missed() -> Exception:
        if expected_version is not None:
            return GuardViolation(f"{table.name}_version")
        return NotFound(table.name, record_id)

    update_row(transaction.connection, table, where, changed, missed)

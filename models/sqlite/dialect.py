"""SQLite's side of what the databases do differently."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from models.commands import Touched
from models.errors import DatabaseError
from models.guards import Guard
from models.sqlite.guards import MESSAGE, statements

_GUARD_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE name LIKE 'guard\\_%' ESCAPE '\\'"
_ALL_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


class SqliteDialect:
    """See ``models.dialect.StorageDialect`` for what each method promises."""

    name = "sqlite"

    def violated_guard(self, error: IntegrityError) -> str:
        """The guard a trigger named, or what SQLite says of the constraint."""
        message = str(error.orig)
        if message.startswith(MESSAGE):
            return message.removeprefix(MESSAGE)
        # SQLite writes: CHECK constraint failed, a colon, and the name of the constraint.
        return message.split(": ", 1)[-1]

    def take_write_lock(self, connection: Connection) -> None:
        """Nothing to do: BEGIN IMMEDIATE took it."""

    def announce(self, connection: Connection, revision: int, touched: Iterable[Touched] | None) -> None:
        """Nothing to do: there is no other process."""

    def install_guards(self, connection: Connection, guards: Iterable[Guard]) -> None:
        """Create triggers and indexes; the tables exist and have no guards."""
        for guard in guards:
            for statement in statements(guard):
                connection.exec_driver_sql(statement)

    def drop_guards(self, connection: Connection) -> None:
        """Remove every trigger and index whose name starts with ``guard_``."""
        for kind, name, _ in connection.exec_driver_sql(_GUARD_OBJECTS).fetchall():
            connection.exec_driver_sql(f"DROP {kind} {name}")

    def guard_differences(self, connection: Connection, guards: Iterable[Guard]) -> list[str]:
        """Names of guard objects that are missing or altered."""
        there = {name: _even(sql) for _, name, sql in connection.exec_driver_sql(_GUARD_OBJECTS)}
        expected = {_object_name(text): _even(text) for guard in guards for text in statements(guard)}
        return sorted(name for name, sql in expected.items() if there.get(name) != sql)

    def check_foreign_keys(self, connection: Connection) -> None:
        """Look at every foreign key of every row."""
        tables = sorted({row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})
        if tables:
            raise DatabaseError(f"Rows of {', '.join(tables)} point to records that are not there.")

    def objects(self, connection: Connection) -> dict[tuple[str, str], str]:
        """Every table, index, trigger and view by kind and name, with its DDL: blanks evened out, a table's constraints
        sorted (one that was made anew to change a constraint has them in another order, and its name quoted)."""
        rows = connection.exec_driver_sql(_ALL_OBJECTS).fetchall()
        return {(kind, name): _even(_sorted_constraints(sql or "")) for kind, name, sql in rows}


def _sorted_constraints(sql: str) -> str:
    head, *lines = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", sql).split("\n")
    places = [place for place, line in enumerate(lines) if line.startswith("\tCONSTRAINT ")]
    for place, line in zip(places, sorted(lines[place].rstrip(", ") for place in places), strict=True):
        lines[place] = line
    return "\n".join((head, *lines))


def _even(sql: str) -> str:
    return " ".join(sql.split())


def _object_name(statement: str) -> str:
    return statement.split()[2]

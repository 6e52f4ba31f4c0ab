"""PostgreSQL's side of what the databases do differently."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from models.commands import Touched
from models.guards import Guard
from models.postgresql import catalogue
from models.postgresql.guards import REFUSE, REFUSING_FUNCTION, TAKE_LOCK, statements
from models.tables.ledger import batch_touched

CHANNEL = "wardflow_batch"
"""On which each commit is told, with its revision."""

KEPT_BATCHES = 10_000
"""A process that is further behind than this reads the hospital anew."""


class PostgresqlDialect:
    """See ``models.dialect.StorageDialect`` for what each method promises."""

    name = "postgresql"

    def violated_guard(self, error: IntegrityError) -> str:
        """The guard or constraint the server names, or the column that may not be NULL."""
        told = getattr(error.orig, "diag", None)
        if told is None:
            return type(error.orig).__name__
        if told.constraint_name:
            return str(told.constraint_name).removeprefix("guard_")
        return f"{told.table_name}.{told.column_name}"

    def take_write_lock(self, connection: Connection) -> None:
        """Lock the hospital's row; others wait until the commit, and then see what it made."""
        connection.exec_driver_sql(TAKE_LOCK.replace("PERFORM", "SELECT", 1))

    def announce(self, connection: Connection, revision: int, touched: Iterable[Touched] | None) -> None:
        """Leave a row for who follows, and wake who listens."""
        known = None if touched is None else sorted(set(touched))
        connection.execute(insert(batch_touched), {"revision": revision, "touched": known})
        if revision % KEPT_BATCHES == 0:
            connection.execute(
                delete(batch_touched).where(batch_touched.c.revision <= revision - KEPT_BATCHES)
            )
        connection.execute(select(func.pg_notify(CHANNEL, str(revision))))

    def install_guards(self, connection: Connection, guards: Iterable[Guard]) -> None:
        """Create constraints, functions and triggers; the tables exist and have no guards."""
        ready = list(guards)
        if ready:
            connection.exec_driver_sql(_escaped(REFUSING_FUNCTION))
        for guard in ready:
            for statement in statements(guard):
                connection.exec_driver_sql(_escaped(statement))
        catalogue.seal(connection, _expected(ready))

    def drop_guards(self, connection: Connection) -> None:
        """Remove every constraint, trigger and function whose name starts with ``guard_``."""
        for statement in catalogue.drops(connection):
            connection.exec_driver_sql(statement)

    def guard_differences(self, connection: Connection, guards: Iterable[Guard]) -> list[str]:
        """Names of guard objects that are missing or altered since they were made."""
        there = catalogue.seals(connection)
        expected = _expected(guards)
        return sorted(
            name
            for name, source in expected.items()
            if name not in there or there[name].sealed != there[name].seal_of(source)
        )

    def check_foreign_keys(self, connection: Connection) -> None:
        """Nothing to do: they were enforced all the time."""

    def objects(self, connection: Connection) -> dict[tuple[str, str], str]:
        """Every table, constraint, index, trigger, function, sequence, type and view, with its definition."""
        return catalogue.objects(connection)


def _expected(guards: Iterable[Guard]) -> dict[str, str]:
    """The source of every trigger and constraint by name: its own statement and its function's."""
    found = {REFUSE: REFUSING_FUNCTION}
    for guard in guards:
        made = statements(guard)
        found |= {_object_name(text): "; ".join(made) for text in made if not _is_function(text)}
    return found


def _object_name(statement: str) -> str:
    words = statement.split()
    return words[5] if words[0] == "ALTER" else words[2]


def _is_function(statement: str) -> bool:
    return statement.startswith("CREATE FUNCTION")


def _escaped(statement: str) -> str:
    """For a driver that takes a percent sign for a parameter."""
    return statement.replace("%", "%%")

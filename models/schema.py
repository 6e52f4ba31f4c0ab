"""The schema of the database: which version it has, how it goes forwards and backwards, what belongs to it.

A migration step on SQLite rebuilds tables, and a rebuilt table silently loses its triggers. So every
migration here takes all guards away first, puts those back that belong to the tables there are, and checks
every foreign key, all in one transaction; what the database then holds can be compared object by object
(``object_differences``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, inspect

from models.dialect import StorageDialect
from models.errors import DatabaseError, NewerSchema, OlderSchema
from models.guards import Guard, Refusal
from models.hospital_guards import GUARDS

_SCRIPTS = Path(__file__).parent / "migrations"


def current_version(connection: Connection) -> str | None:
    """The migration step the database stands at, or None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_version() -> str:
    """The last step this wardflow knows."""
    return all_versions()[-1]


@cache
def all_versions() -> tuple[str, ...]:
    """Every step, oldest first; never empty. Alembic reads and compiles every step for that, 12 ms, so it is asked once
    in a process."""
    scripts = ScriptDirectory.from_config(_config())
    assert scripts.get_current_head() is not None, "the package holds no migration step, or two ends of them"
    return tuple(step.revision for step in scripts.walk_revisions())[::-1]


def check_version(connection: Connection) -> None:
    """Raise ``NewerSchema`` or ``OlderSchema`` unless the database stands at the newest step."""
    check_known(connection)
    current = current_version(connection)
    if current != newest_version():
        raise OlderSchema(
            f"The database has schema {current!r}; this wardflow needs {newest_version()!r}. Back it up, "
            "then run `wardflow migrate`."
        )


def check_known(connection: Connection) -> None:
    """Raise ``NewerSchema`` if the database stands at a step this wardflow does not know."""
    current = current_version(connection)
    if current is not None and current not in all_versions():
        raise NewerSchema(
            f"The database has schema {current!r}; this wardflow knows up to {newest_version()!r}. Use the "
            "wardflow that wrote it, or a newer one."
        )


def migrate(connection: Connection, dialect: StorageDialect, version: str = "head") -> None:
    """Bring the schema to a step, forwards or backwards (``base`` removes everything).

    ``connection`` is in a transaction with foreign keys not enforced (see ``Database.migrate``); the caller
    commits.
    """
    dialect.drop_guards(connection)
    config = _config()
    config.attributes["connection"] = connection
    if _is_earlier(connection, version):
        command.downgrade(config, version)
    else:
        command.upgrade(config, version)
    dialect.check_foreign_keys(connection)
    dialect.install_guards(connection, guards_of(connection))


def guards_of(connection: Connection, guards: Iterable[Guard] = GUARDS) -> list[Guard]:
    """The guards whose tables, and columns, exist at the step the database stands at."""
    found = inspect(connection)
    tables = set(found.get_table_names())
    return [guard for guard in guards if _tables_of(guard) <= tables and _has_columns(found, guard)]


def _tables_of(guard: Guard) -> set[str]:
    return {guard.table, *(guard.tables if isinstance(guard, Refusal) else ())}


def _has_columns(found: Inspector, guard: Guard) -> bool:
    needed = set(guard.columns) if isinstance(guard, Refusal) else set()
    return not needed or needed <= {column["name"] for column in found.get_columns(guard.table)}


def check_guards(connection: Connection, dialect: StorageDialect) -> None:
    """Raise ``DatabaseError`` if a guard is missing or altered: without its judge no hospital is opened."""
    differences = dialect.guard_differences(connection, GUARDS)
    if differences:
        raise DatabaseError(
            f"Guards are missing or altered: {', '.join(differences)}. Find out who did it, recount with "
            "`wardflow check`, then run `wardflow migrate`, which puts them back."
        )


def _is_earlier(connection: Connection, version: str) -> bool:
    if version in ("head", "base"):
        return version == "base"
    known = all_versions()
    current = current_version(connection)
    return current in known and known.index(version) < known.index(current)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config

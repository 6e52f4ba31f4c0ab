"""A hospital in a PostgreSQL database: a schema of its own, several service processes.

The schema's comment holds a mark and the id of the key file's database key, as the header of an embedded file does:
a foreign schema or a wrong key file is told before anything is read. What lies on the server's disk is encrypted
only where it identifies a patient; the disk itself must be.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from models.connections import Database, migrate_forwards
from models.errors import (
    DatabaseError,
    DatabaseExists,
    DatabaseInUse,
    DatabaseMissing,
    NotAWardflowDatabase,
    WrongKey,
)
from models.keys import KeyRing
from models.place import shown
from models.postgresql.dialect import PostgresqlDialect
from models.postgresql.engine import SCHEMA, plain_engine, reader_engine, writer_engine
from models.postgresql.lease import AdvisoryLease
from models.postgresql.listener import Listener
from models.postgresql.turn import Turn

MARK = "wardflow hospital, key "
PRESENCE = 0x77666C77
"""The advisory lock that every process with the database open shares, and that a migration has alone."""

_ORDERED = ("C", "POSIX", "C.UTF-8", "C.utf8")
"""Collations that order as the embedded database does, by code point."""


class PostgresqlDatabase(Database):
    """An open database of a server."""

    shared = True

    def __init__(self, url: URL, readers: int) -> None:
        super().__init__(url, PostgresqlDialect(), writer_engine(url), reader_engine(url, readers))
        self.url = url
        self._plain = plain_engine(url)
        self._turn = Turn(self._plain)
        self._presence = self._plain.connect()
        if not _locks(self._presence, "pg_try_advisory_lock_shared"):
            self.close()
            raise DatabaseInUse(
                f"{shown(url)} is being migrated by another wardflow process; wait until it is done."
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other wardflow process has the database open; raises ``DatabaseInUse``."""
        if not _locks(self._presence, "pg_try_advisory_lock"):
            raise DatabaseInUse(
                f"{shown(self.url)} is open in other wardflow processes. Stop them first; a schema is changed "
                "by one process alone."
            )
        try:
            yield
        finally:
            _locks(self._presence, "pg_advisory_unlock")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As ``Database.writing``; what was committed ends this process's turn, while its callers are still told."""
        try:
            with super().writing() as connection:
                yield connection
        finally:
            self._turn.give()

    def turn(self) -> AbstractContextManager[None]:
        """As promised by ``Database.turn``."""
        return self._turn.taken()

    def lease(self, key: int) -> AdvisoryLease:
        """As promised by ``Database.lease``."""
        return AdvisoryLease(self._plain, key)

    def listen(self, heard: Callable[[int], None]) -> Listener:
        """As promised by ``Database.listen``."""
        return Listener(self._plain, heard, self._stay_present)

    def _stay_present(self) -> None:
        """Take the lock again that a server which was away has forgotten: nobody migrates what is being used."""
        with contextlib.suppress(SQLAlchemyError):
            self._presence.exec_driver_sql("SELECT 1")
            return
        self._presence.close()
        self._presence = self._plain.connect()
        if not _locks(self._presence, "pg_try_advisory_lock_shared"):
            raise DatabaseInUse(
                f"{shown(self.url)} is being migrated by another wardflow process. Stop this service: it was started "
                "on the schema before."
            )

    def fold_log(self) -> None:
        """Free the space of overwritten rows. The server's write-ahead log and its backups keep them for as long
        as they are kept."""
        self._presence.exec_driver_sql("VACUUM person_identity")

    def close(self) -> None:
        """Let the next migration in and close every connection."""
        super().close()
        self._turn.close()
        if not self._presence.closed:
            # Said, because the server notices that a connection is gone a moment later only.
            with contextlib.suppress(DBAPIError):
                _locks(self._presence, "pg_advisory_unlock_shared")
            self._presence.close()
        self._plain.dispose()

    def discard(self) -> None:
        """Close, and take the hospital's schema away."""
        self._readers.dispose()
        self._writer.dispose()
        self._presence.exec_driver_sql(f"DROP SCHEMA {SCHEMA} CASCADE")
        self.close()


def create(url: URL, keys: KeyRing, readers: int) -> Database:
    """Make a hospital's schema in a database that has none, and open it.

    Raises ``DatabaseMissing`` if there is no such database, ``DatabaseExists`` if it holds a hospital,
    ``DatabaseError`` if it sorts text otherwise than by code point or is not UTF-8.
    """
    with _connected(url) as connection:
        _refuse_taken(connection, url)
        try:
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        except DBAPIError as error:
            raise DatabaseError(
                f"The schema {SCHEMA!r} cannot be made in {shown(url)}: {_told(error)}. The role needs CREATE on "
                "the database; it is best its owner."
            ) from None
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{MARK}{keys.current.id}'")
    database = PostgresqlDatabase(url, readers)
    try:
        migrate_forwards(database)
    except BaseException:
        database.discard()
        raise
    return database


def refuse_taken(url: URL) -> None:
    """Raise as ``create`` does before it makes anything."""
    with _connected(url) as connection:
        _refuse_taken(connection, url)


def open_existing(url: URL, keys: KeyRing, readers: int, prepare: Callable[[Database], None]) -> Database:
    """Open a hospital's database, then ``prepare`` it; closed again if that fails."""
    with _connected(url) as connection:
        mark = _mark_of(connection)
    if mark is None:
        raise DatabaseMissing(f"{shown(url)} holds no hospital. `wardflow init` makes one.")
    _check_mark(mark, url, keys)
    database = PostgresqlDatabase(url, readers)
    try:
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _check_mark(mark: str, url: URL, keys: KeyRing) -> None:
    if not mark.startswith(MARK):
        raise NotAWardflowDatabase(
            f"The schema {SCHEMA!r} of {shown(url)} was not made by wardflow. Check the address."
        )
    key_id = mark.removeprefix(MARK)
    if key_id not in keys.by_id:
        raise WrongKey(
            f"{shown(url)} was made with key {key_id!r}, which the key file does not have (its current key is "
            f"{keys.current.id!r}). Use the key file this database was made with."
        )


def _mark_of(connection: Connection) -> str | None:
    """The comment of the schema, empty without one; None if there is no schema."""
    found = text(
        "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = :name"
    )
    mark: str | None = connection.scalar(found, {"name": SCHEMA})
    return mark


def _refuse_taken(connection: Connection, url: URL) -> None:
    _refuse_unfit(connection, url)
    if _mark_of(connection) is not None:
        raise DatabaseExists(
            f"{shown(url)} holds a hospital already; a database is never overwritten. Name another place."
        )


def _refuse_unfit(connection: Connection, url: URL) -> None:
    found = connection.exec_driver_sql(
        "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
    ).one()
    if found[0] not in _ORDERED or found[1] != "UTF8":
        raise DatabaseError(
            f"{shown(url)} has collation {found[0]!r} and encoding {found[1]!r}; expected 'C' and 'UTF8', so that "
            "lists sort alike everywhere. Make it with: CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8' "
            "LOCALE 'C'."
        )


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = plain_engine(url)
    try:
        with contextlib.ExitStack() as stack:
            try:
                connection = stack.enter_context(engine.connect())
            except OperationalError as error:
                raise DatabaseMissing(f"{shown(url)} cannot be reached: {_told(error)}.") from None
            yield connection
    finally:
        engine.dispose()


def _locks(connection: Connection, function: str) -> bool:
    return bool(connection.scalar(text(f"SELECT {function}(:key)"), {"key": PRESENCE}))


def _told(error: DBAPIError) -> str:
    """What driver or server said, on one line."""
    return " ".join(str(error.orig).split()).rstrip(".")

"""Opening the hospital's database.

``create_database`` makes a new encrypted file, ``open_database`` opens one that is at the newest schema,
and ``migrate_database`` brings an older one there. The data folder is for the owner alone (0700), the files
too (0600).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from models import schema
from models.dialect import StorageDialect
from models.errors import (
    DatabaseError,
    DatabaseExists,
    DatabaseMissing,
    FolderOpenToOthers,
    NotAWardflowDatabase,
    WrongKey,
)
from models.keys import Key, KeyRing
from models.sqlite.dialect import SqliteDialect
from models.sqlite.engine import APPLICATION_ID, HEADER_MARK, file_salt, reader_engine, writer_engine
from models.sqlite.lock import ProcessLock

READERS = 8
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Database:
    """An open hospital database: one writing connection, several reading ones. To be closed."""

    def __init__(self, path: Path, key: Key, lock: ProcessLock, readers: int = READERS) -> None:
        self.path = path
        self.dialect: StorageDialect = SqliteDialect()
        self._lock = lock
        self._writer = writer_engine(path, key)
        self._readers = reader_engine(path, key, readers)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction on the one writing connection; commits at the end, rolls back on an error."""
        with self._writer.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: one unchanging snapshot of what was committed when it first read."""
        with self._readers.connect() as connection, connection.begin():
            yield connection

    def migrate(self, version: str = "head") -> None:
        """Bring the schema to a step, all or nothing."""
        with self._without_foreign_keys(), self.writing() as connection:
            schema.migrate(connection, self.dialect, version)

    def fold_log(self) -> None:
        """Bring the write-ahead log into the file and empty it: what was overwritten is gone from both."""
        raw = self._writer.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            raw.close()

    def close(self) -> None:
        """Close every connection, then let the next process in."""
        self._readers.dispose()
        self._writer.dispose()
        self._lock.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _without_foreign_keys(self) -> Iterator[None]:
        # Rebuilding a table drops it for a moment; the pragma works outside a transaction only.
        self._set_foreign_keys("OFF")
        try:
            yield
        finally:
            self._set_foreign_keys("ON")

    def _set_foreign_keys(self, state: str) -> None:
        raw = self._writer.raw_connection()
        try:
            raw.cursor().execute(f"PRAGMA foreign_keys={state}").close()
        finally:
            raw.close()


def create_database(path: Path, keys: KeyRing, *, readers: int = READERS) -> Database:
    """Make a new, empty hospital database at the newest schema and open it.

    Raises ``DatabaseExists`` if anything lies at ``path``, ``FolderOpenToOthers`` if others can enter its
    folder.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_open_folder(path.parent)
    lock = ProcessLock(path)
    try:
        _reserve(path)
        _write_first_page(path, keys.current)
        return _opened(path, keys.current, lock, readers, _migrate_forwards)
    except BaseException:
        lock.close()
        raise


def open_database(path: Path, keys: KeyRing, *, readers: int = READERS) -> Database:
    """Open a hospital database that is at the newest schema and has all its guards.

    ``keys`` is the database ring of the key file. Raises ``DatabaseMissing``, ``FolderOpenToOthers``,
    ``NotAWardflowDatabase``, ``WrongKey``, ``DatabaseInUse``, ``NewerSchema``, ``OlderSchema``, or
    ``DatabaseError`` if a guard is gone.
    """
    return _open(path, keys, readers, _check_current)


def migrate_database(path: Path, keys: KeyRing, *, readers: int = READERS) -> Database:
    """As ``open_database``, after bringing an older schema forwards and putting missing guards back."""
    return _open(path, keys, readers, _migrate_forwards)


def open_at_any_step(path: Path, keys: KeyRing, *, readers: int = READERS) -> Database:
    """As ``open_database``, whatever its schema and its guards are: to look at it, or to migrate it."""
    return _open(path, keys, readers, lambda database: None)


def _open(path: Path, keys: KeyRing, readers: int, prepare: Callable[[Database], None]) -> Database:
    if not path.is_file():
        raise DatabaseMissing(f"There is no database {path}. `wardflow init` makes one.")
    _refuse_open_folder(path.parent)
    key = _key_of(path, keys)
    lock = ProcessLock(path)
    try:
        return _opened(path, key, lock, readers, prepare)
    except BaseException:
        lock.close()
        raise


def _opened(
    path: Path, key: Key, lock: ProcessLock, readers: int, prepare: Callable[[Database], None]
) -> Database:
    database = Database(path, key, lock, readers)
    try:
        _check_readable(database)
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _migrate_forwards(database: Database) -> None:
    with database.reading() as connection:
        if schema.current_version(connection) is not None:
            schema.check_known(connection)
    database.migrate()
    _check_current(database)


def _check_current(database: Database) -> None:
    with database.reading() as connection:
        schema.check_version(connection)
        schema.check_guards(connection, database.dialect)


def _check_readable(database: Database) -> None:
    try:
        with database.reading() as connection:
            found = connection.scalar(text("PRAGMA application_id"))
    except DBAPIError as error:
        raise DatabaseError(
            f"{database.path} cannot be read ({type(error.orig).__name__}): it is damaged. Restore a backup."
        ) from None
    if found != APPLICATION_ID:
        raise NotAWardflowDatabase(f"{database.path} opens, but was not made by wardflow.")


def _key_of(path: Path, keys: KeyRing) -> Key:
    with path.open("rb") as file:
        header = file.read(16)
    if header[:8] != HEADER_MARK:
        kind = "an unencrypted SQLite file" if header.startswith(b"SQLite format 3") else "something else"
        raise NotAWardflowDatabase(f"{path} is not a wardflow database but {kind}. Check the path.")
    key_id = header[8:].hex()
    if key_id not in keys.by_id:
        raise WrongKey(
            f"{path} was encrypted with key {key_id!r}, which the key file does not have (its current key is "
            f"{keys.current.id!r}). Use the key file this database was made with."
        )
    return keys.by_id[key_id]


def _refuse_open_folder(folder: Path) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS:
        raise FolderOpenToOthers(
            f"The data folder {folder} has mode {mode:04o}: other accounts can look into it; expected 0700. "
            f"Run `chmod 700 {folder}`, or give the database a folder of its own."
        )


def _reserve(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise DatabaseExists(f"{path} exists already; a database is never overwritten.") from None


def _write_first_page(path: Path, key: Key) -> None:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    try:
        connection.execute(f"PRAGMA key=\"x'{key.secret.hex()}{file_salt(key).hex()}'\"").close()
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}").close()
    finally:
        connection.close()

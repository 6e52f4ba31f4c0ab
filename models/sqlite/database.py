"""The embedded hospital: one encrypted file, opened by one process alone.

The data folder is for the owner alone (0700), the files too (0600).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlcipher3
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from models.connections import Database, migrate_forwards
from models.errors import (
    DatabaseError,
    DatabaseExists,
    DatabaseMissing,
    FolderOpenToOthers,
    NotAWardflowDatabase,
    WrongKey,
)
from models.folders import make_private_folder
from models.keys import Key, KeyRing
from models.sqlite.dialect import SqliteDialect
from models.sqlite.engine import APPLICATION_ID, HEADER_MARK, file_salt, reader_engine, writer_engine
from models.sqlite.lock import ProcessLock

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SqliteDatabase(Database):
    """An open file."""

    shared = False

    def __init__(self, path: Path, key: Key, lock: ProcessLock, readers: int) -> None:
        super().__init__(path, SqliteDialect(), writer_engine(path, key), reader_engine(path, key, readers))
        self.path = path
        self._files = path, path.with_name(path.name + "-wal")
        self._lock = lock
        self._reading = readers
        self._place: tuple[tuple[int, int] | None, ...] | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As promised by ``Database.writing``. Raises ``DatabaseMissing`` if the file, or the log beside it, is no
        longer where it was opened: what is written to a file without a name is lost when the process ends."""
        with super().writing() as connection:
            yield connection
            if self._place is not None and self._place != self._found():
                raise DatabaseMissing(
                    f"{self.path} or its -wal file was moved, deleted or replaced while it is open. Put it back, "
                    "or stop the service and restore a backup."
                )

    def settle(self) -> None:
        """Called once the file was found sound. From now on nothing is written unless it is where it is now, and
        reading needs no connection that is not there already: not even the folder needs to be readable."""
        self._place = self._found()
        with ExitStack() as held:
            for _ in range(self._reading):
                held.enter_context(self._readers.connect())

    def _found(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(map(_identity, self._files))

    def fold_log(self) -> None:
        """Bring the write-ahead log into the file and empty it: what was overwritten is gone from both."""
        raw = self._writer.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            raw.close()

    def discard(self) -> None:
        """Close, and take the file away with what lies beside it."""
        self.close()
        _remove(self.path)

    def close(self) -> None:
        """Close every connection, then let the next process in."""
        super().close()
        self._lock.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Foreign keys are not enforced: rebuilding a table drops it for a moment."""
        # The pragma works outside a transaction only.
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


def create(path: Path, keys: KeyRing, readers: int) -> Database:
    """Make a new, empty hospital database at the newest schema and open it.

    Raises ``DatabaseExists`` if anything lies at ``path``, ``FolderOpenToOthers`` if others can enter its
    folder.
    """
    make_private_folder(path.parent)
    _refuse_open_folder(path.parent)
    lock = ProcessLock(path)
    try:
        _reserve(path)
    except BaseException:
        lock.close()
        raise
    try:
        _write_first_page(path, keys.current)
        return _opened(path, keys.current, lock, readers, migrate_forwards)
    except BaseException:
        lock.close()
        _remove(path)
        raise


def refuse_taken(path: Path) -> None:
    """Raise ``DatabaseExists`` if anything lies there."""
    if path.exists():
        raise DatabaseExists(f"{path} exists already; a database is never overwritten. Name another place.")


def refuse_unfit(path: Path) -> None:
    """Raise ``DatabaseMissing`` if there is no file, ``FolderOpenToOthers`` if others can enter its folder."""
    if not path.is_file():
        raise DatabaseMissing(f"There is no database {path}. `wardflow init` makes one.")
    _refuse_open_folder(path.parent)


def open_existing(path: Path, keys: KeyRing, readers: int, prepare: Callable[[Database], None]) -> Database:
    """Open the file, then ``prepare`` it; closed again if that fails."""
    refuse_unfit(path)
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
    database = SqliteDatabase(path, key, lock, readers)
    try:
        _check_readable(database)
        database.settle()
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _check_readable(database: SqliteDatabase) -> None:
    try:
        with database.reading() as connection:
            found = connection.scalar(text("PRAGMA application_id"))
    except DBAPIError as error:
        raise DatabaseError(
            f"{database.path} cannot be read ({type(error.orig).__name__}): it is damaged. Restore a backup."
        ) from None
    if found != APPLICATION_ID:
        raise NotAWardflowDatabase(f"{database.path} opens, but was not made by wardflow.")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
        raise DatabaseExists(
            f"{path} exists already; a database is never overwritten. Name another place."
        ) from None


def _remove(path: Path) -> None:
    for beside in ("-wal", "-shm", ".lock", ""):
        path.with_name(path.name + beside).unlink(missing_ok=True)


def _write_first_page(path: Path, key: Key) -> None:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    try:
        connection.execute(f"PRAGMA key=\"x'{key.secret.hex()}{file_salt(key).hex()}'\"").close()
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}").close()
    finally:
        connection.close()

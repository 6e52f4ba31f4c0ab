"""What an open hospital database is, whichever engine keeps it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DisconnectionError, InvalidRequestError

from models import schema
from models.dialect import StorageDialect
from models.place import Place

READERS = 8


class Closable(Protocol):
    """Something that goes on until it is closed."""

    def close(self) -> None:
        """End it."""
        ...


class Lease(Protocol):
    """Work that one process does of those that share a database; to be closed. Used by one thread at a time."""

    def held(self) -> bool:
        """Whether it is this process's now; takes it if it is nobody's. A process that ends, however, gives it up."""
        ...

    def close(self) -> None:
        """Give it up."""
        ...


class Sole:
    """The lease of a process that has the database to itself."""

    def held(self) -> bool:
        """See ``Lease``."""
        return True

    def close(self) -> None:
        """See ``Lease``."""


class Database(ABC):
    """An open hospital database: one writing connection, several reading ones. To be closed.

    ``shared``: other processes may change it meanwhile.
    """

    shared: bool

    def __init__(self, place: Place, dialect: StorageDialect, writer: Engine, readers: Engine) -> None:
        self.place = place
        self.dialect = dialect
        self._writer = writer
        self._readers = readers

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction on the one writing connection; commits at the end, rolls back on an error."""
        with connected(self._writer) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: one unchanging snapshot of what was committed when it first read."""
        with connected(self._readers) as connection, connection.begin():
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """The writing connection outside of any transaction, for one question of ``models.statements``: it sees what
        was committed. By the writer's thread, whose connection still holds the pages that it wrote last; any other
        reads and deciphers them anew after each commit."""
        with connected(self._writer) as connection:
            yield connection

    def migrate(self, version: str = "head") -> None:
        """Bring the schema to a step, all or nothing. Raises ``DatabaseInUse`` if others have it open."""
        with self.alone(), self.writing() as connection:
            schema.migrate(connection, self.dialect, version)

    @abstractmethod
    def alone(self) -> AbstractContextManager[None]:
        """While this process alone uses the database, and foreign keys may rest: to make tables, or to copy all of
        them. Raises ``DatabaseInUse``."""

    @abstractmethod
    def fold_log(self) -> None:
        """Take what was overwritten out of the database's own files, as far as the engine can."""

    def turn(self) -> AbstractContextManager[None]:
        """Where several processes change the database: inside, until something is written, those that take turns
        wait for this one. Nothing rests on it but that less is decided twice; a wait is short, and then goes on
        without. By the writer's thread."""
        return nullcontext()

    def listen(self, heard: Callable[[int], None]) -> Closable | None:
        """Have the revision of every commit of any process passed on, from a thread of its own, until closed; None
        where there is no other process."""
        return None

    def lease(self, key: int) -> Lease:
        """The lease of a kind of work, named by ``key``."""
        return Sole()

    @abstractmethod
    def discard(self) -> None:
        """Close, and take away the database: for one that was made a moment ago and is not to be."""

    def close(self) -> None:
        """Close every connection, then let the next process in."""
        self._readers.dispose()
        self._writer.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connected(engine: Engine) -> Connection:
    """A connection of the pool's. Raises what the driver raises, or ``DisconnectionError`` where the server ended each
    that was offered: the pool gives up after the second, and calls that a wrong use of itself."""
    try:
        return engine.connect()
    except InvalidRequestError as error:
        raise DisconnectionError("The server ended every connection as soon as it was made.") from error


def migrate_forwards(database: Database) -> None:
    """Bring an older schema to the newest step and put missing guards back."""
    with database.reading() as connection:
        if schema.current_version(connection) is not None:
            schema.check_known(connection)
    database.migrate()
    check_current(database)


def check_current(database: Database) -> None:
    """Raise unless the schema is the newest and every guard is there."""
    with database.reading() as connection:
        schema.check_version(connection)
        schema.check_guards(connection, database.dialect)

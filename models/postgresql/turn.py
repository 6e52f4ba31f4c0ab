"""A turn at a PostgreSQL database: an advisory lock on a connection of its own, given up when that ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

TURN: Final = 0x7766747E
PATIENCE_MILLISECONDS: Final = 1000
"""Longest wait for a turn: a process that hangs in its own holds the others up no longer."""


class Turn:
    """The turns of one process; used by one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._taken = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Inside it is this process's turn, or it waited long enough, or the server does not answer."""
        self._taken = self._try(f"SELECT pg_advisory_lock({TURN})")
        try:
            yield
        finally:
            self.give()

    def give(self) -> None:
        """To the next process, before the end; nothing to do if it is not this one's turn."""
        if self._taken:
            self._taken = False
            self._try(f"SELECT pg_advisory_unlock({TURN})")

    def close(self) -> None:
        """End the connection, and with it a turn."""
        self._taken = False
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    def _try(self, statement: str) -> bool:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._connection.exec_driver_sql(f"SET lock_timeout = {PATIENCE_MILLISECONDS}")
            self._connection.exec_driver_sql(statement)
        except SQLAlchemyError as error:
            # What fails for good fails again where it counts, in the batch.
            if not isinstance(error, DBAPIError) or error.connection_invalidated:
                self.close()
            return False
        return True

"""Work that one process does of those that share a database: an advisory lock on a connection of its own, which ends
with the process."""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError


class AdvisoryLease:
    """See ``models.connections.Lease``. A server that was away has forgotten it: then it is taken anew, by whoever
    comes first."""

    def __init__(self, engine: Engine, key: int) -> None:
        self._engine = engine
        self._key = key
        self._connection: Connection | None = None

    def held(self) -> bool:
        """As promised; False while the server does not answer."""
        if self._connection is not None and self._alive(self._connection):
            return True
        self.close()
        try:
            connection = self._engine.connect()
        except SQLAlchemyError:
            return False
        try:
            taken = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}))
        except SQLAlchemyError:
            taken = False
        if taken:
            self._connection = connection
        else:
            connection.close()
        return taken

    def close(self) -> None:
        """Give it up: the connection is not used again, so the lock ends with it."""
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    def _alive(self, connection: Connection) -> bool:
        try:
            connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            return False
        return True

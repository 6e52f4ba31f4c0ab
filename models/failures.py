"""When storage itself fails: telling that from a command that is wrong, and finding out when it is over."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NotSupportedError,
    PendingRollbackError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from models.tables.ledger import batch_touched

_REFUSALS = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""What a sound database says of a statement that it does not want."""

_PROBE = -1
"""The revision of no batch."""


def storage_failed(error: BaseException) -> bool:
    """Whether disk, connection, server or memory failed. What a transaction did until then is gone, or will be: SQLite
    takes a transaction back by itself when the disk is full, and goes on statement by statement."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or not isinstance(error, _REFUSALS)
    return isinstance(error, NoConnectionFree | DisconnectionError | PendingRollbackError | MemoryError)


def store_and_take_away(connection: Connection) -> None:
    """Write a row and delete it: nothing changes, and the commit goes all the way to the disk. Raises what storage
    raises while it fails."""
    connection.execute(insert(batch_touched), {"revision": _PROBE, "touched": []})
    connection.execute(delete(batch_touched).where(batch_touched.c.revision == _PROBE))

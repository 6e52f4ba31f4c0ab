"""A service that must be found out: the real one, but it answers first and commits ``LATE_SECONDS`` later.

``python -m benchmarks.safety.hasty_service serve ...`` takes what ``wardflow serve`` takes. Whoever kills it loses what
it had answered; a judge of crashes that calls it sound judges nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.engine import RootTransaction

from models.connections import Database

LATE_SECONDS: Final = 0.2


@contextmanager
def writing_late(self: Database) -> Iterator[Connection]:
    """As ``Database.writing``, but its end does not wait for the commit; the next one does."""
    connection = self._writer.connect()
    transaction = connection.begin()
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    threading.Timer(LATE_SECONDS, _commit, (connection, transaction)).start()


def _commit(connection: Connection, transaction: RootTransaction) -> None:
    transaction.commit()
    connection.close()


def main() -> None:
    """Serve so, in this process alone."""
    from cli.main import main as wardflow

    Database.writing = writing_late  # type: ignore[method-assign]
    wardflow()


if __name__ == "__main__":
    main()

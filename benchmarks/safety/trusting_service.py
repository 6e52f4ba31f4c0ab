"""A service that must be found out: the real one, but a commit that fails is taken for one that succeeded.

``python -m benchmarks.safety.trusting_service serve ...`` takes what ``wardflow serve`` takes. Under a fault of its
storage it acknowledges what it does not keep; a judge of faults that calls it sound judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from models.sqlite.database import SqliteDatabase


@contextmanager
def writing_regardless(self: SqliteDatabase) -> Iterator[Connection]:
    """As ``Database.writing``, but nobody looks how the commit went."""
    with self._writer.connect() as connection:
        transaction = connection.begin()
        yield connection
        with suppress(DBAPIError):
            transaction.commit()


def main() -> None:
    """Serve so, in this process alone."""
    from cli.main import main as wardflow

    SqliteDatabase.writing = writing_regardless  # type: ignore[method-assign]
    wardflow()


if __name__ == "__main__":
    main()

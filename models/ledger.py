"""The SQL side of a group commit: what was answered before, and the books that stand beside every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from models import audit, outbox
from models.batch import Records
from models.commands import Answer, Command, Reply
from models.connections import Database
from models.dialect import StorageDialect
from models.errors import KeyReused
from models.following import revision_of
from models.pending import Result
from models.statements import forget, insert_rows, plain, sent_together
from models.tables.ledger import audit_line, hospital_meta, idempotency

_SAVEPOINT = "SAVEPOINT command"


def stored_answers(connection: Connection, commands: Iterable[Command]) -> dict[bytes, Result]:
    """What was answered before to commands with these idempotency keys, by ``key_hash``; or ``KeyReused``."""
    asked = {command.key_hash: command.body_hash for command in commands if command.key_hash}
    if not asked:
        return {}
    rows = connection.execute(select(idempotency).where(idempotency.c.key_hash.in_(asked)))
    return {row.key_hash: _replay(row, asked[row.key_hash]) for row in rows}


def _replay(row: Any, body_hash: bytes) -> Result:
    if row.body_hash != body_hash:
        return KeyReused()
    return Reply(Answer(row.status, row.answer), row.revision, replayed=True)


class SqlLedger:
    """See ``models.batch.Ledger`` for what each method promises."""

    def __init__(self, connection: Connection, dialect: StorageDialect) -> None:
        self.connection = connection
        self._dialect = dialect

    def lock(self) -> int:
        """Take the write lock."""
        self._dialect.take_write_lock(self.connection)
        return revision_of(self.connection)

    def standing(self) -> tuple[int, int]:
        """Read where the hospital's row and the audit chain stand."""
        self._dialect.take_write_lock(self.connection)
        meta = select(hospital_meta.c.revision, hospital_meta.c.created_microsecond)
        row = self.connection.execute(meta).first()
        if row is None:
            raise LookupError("The database holds no hospital yet; store one before opening the writer.")
        last = select(audit_line.c.recorded_microsecond).order_by(audit_line.c.sequence.desc()).limit(1)
        return row.revision, max(row.created_microsecond, self.connection.scalar(last) or 0)

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """Look idempotency keys up."""
        return stored_answers(self.connection, commands)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A savepoint of this name."""
        plain(self.connection, _SAVEPOINT)
        try:
            yield
        except BaseException:
            if not forget(self.connection, _SAVEPOINT):
                plain(self.connection, "ROLLBACK TO SAVEPOINT command")
                plain(self.connection, "RELEASE SAVEPOINT command")
            raise
        plain(self.connection, "RELEASE SAVEPOINT command")

    def violated_guard(self, error: Exception) -> str | None:
        """Ask the dialect what an integrity error names."""
        return self._dialect.violated_guard(error) if isinstance(error, IntegrityError) else None

    def keep(self, records: Records, revision: int) -> None:
        """Audit lines, idempotency rows and events: a statement each."""
        audit.append(self.connection, records.lines)
        insert_rows(self.connection, idempotency, records.keys)
        outbox.append(self.connection, records.events, revision)
        self.connection.execute(update(hospital_meta).values(revision=revision))
        self._dialect.announce(self.connection, revision, records.touched)


class SqlStorage:
    """See ``models.runner.Storage``: an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.shared = database.shared

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """What is answered already, as committed."""
        with self._database.reading() as connection:
            return stored_answers(connection, commands)

    def reading(self) -> AbstractContextManager[Connection]:
        """A read transaction."""
        return self._database.reading()

    @contextmanager
    def writing(self) -> Iterator[SqlLedger]:
        """A write transaction; commits at the end, rolls back on an error."""
        with self._database.writing() as connection, self._sending(connection):
            yield SqlLedger(connection, self._database.dialect)

    def _sending(self, connection: Connection) -> AbstractContextManager[None]:
        return sent_together(connection) if self.shared else nullcontext()

"""The SQL side of a group commit: what was answered before, and the books that stand beside every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from models import audit, outbox
from models.batch import Records
from models.commands import Answer, Command, Reply
from models.connections import Database
from models.dialect import StorageDialect
from models.errors import KeyReused
from models.failures import storage_failed, store_and_take_away
from models.following import revision_of
from models.pending import Result
from models.statements import first_row, forget, insert_rows, plain, sent_together, update_rows
from models.tables.ledger import audit_line, hospital_meta, idempotency, outbox_event

_SAVEPOINT = "SAVEPOINT command"


def stored_answers(connection: Connection, commands: Iterable[Command]) -> dict[bytes, Result]:
    """What was answered before to commands with these idempotency keys, by ``key_hash``; or ``KeyReused``."""
    asked = {command.key_hash: command.body_hash for command in commands if command.key_hash}
    if not asked:
        return {}
    rows = connection.execute(select(idempotency).where(idempotency.c.key_hash.in_(asked)))
    return {row.key_hash: _replay(row, asked[row.key_hash]) for row in rows}


def any_known(connection: Connection, commands: Iterable[Command]) -> bool:
    """Whether any of them has a key that was answered before, by a statement kept for every number of keys. Not for the
    first statement on a connection to a server: whether that is still there is SQLAlchemy's to find out."""
    keys = [command.key_hash for command in commands if command.key_hash]
    if not keys:
        return False
    count = 1 << (len(keys) - 1).bit_length()
    values = {f"key{place}": keys[min(place, len(keys) - 1)] for place in range(count)}
    return first_row(connection, _among(count), values) is not None


def answers_if_any(connection: Connection, commands: Sequence[Command]) -> dict[bytes, Result]:
    """As ``stored_answers``, quickly if there are none, as mostly."""
    return stored_answers(connection, commands) if any_known(connection, commands) else {}


@cache
def _among(count: int) -> Select[Any]:
    keys = [bindparam(f"key{place}", type_=idempotency.c.key_hash.type) for place in range(count)]
    return select(idempotency.c.status).where(idempotency.c.key_hash.in_(keys))


_STANDING: Final = select(
    hospital_meta.c.revision,
    hospital_meta.c.created_microsecond,
    audit_line.c.sequence,
    audit_line.c.hash,
    audit_line.c.recorded_microsecond,
    select(func.max(outbox_event.c.sequence)).scalar_subquery().label("event"),
).outerjoin_from(
    hospital_meta,
    audit_line,
    audit_line.c.sequence == select(func.max(audit_line.c.sequence)).scalar_subquery(),
)
"""The hospital's row, the last audit line if there is one, and the last event."""


def _replay(row: Any, body_hash: bytes) -> Result:
    if row.body_hash != body_hash:
        return KeyReused()
    return Reply(Answer(row.status, row.answer), row.revision, replayed=True)


class SqlLedger:
    """See ``models.batch.Ledger`` for what each method promises."""

    def __init__(self, connection: Connection, dialect: StorageDialect) -> None:
        self.connection = connection
        self._dialect = dialect
        self._line: audit.Anchor | None = None
        self._event: int | None = None

    def lock(self) -> int:
        """Take the write lock."""
        self._dialect.take_write_lock(self.connection)
        return revision_of(self.connection)

    def standing(self) -> tuple[int, int]:
        """Read where the hospital's row and the audit chain stand."""
        self._dialect.take_write_lock(self.connection)
        row = first_row(self.connection, _STANDING, {})
        if row is None:
            raise LookupError("The database holds no hospital yet; store one before opening the writer.")
        # Nobody but ``keep`` adds to the books before this transaction ends.
        self._line = audit.Anchor(row["sequence"], row["hash"]) if row["sequence"] else audit.START
        self._event = row["event"] or 0
        return row["revision"], max(row["created_microsecond"], row["recorded_microsecond"] or 0)

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """Look idempotency keys up."""
        return answers_if_any(self.connection, list(commands))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A savepoint of this name."""
        plain(self.connection, _SAVEPOINT)
        try:
            yield
        except BaseException as error:
            # Where storage fails there may be no savepoint any more, nor a transaction.
            if not (storage_failed(error) or forget(self.connection, _SAVEPOINT)):
                plain(self.connection, "ROLLBACK TO SAVEPOINT command")
                plain(self.connection, "RELEASE SAVEPOINT command")
            raise
        plain(self.connection, "RELEASE SAVEPOINT command")

    def violated_guard(self, error: Exception) -> str | None:
        """Ask the dialect what an integrity error names."""
        return self._dialect.violated_guard(error) if isinstance(error, IntegrityError) else None

    def keep(self, records: Records, revision: int) -> None:
        """Audit lines, idempotency rows and events: a statement each."""
        audit.append(self.connection, records.lines, self._line)
        insert_rows(self.connection, idempotency, records.keys)
        outbox.append(self.connection, records.events, revision, self._event)
        self._line = self._event = None
        update_rows(self.connection, hospital_meta, {"id": 1}, {"revision": revision})
        self._dialect.announce(self.connection, revision, records.touched)


class SqlStorage:
    """See ``models.runner.Storage``: an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.shared = database.shared

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """What is answered already, as committed."""
        if self.shared:
            with self._database.reading() as connection:
                return stored_answers(connection, commands)
        asked = list(commands)
        if not self._may_be_known(asked):
            return {}
        with self._database.reading() as connection:
            return stored_answers(connection, asked)

    def reading(self) -> AbstractContextManager[Connection]:
        """A read transaction."""
        return self._database.reading()

    @contextmanager
    def writing(self) -> Iterator[SqlLedger]:
        """A write transaction; commits at the end, rolls back on an error."""
        with self._database.writing() as connection, self._sending(connection):
            yield SqlLedger(connection, self._database.dialect)

    def try_to_store(self) -> None:
        """Raise what storage raises while it fails; nothing changes if it does not."""
        with self._database.writing() as connection:
            self._database.dialect.take_write_lock(connection)
            store_and_take_away(connection)

    def _may_be_known(self, asked: Sequence[Command]) -> bool:
        # Mostly none is, and one statement without a transaction tells.
        try:
            with self._database.asking() as connection:
                return any_known(connection, asked)
        except SQLAlchemyError:
            # Where nothing can be written any more, what was answered can still be read.
            return True

    def _sending(self, connection: Connection) -> AbstractContextManager[None]:
        return sent_together(connection) if self.shared else nullcontext()

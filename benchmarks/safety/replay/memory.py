"""A database in memory with the semantics storage relies on: transactions, savepoints, guards, keys, books.

Rows are plain values by table and key; what a transaction does is undone from a log. The guards are written down once
more, in Python, under the names the real ones have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from models import audit
from models.batch import Records
from models.clock import Instant
from models.commands import Answer, Command, Reply, Touched
from models.errors import GuardViolation, KeyReused, NotFound
from models.outbox import StoredEvent
from models.pending import Result

_ABSENT: Final = object()


@dataclass
class Tables:
    """Every row, and the books. ``dropped``: guards that do not hold here (a broken system for the judge)."""

    dropped: frozenset[str] = frozenset()
    rows: defaultdict[str, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))
    lines: list[dict[str, Any]] = field(default_factory=list)
    events: list[StoredEvent] = field(default_factory=list)
    touched: dict[int, frozenset[Touched] | None] = field(default_factory=dict)
    revision: int = 0
    _undo: list[tuple[str, Any, Any]] = field(default_factory=list)

    @property
    def head(self) -> audit.Anchor:
        """The last audit line."""
        if not self.lines:
            return audit.Anchor(0, audit.GENESIS)
        return audit.Anchor(self.lines[-1]["sequence"], self.lines[-1]["hash"])

    @property
    def recorded(self) -> Instant:
        """The moment of the last audit line."""
        return Instant(self.lines[-1]["recorded_microsecond"] if self.lines else 0)

    def put(self, table: str, key: Any, value: Any) -> None:
        """Add or replace a row."""
        rows = self.rows[table]
        self._undo.append((table, key, rows.get(key, _ABSENT)))
        rows[key] = value

    def drop(self, table: str, key: Any) -> None:
        """Remove a row; raises ``NotFound``."""
        if key not in self.rows[table]:
            raise NotFound(table, str(key))
        self._undo.append((table, key, self.rows[table].pop(key)))

    def refuse(self, guard: str, broken: bool) -> None:
        """Raise ``GuardViolation`` if a guard is broken."""
        if broken and guard not in self.dropped:
            raise GuardViolation(guard)

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """What is done inside is undone if it raises."""
        mark = len(self._undo)
        try:
            yield
        except BaseException:
            self._back_to(mark)
            raise

    @contextmanager
    def transaction(self) -> Iterator[Tables]:
        """All or nothing, the books included."""
        books = len(self.lines), len(self.events), self.revision
        try:
            yield self
        except BaseException:
            self._back_to(0)
            del self.lines[books[0] :]
            del self.events[books[1] :]
            self.touched.pop(books[2] + 1, None)
            self.revision = books[2]
            raise
        self._undo.clear()

    def _back_to(self, mark: int) -> None:
        while len(self._undo) > mark:
            table, key, before = self._undo.pop()
            if before is _ABSENT:
                del self.rows[table][key]
            else:
                self.rows[table][key] = before


@dataclass(frozen=True, slots=True)
class MemoryLedger:
    """See ``models.batch.Ledger``."""

    tables: Tables

    @property
    def connection(self) -> Connection:
        """What the keeper in memory takes for a connection."""
        return cast(Connection, self.tables)

    def lock(self) -> int:
        """There is one thread."""
        return self.tables.revision

    def standing(self) -> tuple[int, int]:
        """See ``Ledger``."""
        return self.tables.revision, self.tables.recorded.microsecond

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Ledger``."""
        return stored_answers(self.tables, commands)

    def savepoint(self) -> Any:
        """See ``Ledger``."""
        return self.tables.undone_on_error()

    def violated_guard(self, error: Exception) -> str | None:
        """Guards here name themselves."""
        return None

    def keep(self, records: Records, revision: int) -> None:
        """See ``Ledger``."""
        tables = self.tables
        tables.lines += audit.chained(tables.head, records.lines)
        for row in records.keys:
            if row["key_hash"] in tables.rows["idempotency"] and "idempotency" not in tables.dropped:
                raise IntegrityError("INSERT INTO idempotency", None, Exception("key_hash is there already"))
            tables.put("idempotency", row["key_hash"], row)
        for prepared in records.events:
            sequence, event = len(tables.events) + 1, prepared.event
            tables.events.append(
                StoredEvent(sequence, event.topic, event.payload, revision, prepared.created_microsecond)
            )
        tables.revision = revision
        tables.touched[revision] = None if records.touched is None else frozenset(records.touched)


class MemoryStorage:
    """See ``models.runner.Storage``."""

    def __init__(self, tables: Tables, shared: bool) -> None:
        self.tables = tables
        self.shared = shared

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Storage``."""
        return stored_answers(self.tables, commands)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Nobody writes meanwhile."""
        yield cast(Connection, self.tables)

    @contextmanager
    def writing(self) -> Iterator[MemoryLedger]:
        """See ``Storage``."""
        with self.tables.transaction():
            yield MemoryLedger(self.tables)


def stored_answers(tables: Tables, commands: Iterable[Command]) -> dict[bytes, Result]:
    """As ``models.ledger.stored_answers``."""
    found: dict[bytes, Result] = {}
    for command in commands:
        row = tables.rows["idempotency"].get(command.key_hash)
        if row is not None and command.key_hash is not None:
            found[command.key_hash] = _replay(row, command.body_hash)
    return found


def _replay(row: dict[str, Any], body_hash: bytes) -> Result:
    if row["body_hash"] != body_hash:
        return KeyReused()
    return Reply(Answer(row["status"], row["answer"]), row["revision"], replayed=True)

"""One group commit: many commands, each all or nothing, one transaction.

Per command a SAVEPOINT holds its guarded writes; a guard that refuses undoes that command alone. Audit lines,
idempotency rows and events of the commands that went through are written together before the COMMIT: the same
transaction, fewer statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from models import audit, outbox
from models.clock import Instant
from models.commands import Answer, Command, Decision, Reply, Touched, Transaction, Write
from models.dialect import StorageDialect
from models.errors import GuardViolation, KeyReused
from models.statements import insert_rows, plain
from models.tables.ledger import audit_line, hospital_meta, idempotency


@dataclass(frozen=True, slots=True)
class Step:
    """A command with the write that carries it out; ``decision`` is None for a plain command."""

    command: Command
    write: Write
    decision: Decision | None = None


@dataclass(slots=True)
class BatchResult:
    """What became of each command of a batch, by its place: a reply, an error, or neither (to be decided again).

    ``revision`` of the hospital afterwards: one more than before if anything was kept."""

    revision: int
    results: dict[int, Reply | Exception] = field(default_factory=dict)
    refused: dict[int, GuardViolation] = field(default_factory=dict)


@dataclass(slots=True)
class _Records:
    lines: list[audit.PreparedLine] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    events: list[outbox.PreparedEvent] = field(default_factory=list)
    touched: set[Touched] | None = field(default_factory=set)
    kept: int = 0


def stored_answers(connection: Connection, commands: Iterable[Command]) -> dict[bytes, Reply | Exception]:
    """What was answered before to commands with these idempotency keys, by ``key_hash``; or ``KeyReused``."""
    asked = {command.key_hash: command.body_hash for command in commands if command.key_hash}
    if not asked:
        return {}
    rows = connection.execute(select(idempotency).where(idempotency.c.key_hash.in_(asked)))
    return {row.key_hash: _replay(row, asked[row.key_hash]) for row in rows}


def carry_out(
    connection: Connection, dialect: StorageDialect, steps: Sequence[Step], now: Instant
) -> BatchResult:
    """Do all steps inside the open write transaction; the caller commits, or rolls everything back.

    Each command has a microsecond of its own, later than every one before, whatever the clock says: history
    never runs backwards, and what one command found tells from what the next one did.
    """
    dialect.take_write_lock(connection)
    revision, last_recorded = _standing(connection)
    revision, first = revision + 1, max(now.microsecond, last_recorded + 1)
    batch, records = BatchResult(revision), _Records()
    answered = stored_answers(connection, (step.command for step in steps))
    for place, step in enumerate(steps):
        earlier = answered.get(step.command.key_hash or b"")
        if earlier is not None:
            batch.results[place] = earlier
        else:
            transaction = Transaction(connection, Instant(first + place), revision)
            _carry_out_one(transaction, dialect, step, place, batch, records)
    if records.kept:
        _write_records(connection, dialect, records, revision)
    else:
        batch.revision = revision - 1
    return batch


def _carry_out_one(
    transaction: Transaction,
    dialect: StorageDialect,
    step: Step,
    place: int,
    batch: BatchResult,
    records: _Records,
) -> None:
    try:
        with _savepoint(transaction.connection):
            outcome = step.write(transaction)
            lines = audit.prepare(step.command.actor, outcome.audit, transaction.now)
            key = _key_row(step.command, outcome.answer, transaction)
            events = outbox.prepare(outcome.events, transaction.now)
    except IntegrityError as error:
        batch.refused[place] = GuardViolation(dialect.violated_guard(error))
    except GuardViolation as violation:
        batch.refused[place] = violation
    except Exception as error:
        batch.results[place] = error
    else:
        records.lines += lines
        records.keys += [key] if key else []
        records.events += events
        records.kept += 1
        if outcome.touched is None:
            records.touched = None
        elif records.touched is not None:
            records.touched.update(outcome.touched)
        batch.results[place] = Reply(outcome.answer, transaction.revision)


def _write_records(connection: Connection, dialect: StorageDialect, records: _Records, revision: int) -> None:
    audit.append(connection, records.lines)
    insert_rows(connection, idempotency, records.keys)
    outbox.append(connection, records.events, revision)
    connection.execute(update(hospital_meta).values(revision=revision))
    dialect.announce(connection, revision, records.touched)


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    plain(connection, "SAVEPOINT command")
    try:
        yield
    except BaseException:
        plain(connection, "ROLLBACK TO SAVEPOINT command")
        plain(connection, "RELEASE SAVEPOINT command")
        raise
    plain(connection, "RELEASE SAVEPOINT command")


def _key_row(command: Command, answer: Answer, transaction: Transaction) -> dict[str, Any] | None:
    orjson.dumps(answer.body)
    if command.key_hash is None:
        return None
    return {
        "key_hash": command.key_hash,
        "body_hash": command.body_hash,
        "status": answer.status,
        "answer": answer.body,
        "revision": transaction.revision,
        "created_microsecond": transaction.now.microsecond,
    }


def _standing(connection: Connection) -> tuple[int, int]:
    """The hospital's revision, and the last microsecond at which something was recorded."""
    meta = select(hospital_meta.c.revision, hospital_meta.c.created_microsecond)
    row = connection.execute(meta).first()
    if row is None:
        raise LookupError("The database holds no hospital yet; store one before opening the writer.")
    last = select(audit_line.c.recorded_microsecond).order_by(audit_line.c.sequence.desc()).limit(1)
    return row.revision, max(row.created_microsecond, connection.scalar(last) or 0)


def _replay(row: Any, body_hash: bytes) -> Reply | Exception:
    if row.body_hash != body_hash:
        return KeyReused()
    return Reply(Answer(row.status, row.answer), row.revision, replayed=True)

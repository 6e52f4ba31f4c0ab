"""One group commit: many commands, each all or nothing, one transaction.

Per command a SAVEPOINT holds its guarded writes; a guard that refuses undoes that command alone. Audit lines,
idempotency rows and events of the commands that went through are written together before the COMMIT: the same
transaction, fewer statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection

from models import audit, outbox
from models.clock import Instant
from models.commands import Answer, Command, Decision, Reply, Touched, Transaction, Write
from models.errors import GuardViolation
from models.failures import storage_failed
from models.pending import Result


@dataclass(frozen=True, slots=True)
class Step:
    """A command with the write that carries it out; ``decision`` is None for a plain command.

    ``refusal``: the command was refused when it was decided, and nothing is written; the write is None then, and as
    long as a command is not decided.
    """

    command: Command
    write: Write | None
    decision: Decision | None = None
    refusal: Exception | None = None


@dataclass(slots=True)
class BatchResult:
    """What became of each command of a batch, by its place: a reply, an error, or neither (to be decided again).

    ``revision`` of the hospital afterwards: one more than before if anything was kept."""

    revision: int
    results: dict[int, Result] = field(default_factory=dict)
    refused: dict[int, GuardViolation] = field(default_factory=dict)


@dataclass(slots=True)
class Records:
    """What is kept beside the effects of a batch's commands; ``touched`` is None if it may be any record."""

    lines: list[audit.PreparedLine] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    events: list[outbox.PreparedEvent] = field(default_factory=list)
    touched: set[Touched] | None = field(default_factory=set)
    kept: int = 0


class Ledger(Protocol):
    """What a group commit asks of its open write transaction, whatever keeps it (``models.ledger``: SQL)."""

    @property
    def connection(self) -> Connection:
        """What the writes of commands work with."""
        ...

    def lock(self) -> int:
        """Make sure that nobody else commits before this transaction ends; returns the hospital's revision."""
        ...

    def standing(self) -> tuple[int, int]:
        """As ``lock``, and the last microsecond at which something was recorded."""
        ...

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """What was answered before to commands with these idempotency keys, by ``key_hash``."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """What is written inside is undone if it raises."""
        ...

    def violated_guard(self, error: Exception) -> str | None:
        """The guard by which the database refused a write; None for any other error."""
        ...

    def keep(self, records: Records, revision: int) -> None:
        """Add to the books, and let the hospital stand at ``revision``."""
        ...


def carry_out(ledger: Ledger, steps: Sequence[Step], now: Instant) -> BatchResult:
    """Do all steps inside the open write transaction; the caller commits, or rolls everything back.

    Each command has a microsecond of its own, later than every one before, whatever the clock says: history
    never runs backwards, and what one command found tells from what the next one did. Raises what storage raises
    when it fails (``storage_failed``): then no command of the batch was kept.
    """
    revision, last_recorded = ledger.standing()
    revision, first = revision + 1, max(now.microsecond, last_recorded + 1)
    batch, records = BatchResult(revision), Records()
    answered = ledger.answers(step.command for step in steps)
    for place, step in enumerate(steps):
        earlier = answered.get(step.command.key_hash or b"")
        if earlier is not None:
            batch.results[place] = earlier
        elif step.write is None:
            assert step.refusal is not None, "a command is decided before it is carried out"
            batch.results[place] = step.refusal
        else:
            transaction = Transaction(ledger.connection, Instant(first + place), revision)
            _carry_out_one(transaction, ledger, step, step.write, place, batch, records)
    if records.kept:
        ledger.keep(records, revision)
    else:
        batch.revision = revision - 1
    return batch


def _carry_out_one(
    transaction: Transaction,
    ledger: Ledger,
    step: Step,
    write: Write,
    place: int,
    batch: BatchResult,
    records: Records,
) -> None:
    try:
        with ledger.savepoint():
            outcome = write(transaction)
            lines = audit.prepare(step.command.actor, outcome.audit, transaction.now)
            key = _key_row(step.command, outcome.answer, transaction)
            events = outbox.prepare(outcome.events, transaction.now)
    except GuardViolation as violation:
        batch.refused[place] = violation
    except Exception as error:
        if storage_failed(error):
            raise
        guard = ledger.violated_guard(error)
        if guard is None:
            batch.results[place] = error
        else:
            batch.refused[place] = GuardViolation(guard)
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

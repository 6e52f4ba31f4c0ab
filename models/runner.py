"""The writer's core: one batch at a time is sorted, decided, committed and answered. Knows no thread, no queue and
no database of its own, so that a simulation runs the very same code step by step.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from models.batch import BatchResult, Ledger, Step, carry_out
from models.clock import Clock
from models.commands import BatchDecider, Command, Decision, Outcome, Reply, Transaction, Write
from models.errors import Contended
from models.pending import Pending, Result, deliver, not_kept, unknown

log = logging.getLogger(__name__)


class Storage(Protocol):
    """What the writer needs of a database (``models.ledger``: SQL). ``shared``: others may change it meanwhile."""

    shared: bool

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """What was answered before to commands with these idempotency keys, as committed, by ``key_hash``."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """One unchanging snapshot of what was committed, for ``BatchDecider.follow``."""
        ...

    def writing(self) -> AbstractContextManager[Ledger]:
        """A write transaction; commits at the end, rolls back on an error."""
        ...


class Count(Protocol):
    """Adds to counts of ``models.writer.WriterStatistics``, by name."""

    def __call__(self, **more: int) -> None:
        """Add so many."""
        ...


@dataclass(slots=True)
class _Sorted:
    """A batch before it is decided: what is answered already, what goes on, what waits for the next batch."""

    answered: list[tuple[Pending, Result]] = field(default_factory=list)
    going: list[Pending] = field(default_factory=list)
    deferred: list[Pending] = field(default_factory=list)


class BatchRunner:
    """Carries out batches of commands on a storage.

    ``decider`` decides the commands that have no ``write`` of their own. ``clock`` tells the server's moment.
    ``attempts``: how often one command is decided before it is given up as contended. One call at a time.
    """

    def __init__(
        self, storage: Storage, decider: BatchDecider, clock: Clock, attempts: int, count: Count
    ) -> None:
        self._storage = storage
        self._decider = decider
        self._clock = clock
        self._attempts = attempts
        self._count = count
        self._snapshot_is_sound = True

    def carry_out(self, batch: Sequence[Pending]) -> list[Pending]:
        """Answer a batch, each command after its commit; returns what is to come first in the next batch, in order."""
        later: list[Pending] = []
        try:
            self._carry_out(batch, later)
        except Exception:
            # The last net: no caller may wait for ever.
            log.exception("A batch of %d commands failed outside its transaction", len(batch))
            self._snapshot_is_sound = False
            waiting = set(map(id, later))
            deliver([(pending, not_kept()) for pending in batch if id(pending) not in waiting])
        return later

    def catch_up_quietly(self) -> None:
        """Take in what other processes committed, outside of any batch."""
        try:
            self._catch_up()
        except Exception:
            log.exception("What other processes committed could not be read; the next batch reads it")
            self._snapshot_is_sound = False

    def _carry_out(self, batch: Sequence[Pending], later: list[Pending]) -> None:
        parts = self._sort(batch)
        deliver(parts.answered)
        self._count(replayed=len(parts.answered))
        later += parts.deferred
        if not parts.going:
            return
        self._catch_up()
        steps, ready, failed = self._decide(parts.going)
        deliver(failed)
        if steps:
            later[:0] = self._commit(steps, ready)

    def _catch_up(self) -> None:
        """Have the decider stand where the database stands."""
        if not self._snapshot_is_sound:
            self._rebuild()
        elif self._storage.shared:
            with self._storage.reading() as connection:
                self._follow(connection)

    def _follow(self, connection: Connection) -> bool:
        try:
            return self._decider.follow(connection)
        except Exception:
            self._snapshot_is_sound = False
            raise

    def _sort(self, batch: Sequence[Pending]) -> _Sorted:
        """Answer replays before anything is decided; a second command with a key waits for the first's
        commit."""
        answers = self._answers(batch)
        parts, keys = _Sorted(), set[bytes]()
        for pending in batch:
            key = pending.command.key_hash
            if key is not None and key in answers:
                # Looked up alone: two commands with one key may carry different bodies.
                parts.answered.append((pending, self._answers([pending])[key]))
            elif key is not None and key in keys:
                parts.deferred.append(pending)
            else:
                parts.going.append(pending)
                keys.update([key] if key else [])
        return parts

    def _answers(self, batch: Sequence[Pending]) -> dict[bytes, Result]:
        commands = [pending.command for pending in batch if pending.command.key_hash is not None]
        return self._storage.answers(commands) if commands else {}

    def _decide(self, going: list[Pending]) -> tuple[list[Step], list[Pending], list[tuple[Pending, Result]]]:
        asked = [pending for pending in going if pending.command.write is None]
        decided = self._decisions([pending.command for pending in asked])
        decisions = dict(zip(map(id, asked), decided, strict=True))
        steps: list[Step] = []
        ready: list[Pending] = []
        failed: list[tuple[Pending, Result]] = []
        for pending in going:
            decision = decisions.get(id(pending))
            if isinstance(decision, Exception):
                failed.append((pending, decision))
                continue
            steps.append(_step(pending.command, decision))
            ready.append(pending)
        return steps, ready, failed

    def _decisions(self, commands: list[Command]) -> Sequence[Decision | Exception]:
        if not commands:
            return []
        try:
            return self._decider.decide(commands)
        except Exception:
            log.exception("The decider failed on a batch of %d commands; deciding one by one", len(commands))
            self._rebuild()
            return [self._decision_alone(command) for command in commands]

    def _decision_alone(self, command: Command) -> Decision | Exception:
        try:
            (decision,) = self._decider.decide([command])
        except Exception as error:
            log.exception("The decider failed on %s", command.name)
            return error
        return decision

    def _commit(self, steps: list[Step], ready: list[Pending]) -> list[Pending]:
        commit_alone_is_left = False
        try:
            with self._storage.writing() as ledger:
                if self._storage.shared:
                    steps = self._on_the_newest(ledger, steps)
                result = carry_out(ledger, steps, self._clock())
                commit_alone_is_left = True
        except Exception as error:
            log.exception("A batch of %d commands could not be committed", len(steps))
            self._count(failed_commits=1)
            self._snapshot_is_sound = False
            lost = commit_alone_is_left and isinstance(error, DBAPIError) and error.connection_invalidated
            deliver([(pending, unknown() if lost else not_kept()) for pending in ready])
            return []
        self._tell_decider(steps, result)
        return self._settle(ready, result)

    def _on_the_newest(self, ledger: Ledger, steps: list[Step]) -> list[Step]:
        """The steps as they are to be carried out: decided again if another process committed meanwhile.

        From here to the commit nobody else does, so what is decided now stands on the newest hospital.
        """
        if ledger.lock() == self._decider.revision:
            return steps
        decided = [(place, step.decision) for place, step in enumerate(steps) if step.decision is not None]
        for place, decision in reversed(decided):
            self._decider.refused(steps[place].command, decision)
        self._follow(ledger.connection)
        self._count(decided_again=len(decided))
        again = list(steps)
        commands = [steps[place].command for place, _ in decided]
        for (place, _), anew in zip(decided, self._decisions(commands), strict=True):
            again[place] = _step(steps[place].command, anew)
        return again

    def _tell_decider(self, steps: list[Step], result: BatchResult) -> None:
        try:
            kept: list[Decision] = []
            for place, step in enumerate(steps):
                if step.decision is None:
                    continue
                if _is_fresh(result.results.get(place)):
                    kept.append(step.decision)
                else:
                    self._decider.refused(step.command, step.decision)
            self._decider.committed(kept, result.revision)
        except Exception:
            # What is committed stays committed; only the snapshot is in doubt.
            log.exception("The decider failed after a commit; its snapshot will be rebuilt")
            self._snapshot_is_sound = False

    def _settle(self, ready: list[Pending], result: BatchResult) -> list[Pending]:
        """Tell what was committed; returns what a guard refused and is to be decided again."""
        settled: list[tuple[Pending, Result]] = []
        again: list[Pending] = []
        for place, pending in enumerate(ready):
            violation = result.refused.get(place)
            if violation is None:
                settled.append((pending, result.results[place]))
                continue
            pending.attempts += 1
            if pending.attempts < self._attempts:
                again.append(pending)
            else:
                settled.append((pending, Contended(pending.command.name, violation.guard, pending.attempts)))
        self._count(refused=len(result.refused))
        deliver(settled)
        return again

    def _rebuild(self) -> None:
        self._snapshot_is_sound = False
        self._decider.reset()
        self._snapshot_is_sound = True


def _step(command: Command, decision: Decision | Exception | None) -> Step:
    if isinstance(decision, Exception):
        return Step(command, _raising(decision))
    if decision is not None:
        return Step(command, decision.write, decision)
    assert command.write is not None
    return Step(command, command.write)


def _raising(error: Exception) -> Write:
    def write(_: Transaction) -> Outcome:
        raise error

    return write


def _is_fresh(result: Result | None) -> bool:
    return isinstance(result, Reply) and not result.replayed

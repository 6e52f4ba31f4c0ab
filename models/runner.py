"""The writer's core: one batch at a time is sorted, decided, committed and answered. Knows no thread, no queue and
no database of its own, so that a simulation runs the very same code step by step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from models.batch import BatchResult, Ledger, Step, carry_out
from models.clock import Clock
from models.commands import BatchDecider, Command, Decision, Reply
from models.errors import Contended, StorageError
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


class _KeysUnknown(Exception):
    """Whether commands were answered before could not be looked up: nobody may say that nothing of them is kept."""


@dataclass(slots=True)
class _Sorted:
    """A batch before it is decided: what is answered already, what goes on, what waits for the next batch."""

    answered: list[tuple[Pending, Result]] = field(default_factory=list)
    going: list[Pending] = field(default_factory=list)
    deferred: list[Pending] = field(default_factory=list)


class BatchRunner:
    """Carries out batches of commands on a storage.

    ``decider`` decides the commands that have no ``write`` of their own. ``clock`` tells the server's moment.
    ``attempts``: how often one command is decided before it is given up as contended. ``try_to_store`` raises while
    storage fails; without it the next batch finds out. One call at a time.
    """

    def __init__(
        self,
        storage: Storage,
        decider: BatchDecider,
        clock: Clock,
        attempts: int,
        count: Count,
        try_to_store: Callable[[], None] = lambda: None,
    ) -> None:
        self._storage = storage
        self._decider = decider
        self._clock = clock
        self._attempts = attempts
        self._count = count
        self._try_to_store = try_to_store
        self._snapshot_is_sound = True
        self._storing = True

    @property
    def storing(self) -> bool:
        """Whether the last attempt to store something succeeded."""
        return self._storing

    def carry_out(self, batch: Sequence[Pending]) -> list[Pending]:
        """Answer a batch, each command after its commit; returns what is to come first in the next batch, in order."""
        later: list[Pending] = []
        try:
            self._carry_out(batch, later)
        except Exception as error:
            # The last net: no caller may wait for ever.
            self._failed("A batch of %d commands failed outside its transaction", len(batch))
            waiting = set(map(id, later))
            result = unknown if isinstance(error, _KeysUnknown) else not_kept
            deliver([(pending, result()) for pending in batch if id(pending) not in waiting])
        return later

    def catch_up_quietly(self) -> None:
        """Outside of any batch: see whether storage that failed works again, take in what other processes committed."""
        try:
            self._catch_up()
        except Exception:
            if self._storing:
                log.exception("What other processes committed could not be read; the next batch reads it")
            self._storing = self._snapshot_is_sound = False

    def _failed(self, message: str, commands: int) -> None:
        """Called where a batch failed. Only the first failure in a row is told at length."""
        log.error(message, commands, exc_info=self._storing)
        self._storing = self._snapshot_is_sound = False
        self._count(failed_commits=1)

    def _carry_out(self, batch: Sequence[Pending], later: list[Pending]) -> None:
        parts = self._sort(batch)
        deliver(parts.answered)
        self._count(replayed=len(parts.answered))
        later += parts.deferred
        if not parts.going:
            return
        self._catch_up()
        parts.going.sort(key=self._place)
        steps = self._decide([pending.command for pending in parts.going])
        refusals = [step.refusal for step in steps if step.refusal is not None]
        if len(refusals) == len(steps):
            deliver(list(zip(parts.going, refusals, strict=True)))
        else:
            later[:0] = self._commit(steps, parts.going)

    def _catch_up(self) -> None:
        """Have the decider stand where the database stands; not before storage works again, if it failed."""
        if not self._storing:
            self._try_to_store()
            log.warning("Storage works again")
            self._storing = True
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

    def _place(self, pending: Pending) -> int:
        """Commands that wait for one commit came at the same time, whoever was first in the queue."""
        command = pending.command
        return 0 if command.write is not None else self._decider.place_in_batch(command)

    def _answers(self, batch: Sequence[Pending]) -> dict[bytes, Result]:
        commands = [pending.command for pending in batch if pending.command.key_hash is not None]
        try:
            return self._storage.answers(commands) if commands else {}
        except Exception as error:
            raise _KeysUnknown from error

    def _decide(self, commands: list[Command]) -> list[Step]:
        decided = iter(self._decisions([command for command in commands if command.write is None]))
        return [_undecided(c) if c.write is not None else _decided(c, next(decided)) for c in commands]

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
            # Where it stopped, and with what of the command on its snapshot, nobody knows.
            self._snapshot_is_sound = False
            return error
        return decision

    def _commit(self, steps: list[Step], ready: list[Pending]) -> list[Pending]:
        committing = False
        try:
            with self._storage.writing() as ledger:
                if self._storage.shared:
                    steps = self._on_the_newest(ledger, steps)
                result = carry_out(ledger, steps, self._clock())
                committing = True
        except Exception as error:
            self._failed("A batch of %d commands could not be committed", len(steps))
            # What a constraint or we ourselves refuse is not kept; of any other end of a COMMIT nobody can be sure.
            lost = committing and not isinstance(error, IntegrityError | StorageError)
            deliver([(pending, unknown() if lost else not_kept()) for pending in ready])
            return []
        self._tell_decider(steps, result)
        return self._settle(steps, ready, result)

    def _on_the_newest(self, ledger: Ledger, steps: list[Step]) -> list[Step]:
        """The steps as they are to be carried out: decided again if another process committed meanwhile.

        From here to the commit nobody else does, so what is decided now stands on the newest hospital.
        """
        if ledger.lock() == self._decider.revision:
            return steps
        for step in reversed(steps):
            if step.decision is not None:
                self._decider.refused(step.command, step.decision)
        self._follow(ledger.connection)
        self._count(decided_again=sum(step.command.write is None for step in steps))
        return self._decide([step.command for step in steps])

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

    def _settle(self, steps: list[Step], ready: list[Pending], result: BatchResult) -> list[Pending]:
        """Tell what became of each command; returns those to be decided again: what a guard refused, and what was
        refused on the strength of an earlier decision that was not kept."""
        settled: list[tuple[Pending, Result]] = []
        again: list[Pending] = []
        shaken = False
        for place, (step, pending) in enumerate(zip(steps, ready, strict=True)):
            outcome: Result
            if place in result.refused:
                outcome = Contended(step.command.name, result.refused[place].guard, pending.attempts + 1)
            elif step.refusal is not None and shaken:
                outcome = not_kept()
            else:
                settled.append((pending, result.results[place]))
                shaken = shaken or (step.decision is not None and not _is_fresh(result.results[place]))
                continue
            shaken = True
            pending.attempts += 1
            if pending.attempts < self._attempts:
                again.append(pending)
            else:
                settled.append((pending, outcome))
        self._count(refused=len(result.refused))
        deliver(settled)
        return again

    def _rebuild(self) -> None:
        self._snapshot_is_sound = False
        self._decider.reset()
        self._snapshot_is_sound = True


def _undecided(command: Command) -> Step:
    """A plain command as it is carried out, or one still to be decided."""
    return Step(command, command.write)


def _decided(command: Command, decision: Decision | Exception) -> Step:
    if isinstance(decision, Exception):
        return Step(command, None, refusal=decision)
    return Step(command, decision.write, decision)


def _is_fresh(result: Result | None) -> bool:
    return isinstance(result, Reply) and not result.replayed

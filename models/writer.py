"""The one writer of a process: commands queue, a thread takes what queued while the last commit synced, and
commits it together.

An answer leaves only after its commit. No timer forms the batches: under load they form by themselves,
because a commit takes as long as the disk's sync. Safe to use from any thread and from asyncio.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from models.batch import BatchResult, Step, carry_out, stored_answers
from models.clock import Clock
from models.commands import BatchDecider, Command, Decision, Outcome, Reply, Transaction, Write
from models.connections import Closable
from models.database import Database
from models.errors import Contended, QueueFull, WriterClosed
from models.following import revision_of
from models.pending import Pending, Result, deliver, not_kept, settle, unknown

BATCH = 512
QUEUE = 4096
ATTEMPTS = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriterStatistics:
    """Counts since the writer began; ``waiting`` is the queue now, ``busy_seconds`` time spent on batches,
    ``decided_again`` commands whose decision another process's commit had made stale."""

    waiting: int = 0
    batches: int = 0
    commands: int = 0
    largest_batch: int = 0
    replayed: int = 0
    refused: int = 0
    failed_commits: int = 0
    decided_again: int = 0
    busy_seconds: float = 0.0


@dataclass(slots=True)
class _Sorted:
    """A batch before it is decided: what is answered already, what goes on, what waits for the next batch."""

    answered: list[tuple[Pending, Result]] = field(default_factory=list)
    going: list[Pending] = field(default_factory=list)
    deferred: list[Pending] = field(default_factory=list)


class Writer:
    """Carries out commands in batches on the database's writing connection.

    ``decider`` decides the commands that have no ``write`` of their own. ``clock`` tells the server's
    moment. ``batch`` and ``queue`` bound the operations of one commit and the commands that may wait;
    ``attempts`` how often one command is decided before it is given up as contended. ``start`` begins,
    ``close`` ends after the queue is empty.
    """

    def __init__(
        self,
        database: Database,
        decider: BatchDecider,
        clock: Clock,
        *,
        batch: int = BATCH,
        queue: int = QUEUE,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._database = database
        self._decider = decider
        self._clock = clock
        self._batch = batch
        self._queue = queue
        self._attempts = attempts
        self._waiting: deque[Pending] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._snapshot_is_sound = True
        self._behind = False
        self._listener: Closable | None = None
        self._statistics = WriterStatistics()
        self._thread = threading.Thread(target=self._run, name="wardflow-writer", daemon=True)

    def start(self) -> Writer:
        """Begin to take commands."""
        self._thread.start()
        self._listener = self._database.listen(self._heard)
        return self

    def close(self) -> None:
        """Refuse new commands, carry out those that wait, stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._listener is not None:
            self._listener.close()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def statistics(self) -> WriterStatistics:
        """A consistent copy of the counts."""
        with self._changed:
            return replace(self._statistics, waiting=len(self._waiting))

    async def submit(self, command: Command) -> Reply:
        """Queue a command and wait for its commit; raises what the command raised.

        A caller that is cancelled does not take the command back: it may be committed all the same.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        self._enqueue(Pending(command, lambda result: settle(future, result), loop))
        return await future

    def submit_and_wait(self, command: Command, timeout: float | None = None) -> Reply:
        """As ``submit``, for callers without a loop; ``timeout`` in seconds raises ``TimeoutError``."""
        return self.submit_later(command).result(timeout)

    def submit_later(self, command: Command) -> Future[Reply]:
        """Queue a command; the future is resolved after its commit and cannot be cancelled. Raises
        ``QueueFull`` or ``WriterClosed``."""
        future: Future[Reply] = Future()
        future.set_running_or_notify_cancel()
        self._enqueue(Pending(command, lambda result: settle(future, result)))
        return future

    def _enqueue(self, pending: Pending) -> None:
        with self._changed:
            if self._closed:
                raise WriterClosed("The service is shutting down and takes no more commands.")
            if len(self._waiting) >= self._queue:
                raise QueueFull(len(self._waiting), self._seconds_to_drain())
            self._waiting.append(pending)
            self._changed.notify()

    def _seconds_to_drain(self) -> int:
        done = self._statistics
        pace = done.commands / done.busy_seconds if done.busy_seconds else 0.0
        return max(1, math.ceil(len(self._waiting) / pace)) if pace else 1

    def _heard(self, revision: int) -> None:
        """Another process committed: catch up in a quiet moment, so that the next batch need not."""
        if revision > self._decider.revision:
            with self._changed:
                self._behind = True
                self._changed.notify()

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            if not batch:
                self._catch_up_quietly()
                continue
            began = time.monotonic()
            try:
                self._carry_out(batch)
            except Exception:
                # The last net: no caller may wait for ever, and the thread must live.
                log.exception("A batch of %d commands failed outside its transaction", len(batch))
                self._snapshot_is_sound = False
                deliver([(pending, not_kept()) for pending in self._gone(batch)])
            self._count_batch(len(batch), time.monotonic() - began)

    def _gone(self, batch: list[Pending]) -> list[Pending]:
        with self._changed:
            put_back = set(map(id, self._waiting))
        return [pending for pending in batch if id(pending) not in put_back]

    def _take(self) -> list[Pending] | None:
        """What waits; nothing, if only other processes have news; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed or self._behind)
            self._behind = False
            if self._closed and not self._waiting:
                return None
            count = min(len(self._waiting), self._batch)
            return [self._waiting.popleft() for _ in range(count)]

    def _put_back(self, pendings: Sequence[Pending]) -> None:
        with self._changed:
            self._waiting.extendleft(reversed(pendings))

    def _carry_out(self, batch: list[Pending]) -> None:
        parts = self._sort(batch)
        deliver(parts.answered)
        self._count(replayed=len(parts.answered))
        self._put_back(parts.deferred)
        if not parts.going:
            return
        self._catch_up()
        steps, ready, failed = self._decide(parts.going)
        deliver(failed)
        if steps:
            self._commit(steps, ready)

    def _catch_up(self) -> None:
        """Have the decider stand where the database stands."""
        if not self._snapshot_is_sound:
            self._rebuild()
        elif self._database.shared:
            with self._database.reading() as connection:
                self._follow(connection)

    def _catch_up_quietly(self) -> None:
        try:
            self._catch_up()
        except Exception:
            log.exception("What other processes committed could not be read; the next batch reads it")
            self._snapshot_is_sound = False

    def _follow(self, connection: Connection) -> bool:
        try:
            return self._decider.follow(connection)
        except Exception:
            self._snapshot_is_sound = False
            raise

    def _sort(self, batch: list[Pending]) -> _Sorted:
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

    def _answers(self, batch: list[Pending]) -> dict[bytes, Result]:
        commands = [pending.command for pending in batch if pending.command.key_hash is not None]
        if not commands:
            return {}
        with self._database.reading() as connection:
            return stored_answers(connection, commands)

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

    def _commit(self, steps: list[Step], ready: list[Pending]) -> None:
        commit_alone_is_left = False
        try:
            with self._database.writing() as connection:
                if self._database.shared:
                    steps = self._on_the_newest(connection, steps)
                result = carry_out(connection, self._database.dialect, steps, self._clock())
                commit_alone_is_left = True
        except Exception as error:
            log.exception("A batch of %d commands could not be committed", len(steps))
            self._count(failed_commits=1)
            self._snapshot_is_sound = False
            lost = commit_alone_is_left and isinstance(error, DBAPIError) and error.connection_invalidated
            deliver([(pending, unknown() if lost else not_kept()) for pending in ready])
            return
        self._tell_decider(steps, result)
        self._settle(ready, result)

    def _on_the_newest(self, connection: Connection, steps: list[Step]) -> list[Step]:
        """The steps as they are to be carried out: decided again if another process committed meanwhile.

        From here to the commit nobody else does, so what is decided now stands on the newest hospital.
        """
        self._database.dialect.take_write_lock(connection)
        if revision_of(connection) == self._decider.revision:
            return steps
        decided = [(place, step.decision) for place, step in enumerate(steps) if step.decision is not None]
        for place, decision in reversed(decided):
            self._decider.refused(steps[place].command, decision)
        self._follow(connection)
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

    def _settle(self, ready: list[Pending], result: BatchResult) -> None:
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
        self._put_back(again)
        deliver(settled)

    def _rebuild(self) -> None:
        self._snapshot_is_sound = False
        self._decider.reset()
        self._snapshot_is_sound = True

    def _count(self, **more: int) -> None:
        with self._changed:
            was = self._statistics
            self._statistics = replace(was, **{name: getattr(was, name) + n for name, n in more.items()})

    def _count_batch(self, size: int, seconds: float) -> None:
        with self._changed:
            was = self._statistics
            self._statistics = replace(
                was,
                batches=was.batches + 1,
                commands=was.commands + size,
                largest_batch=max(was.largest_batch, size),
                busy_seconds=was.busy_seconds + seconds,
            )


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

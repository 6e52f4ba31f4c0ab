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
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from models.batch import BatchResult, Step, carry_out, stored_answers
from models.clock import Clock
from models.commands import BatchDecider, Command, Decision, Reply
from models.database import Database
from models.errors import CommitFailed, Contended, QueueFull, WriterClosed

BATCH = 512
QUEUE = 4096
ATTEMPTS = 3

log = logging.getLogger(__name__)

Result = Reply | Exception


@dataclass(frozen=True, slots=True)
class WriterStatistics:
    """Counts since the writer began; ``waiting`` is the queue now, ``busy_seconds`` time spent on batches."""

    waiting: int = 0
    batches: int = 0
    commands: int = 0
    largest_batch: int = 0
    replayed: int = 0
    refused: int = 0
    failed_commits: int = 0
    busy_seconds: float = 0.0


@dataclass(slots=True, eq=False)
class _Pending:
    command: Command
    deliver: Callable[[Result], None]
    loop: asyncio.AbstractEventLoop | None = None
    attempts: int = 0


@dataclass(slots=True)
class _Sorted:
    """A batch before it is decided: what is answered already, what goes on, what waits for the next batch."""

    answered: list[tuple[_Pending, Result]] = field(default_factory=list)
    going: list[_Pending] = field(default_factory=list)
    deferred: list[_Pending] = field(default_factory=list)


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
        self._waiting: deque[_Pending] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._snapshot_is_sound = True
        self._statistics = WriterStatistics()
        self._thread = threading.Thread(target=self._run, name="wardflow-writer", daemon=True)

    def start(self) -> Writer:
        """Begin to take commands."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Refuse new commands, carry out those that wait, stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
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
        self._enqueue(_Pending(command, lambda result: _settle(future, result), loop))
        return await future

    def submit_and_wait(self, command: Command, timeout: float | None = None) -> Reply:
        """As ``submit``, for callers without a loop; ``timeout`` in seconds raises ``TimeoutError``."""
        return self.submit_later(command).result(timeout)

    def submit_later(self, command: Command) -> Future[Reply]:
        """Queue a command; the future is resolved after its commit and cannot be cancelled. Raises
        ``QueueFull`` or ``WriterClosed``."""
        future: Future[Reply] = Future()
        future.set_running_or_notify_cancel()
        self._enqueue(_Pending(command, lambda result: _settle(future, result)))
        return future

    def _enqueue(self, pending: _Pending) -> None:
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

    def _run(self) -> None:
        while batch := self._take():
            began = time.monotonic()
            try:
                self._carry_out(batch)
            except Exception:
                # The last net: no caller may wait for ever, and the thread must live.
                log.exception("A batch of %d commands failed outside its transaction", len(batch))
                self._snapshot_is_sound = False
                _deliver([(pending, _not_kept()) for pending in self._gone(batch)])
            self._count_batch(len(batch), time.monotonic() - began)

    def _gone(self, batch: list[_Pending]) -> list[_Pending]:
        with self._changed:
            put_back = set(map(id, self._waiting))
        return [pending for pending in batch if id(pending) not in put_back]

    def _take(self) -> list[_Pending]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            count = min(len(self._waiting), self._batch)
            return [self._waiting.popleft() for _ in range(count)]

    def _put_back(self, pendings: Sequence[_Pending]) -> None:
        with self._changed:
            self._waiting.extendleft(reversed(pendings))

    def _carry_out(self, batch: list[_Pending]) -> None:
        parts = self._sort(batch)
        _deliver(parts.answered)
        self._count(replayed=len(parts.answered))
        self._put_back(parts.deferred)
        if not parts.going:
            return
        if not self._snapshot_is_sound:
            self._rebuild()
        steps, ready, failed = self._decide(parts.going)
        _deliver(failed)
        if steps:
            self._commit(steps, ready)

    def _sort(self, batch: list[_Pending]) -> _Sorted:
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

    def _answers(self, batch: list[_Pending]) -> dict[bytes, Result]:
        commands = [pending.command for pending in batch if pending.command.key_hash is not None]
        if not commands:
            return {}
        with self._database.reading() as connection:
            return stored_answers(connection, commands)

    def _decide(
        self, going: list[_Pending]
    ) -> tuple[list[Step], list[_Pending], list[tuple[_Pending, Result]]]:
        asked = [pending for pending in going if pending.command.write is None]
        decisions = dict(zip(map(id, asked), self._decisions(asked), strict=True))
        steps: list[Step] = []
        ready: list[_Pending] = []
        failed: list[tuple[_Pending, Result]] = []
        for pending in going:
            decision = decisions.get(id(pending))
            if isinstance(decision, Exception):
                failed.append((pending, decision))
                continue
            steps.append(_step(pending.command, decision))
            ready.append(pending)
        return steps, ready, failed

    def _decisions(self, asked: list[_Pending]) -> Sequence[Decision | Exception]:
        commands = [pending.command for pending in asked]
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

    def _commit(self, steps: list[Step], ready: list[_Pending]) -> None:
        try:
            with self._database.writing() as connection:
                result = carry_out(connection, self._database.dialect, steps, self._clock())
        except Exception:
            log.exception("A batch of %d commands could not be committed", len(steps))
            self._count(failed_commits=1)
            self._snapshot_is_sound = False
            _deliver([(pending, _not_kept()) for pending in ready])
            return
        self._tell_decider(steps, result)
        self._settle(ready, result)

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

    def _settle(self, ready: list[_Pending], result: BatchResult) -> None:
        settled: list[tuple[_Pending, Result]] = []
        again: list[_Pending] = []
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
        _deliver(settled)

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


def _step(command: Command, decision: Decision | None) -> Step:
    if decision is not None:
        return Step(command, decision.write, decision)
    assert command.write is not None
    return Step(command, command.write)


def _is_fresh(result: Result | None) -> bool:
    return isinstance(result, Reply) and not result.replayed


def _not_kept() -> CommitFailed:
    return CommitFailed(
        "The change could not be stored and nothing of it was kept; send the same command again."
    )


def _settle(future: Future[Reply] | asyncio.Future[Reply], result: Result) -> None:
    if future.done():
        return
    if isinstance(result, Reply):
        future.set_result(result)
    else:
        future.set_exception(result)


def _deliver(settled: list[tuple[_Pending, Result]]) -> None:
    """Hand out results; one wake-up per event loop, not one per command."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Pending, Result]]] = {}
    for pending, result in settled:
        if pending.loop is None:
            pending.deliver(result)
        else:
            by_loop.setdefault(pending.loop, []).append((pending, result))
    for loop, results in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_deliver_here, results)


def _deliver_here(results: list[tuple[_Pending, Result]]) -> None:
    for pending, result in results:
        pending.deliver(result)

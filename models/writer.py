"""The one writer of a process: commands queue, a thread takes what queued while the last commit synced, and
commits it together.

An answer leaves only after its commit. No timer forms the batches: under load they form by themselves,
because a commit takes as long as the disk's sync. Safe to use from any thread and from asyncio.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace

from models.clock import Clock
from models.commands import BatchDecider, Command, Reply
from models.connections import Closable
from models.database import Database
from models.errors import QueueFull, WriterClosed
from models.ledger import SqlStorage
from models.line import Line, Pace
from models.pending import Pending, settle
from models.runner import BatchRunner
from models.turns import Turns

BATCH = 512
QUEUE = 4096
ATTEMPTS = 3
PROBE_SECONDS = 1.0
"""While storage fails, it is tried this often whether it is back."""

PACE_SECONDS = 1.0
"""Of busy time, over which the pace of commands is taken."""

ALIKE = 1e-6
"""Weights that vary by less are one weight."""

STEADY_SECONDS = 2.0
"""So long after a failure nobody is told yet that changes are being stored."""


@dataclass(frozen=True, slots=True)
class WriterStatistics:
    """Counts since the writer began; ``waiting`` is the queue now, ``busy_seconds`` time spent on batches,
    ``at_work_seconds`` how long the present one has been under way, ``failed_commits`` batches of which nothing was
    seen to be stored, ``decided_again`` commands whose decision another process's commit had made stale."""

    waiting: int = 0
    batches: int = 0
    commands: int = 0
    largest_batch: int = 0
    replayed: int = 0
    refused: int = 0
    failed_commits: int = 0
    decided_again: int = 0
    busy_seconds: float = 0.0
    at_work_seconds: float = 0.0

    @property
    def idle(self) -> bool:
        """Whether no batch is under way and none waits."""
        return not self.waiting and not self.at_work_seconds


class RecentPace:
    """How long batches take, by how much they hold: a line through those of late (least squares); what is long past
    counts half, then a quarter. Told apart, the commit does not make each command look dear: small batches would make
    batches small."""

    def __init__(self) -> None:
        self._sums = (0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def pace(self) -> Pace:
        """The line; all of it ``each`` while batches of one weight have been seen, nothing before any."""
        count, weight, seconds, squares, products = self._sums
        if not weight:
            return Pace()
        spread = count * squares - weight * weight
        if spread <= ALIKE * weight * weight:
            return Pace(0.0, seconds / weight)
        each = min(max(0.0, (count * products - weight * seconds) / spread), seconds / weight)
        return Pace((seconds - each * weight) / count, each)

    def took(self, weight: int, seconds: float) -> None:
        """So much was carried out in so long."""
        more = (1.0, weight, seconds, weight * weight, weight * seconds)
        self._sums = tuple(old + new for old, new in zip(self._sums, more, strict=True))  # type: ignore[assignment]
        if self._sums[2] > PACE_SECONDS:
            self._sums = tuple(one / 2 for one in self._sums)  # type: ignore[assignment]


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
        storage = SqlStorage(database)
        self._runner = BatchRunner(storage, decider, clock, attempts, self._count, storage.try_to_store)
        self._turns = Turns(database, decider)
        self._batch = batch
        self._queue = queue
        self._line = Line()
        self._pace = RecentPace()
        self._changed = threading.Condition()
        self._closed = False
        self._behind = False
        self._began: float | None = None
        self._failed_at = -math.inf
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
            at_work = 0.0 if self._began is None else time.monotonic() - self._began
            return replace(self._statistics, waiting=len(self._line), at_work_seconds=at_work)

    def pressed(self, spare: float) -> bool:
        """Whether a caller who waits has a deadline within so many seconds; asked by what takes long in the writer."""
        with self._changed:
            return self._line.soonest() - time.monotonic() <= spare

    @property
    def storing(self) -> bool:
        """Whether changes are being stored: the last attempt succeeded, and none has failed for a while. A disk that is
        all but full takes a small change and refuses the next; while it fails it is tried again every second."""
        return self._runner.storing and time.monotonic() - self._failed_at >= STEADY_SECONDS

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

    def continue_later(self, command: Command) -> bool:
        """Queue what goes on with work that a command began, and whose result nobody waits for; False, and no error, if
        it is not taken."""
        with suppress(QueueFull, WriterClosed):
            self._enqueue(Pending(command, lambda _: None))
            return True
        return False

    def _enqueue(self, pending: Pending) -> None:
        with self._changed:
            if self._closed:
                raise WriterClosed("The service is shutting down and takes no more commands.")
            if len(self._line) >= self._queue:
                raise QueueFull(len(self._line), self._seconds_to_drain())
            self._line.add(pending, time.monotonic())
            self._changed.notify()

    def _seconds_to_drain(self) -> int:
        done = self._statistics
        pace = done.commands / done.busy_seconds if done.busy_seconds else 0.0
        return max(1, math.ceil(len(self._line) / pace)) if pace else 1

    def _heard(self, revision: int) -> None:
        """Another process committed: catch up in a quiet moment, so that the next batch need not."""
        if revision > self._decider.revision:
            with self._changed:
                self._behind = True
                self._changed.notify()

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            if not batch:
                self._runner.catch_up_quietly()
                continue
            self._began = began = time.monotonic()
            with self._turns.turn():
                # What came while the turn was waited for goes along.
                batch += self._next(self._batch - len(batch), batch)
                self._put_back(self._runner.carry_out(batch))
            self._count_batch(batch, time.monotonic() - began)

    def _take(self) -> list[Pending] | None:
        """What waits; nothing, if only other processes have news, or storage is to be tried; None at the end."""
        with self._changed:
            patience = None if self.storing else PROBE_SECONDS
            self._changed.wait_for(lambda: len(self._line) or self._closed or self._behind, patience)
            self._behind = False
            if self._closed and not len(self._line):
                return None
        return self._next(self._batch)

    def _next(self, most: int, taken: Sequence[Pending] = ()) -> list[Pending]:
        with self._changed:
            return self._line.take(most, time.monotonic(), self._pace.pace, taken)

    def _put_back(self, pendings: Sequence[Pending]) -> None:
        with self._changed:
            self._line.put_back(pendings)

    def _count(self, **more: int) -> None:
        with self._changed:
            if more.get("failed_commits"):
                self._failed_at = time.monotonic()
            was = self._statistics
            self._statistics = replace(was, **{name: getattr(was, name) + n for name, n in more.items()})

    def _count_batch(self, batch: Sequence[Pending], seconds: float) -> None:
        size = len(batch)
        self._pace.took(sum(pending.command.weight for pending in batch), seconds)
        with self._changed:
            self._began = None
            was = self._statistics
            self._statistics = replace(
                was,
                batches=was.batches + 1,
                commands=was.commands + size,
                largest_batch=max(was.largest_batch, size),
                busy_seconds=was.busy_seconds + seconds,
            )

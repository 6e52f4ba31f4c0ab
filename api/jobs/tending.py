"""The service's part in jobs: what was stored is put on the board, what came of it is stored.

A job is on the hospital's record before it is on the board, and its outcome is on the record before it leaves the
board; each step may be done twice without harm. So nothing is lost whatever is killed in between.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection

from api.jobs.board import Board, Standing, Told
from api.jobs.kinds import Document
from api.services import jobs as records
from models.commands import Command, Write
from models.errors import StorageFails
from models.failures import storage_failed
from models.repositories import jobs
from models.repositories.jobs import StoredJob
from models.tables.jobs import JobState

if TYPE_CHECKING:
    from api.runtime import Runtime
    from models.keys import KeyRing

T = TypeVar("T")

log = logging.getLogger(__name__)

TENDER: Final = "job.tender"
"""Who hands jobs over and stores what came of them, in the audit trail."""

UNSTORABLE: Final = "What came of it could not be stored."

LINGERING: Final = 10
"""Looks of whoever follows a job for which it stays on the board when it has ended."""

AT_ONCE: Final = 2
"""Threads that may wait for the board: it is another database, and those that wait for the hospital's are not kept."""

LEASE: Final = 0x6A6F6273
"""Of the processes that share a hospital, one tends its jobs."""


class Tender:
    """Tends the jobs of one hospital. The board is opened when there is a first job."""

    def __init__(self, runtime: Runtime, keys: KeyRing) -> None:
        self._runtime = runtime
        self._keys = keys
        self._opening = threading.Lock()
        self._board: Board | None = None
        self._threads = CapacityLimiter(AT_ONCE)
        self._fresh = True
        self._failing: set[str] = set()
        self._over: dict[str, float] = {}

    async def run(self) -> None:
        """Look after jobs until the service stops."""
        lease = self._runtime.database.lease(LEASE)
        while await self._runtime.goes_on(self._runtime.settings.job_poll_seconds):
            if self._runtime.ready and self._runtime.storing:
                async with _Row(self._failing, "A look after the jobs"):
                    if await to_thread.run_sync(lease.held):
                        await self.round()
        await to_thread.run_sync(lease.close)

    async def round(self) -> None:
        """Have every job that has not ended on the board, pass on what is to stop, store what has ended."""
        if not await self._open_jobs() and not await self._may_be_left():
            return
        # In this order: what is on the board and not open afterwards has ended, or is not this hospital's.
        there = await self._on_board(Board.standing)
        found = await self._open_jobs()
        self._fresh = False
        for job in found.values():
            async with _Row(self._failing, f"Handing over {job.id}"):
                await self._hand_over(job, there.get(job.id))
        for job_id in sorted(there):
            async with _Row(self._failing, f"Storing what came of {job_id}"):
                await self._collect(job_id, there[job_id], found.get(job_id))

    async def progress(self, job_id: str, after: int) -> Sequence[Told]:
        """What the workers said of a job after a sequence; raises ``StorageFails``."""
        return await self._on_board(lambda board: board.told(job_id, after))

    async def standing(self, job_id: str) -> tuple[Document | None, int | None]:
        """The last that was said of a job that has not ended, and how many workers there are; None while the board
        does not say."""
        lost = self._runtime.settings.worker_lost_seconds
        try:
            return await self._on_board(lambda board: (board.last_told(job_id), board.alive(lost)))
        except Exception as error:
            log.warning("The board does not say how far a job is (%s)", type(error).__name__)
            return None, None

    def close(self) -> None:
        """Close the board."""
        with self._opening:
            if self._board is not None:
                self._board.close()
                self._board = None

    async def _open_jobs(self) -> dict[str, StoredJob]:
        return {job.id: job for job in await self._runtime.read(jobs.load_open_jobs)}

    async def _may_be_left(self) -> bool:
        """Whether something may be on the board although no job is open: once it was opened, and at the first look of
        a hospital that has had jobs."""
        if self._board is not None or not self._fresh:
            return self._board is not None
        had = await self._runtime.read(lambda connection: jobs.load_jobs(connection, "", 1))
        self._fresh = bool(had)
        return self._fresh

    async def _on_board(self, work: Callable[[Board], T]) -> T:
        """What comes of work on the board, off the event loop; the board is opened at the first call. Raises
        ``StorageFails`` if it does not answer in time."""

        def done() -> T:
            with self._opening:
                if self._board is None:
                    self._board = Board(self._runtime.settings.database, self._keys)
                board = self._board
            return work(board)

        try:
            async with asyncio.timeout(self._runtime.settings.answer_seconds):
                return await to_thread.run_sync(done, abandon_on_cancel=True, limiter=self._threads)
        except TimeoutError:
            raise StorageFails("The board of jobs has not answered in time.") from None

    async def _hand_over(self, job: StoredJob, standing: Standing | None) -> None:
        """Put a job on the board if it is not there: it is new, or the board is."""
        if standing is None:

            def spec_of(connection: Connection) -> Document:
                return jobs.load_spec(connection, job.id)

            spec = await self._runtime.read(spec_of)
            await self._on_board(lambda board: board.put(job.id, job.kind, spec))
        if job.state is JobState.REQUESTED:
            await self._note("job.hand_over", records.handed_over(job.id))
        if job.stopping and not (standing is not None and standing.stopped):
            await self._on_board(lambda board: board.stop(job.id))

    async def _collect(self, job_id: str, standing: Standing, job: StoredJob | None) -> None:
        """Store what came of a job. One that is not open any more, or not known, is forgotten, not at once: whoever
        follows it is to hear the last that was said of it."""
        if job is None:
            settings, now = self._runtime.settings, self._runtime.outside.monotonic()
            if now - self._over.setdefault(job_id, now) >= LINGERING * settings.event_poll_seconds:
                await self._on_board(lambda board: board.forget(job_id))
                del self._over[job_id]
        elif standing.ended:
            outcome = await self._on_board(lambda board: board.outcome(job_id))
            if outcome is not None:
                await self._store(job_id, outcome)

    async def _store(self, job_id: str, outcome: Document) -> None:
        try:
            await self._note("job.end", records.ended(job_id, outcome))
        except Exception as error:
            if isinstance(error, StorageFails) or storage_failed(error):
                raise
            log.error("What came of %s could not be stored (%s)", job_id, type(error).__name__)
            await self._note("job.end", records.ended(job_id, {"failed": UNSTORABLE}))

    async def _note(self, name: str, write: Write) -> None:
        await self._runtime.note(Command(name, TENDER, write=write))


class _Row:
    """A piece of work that may fail and comes again: the first failure of a row is logged, and no other work is kept
    from being done."""

    def __init__(self, failing: set[str], what: str) -> None:
        self._failing = failing
        self._what = what

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self._failing.discard(self._what)
            return False
        if not isinstance(error, Exception):
            return False
        if self._what not in self._failing:
            self._failing.add(self._what)
            log.error("%s failed (%s); it is tried again", self._what, type(error).__name__)
        return True

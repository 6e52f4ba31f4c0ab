"""The service's part in jobs: what was stored is put on the board, what came of it is stored.

A job is on the hospital's record before it is on the board, and its outcome is on the record before it leaves the
board; each step may be done twice without harm. So nothing is lost whatever is killed in between.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from anyio import to_thread
from sqlalchemy import Connection

from api.jobs.board import Board, Told
from api.jobs.kinds import Document
from api.services import jobs as records
from models.commands import Command, Write
from models.repositories import jobs
from models.repositories.jobs import StoredJob
from models.tables.jobs import JobState

if TYPE_CHECKING:
    from api.runtime import Runtime
    from models.keys import Key

T = TypeVar("T")

log = logging.getLogger(__name__)

TENDER: Final = "job.tender"
"""Who hands jobs over and stores what came of them, in the audit trail."""

LEASE: Final = 0x6A6F6273
"""Of the processes that share a hospital, one tends its jobs."""


class Tender:
    """Tends the jobs of one hospital. The board is opened when there is a first job."""

    def __init__(self, runtime: Runtime, key: Key) -> None:
        self._runtime = runtime
        self._key = key
        self._opening = threading.Lock()
        self._board: Board | None = None
        self._stopped: set[str] = set()

    async def run(self) -> None:
        """Look after jobs until the service stops."""
        lease = self._runtime.database.lease(LEASE)
        while await self._runtime.goes_on(self._runtime.settings.job_poll_seconds):
            if self._runtime.ready and self._runtime.storing:
                try:
                    if await to_thread.run_sync(lease.held):
                        await self.round()
                except Exception as error:
                    log.error("A look after the jobs failed (%s)", type(error).__name__)
        await to_thread.run_sync(lease.close)

    async def round(self) -> None:
        """Hand over what is new, pass on what is to stop, store what has ended."""
        found = await self._runtime.read(jobs.load_open_jobs)
        if not found:
            return
        for job in found:
            if job.state is JobState.REQUESTED:
                await self._hand_over(job)
            if job.stopping and job.id not in self._stopped:
                await self._on_board(functools.partial(Board.stop, job_id=job.id))
                self._stopped.add(job.id)
        await self._collect([job.id for job in found])

    async def progress(self, job_id: str, after: int) -> Sequence[Told]:
        """What the workers said of a job after a sequence."""
        return await self._on_board(lambda board: board.told(job_id, after))

    async def standing(self, job_id: str) -> tuple[Document | None, int]:
        """The last that was said of a job that has not ended, and how many workers there are."""

        since = time.time() - self._runtime.settings.worker_lost_seconds
        return await self._on_board(lambda board: (board.last_told(job_id), len(board.alive(since))))

    def close(self) -> None:
        """Close the board."""
        with self._opening:
            if self._board is not None:
                self._board.close()
                self._board = None

    async def _on_board(self, work: Callable[[Board], T]) -> T:
        """What comes of work on the board, off the event loop; the board is opened at the first call."""

        def done() -> T:
            with self._opening:
                if self._board is None:
                    self._board = Board(self._runtime.settings.database, self._key)
                board = self._board
            return work(board)

        return await to_thread.run_sync(done)

    async def _hand_over(self, job: StoredJob) -> None:
        def spec_of(connection: Connection) -> Document:
            return jobs.load_spec(connection, job.id)

        spec = await self._runtime.read(spec_of)
        await self._on_board(lambda board: board.put(job.id, job.kind, spec))
        await self._note("job.hand_over", records.handed_over(job.id))

    async def _collect(self, job_ids: list[str]) -> None:
        came = await self._on_board(lambda board: board.outcomes(job_ids))
        for job_id, outcome in came.items():
            await self._note("job.end", records.ended(job_id, outcome))
            await self._on_board(functools.partial(Board.forget, job_id=job_id))
            self._stopped.discard(job_id)

    async def _note(self, name: str, write: Write) -> None:
        await self._runtime.note(Command(name, TENDER, write=write))

"""What one worker does for all: takes over from those that were lost, begins anew what went wrong, clears away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from dbos import DBOS, WorkflowStatus

from api.jobs.board import Board

log = logging.getLogger(__name__)

JOBS: Final = "wardflow-jobs"
PIECES: Final = "wardflow-pieces"

MOST_REVIVALS: Final = 3
"""A job that no worker could lead to its end is begun anew so many times."""

GIVEN_UP: Final = (
    f"It was begun {MOST_REVIVALS + 1} times, and no worker could finish it. The workers' logs say why."
)

_WAITING: Final = ["ENQUEUED", "DELAYED"]
_AT_ONCE: Final = 100
"""Workflows looked at in one look, of each sort."""


class Caretaker:
    """A worker's share in looking after all of them. A worker is lost when its beat has stood still for
    ``lost_seconds`` of this machine's own time, so nobody's clock needs to be right."""

    def __init__(
        self,
        worker_id: str,
        version: str,
        board: Board,
        lost_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._id = worker_id
        self._version = version
        self._board = board
        self._lost_seconds = lost_seconds
        self._monotonic = monotonic
        self._seen: dict[str, tuple[float, float]] = {}
        self._revives_at = 0.0

    def look(self) -> None:
        """Look after everything, if it is this worker's turn."""
        alive = self.alive()
        if self._board.take_lease("take over", self._id, self._lost_seconds):
            self._take_over(alive)
            self._revive(alive)
            self._clear_away()

    def alive(self) -> set[str]:
        """Workers whose beat has changed of late; others are forgotten after a while."""
        now = self._monotonic()
        known, self._seen = self._seen, {}
        for worker_id, beat in self._board.beats().items():
            before = known.get(worker_id)
            self._seen[worker_id] = before if before is not None and before[0] == beat else (beat, now)
        silent = {worker_id: now - since for worker_id, (_, since) in self._seen.items()}
        for worker_id, seconds in silent.items():
            if seconds > 10 * self._lost_seconds and worker_id != self._id:
                self._board.leave(worker_id)
        return {worker_id for worker_id, seconds in silent.items() if seconds < self._lost_seconds} | {
            self._id
        }

    def _take_over(self, alive: set[str]) -> None:
        """Have what lost workers were doing done by others."""
        for workflow in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False):
            if workflow.executor_id not in alive and workflow.app_version == self._version:
                queue = JOBS if workflow.name == "job" else PIECES
                log.warning("A worker was lost; what it did of %s is done again", workflow.workflow_id)
                DBOS.resume_workflow(workflow.workflow_id, queue_name=queue)

    def _revive(self, alive: set[str]) -> None:
        """Begin anew jobs without an outcome whose workflow has ended, or belongs to workers of another version that
        are gone: a board may have come from a backup, a database may have been away for too long."""
        if self._monotonic() < self._revives_at:
            return
        self._revives_at = self._monotonic() + self._lost_seconds
        waiting = self._board.open_jobs()[:_AT_ONCE]
        versions = {worker_id.rpartition("@")[2] for worker_id in alive} | {self._version}
        found = _jobs(workflow_ids=waiting) if waiting else []
        stuck = [each for each in found if each.app_version not in versions or _ended(each)]
        # What has ended since it was put down as waiting has its outcome by now.
        still = set(self._board.open_jobs()) if stuck else set()
        for workflow in stuck:
            if workflow.workflow_id in still:
                self._begin_anew(workflow.workflow_id, orphaned=workflow.app_version not in versions)

    def _begin_anew(self, job_id: str, orphaned: bool) -> None:
        if not orphaned and _pieces_go_on(job_id):
            return
        if not self._board.revive(job_id, MOST_REVIVALS):
            self._board.end(job_id, {"failed": GIVEN_UP})
            return
        log.warning("Job %s is begun anew", job_id)
        DBOS.delete_workflows([job_id], delete_children=True)

    def _clear_away(self) -> None:
        """Forget how jobs were done that nobody asks for any more."""
        done = [each.workflow_id for each in _jobs(status=list(_ENDED), limit=_AT_ONCE)]
        there = self._board.standing() if done else {}
        gone = [job_id for job_id in done if job_id not in there and not _pieces_go_on(job_id)]
        if gone:
            DBOS.delete_workflows(gone, delete_children=True)


_ENDED: Final = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


def _jobs(
    workflow_ids: list[str] | None = None, status: list[str] | None = None, limit: int | None = None
) -> list[WorkflowStatus]:
    return DBOS.list_workflows(
        workflow_ids=workflow_ids,
        status=status,
        limit=limit,
        name="job",
        load_input=False,
        load_output=False,
    )


def _ended(workflow: WorkflowStatus) -> bool:
    return workflow.status in _ENDED


def _pieces_go_on(job_id: str) -> bool:
    """Whether pieces of a job that has ended are under way; those that only wait are called off."""
    active = DBOS.list_workflows(
        parent_workflow_id=job_id, status=[*_WAITING, "PENDING"], load_input=False, load_output=False
    )
    waiting = [each.workflow_id for each in active if each.status in _WAITING]
    if waiting:
        DBOS.cancel_workflows(waiting)
    return len(waiting) < len(active)

"""A job worker: takes jobs from the board, has their pieces done, takes over from workers that died.

Jobs and pieces are durable workflows (DBOS Transact) in the board's database: what was done stays done when a worker is
killed, and the rest goes on elsewhere. Jobs are enqueued under their own id, so however many workers see one on the
board, it is done once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, TypeVar

import orjson
from dbos import DBOS, DBOSConfig, Serializer

from api.jobs.board import SCHEMA, Board
from api.jobs.kinds import Document, Kinds, Observer
from api.jobs.pieces import Crew, Ending, Piece, PieceFailed

T = TypeVar("T")

log = logging.getLogger(__name__)

VERSION: Final = "1"
"""Of how a job is carried out: a worker of another version leaves the workflows of this one alone."""

JOBS: Final = "wardflow-jobs"
PIECES: Final = "wardflow-pieces"
JOBS_AT_ONCE: Final = 8
"""Jobs that one worker leads; leading one takes a thread that waits."""

_BACKLOG: Final = 64
"""Jobs put into the queue at one look."""


class Json(Serializer):
    """Inputs and outputs of workflows as JSON: nothing is ever unpickled from the database."""

    def serialize(self, data: Any) -> str:
        """To the database; what is no JSON (an exception of the library's own) as its type's name."""
        return orjson.dumps(data, default=lambda value: type(value).__name__).decode()

    def deserialize(self, serialized_data: str) -> Any:
        """From the database."""
        return orjson.loads(serialized_data)

    def name(self) -> str:
        """Kept with each row."""
        return "wardflow_json"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker works: ``processes`` pieces at once of ``memory_bytes`` each; it looks for work every
    ``poll_seconds``, kills what does not stop within ``stop_seconds``, and takes over from a worker that has not been
    heard of for ``lost_seconds``."""

    processes: int
    memory_bytes: int
    poll_seconds: float = 0.5
    stop_seconds: float = 30.0
    lost_seconds: float = 15.0


class Worker:
    """A running worker, one in a process (the library keeps one instance). Leaving the context ends it: pieces under
    way are left to others, or to the next start, and the threads that wait for them end with the process alone."""

    def __init__(
        self, worker_id: str, board: Board, kinds: Kinds, pace: Pace, wall: Callable[[], float] = time.time
    ) -> None:
        self._id = worker_id
        self._board = board
        self._kinds = kinds
        self._pace = pace
        self._wall = wall
        self._ending = threading.Event()
        self._crew = Crew(kinds, memory_bytes=pace.memory_bytes, stop_seconds=pace.stop_seconds)
        self._beating = threading.Thread(target=self._keep_beating, name="wardflow-beat", daemon=True)
        self._looking = threading.Thread(target=self._keep_looking, name="wardflow-look", daemon=True)
        self._run_piece: Any = None

    def __enter__(self) -> Worker:
        # Heard of before it has anything: nobody takes over from it.
        self._board.beat(self._id, self._wall())
        DBOS(config=self._configuration())
        self._register()
        DBOS.launch()
        poll = self._pace.poll_seconds
        DBOS.register_queue(JOBS, worker_concurrency=JOBS_AT_ONCE, polling_interval_sec=poll)
        DBOS.register_queue(PIECES, worker_concurrency=self._pace.processes, polling_interval_sec=poll)
        self._beating.start()
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._looking.join()
        self._beating.join()
        self._board.leave(self._id)
        self._crew.close()

    def _register(self) -> None:
        # The library marks the functions it is given, which methods do not allow.
        def job(job_id: str) -> None:
            self._job(job_id)

        def piece(job_id: str, work: Document) -> Document:
            return self._piece(job_id, work)

        DBOS.workflow(name="job")(job)
        self._run_piece = DBOS.workflow(name="piece")(piece)

    def _configuration(self) -> DBOSConfig:
        return {
            "name": "wardflow",
            "system_database_engine": self._board.engine,
            # Looked at for the kind of database alone: the engine is what is used.
            "system_database_url": f"{self._board.engine.dialect.name}://here/board",
            "dbos_system_schema": SCHEMA,
            "serializer": Json(),
            "application_version": VERSION,
            "executor_id": self._id,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": self._pace.poll_seconds,
            "log_level": "ERROR",
        }

    # --- what goes on by itself ----------------------------------------------------------------------------
    def _keep_beating(self) -> None:
        while not self._ending.wait(self._pace.lost_seconds / 5):
            self._guarded(lambda: self._board.beat(self._id, self._wall()))

    def _keep_looking(self) -> None:
        while not self._ending.wait(self._pace.poll_seconds):
            self._guarded(self._enqueue)
            self._guarded(self._take_over)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # The database may be away for a moment; the next look comes.
            log.error("A worker could not reach its jobs (%s)", type(error).__name__)

    def _enqueue(self) -> None:
        waiting = self._board.open_jobs()[:_BACKLOG]
        known = (
            {workflow.workflow_id for workflow in DBOS.list_workflows(workflow_ids=waiting)}
            if waiting
            else set()
        )
        for job_id in waiting:
            if job_id not in known:
                DBOS.enqueue_workflow_with_options(
                    {"workflow_name": "job", "queue_name": JOBS, "workflow_id": job_id}, job_id
                )

    def _take_over(self) -> None:
        """Have what lost workers were doing done by others; one worker does this for all."""
        now, lost = self._wall(), self._pace.lost_seconds
        if not self._board.take_lease("take over", self._id, now, lost):
            return
        alive = self._board.alive(now - lost)
        for workflow in DBOS.list_workflows(status="PENDING", load_input=False, load_output=False):
            if workflow.executor_id not in alive:
                queue = JOBS if workflow.name == "job" else PIECES
                log.warning("A worker was lost; what it did of %s is done again", workflow.workflow_id)
                DBOS.resume_workflow(workflow.workflow_id, queue_name=queue)
        self._board.bury(now - 10 * lost)

    # --- workflows ------------------------------------------------------------------------------------------
    def _job(self, job_id: str) -> None:
        kind_name, spec = self._board.job(job_id)
        kind = self._kinds.get(kind_name)
        if kind is None:
            self._board.end(job_id, {"failed": f"This worker knows no jobs of kind {kind_name!r}."})
            return
        try:
            outcome = self._led(job_id, kind_name, spec)
        except PieceFailed as failed:
            # The other pieces of the job need not go on.
            self._board.stop(job_id)
            outcome = {"failed": str(failed)}
        self._board.end(job_id, outcome)

    def _led(self, job_id: str, kind_name: str, spec: Document) -> Document:
        kind = self._kinds[kind_name]
        done: list[Document] = []
        stopped = False
        while not stopped:
            pieces = _of_kind(kind.pieces, spec, done)
            if not pieces:
                break
            handles = [DBOS.enqueue_workflow(PIECES, self._run_piece, job_id, piece) for piece in pieces]
            for handle in handles:
                came = handle.get_result(polling_interval_sec=self._pace.poll_seconds)
                if "failed" in came:
                    raise PieceFailed(came["failed"])
                stopped = stopped or came["stopped"]
                if came["done"] is not None:
                    done.append(came["done"])
        came = DBOS.run_step({"name": "result"}, self._made, Ending(kind_name, spec, done, stopped))
        if "failed" in came:
            raise PieceFailed(came["failed"])
        return {"stopped": stopped, "result": came["result"]}

    def _made(self, ending: Ending) -> Document:
        """The result, made in a process of its own: what draws pictures is not made for threads."""
        try:
            return {"result": self._crew.do(ending, Observer(lambda _: None, lambda: False))}
        except PieceFailed as failed:
            return {"failed": str(failed)}

    def _piece(self, job_id: str, piece: Document) -> Document:
        came: Document = DBOS.run_step({"name": "piece"}, self._done, job_id, piece)
        return came

    def _done(self, job_id: str, piece: Document) -> Document:
        """What came of a piece: ``done`` (None: nothing), or why it failed, and whether the job is stopped."""
        if self._board.is_stopped(job_id):
            return {"done": None, "stopped": True}
        kind, spec = self._board.job(job_id)
        observer = Observer(
            lambda told: self._board.tell(job_id, told), lambda: self._board.is_stopped(job_id)
        )
        try:
            came = self._crew.do(Piece(kind, spec, piece), observer)
        except PieceFailed as failed:
            return {"failed": str(failed)}
        stopped = self._board.is_stopped(job_id)
        return {"done": None if came == {"stopped": True} else came, "stopped": stopped}


def _of_kind(reckoned: Callable[..., T], *given: Any) -> T:
    """What a kind of job reckons; raises ``PieceFailed`` with the error's name alone, for its text may hold data."""
    try:
        return reckoned(*given)
    except Exception as error:
        log.error("A kind of job raised %s", type(error).__name__)
        raise PieceFailed(f"It ended with {type(error).__name__}.") from None

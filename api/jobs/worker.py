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
from dbos import DBOS, DBOSConfig, EnqueueOptions, Serializer

from api.jobs.board import Board
from api.jobs.board_engine import SCHEMA
from api.jobs.caretaking import JOBS, PIECES, Caretaker
from api.jobs.kinds import Document, Kinds, Observer
from api.jobs.pieces import Crew, Ending, Errand, Piece, PieceFailed, Round

T = TypeVar("T")

log = logging.getLogger(__name__)

VERSION: Final = "2"
"""Of how a job is carried out. A worker of another version, or one that knows other kinds of jobs, leaves the workflows
of this one alone."""

JOBS_AT_ONCE: Final = 8
"""Jobs that one worker leads; leading one takes a thread that waits."""

_BACKLOG: Final = 64
"""Jobs put into the queue at one look."""

_PATIENCE_SECONDS: Final = 60.0
"""A board that does not answer is asked again for so long; what then fails is begun anew by the caretaker."""

_RAISED: Final = "wardflow_raised"


class Json(Serializer):
    """Inputs and outputs of workflows as JSON: nothing is ever unpickled from the database."""

    def serialize(self, data: Any) -> str:
        """To the database; of an exception its type's name, for its text may hold data."""
        if isinstance(data, BaseException):
            data = {_RAISED: type(data).__name__}
        return orjson.dumps(data, default=lambda value: type(value).__name__).decode()

    def deserialize(self, serialized_data: str) -> Any:
        """From the database; of an exception one that can be raised again."""
        found = orjson.loads(serialized_data)
        if isinstance(found, dict) and found.keys() == {_RAISED}:
            return RuntimeError(f"A workflow ended with {found[_RAISED]}.")
        return found

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

    def __init__(self, name: str, board: Board, kinds: Kinds, pace: Pace) -> None:
        self._version = f"{VERSION}-{'-'.join(sorted(kinds))}"
        self._id = f"{name}@{self._version}"
        self._board = board
        self._kinds = kinds
        self._pace = pace
        self._ending = threading.Event()
        self._crew = Crew(kinds, memory_bytes=pace.memory_bytes, stop_seconds=pace.stop_seconds)
        self._caretaker = Caretaker(self._id, self._version, board, pace.lost_seconds)
        self._beating = threading.Thread(target=self._keep_beating, name="wardflow-beat", daemon=True)
        self._looking = threading.Thread(target=self._keep_looking, name="wardflow-look", daemon=True)
        self._run_piece: Any = None

    def __enter__(self) -> Worker:
        # Heard of before it has anything: nobody takes over from it.
        self._board.beat(self._id)
        DBOS(config=self._configuration())
        self._register()
        poll = self._pace.poll_seconds
        with self._board.alone():
            DBOS.launch()
            DBOS.register_queue(JOBS, worker_concurrency=JOBS_AT_ONCE, polling_interval_sec=poll)
            DBOS.register_queue(PIECES, worker_concurrency=self._pace.processes, polling_interval_sec=poll)
        self._beating.start()
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # First of all: what its processes come to from now on is nobody's failure.
        self._crew.close()
        self._ending.set()
        self._looking.join()
        self._beating.join()
        self._guarded(lambda: self._board.leave(self._id))

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
            "application_version": self._version,
            "executor_id": self._id,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": self._pace.poll_seconds,
            "log_level": "ERROR",
        }

    # --- what goes on by itself ----------------------------------------------------------------------------
    def _keep_beating(self) -> None:
        while not self._ending.wait(self._pace.lost_seconds / 5):
            self._guarded(lambda: self._board.beat(self._id))

    def _keep_looking(self) -> None:
        while not self._ending.wait(self._pace.poll_seconds):
            self._guarded(self._enqueue)
            self._guarded(self._caretaker.look)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # The database may be away for a moment; the next look comes.
            log.error("A worker could not reach its jobs (%s)", type(error).__name__)

    def _enqueue(self) -> None:
        """Have the jobs done that this worker knows how to do."""
        waiting = self._board.open_jobs(list(self._kinds))[:_BACKLOG]
        if not waiting:
            return
        found = DBOS.list_workflows(workflow_ids=waiting, load_input=False, load_output=False)
        known = {workflow.workflow_id for workflow in found}
        for job_id in waiting:
            if job_id not in known:
                options: EnqueueOptions = {
                    "workflow_name": "job",
                    "queue_name": JOBS,
                    "workflow_id": job_id,
                    "app_version": self._version,
                }
                DBOS.enqueue_workflow_with_options(options, job_id)

    # --- workflows ------------------------------------------------------------------------------------------
    def _job(self, job_id: str) -> None:
        """Lead a job to its outcome. What it raises is no outcome: the caretaker has it begun anew."""
        try:
            kind, spec = self._patiently(lambda: self._board.job(job_id))
        except LookupError:
            return
        try:
            outcome = self._led(job_id, kind, spec)
        except PieceFailed as failed:
            # The other pieces of the job need not go on.
            self._patiently(lambda: self._board.stop(job_id))
            outcome = {"failed": str(failed)}
        self._patiently(lambda: self._board.end(job_id, outcome))

    def _led(self, job_id: str, kind: str, spec: Document) -> Document:
        done: list[Document] = []
        stopped = False
        while not stopped:
            pieces = self._asked("next", Round(kind, spec, done))["pieces"]
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
        return {"stopped": stopped, "result": self._asked("result", Ending(kind, spec, done, stopped))}

    def _asked(self, step: str, errand: Errand) -> Document:
        """What a kind of job reckons of itself, in a process of its own: it may need much, and what draws pictures is
        not made for threads. Noted, so that another worker goes on from there."""
        came: Document = DBOS.run_step({"name": step}, self._reckoned, errand)
        if "failed" in came:
            raise PieceFailed(came["failed"])
        reckoned: Document = came["done"]
        return reckoned

    def _reckoned(self, errand: Errand) -> Document:
        try:
            return {"done": self._crew.do(errand, Observer(lambda _: None, lambda: False))}
        except PieceFailed as failed:
            return {"failed": str(failed)}

    def _piece(self, job_id: str, piece: Document) -> Document:
        came: Document = DBOS.run_step({"name": "piece"}, self._done, job_id, piece)
        return came

    def _done(self, job_id: str, piece: Document) -> Document:
        """What came of a piece: ``done`` (None: nothing), or why it failed, and whether the job is stopped."""
        if self._patiently(lambda: self._board.is_stopped(job_id)):
            return {"done": None, "stopped": True}
        kind, spec = self._patiently(lambda: self._board.job(job_id))
        observer = Observer(
            lambda told: self._board.tell(job_id, told), lambda: self._board.is_stopped(job_id)
        )
        try:
            came = self._crew.do(Piece(kind, spec, piece), observer)
        except PieceFailed as failed:
            return {"failed": str(failed)}
        stopped = self._patiently(lambda: self._board.is_stopped(job_id))
        return {"done": None if came == {"stopped": True} else came, "stopped": stopped}

    def _patiently(self, ask: Callable[[], T]) -> T:
        """An answer of the board, which may be away for a while; raises what it raised when patience ends."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except LookupError:
                raise
            except Exception as error:
                if time.monotonic() > end:
                    raise
                log.error("The board does not answer (%s); it is asked again", type(error).__name__)
            time.sleep(max(0.1, self._pace.poll_seconds))

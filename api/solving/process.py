"""The service's end of the solver process: started, asked, killed when it does not answer, replaced."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Final, TypeVar

from api.solving.child import PRELOADED
from api.solving.messages import (
    MOST_BYTES,
    READY,
    Failure,
    NoPlan,
    Plan,
    Relaxed,
    RelaxTask,
    Task,
    read_plan,
    read_relaxed,
)
from solver.placing.conceding import Question
from solver.placing.problem import PlacingProblem

log = logging.getLogger(__name__)

A = TypeVar("A")

SOLVE_SHARE = 0.8
"""Share of the time that the solver is given; the rest is for the way there and back, and for a late end."""

CLOSING_SECONDS = 0.5

UNHARMED: Final[frozenset[Failure]] = frozenset({"busy", "starting"})
"""Why there may be no plan although nothing is wrong with the process."""

SEED = 1
"""The same batch on the same hospital is searched the same way."""

Serve = Callable[[Connection, int], None]
"""What the process runs: a line to the service, and how many bytes it may take."""


@dataclass(slots=True)
class Child:
    """A process and the line to it."""

    process: ForkServerProcess
    connection: Connection
    ready: bool = False
    killed: bool = False

    def kill(self) -> None:
        """End it at once."""
        self.killed = True
        self.process.kill()

    def end(self) -> None:
        """Kill it, whatever it does, and give everything back."""
        with suppress(ValueError):  # closed already
            self.process.kill()
            self.process.join()
            self.process.close()
        self.connection.close()


class SolverProcess:
    """One child process that solves one batch at a time. Safe to use from several threads.

    Forked from a server that has the solver imported, so that a killed one is replaced within a tenth of a second
    and is ready again when its kernels are loaded. ``memory_bytes`` bounds what it may take above its own needs.
    """

    def __init__(self, serve: Serve, *, workers: int, memory_bytes: int) -> None:
        self._serve = serve
        self._workers = workers
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process's id, None while there is none."""
        child = self._child
        return child.process.pid if child is not None else None

    @property
    def busy(self) -> bool:
        """Whether it has a batch, or is being started."""
        return self._lock.locked()

    def start(self) -> None:
        """Start the process unless it is there or the service is closing."""
        with self._held(), suppress(NoPlan):
            self._started()

    def solve(self, problem: PlacingProblem, seconds: float) -> Plan:
        """The plan of a batch within so many seconds; raises ``NoPlan``."""

        def task(left: float) -> Task:
            return Task(problem, SOLVE_SHARE * left, self._workers, SEED)

        return self._answer(task, lambda raw: read_plan(raw, len(problem.requests)), seconds)

    def relax(self, problem: PlacingProblem, question: Question, seconds: float) -> Relaxed:
        """The cheapest changes that make a request fit, within so many seconds; raises ``NoPlan``."""

        def task(left: float) -> RelaxTask:
            return RelaxTask(problem, question, SOLVE_SHARE * left, self._workers, SEED)

        return self._answer(task, read_relaxed, seconds)

    def _answer(self, task: Callable[[float], object], read: Callable[[bytes], A], seconds: float) -> A:
        """What comes back to a task made for the seconds that are left once the process has time for it.

        A process that fails in any way is killed, and another one is started.
        """
        due = time.monotonic() + seconds
        if not self._lock.acquire(timeout=max(0.0, seconds)):
            raise NoPlan("busy")
        try:
            child = self._started()
            if child is None or not _is_ready(child, due):
                raise NoPlan("starting")
            if time.monotonic() >= due:
                raise NoPlan("busy")
            return read(self._ask(child, task, due))
        except NoPlan as none:
            if none.reason not in UNHARMED:
                self._replace()
            raise
        finally:
            self._let_go()

    def close(self) -> None:
        """End the process now; whoever waits for it gets ``NoPlan``."""
        self._closed = True
        child = self._child
        if child is not None:
            child.kill()
        # One that is just being started takes a second or two; whoever starts it ends it.
        if self._lock.acquire(timeout=CLOSING_SECONDS):
            self._let_go()

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._lock.acquire()
        try:
            yield
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._closed:
            self._end()
        self._lock.release()

    def _ask(self, child: Child, task: Callable[[float], object], due: float) -> bytes:
        left = due - time.monotonic()
        try:
            with killed_after(child, left):
                child.connection.send(task(left))
                return child.connection.recv_bytes(MOST_BYTES)
        except (EOFError, OSError):
            raise NoPlan("hung" if child.killed else "died") from None

    def _started(self) -> Child | None:
        if self._child is None and not self._closed:
            try:
                self._child = forked(self._serve, self._memory_bytes)
            except (OSError, EOFError, RuntimeError):
                log.exception("The solver process could not be started; batches are searched without it")
                raise NoPlan("failed") from None
        return self._child

    def _replace(self) -> None:
        self._end()
        # Not by whoever waits: the answer that is missing must now come from elsewhere, and soon.
        threading.Thread(target=self.start, name="wardflow-solver-start", daemon=True).start()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def forked(serve: Callable[..., None], memory_bytes: int, name: str = "wardflow-solver") -> Child:
    """A process that works for this one, with a line to it; raises ``OSError``, ``EOFError`` or ``RuntimeError``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    ours, theirs = context.Pipe()
    with theirs:
        process = context.Process(target=serve, args=(theirs, memory_bytes), name=name, daemon=True)
        try:
            with _without_interrupts():
                process.start()
        except BaseException:
            ours.close()
            raise
    return Child(process, ours)


def _is_ready(child: Child, due: float) -> bool:
    if not child.ready:
        try:
            if not child.connection.poll(max(0.0, due - time.monotonic())):
                return False
            child.ready = child.connection.recv_bytes(MOST_BYTES) == READY
        except (EOFError, OSError):
            raise NoPlan("died") from None
        if not child.ready:
            raise NoPlan("garbage")
    return child.ready


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """What is started inside never hears Ctrl-C: it is for the service, which ends the others in its own time."""
    # Started by the way otherwise, and lifts the mask when it is.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def killed_after(child: Child, seconds: float) -> Iterator[None]:
    """Kill the process unless what is done with it ends in time: sending to a process that hangs blocks as well."""
    watchdog = threading.Timer(max(0.0, seconds), child.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        watchdog.join()

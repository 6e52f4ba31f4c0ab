"""Pieces of work in processes of their own: told to stop, watched, killed when they do not listen, replaced when they
die. A worker that dies takes its processes with it.
"""

from __future__ import annotations

import functools
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol

import orjson

from api.jobs.kinds import Document, Kinds, Observer
from api.solving.child import limit_memory, lower_priority
from api.solving.messages import READY
from api.solving.process import Child, forked
from solver.engine.errors import InvalidInstance

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
"""How often a worker asks whether a piece is to stop."""

UNBORN: Final = "The process that was to do it did not start."

LOST: Final = "The process that did it ended: it was killed, or needed more memory than it may have."

TELL_SECONDS: Final = 1.0
"""Progress of a piece is passed on once in this time at most: each time is a commit."""

GRACE_SECONDS: Final = 1.0
"""Whoever ends a worker may end its processes at the same moment: so long after one was lost it is known whether the
worker goes on."""

START_SECONDS: Final = 120.0
"""Longest wait for a process to be there: the first on a machine may compile kernels."""


class PieceFailed(Exception):
    """A piece came to nothing; the text says why, without data."""


class Errand(Protocol):
    """What a process is sent to do."""

    @property
    def message(self) -> bytes:
        """As it is sent."""
        ...


class PieceLost(PieceFailed):
    """The process that did it is gone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a job, with all that its process needs."""

    kind: str
    spec: Document
    piece: Document

    @property
    def message(self) -> bytes:
        """As it is sent."""
        return orjson.dumps({"kind": self.kind, "spec": self.spec, "piece": self.piece})


@dataclass(frozen=True, slots=True)
class Round:
    """What was done of a job, to be told what is next."""

    kind: str
    spec: Document
    done: Sequence[Document]

    @property
    def message(self) -> bytes:
        """As it is sent."""
        return orjson.dumps({"kind": self.kind, "spec": self.spec, "next_after": self.done})


@dataclass(frozen=True, slots=True)
class Ending:
    """What was done of a job, to be made into its result."""

    kind: str
    spec: Document
    done: Sequence[Document]
    stopped: bool

    @property
    def message(self) -> bytes:
        """As it is sent."""
        told = {"kind": self.kind, "spec": self.spec, "done": self.done, "stopped": self.stopped}
        return orjson.dumps(told)


class Crew:
    """Processes that do pieces, one at a time each; as many as pieces are done at once, kept for the next.

    Once it is closed, whoever waits for a piece waits for ever: nothing came of it, and nothing is to be noted.
    """

    def __init__(self, kinds: Kinds, *, memory_bytes: int, stop_seconds: float) -> None:
        self._serve = functools.partial(serve, kinds)
        self._memory_bytes = memory_bytes
        self._stop_seconds = stop_seconds
        self._idle: list[Child] = []
        self._busy: list[Child] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def do(self, errand: Errand, observer: Observer) -> Document:
        """What came of a piece; ``{"stopped": true}`` if it had to be killed to stop. Raises ``PieceFailed``."""
        child = self._taken()
        with self._lock:
            self._busy.append(child)
            late = self._closed.is_set()
        if late:  # it was being forked as the crew was closed, so nobody else ends it
            child.kill()
        fit = lost = False
        passing = _Passing(observer)
        try:
            done = self._watched(child, errand, passing)
            fit = not child.killed
        except PieceLost:
            lost = True
            raise
        finally:
            self._put_back(child, fit, GRACE_SECONDS if lost else 0)
        passing.end()
        return done

    def close(self) -> bool:
        """End every process; whether one of them was at work."""
        with self._lock:
            self._closed.set()
            idle, busy = list(self._idle), list(self._busy)
        for child in (*idle, *busy):
            child.kill()
        return bool(busy)

    def _put_back(self, child: Child, fit: bool, grace: float) -> None:
        with self._lock:
            self._busy.remove(child)
            if fit and not self._closed.is_set():
                self._idle.append(child)
                return
        self._wait_if_closed(grace)
        child.end()

    def _wait_if_closed(self, seconds: float = 0) -> None:
        """Wait for ever if the crew is closed, or is within so many seconds."""
        if self._closed.wait(seconds):
            threading.Event().wait()

    def _taken(self) -> Child:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        self._wait_if_closed()
        child = self._forked()
        try:
            if not child.connection.poll(START_SECONDS) or child.connection.recv_bytes() != READY:
                raise PieceFailed(UNBORN)
        except (EOFError, OSError):
            self._wait_if_closed(GRACE_SECONDS)
            child.end()
            raise PieceFailed(UNBORN) from None
        except BaseException:
            child.end()
            raise
        return child

    def _forked(self) -> Child:
        try:
            return forked(self._serve, self._memory_bytes, "wardflow-piece")
        except (EOFError, OSError, RuntimeError) as error:
            log.error("No process could be started for a piece (%s)", type(error).__name__)
            self._wait_if_closed(GRACE_SECONDS)
            raise PieceFailed(UNBORN) from None

    def _watched(self, child: Child, errand: Errand, observer: _Passing) -> Document:
        given_up: float | None = None
        try:
            child.connection.send_bytes(errand.message)
            while True:
                while child.connection.poll(LOOK_SECONDS):
                    said = orjson.loads(child.connection.recv_bytes())
                    if "told" not in said:
                        return _outcome(said)
                    observer.tell(said["told"])
                if given_up is None and observer.stopped():
                    given_up = time.monotonic() + self._stop_seconds
                    child.connection.send_bytes(b'{"stop":true}')
                elif given_up is not None and time.monotonic() > given_up:
                    child.kill()
                    return {"stopped": True}
        except (EOFError, OSError, orjson.JSONDecodeError):
            raise PieceLost(LOST) from None


class _Passing:
    """What a piece says and is told. The board may be away for a moment: the piece goes on all the same."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._held: Document | None = None
        self._next = 0.0

    def tell(self, told: Document) -> None:
        """Pass progress on, the newest alone, when it is time."""
        self._held = told
        self._pass_on()

    def stopped(self) -> bool:
        """Whether the piece is to stop; no, while that cannot be asked."""
        self._pass_on()
        try:
            return self._observer.stopped()
        except Exception as error:
            log.error("Whether a piece is to stop could not be asked (%s)", type(error).__name__)
            return False

    def end(self) -> None:
        """The last that was said is told."""
        self._next = 0.0
        self._pass_on()

    def _pass_on(self) -> None:
        if self._held is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + TELL_SECONDS
        told, self._held = self._held, None
        try:
            self._observer.tell(told)
        except Exception as error:
            log.error("Progress of a piece could not be passed on (%s)", type(error).__name__)


def _outcome(said: dict[str, Any]) -> Document:
    if "failed" in said:
        raise PieceFailed(str(said["failed"]))
    done: Document = said["done"]
    return done


# --- the process's end ------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Line:
    """What comes from the worker: the next piece, or that this one is to stop; its end is this process's end."""

    connection: Connection
    pieces: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)
    stopped: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Take in what comes until the worker is gone."""
        with suppress(EOFError, OSError):
            while True:
                said = orjson.loads(self.connection.recv_bytes())
                if said.get("stop"):
                    self.stopped.set()
                else:
                    # A stop that came too late for the piece before is not for this one.
                    self.stopped.clear()
                    self.pieces.put(said)
        # A kernel that runs hears of nothing: the whole process goes.
        os._exit(0)

    def say(self, **told: Any) -> None:
        """Send to the worker."""
        self.connection.send_bytes(orjson.dumps(told))


def serve(kinds: Kinds, connection: Connection, memory_bytes: int) -> None:
    """Do pieces, at most ``memory_bytes`` above what the process needs for itself, until the worker is gone."""
    # Whoever ends a group of processes at once ends the worker, and the worker ends this one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    lower_priority()
    limit_memory(memory_bytes)
    line = Line(connection)
    with suppress(BrokenPipeError):
        connection.send_bytes(READY)
        threading.Thread(target=line.listen, daemon=True).start()
        while True:
            _do(kinds, line.pieces.get(), line)


def _do(kinds: Kinds, said: dict[str, Any], line: Line) -> None:
    observer = Observer(lambda told: line.say(told=told), line.stopped.is_set)
    try:
        kind, spec = kinds[said["kind"]], said["spec"]
        if "piece" in said:
            done = kind.work(spec, said["piece"], observer)
        elif "next_after" in said:
            done = {"pieces": kind.pieces(spec, said["next_after"])}
        else:
            done = kind.result(spec, said["done"], said["stopped"])
        answer = orjson.dumps({"done": done})
    except MemoryError:
        answer = orjson.dumps({"failed": "It needed more memory than it may have."})
    except InvalidInstance as refused:
        answer = orjson.dumps({"failed": str(refused)})
    except Exception as error:
        # What was being reckoned with does not leave in a message.
        answer = orjson.dumps({"failed": f"It ended with {type(error).__name__}."})
    line.connection.send_bytes(answer)

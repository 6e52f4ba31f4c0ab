"""Pieces of work in processes of their own: told to stop, watched, killed when they do not listen, replaced when they
die. A worker that dies takes its processes with it.
"""

from __future__ import annotations

import functools
import os
import queue
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

import orjson

from api.jobs.kinds import Document, Kinds, Observer
from api.solving.child import limit_memory, lower_priority
from api.solving.messages import READY
from api.solving.process import Child, forked
from solver.engine.errors import InvalidInstance

LOOK_SECONDS: Final = 0.2
"""How often a worker asks whether a piece is to stop."""

LOST: Final = "The process that did it ended: it was killed, or needed more memory than it may have."

START_SECONDS: Final = 120.0
"""Longest wait for a process to be there: the first on a machine may compile kernels."""


class PieceFailed(Exception):
    """A piece came to nothing; the text says why, without data."""


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
        self._closed = False

    def do(self, piece: Piece | Ending, observer: Observer) -> Document:
        """What came of a piece; ``{"stopped": true}`` if it had to be killed to stop. Raises ``PieceFailed``."""
        child = self._taken()
        with self._lock:
            self._busy.append(child)
        fit = False
        try:
            done = self._watched(child, piece, observer)
            fit = not child.killed
        finally:
            self._put_back(child, fit)
        return done

    def close(self) -> bool:
        """End every process; whether one of them was at work."""
        with self._lock:
            self._closed = True
            idle, busy = list(self._idle), list(self._busy)
        for child in (*idle, *busy):
            child.kill()
        return bool(busy)

    def _put_back(self, child: Child, fit: bool) -> None:
        with self._lock:
            self._busy.remove(child)
            if fit and not self._closed:
                self._idle.append(child)
                return
        self._wait_if_closed()
        child.end()

    def _wait_if_closed(self) -> None:
        if self._closed:
            threading.Event().wait()

    def _taken(self) -> Child:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        self._wait_if_closed()
        child = forked(self._serve, self._memory_bytes, "wardflow-piece")
        try:
            if not child.connection.poll(START_SECONDS) or child.connection.recv_bytes() != READY:
                raise PieceFailed("The process that was to do it did not start.")
        except (EOFError, OSError):
            child.end()
            raise PieceFailed("The process that was to do it did not start.") from None
        except BaseException:
            child.end()
            raise
        return child

    def _watched(self, child: Child, piece: Piece | Ending, observer: Observer) -> Document:
        given_up: float | None = None
        try:
            child.connection.send_bytes(piece.message)
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
            raise PieceFailed(LOST) from None


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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

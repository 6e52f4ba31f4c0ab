"""Past decisions taken again in a process of their own: it may take many seconds, and nobody else is to notice."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import orjson
from pydantic import TypeAdapter, ValidationError

from api.solving.child import limit_memory, lower_priority
from api.solving.messages import MOST_BYTES, NoPlan, failure
from api.solving.process import forked, killed_after
from solver.engine.errors import SolverError
from solver.engine.rule import Profile
from solver.placing.replay import Past, Replayed, replay

LATE_SECONDS = 30.0
"""So much later than asked for the process may answer: it has kernels to load, which takes two seconds, or twenty where
many others want the processors; and it looks at the time between two decisions only."""

_REPLAYED = TypeAdapter(tuple[Replayed, ...])


@dataclass(frozen=True, slots=True)
class ReplayTask:
    """A past, the two profiles, and how many seconds replaying may take."""

    past: Past
    before: Profile
    after: Profile
    seconds: float


def replayed(task: ReplayTask) -> tuple[Replayed, ...]:
    """What the seconds sufficed for, oldest first."""
    ends = time.monotonic() + task.seconds
    return tuple(replay(task.past, task.before, task.after, lambda: time.monotonic() >= ends))


def replayed_apart(task: ReplayTask, memory_bytes: int) -> Sequence[Replayed]:
    """The same in a process of its own, which may take so much memory; raises ``NoPlan``."""
    try:
        child = forked(serve, memory_bytes)
    except (OSError, EOFError, RuntimeError):
        raise NoPlan("failed") from None
    try:
        with killed_after(child, task.seconds + LATE_SECONDS):
            child.connection.send(task)
            raw = child.connection.recv_bytes(MOST_BYTES)
        return _REPLAYED.validate_json(raw, strict=False)
    except (EOFError, OSError):
        raise NoPlan("hung" if child.killed else "died") from None
    except (ValidationError, SolverError):
        raise NoPlan("garbage") from None
    finally:
        child.end()


def serve(connection: Connection, memory_bytes: int) -> None:
    """Answer one task; what the process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lower_priority()
    limit_memory(memory_bytes)
    with suppress(EOFError, OSError):
        task = connection.recv()
        try:
            raw = orjson.dumps(replayed(task))
        except Exception:
            # Whatever it was: whoever asked is told that there is no preview.
            raw = failure("failed")
        connection.send_bytes(raw)

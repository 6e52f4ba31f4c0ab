"""`python -m benchmarks.service.traced VERB ...`: the `wardflow` command, writing down what becomes of each command.

For finding out why an answer was late, and for nothing else. A line of JSON for each command that had a deadline: when
(monotonic seconds) it came into the writer's queue, was taken from it, was decided, was stored, and when its answer was
on the way back in the event loop; how many commands its batch had. A line for each collection of garbage and what it
took. The lines go to the file that ``WARDFLOW_TRACE`` names, when the process ends.
"""

from __future__ import annotations

import atexit
import gc
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from api.services import hospital
from models import runner, writer
from models.commands import Command

FILE: Final = "WARDFLOW_TRACE"


class Trace:
    """What was seen, kept in memory until the process ends."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._of: dict[int, dict[str, Any]] = {}
        self._collecting = 0.0

    def came(self, command: Command, now: float) -> None:
        """A command with a deadline is queued."""
        if command.due is not None:
            self._of[id(command)] = {"name": command.name, "due": command.due, "came": now}

    def note(self, command: Command, what: str, value: float) -> None:
        """Something happened to a command; only the last time counts."""
        line = self._of.get(id(command))
        if line is not None:
            line[what] = value

    def answered(self, command: Command) -> None:
        """The command is done with."""
        line = self._of.pop(id(command), None)
        if line is not None:
            self.lines.append({**line, "answered": time.monotonic()})

    def collected(self, phase: str, info: Mapping[str, int]) -> None:
        """A collection begins or ends."""
        if phase == "start":
            self._collecting = time.monotonic()
        else:
            took = time.monotonic() - self._collecting
            self.lines.append({"collected": info["generation"], "at": self._collecting, "took": took})

    def write(self) -> None:
        """Into the file."""
        path = os.environ.get(FILE)
        if path:
            Path(path).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in self.lines))


def install(trace: Trace) -> None:
    """Have this process's writer and decider tell the trace."""
    enqueue, carry_out = writer.Writer._enqueue, runner.BatchRunner.carry_out
    decide_one, commit = hospital.HospitalDecider._decide_one, runner.BatchRunner._commit

    def _enqueue(self: Any, pending: Any) -> None:
        command, deliver = pending.command, pending.deliver
        trace.came(command, time.monotonic())

        def delivered(result: Any) -> None:
            trace.answered(command)
            deliver(result)

        pending.deliver = delivered
        enqueue(self, pending)

    def _carry_out(self: Any, batch: Sequence[Any]) -> Any:
        now = time.monotonic()
        for pending in batch:
            trace.note(pending.command, "taken", now)
            trace.note(pending.command, "batch", len(batch))
        return carry_out(self, batch)

    def _decide_one(self: Any, command: Command, **options: Any) -> Any:
        trace.note(command, "begun", time.monotonic())
        try:
            return decide_one(self, command, **options)
        finally:
            trace.note(command, "decided", time.monotonic())

    def _commit(self: Any, steps: Any, ready: list[Any]) -> Any:
        began = time.monotonic()
        for pending in ready:
            trace.note(pending.command, "storing", began)
        return commit(self, steps, ready)

    for owner, name, instead in (
        (writer.Writer, "_enqueue", _enqueue),
        (runner.BatchRunner, "carry_out", _carry_out),
        (runner.BatchRunner, "_commit", _commit),
        (hospital.HospitalDecider, "_decide_one", _decide_one),
    ):
        setattr(owner, name, instead)
    gc.callbacks.append(trace.collected)
    atexit.register(trace.write)


if __name__ == "__main__":
    from cli.main import main

    install(Trace())
    main()

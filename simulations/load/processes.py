"""The generator's processes: each sends for its own patients; all begin at the same moment."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Final

from simulations.load.clock import Calendar, Conductor
from simulations.load.driver import Driver, Sending
from simulations.load.journeys import Journey
from simulations.load.patient import Patient, patient_of
from simulations.load.record import Journal, Record, merged
from simulations.load.timeline import Task, foretold

SPARE_SECONDS: Final = 1.0
"""Of the load, by which a departure is foretold too late: the clock of the hospital moves in steps."""
HEAD_START: Final = 0.3
"""Seconds between the last process being ready and second 0."""


class GeneratorFailed(Exception):
    """A process of the generator ended before its time; the message says how."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does. ``run``: new for every run, for keys are used once; ``conductor``: of one process."""

    sending: Sending
    patients: Sequence[tuple[Journey, tuple[Task, ...]]]
    names: Mapping[str, str]
    calendar: Calendar
    journal: Path
    run: str
    glances: float = 0.05
    conductor: Conductor | None = None

    def everybody(self) -> list[Patient]:
        """The patients, who know nothing of the service yet."""
        return [
            patient_of(
                journey,
                tasks,
                self.names,
                self.run,
                self.glances,
                self.calendar.moment(foretold(tasks) + SPARE_SECONDS),
            )
            for journey, tasks in self.patients
        ]


def send(jobs: Sequence[Job]) -> Record:
    """Run all jobs, each in a process of its own; what they wrote down, as one. Raises ``GeneratorFailed``."""
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pipes = []
        for job in jobs:
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, job), daemon=True)
            process.start()
            theirs.close()
            stack.callback(_end, process)
            pipes.append(ours)
        for pipe in pipes:
            _told(pipe)
        begin = time.monotonic() + HEAD_START
        for pipe in pipes:
            pipe.send(begin)
        return merged([_told(pipe) for pipe in pipes])


def _told(pipe: Pipe) -> Mapping[str, Any]:
    try:
        told: Mapping[str, Any] = pipe.recv()
    except EOFError:
        raise GeneratorFailed(
            "A process of the generator ended by itself; the lines above say why."
        ) from None
    if "failed" in told:
        raise GeneratorFailed(told["failed"])
    return told


def _end(process: Any) -> None:
    process.join(5)
    if process.is_alive():
        process.kill()
        process.join()


def _work(pipe: Pipe, job: Job) -> None:
    """What runs in the process."""
    try:
        pipe.send(asyncio.run(_sent(pipe, job)).packed())
    except* OSError as several:
        error = _first(several)
        pipe.send({"failed": f"Cannot reach {', '.join(job.sending.urls)}: {error.strerror or error}."})


def _first(several: ExceptionGroup[OSError]) -> OSError:
    """The first error of a group, however deep."""
    error = several.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


async def _sent(pipe: Pipe, job: Job) -> Record:
    journal = Journal(job.journal)
    driver = Driver(job.sending, job.everybody(), journal)
    # What is there stays: looking through it for garbage again and again would make the sender late.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    pipe.send({})
    begin = await asyncio.to_thread(pipe.recv)
    await asyncio.sleep(max(begin - time.monotonic(), 0.0))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(driver.run(begin))
        if job.conductor is not None:
            conducting = group.create_task(job.conductor.conduct(begin, driver.record.counts))
            # A load may end before its time.
            running.add_done_callback(lambda _: conducting.cancel())
    journal.close()
    return running.result()

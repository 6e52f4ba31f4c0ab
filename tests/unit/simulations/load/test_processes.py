"""The generator's processes: what ends them, and what is told of it."""

import asyncio
import multiprocessing
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from simulations.load.clock import Calendar, Conductor
from simulations.load.driver import Sending
from simulations.load.processes import GeneratorFailed, Job, _sent, send
from simulations.load.timeline import Op, Pace, Task
from tests.load_hospital import NAMES, ScriptedServer, journey, served

CALENDAR = Calendar(Pace.of(0.0, 0.0, [(10.0, 1.0)]), 0)


def job(url: str, folder: Path, seconds: float = 0.5) -> Job:
    """One patient, one question, and the clock."""
    return Job(
        Sending((url,), "wfs_x", seconds, resends=0.0),
        [(journey(), (Task(0.1, Op.ASK, 0),))],
        NAMES,
        CALENDAR,
        folder / "journal",
        "run",
        conductor=Conductor((url,), "wfs_x", CALENDAR, seconds, "run"),
    )


def test_a_service_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(GeneratorFailed, match=f"Cannot reach {url}: .*refused|Connect call failed"):
            send([job(url, tmp_path)])


async def test_a_load_that_ended_early_does_not_wait_for_its_clock(tmp_path):
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    with ours, theirs:
        async with served(ScriptedServer()) as url:
            began = time.monotonic()
            ours.send(began)
            planned = job(url, tmp_path)
            conductor = replace(planned.conductor, seconds=60.0)
            record = await asyncio.wait_for(_sent(theirs, replace(planned, conductor=conductor)), 20)
    assert time.monotonic() - began < 10
    assert record.statuses["ask 201"] == 1

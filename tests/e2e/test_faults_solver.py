"""Whatever becomes of the solver process, a batch is answered before its deadline, others do not wait for it, and it is
there again soon."""

import asyncio
import os
import signal
import time

import pytest

from tests import solver_processes
from tests.api_service import running, until
from tests.e2e.test_api_batches import LONG_MS, ask, crowd, failures, held_up

DEADLINE_MS = 3000
AGAIN_SECONDS = 5.0
"""What an operator is promised; 0.9 on a quiet machine."""


@pytest.fixture
def engine():
    """The solver process knows no database."""
    return "sqlite"


async def planned_again(service):
    """Seconds until a batch is planned again."""
    began = time.monotonic()
    while (await ask(service, crowd(1), deadline_ms=LONG_MS))["bound"] is None:
        assert time.monotonic() < began + 30
    return time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize(
    ("serve", "reasons"),
    [
        (solver_processes.never_ready, {"starting"}),
        (solver_processes.gone_at_once, {"died"}),
        (solver_processes.not_itself, {"garbage"}),
        (solver_processes.flood, {"died", "garbage"}),
        (solver_processes.stutter, {"hung"}),
        (solver_processes.hoard, {"out_of_memory", "failed", "died"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_batch_is_answered_by_the_search_before_its_deadline(place, serve, reasons):
    async with running(place, {"solver": serve}, solver_process=True, solver_memory_mb=200) as service:
        await until(lambda: service.runtime.solver.pid is not None)
        for _ in range(2):
            began = time.monotonic()
            body = await ask(service, crowd(2), deadline_ms=DEADLINE_MS)
            assert time.monotonic() - began < DEADLINE_MS / 1000
            assert body["placed"] == 2
            assert (body["degraded"], body["method"]) == (True, "batch")
            assert body["degraded_reason"] in {*reasons, "starting"}
        assert set(await failures(service)) & reasons
        assert await service.violations() == []


@pytest.mark.slow
async def test_a_killed_solver_process_is_there_again_within_seconds_as_is_the_server_it_is_forked_from(
    place,
):
    async with running(place, solver_process=True) as service:
        await planned_again(service)
        pid = service.runtime.solver.pid
        os.kill(pid, signal.SIGKILL)
        body = await ask(service, crowd(1))
        assert (body["placed"], body["degraded_reason"]) == (1, "died")
        await until(lambda: service.runtime.solver.pid not in (None, pid))
        assert await planned_again(service) < AGAIN_SECONDS


async def test_nobody_waits_for_a_batch_whose_solver_process_hangs(place):
    async with running(place, solver_process=True) as service, held_up(service):
        batch = asyncio.create_task(ask(service, crowd(2), deadline_ms=DEADLINE_MS))
        await until(lambda: service.runtime.solver.busy)
        began = time.monotonic()
        placed = await service.place()
        board = await service.get("/beds")
        assert not batch.done()
        assert (placed.status_code, board.status_code) == (201, 200)
        assert time.monotonic() - began < DEADLINE_MS / 1000
        body = await batch
        assert (body["placed"], body["degraded_reason"]) == (2, "hung")
        assert await service.violations() == []

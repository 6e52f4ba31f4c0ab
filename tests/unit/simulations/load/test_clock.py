"""The conductor sets the hospital's clock, and survives a service that does not let it."""

import asyncio
import socket
import time
from collections import Counter

import pytest

from simulations.load import clock
from simulations.load.clock import Calendar, Conductor
from simulations.load.timeline import Pace
from tests.load_hospital import ScriptedServer, served

CALENDAR = Calendar(Pace.of(0.0, 0.0, [(10.0, 1.0)]), 0)


async def counted(url, seconds=0.7):
    counts = Counter()
    await Conductor((url,), "wfs_x", CALENDAR, seconds, "run").conduct(time.monotonic() - 0.1, counts)
    return counts


async def test_the_clock_is_set_as_the_calendar_says():
    server = ScriptedServer()
    async with served(server) as url:
        counts = await counted(url)
    assert counts["clock set"] == len(server.asked) >= 1
    assert counts["clock not set"] == 0


async def test_a_service_that_refuses_connections_is_counted_and_ends_nothing():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        counts = await counted(f"http://127.0.0.1:{reserved.getsockname()[1]}")
    assert counts["clock not set"] >= 1


async def test_a_service_that_drops_the_line_is_connected_to_again():
    drops = iter([True])
    server = ScriptedServer(lambda path, reply, before: None if next(drops, False) else reply)
    async with served(server) as url:
        counts = await counted(url, 1.3)
    assert counts["clock not set"] == 1
    assert counts["clock set"] >= 1


async def test_a_service_that_hangs_is_waited_for_no_longer_than_that(monkeypatch):
    monkeypatch.setattr(clock, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        counts = await asyncio.wait_for(counted(f"http://127.0.0.1:{hanging.getsockname()[1]}"), 5)
    assert counts["clock not set"] >= 1


async def test_a_conductor_that_is_no_longer_needed_ends_at_once():
    server = ScriptedServer()
    async with served(server) as url:
        conducting = asyncio.create_task(counted(url, 60.0))
        await asyncio.sleep(0.2)
        conducting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await conducting

"""What a service is asked when the load is over; one that is no longer there is a fault of its own."""

import asyncio
import contextlib
import socket

from simulations.load import afterwards
from simulations.load.afterwards import asked_again

LINE = {
    "key": "k1",
    "kind": "ask",
    "path": "/requests",
    "body": "{}",
    "match": None,
    "status": 201,
    "request": "req_1",
    "state": "placed",
    "revision": 1,
    "digest": "d",
}
STOPPED = ["the service stopped answering afterwards"]


def test_a_service_that_is_gone_is_a_fault_and_the_run_is_told_all_the_same():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        found, questions = asked_again(f"http://127.0.0.1:{reserved.getsockname()[1]}", "wfs_x", [LINE], 1)
    assert found == STOPPED
    assert questions == 2


def test_a_service_that_hangs_is_a_fault_and_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(afterwards, "SILENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        found, _ = asked_again(f"http://127.0.0.1:{hanging.getsockname()[1]}", "wfs_x", [LINE], 1)
    assert found == STOPPED


async def test_a_service_that_drops_the_line_has_lost_nothing_that_is_known():
    async def drop(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(drop, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        found, _ = await asyncio.to_thread(asked_again, url, "wfs_x", [LINE], 1)
    assert found == STOPPED

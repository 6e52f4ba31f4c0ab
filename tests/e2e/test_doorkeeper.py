"""The door of the real service while more is under way than is done soon."""

import asyncio
import contextlib
import json

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from api.admission import Admission, Gate, Pace
from api.doorkeeper import doorkeeper
from api.metrics import Metrics
from tests.api_service import until

KEPT_SECONDS = 2


def post(body=b"{}", more=b""):
    """A command as bytes."""
    return b"POST /x HTTP/1.1\r\nHost: h\r\n" + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


@contextlib.asynccontextmanager
async def door(behind=Admission):
    """A small application behind the doorkeeper and ``behind``; yields its gate, what reached it, and its port."""
    gate = Gate(0.001, 1, Pace(), Metrics())
    asked = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            asked.append(scope["path"])
            body = (await receive())["body"]
            await PlainTextResponse(body or b"nothing", 200)(scope, receive, send)

    config = uvicorn.Config(
        behind(app, gate),
        port=0,
        log_config=None,
        lifespan="off",
        http=doorkeeper(gate),
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield gate, asked, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def answer(reader):
    """Status, headers and body of the next answer on a connection."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


def nobody(app, gate):
    """Lets everything in, so that what is refused was refused at the door."""
    return app


async def test_while_the_gate_is_shut_a_command_never_reaches_the_application_and_the_connection_stays():
    async with door(nobody) as (gate, asked, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gate.pace.begin()
        for _ in range(3):
            writer.write(post())
            status, headers, body = await answer(reader)
            assert status == 503
            assert json.loads(body)["type"] == "/problems/overloaded"
            assert headers["content-type"] == "application/problem+json"
            assert int(headers["retry-after"]) >= 1
            assert headers["cache-control"] == "no-store"
        assert asked == []
        writer.write(b"GET /board HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (await answer(reader))[0] == 200, "questions are answered"
        gate.pace.end(True)
        writer.write(post(b"let in"))
        assert await answer(reader) == (200, *(await same(b"let in", reader, writer)))
        assert asked == ["/board", "/x", "/x"]
        writer.close()


async def same(body, reader, writer):
    """Headers and body of the same command, asked again."""
    writer.write(post(body))
    _, headers, told = await answer(reader)
    return headers, told


@pytest.mark.parametrize("pieces", [2, 40])
async def test_a_command_that_comes_in_pieces_is_refused_the_usual_way(pieces):
    async with door() as (gate, asked, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gate.pace.begin()
        whole = post(b"x" * 50)
        step = -(-len(whole) // pieces)
        for start in range(0, len(whole), step):
            writer.write(whole[start : start + step])
            await writer.drain()
            await asyncio.sleep(0.002)
        assert (await answer(reader))[0] == 503
        writer.write(post())
        assert (await answer(reader))[0] == 503
        assert asked == []
        writer.close()


async def test_of_two_commands_sent_at_once_each_gets_its_answer():
    async with door() as (gate, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gate.pace.begin()
        writer.write(post() + post())
        assert [(await answer(reader))[0] for _ in range(2)] == [503, 503]
        writer.close()


async def test_a_connection_that_was_refused_and_then_lies_idle_is_closed_in_time():
    async with door() as (gate, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gate.pace.begin()
        writer.write(post())
        await answer(reader)
        assert await asyncio.wait_for(reader.read(1), KEPT_SECONDS + 3) == b""
        writer.close()

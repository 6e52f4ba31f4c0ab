"""The client of the house: what it takes for an answer, how questions come, and that it tells the truth."""

import asyncio
import itertools
import random
from collections.abc import Callable

import pytest

from simulations.load.connection import LOST, connect, parsed
from simulations.load.loops import (
    Fixed,
    Message,
    arrivals,
    closed_loop,
    open_loop,
)

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: x\r\nContent-Length: 5\r\n\r\nhello"


def test_an_answer_is_whole_when_its_announced_length_is_there() -> None:
    for cut in range(len(ANSWER)):
        assert parsed(ANSWER[:cut]) is None
    assert parsed(ANSWER) == (201, b"hello", False)
    assert parsed(b"HTTP/1.1 204 No Content\r\n\r\n") == (204, b"", False)
    assert parsed(ANSWER.replace(b"Content-Length", b"content-length")) == (201, b"hello", False)
    again = ANSWER.replace(b"\r\n\r\n", b"\r\nIdempotent-Replayed: true\r\n\r\n")
    assert parsed(again) == (201, b"hello", True)


def test_arrivals_come_at_the_rate_that_is_asked_for_and_not_evenly() -> None:
    moments = list(arrivals(random.Random(1), 100.0, 50.0))
    assert len(moments) == pytest.approx(5000, rel=0.05)
    assert moments == sorted(moments)
    assert max(moments) < 50
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance == pytest.approx(mean**2, rel=0.15), "a Poisson process, not a metronome"


class Server:
    """Answers on kept connections after ``seconds``, one after the other; counts how many are there at once."""

    def __init__(self, seconds: float, ends_after: int | None = None) -> None:
        self.seconds = seconds
        self.ends_after = ends_after
        self.answered = 0
        self.at_once = 0
        self.most_at_once = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await asyncio.sleep(self.seconds)
                self.at_once -= 1
                if self.answered == self.ends_after:
                    break
                self.answered += 1
                writer.write(ANSWER)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


async def at(server: Server, play: Callable) -> None:  # type: ignore[type-arg]
    """Run ``play(url)`` against the server."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        await play(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")


def questions(count: int) -> Fixed:
    return Fixed(Message("ask", b"GET / HTTP/1.1\r\n\r\n") for _ in range(count))


async def test_in_a_closed_loop_every_client_has_one_question_under_way() -> None:
    server = Server(0.02)

    async def play(url: str) -> None:
        clients = await connect(url, 4)
        run = await closed_loop(clients, questions(22))
        assert len(run.exchanges) == server.answered == 22
        assert {(e.kind, e.status, e.body) for e in run.exchanges} == {("ask", 201, b"hello")}
        assert all(e.seconds >= 0.02 for e in run.exchanges)
        assert run.seconds >= 6 * 0.02, "22 questions of 4 clients take six turns"
        for client in clients:
            client.close()

    await at(server, play)
    assert server.most_at_once == 4


async def test_in_an_open_loop_questions_come_however_slow_the_answers_are() -> None:
    server = Server(0.3)

    async def play(url: str) -> None:
        run = await open_loop(url, await connect(url, 40), questions(1000), 50.0, 0.5, 1)
        expected = len(list(arrivals(random.Random(1), 50.0, 0.5)))
        assert len(run.exchanges) == expected
        assert (run.unsent, run.unanswered) == (0, 0)
        assert server.most_at_once > 10, "a closed loop of one would have waited"

    await at(server, play)


async def test_a_question_that_finds_every_connection_busy_is_not_sent_and_is_told_of() -> None:
    server = Server(0.5)

    async def play(url: str) -> None:
        run = await open_loop(url, await connect(url, 2), questions(1000), 100.0, 0.3, 1)
        assert len(run.exchanges) == 2
        assert run.unsent == len(list(arrivals(random.Random(1), 100.0, 0.3))) - 2

    await at(server, play)


async def test_a_connection_that_ends_before_the_answer_is_no_answer() -> None:
    async def play(url: str) -> None:
        run = await closed_loop(await connect(url, 1), questions(5))
        assert [exchange.status for exchange in run.exchanges] == [201, 201, LOST]

    await at(Server(0.0, ends_after=2), play)

"""How many commands may be under way follows how fast they are carried out."""

import asyncio
import json
from typing import Any

import pytest

from api.admission import CLOCK, REMEMBERED_SECONDS, Admission, Gate, Pace
from api.examples import EXAMPLES
from api.metrics import Metrics


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def carry_out(pace: Pace, clock: Hands, count: int, seconds: float, carried_out: bool = True) -> None:
    """One command after the other."""
    for _ in range(count):
        pace.begin()
        clock.now += seconds
        pace.end(carried_out)


def test_the_pace_is_commands_carried_out_in_a_busy_second_and_idle_time_changes_nothing():
    clock = Hands()
    pace = Pace(clock)
    assert pace.a_second == 0
    carry_out(pace, clock, 10, 0.02)
    assert pace.a_second == pytest.approx(50)
    clock.now += 3600
    carry_out(pace, clock, 10, 0.02)
    assert pace.a_second == pytest.approx(50)


def test_commands_under_way_together_share_the_time():
    clock = Hands()
    pace = Pace(clock)
    for _ in range(20):
        pace.begin()
    clock.now += 0.1
    for _ in range(20):
        pace.end(True)
    assert pace.a_second == pytest.approx(200)
    assert pace.under_way == 0


def test_a_service_that_becomes_slow_is_found_out_within_seconds():
    clock = Hands()
    pace = Pace(clock)
    carry_out(pace, clock, 10_000, 0.001)
    assert pace.a_second == pytest.approx(1000, rel=0.01)
    carry_out(pace, clock, int(4 * REMEMBERED_SECONDS), 1.0)
    assert pace.a_second < 300


def test_what_is_turned_down_quickly_does_not_make_the_service_look_quick():
    clock = Hands()
    pace = Pace(clock)
    carry_out(pace, clock, 100, 0.02)
    carry_out(pace, clock, 1000, 0.001, carried_out=False)
    assert pace.a_second < 50


class Slow:
    """An application whose answers come when the test lets them."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.gate.wait()
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(admission: Admission, method: str = "POST", path: str = "/requests") -> list[Any]:
    """The messages of one answer."""
    heard: list[Any] = []

    async def send(message: Any) -> None:
        heard.append(message)

    async def receive() -> Any:
        raise AssertionError("a body that nobody asked for")

    await admission({"type": "http", "method": method, "path": path}, receive, send)
    return heard


async def test_more_commands_than_are_done_soon_are_refused_at_once_and_questions_never():
    app, metrics = Slow(), Metrics()
    admission = Admission(app, Gate(0.5, 2, Pace(Hands()), metrics))
    under_way = [asyncio.create_task(ask(admission)) for _ in range(2)]
    await asyncio.sleep(0)
    start, body = await ask(admission)
    assert start["status"] == 503
    headers = dict(start["headers"])
    assert headers[b"retry-after"] == b"1"
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"cache-control"] == b"no-store"
    assert json.loads(body["body"])["type"] == "/problems/overloaded"
    question = asyncio.create_task(ask(admission, "GET"))
    await asyncio.sleep(0)
    assert app.asked == 3
    assert b"wardflow_refused_total 1.0" in metrics.text()
    assert b"wardflow_commands_under_way 2.0" in metrics.text()
    app.gate.set()
    answers = await asyncio.gather(question, *under_way)
    assert [start["status"] for start, _ in answers] == [201, 201, 201]
    assert (await ask(admission))[0]["status"] == 201


async def test_time_passes_in_a_sandbox_however_many_commands_are_under_way():
    assert f"POST {CLOCK}" in EXAMPLES, "the path under which the service has it"
    app = Slow()
    admission = Admission(app, Gate(0.5, 1, Pace(Hands()), Metrics()))
    under_way = asyncio.create_task(ask(admission))
    await asyncio.sleep(0)
    clock = asyncio.create_task(ask(admission, path=CLOCK))
    await asyncio.sleep(0)
    assert app.asked == 2
    app.gate.set()
    assert [start["status"] for start, _ in await asyncio.gather(under_way, clock)] == [201, 201]


async def test_the_limit_rises_with_the_pace_and_never_falls_below_the_least():
    clock = Hands()
    pace = Pace(clock)
    gate = Gate(0.5, 4, pace, Metrics())
    assert gate.limit == 4
    carry_out(pace, clock, 1000, 0.001)
    assert gate.limit == pytest.approx(500, abs=1)
    carry_out(pace, clock, 30, 5.0)
    assert gate.limit == 4


async def test_a_command_that_fails_is_under_way_no_longer():
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("broken")

    admission = Admission(broken, Gate(0.5, 1, Pace(Hands()), Metrics()))
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await ask(admission)

"""What the clients ask of the service: real demand of a hospital, placed and given back.

A hospital of 300 beds is full after a second at the pace that is measured, so the load comes in cycles: so many
placements, of new persons each, then as many releases. Both are whole commands; they are timed and counted apart, and
a placement's figures hold no release. The hospital fills from 40 % to about 90 % of its beds in every cycle. The
requests of a cycle are chosen beforehand so that all of them fit together: what cannot be placed is stored as a need
and decided again after each release, which would measure something else. Where the load has to go on without a break
(:class:`Steady`), placements and releases alternate.
"""

from __future__ import annotations

import itertools
import math
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from simulations.day_http import body_of
from simulations.demand import Arrival, requests
from simulations.hospital import ZONE
from simulations.load.connection import Connection
from simulations.load.loops import (
    Exchange,
    Fixed,
    Message,
    Repeated,
    Run,
    closed_loop,
    open_loop,
    run_loop,
)
from solver.engine.rule import Profile
from solver.hospital import Hospital, Minute
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions

SIZE: Final = "district"
SEED: Final = 1
OCCUPANCY: Final = 0.4
IN_A_CYCLE: Final = 200
"""Placements of one cycle."""
RELEASING_CLIENTS: Final = 32
STANDING: Final = 100
"""Patients with a place while the load goes on without a break."""
PLACE: Final = "place"
BATCH: Final = "batch"
RELEASE: Final = "release"
BATCHED: Final = 50
"""Requests of one batch."""
PLACED, WAITS, DONE = 201, 202, 200


# --- bodies -------------------------------------------------------------------------------------------------
def cycles(hospital: Hospital, now: Minute, count: int) -> list[tuple[bytes, ...]]:
    """``count`` cycles of bodies of ``POST /requests``; all of one cycle fit into the hospital together."""
    return [tuple(map(body, fitting(hospital, now, number))) for number in range(count)]


def fitting(hospital: Hospital, now: Minute, replication: int) -> list[Arrival]:
    """The first of the hospital's demand that can be placed together, each as if it came now."""
    live = LiveHospital.of(hospital, now, Profile(), PlacingOptions())
    found: list[Arrival] = []
    for number, arrival in enumerate(_demand(hospital, now, replication)):
        live.put(arrival.person)
        decision = live.decide(arrival.request, f"a{number}")
        if decision.allocation is not None and decision.allocation.start == max(
            now, arrival.request.needed_by
        ):
            live.apply(decision)
            found.append(arrival)
            if len(found) == IN_A_CYCLE:
                return found
    raise ValueError(f"Only {len(found)} requests fit together; lower OCCUPANCY or IN_A_CYCLE.")


def _demand(hospital: Hospital, now: Minute, replication: int) -> Iterator[Arrival]:
    for arrival in requests(hospital, SEED, now, 7 * MINUTES_PER_DAY, replication=replication):
        early = arrival.minute - now
        request = replace(
            arrival.request,
            decided_at=arrival.request.decided_at - early,
            needed_by=arrival.request.needed_by - early,
        )
        yield replace(arrival, minute=now, request=request)


def body(arrival: Arrival) -> bytes:
    """The body that asks for a place for a person new to the service, who gets an id there."""
    told = body_of(arrival.person, arrival.request, ZONE)
    person = {name: value for name, value in told["person"].items() if name not in ("id", "keep_apart")}
    return orjson.dumps({**told, "person": person})


# --- messages -----------------------------------------------------------------------------------------------
def post(path: str, content: bytes, token: str, kind: str, about: str = "") -> Message:
    """A command with an idempotency key of its own."""
    head = (
        f"POST /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        f"Idempotency-Key: {secrets.token_hex(12)}\r\n\r\n"
    )
    return Message(kind, head.encode() + content, about)


def placing(contents: Iterable[bytes], token: str) -> list[Message]:
    """One placement for each body."""
    return [post("/requests", content, token, PLACE) for content in contents]


def batching(contents: Sequence[bytes], token: str) -> list[Message]:
    """The same in batches, each joint decision one command."""
    parts = [contents[first : first + BATCHED] for first in range(0, len(contents), BATCHED)]
    whole = [b'{"requests":[' + b",".join(part) + b"]}" for part in parts]
    return [post("/requests:batch", content, token, BATCH) for content in whole]


def releasing(placed: Sequence[Exchange], token: str) -> list[Message]:
    """Gives everything back; what waits first, so that nobody moves up."""
    told = [case for exchange in placed for case in cases_of(exchange)]
    order = sorted(told, key=lambda case: case["state"] == "placed")
    return [release(case["request_id"], token) for case in order]


def cases_of(exchange: Exchange) -> list[dict[str, Any]]:
    """What was answered for each request of a placement or a batch."""
    told = orjson.loads(exchange.body)
    found: list[dict[str, Any]] = told["results"] if exchange.kind == BATCH else [told]
    return found


HELLO: Final = Message("hello", b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


def bookings(first: int, count: int) -> list[Message]:
    """Bookings of the naive design that hit no other, from the ``first`` on."""
    return [_booking(number) for number in range(first, first + count)]


def _booking(number: int) -> Message:
    start = number // 300 * 60
    told = {
        "person_id": f"p{number}",
        "bed_id": number % 300,
        "start_minute": start,
        "end_minute": start + 60,
    }
    content = orjson.dumps(told)
    head = (
        "POST /bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return Message("book", head.encode() + content)


class Steady:
    """Placements and releases in turns: what was placed longest ago is released as soon as enough are placed.

    What was refused for now (503) or lost is asked again: a release under its own key, a placement as a new one.
    ``until``: seconds from the first question after which there are no more.
    """

    def __init__(self, contents: Sequence[bytes], token: str, seconds: float = math.inf) -> None:
        self._contents = itertools.cycle(contents)
        self._token = token
        self._seconds = seconds
        self._until = math.inf
        self._placed: deque[str] = deque()
        self._again: deque[Message] = deque()
        self._being_placed = 0

    def next(self) -> Message | None:
        """The next command; None when the time is over."""
        now = time.perf_counter()
        self._until = min(self._until, now + self._seconds)
        if now >= self._until:
            return None
        if self._again:
            return self._again.popleft()
        if self._placed and len(self._placed) + self._being_placed >= STANDING:
            return release(self._placed.popleft(), self._token)
        self._being_placed += 1
        return post("/requests", next(self._contents), self._token, PLACE)

    def heard(self, message: Message, status: int, body: bytes) -> None:
        """Remember what was placed; what waits is released at once, so that nothing is decided again and again."""
        if message.kind == RELEASE:
            if status != DONE:
                self._again.append(message)
            return
        self._being_placed -= 1
        if status == PLACED:
            self._placed.append(request_id_of(body))
        elif status == WAITS:
            self._again.append(release(request_id_of(body), self._token))

    @property
    def standing(self) -> int:
        """How many are placed and not given back, as far as was heard."""
        return len(self._placed)


def release(request_id: str, token: str) -> Message:
    """Takes a request back."""
    return post(f"/requests/{request_id}:release", b"{}", token, RELEASE, request_id)


def request_id_of(body: bytes) -> str:
    """Of an answer to a placement."""
    return str(orjson.loads(body)["request_id"])


# --- what runs in the client's process ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Cycle:
    """The placements of one cycle, and the releases; None where nothing was given back."""

    placed: Run
    released: Run | None


@dataclass(frozen=True, slots=True)
class Asking:
    """How a cycle is asked for: in batches or one by one, and by how many clients."""

    clients: int
    batches: bool = False

    def messages(self, contents: Sequence[bytes], token: str) -> list[Message]:
        """The questions of a cycle."""
        return batching(contents, token) if self.batches else placing(contents, token)


def play_cycles(
    url: str, token: str, contents: Sequence[Sequence[bytes]], asking: Asking, keep_last: bool = False
) -> list[Cycle]:
    """Cycle after cycle; ``keep_last``: what the last one placed stays."""
    found: list[Cycle] = []
    for number, bodies in enumerate(contents):
        placed = closed(url, asking.messages(bodies, token), asking.clients)
        if keep_last and number == len(contents) - 1:
            return [*found, Cycle(placed, None)]
        found.append(Cycle(placed, closed(url, releasing(placed.exchanges, token), RELEASING_CLIENTS)))
    return found


def closed(url: str, messages: Sequence[Message], clients: int) -> Run:
    """A closed loop over messages that are made already."""

    async def loop(connections: Sequence[Connection]) -> Run:
        return await closed_loop(connections, Fixed(messages))

    return run_loop(url, clients, loop)


def say_hello(url: str, clients: int, seconds: float) -> Run:
    """The bare endpoint for so many seconds."""

    async def loop(connections: Sequence[Connection]) -> Run:
        return await closed_loop(connections, Repeated(HELLO, seconds))

    return run_loop(url, clients, loop)


def steady_closed(url: str, token: str, contents: Sequence[bytes], clients: int, seconds: float) -> Run:
    """Placements and releases in turns, each client one after the other."""

    async def loop(connections: Sequence[Connection]) -> Run:
        return await closed_loop(connections, Steady(contents, token, seconds))

    return run_loop(url, clients, loop)


def steady_open(
    url: str, token: str, contents: Sequence[bytes], clients: int, rate: float, seconds: float
) -> Run:
    """Placements and releases in turns, so many a second whatever comes back; bodies of good answers are not kept."""

    async def loop(connections: Sequence[Connection]) -> Run:
        return await open_loop(
            url, connections, Steady(contents, token), rate, seconds, SEED, keep_bodies=False
        )

    return run_loop(url, clients, loop)

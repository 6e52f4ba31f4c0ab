"""Closed and open loops of simple questions over kept connections, for what is measured beside the service.

Messages are serialised before the clock runs; one question is under way on each connection.
In a closed loop each client asks again as soon as it is answered; in an open loop questions come by a Poisson process
whatever the service does, and a latency counts from the moment the question was due. Meant to run in a process of its
own (:func:`client_process`); statuses, latencies and bodies come back, to be checked when the clock has stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import multiprocessing
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from simulations.load.connection import Connection, connect

IDLE_SECONDS: Final = 3.0
"""After which a connection is not used again: uvicorn closes those that lay idle for five."""
GRACE_SECONDS: Final = 30.0
"""How long answers are waited for after the last question."""


@dataclass(frozen=True, slots=True)
class Message:
    """One question: its kind, by which it is counted, its bytes, and whatever its source wants to know it by."""

    kind: str
    raw: bytes
    about: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer; ``began`` is the client's monotonic clock, ``seconds`` until the whole answer was
    there; ``about``: the question's."""

    kind: str
    began: float
    seconds: float
    status: int
    body: bytes
    about: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What a loop did. ``seconds``: closed, from the first question to the last answer; open, while questions came.
    ``unsent``: questions that found every connection busy; ``unanswered``: those that had no answer when the grace was
    over; ``busy_seconds``: processor time of the client's process."""

    exchanges: tuple[Exchange, ...]
    seconds: float
    unsent: int = 0
    unanswered: int = 0
    busy_seconds: float = 0.0

    def of(self, kind: str) -> list[Exchange]:
        """The exchanges of one kind."""
        return [exchange for exchange in self.exchanges if exchange.kind == kind]


class Source(Protocol):
    """Where questions come from."""

    def next(self) -> Message | None:
        """What to ask now; None: nothing, and nothing any more unless an answer brings it."""
        ...

    def heard(self, message: Message, status: int, body: bytes) -> None:
        """Take note of an answer."""
        ...


class Fixed:
    """Messages in their order, each once; answers are not looked at."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = iter(messages)

    def next(self) -> Message | None:
        """The next one."""
        return next(self._messages, None)

    def heard(self, message: Message, status: int, body: bytes) -> None:
        """Nothing to do."""


class Repeated:
    """One message again and again, for so many seconds from the first."""

    def __init__(self, message: Message, seconds: float) -> None:
        self._message = message
        self._seconds = seconds
        self._until = math.inf

    def next(self) -> Message | None:
        """The message, until the time is over."""
        now = time.perf_counter()
        self._until = min(self._until, now + self._seconds)
        return self._message if now < self._until else None

    def heard(self, message: Message, status: int, body: bytes) -> None:
        """Nothing to do."""


# --- loops --------------------------------------------------------------------------------------------------
async def closed_loop(connections: Sequence[Connection], source: Source) -> Run:
    """Every client asks again as soon as it is answered, until the source has nothing more.

    A lost connection ends its client.
    """
    found: list[Exchange] = []
    left = asyncio.Semaphore(0)

    def turn(connection: Connection) -> None:
        message = source.next() if connection.open else None
        if message is None:
            return left.release()
        began = time.perf_counter()

        def heard(status: int, body: bytes) -> None:
            found.append(
                Exchange(message.kind, began, time.perf_counter() - began, status, body, message.about)
            )
            source.heard(message, status, body)
            turn(connection)

        return connection.ask(message.raw, heard)

    began, busy = time.perf_counter(), time.process_time()
    for connection in connections:
        turn(connection)
    for _ in connections:
        await left.acquire()
    last = max((exchange.began + exchange.seconds for exchange in found), default=began)
    return Run(tuple(found), last - began, busy_seconds=time.process_time() - busy)


async def open_loop(
    url: str,
    connections: Sequence[Connection],
    source: Source,
    rate: float,
    seconds: float,
    seed: int,
    keep_bodies: bool = True,
) -> Run:
    """``rate`` questions a second by a Poisson process for so many seconds, whatever comes back.

    A latency runs from the moment the question was due, even if this process was late. A question that finds every
    connection busy is not sent, as one that finds no free port is not; a connection that lay idle is replaced by a new
    one, for the service may be about to close it. ``keep_bodies``: of good answers too.
    """
    flow = _Flow(url, connections, source, keep_bodies)
    began, busy = time.perf_counter(), time.process_time()
    for moment in arrivals(random.Random(seed), rate, seconds):
        due = began + moment
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        flow.due(due)
    took = time.perf_counter() - began
    await flow.settled(GRACE_SECONDS)
    return Run(tuple(flow.found), took, flow.unsent, flow.under_way, time.process_time() - busy)


def arrivals(rng: random.Random, rate: float, seconds: float) -> Iterator[float]:
    """Moments of a Poisson process in ``[0, seconds)``."""
    moment = rng.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += rng.expovariate(rate)


class _Flow:
    """Questions that come when they come, over a number of connections."""

    def __init__(
        self, url: str, connections: Sequence[Connection], source: Source, keep_bodies: bool
    ) -> None:
        self.found: list[Exchange] = []
        self.unsent = 0
        self.under_way = 0
        self._url = url
        self._most = len(connections)
        self._source = source
        self._keep_bodies = keep_bodies
        now = time.perf_counter()
        self._free = [(connection, now) for connection in connections]
        self._answered = asyncio.Event()
        self._opening: set[asyncio.Task[None]] = set()

    def due(self, moment: float) -> None:
        """A question is to be asked now."""
        message = self._source.next() if self.under_way < self._most else None
        if message is None:
            self.unsent += 1
            return
        self.under_way += 1
        if (connection := self._fresh()) is not None:
            self._send(connection, message, moment)
        else:
            task = asyncio.create_task(self._send_on_a_new_one(message, moment))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def settled(self, seconds: float) -> None:
        """Wait for the answers that are still to come, but no longer than that; then close every connection."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.under_way:
                    self._answered.clear()
                    await self._answered.wait()
        for connection, _ in self._free:
            connection.close()

    def _fresh(self) -> Connection | None:
        """The connection that was used last, unless that is long ago: then all others lay idle even longer."""
        oldest = time.perf_counter() - IDLE_SECONDS
        while self._free:
            connection, since = self._free.pop()
            if connection.open and since > oldest:
                return connection
            connection.close()
        return None

    async def _send_on_a_new_one(self, message: Message, due: float) -> None:
        (connection,) = await connect(self._url, 1)
        self._send(connection, message, due)

    def _send(self, connection: Connection, message: Message, due: float) -> None:
        def heard(status: int, body: bytes) -> None:
            self.under_way -= 1
            kept = body if self._keep_bodies or not 200 <= status < 300 else b""
            now = time.perf_counter()
            self.found.append(Exchange(message.kind, due, now - due, status, kept, message.about))
            self._source.heard(message, status, body)
            self._free.append((connection, now))
            self._answered.set()

        connection.ask(message.raw, heard)


# --- a process of its own -----------------------------------------------------------------------------------
@contextlib.contextmanager
def client_process() -> Iterator[ProcessPoolExecutor]:
    """A process that runs loops; what it is given and gives back is pickled."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


def run_loop(url: str, clients: int, loop: Callable[[Sequence[Connection]], Awaitable[Run]]) -> Run:
    """Connect, run one loop, close."""

    async def run() -> Run:
        connections = await connect(url, clients)
        try:
            return await loop(connections)
        finally:
            for connection in connections:
                connection.close()

    return asyncio.run(run())

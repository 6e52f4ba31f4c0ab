"""Keeps a sandbox's clock in step with a load that runs faster than the wall's."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import orjson

from simulations.load.connection import LOST, Connection, connect
from simulations.load.patient import Asked
from simulations.load.timeline import Pace
from solver.hospital import Minute, from_minute

TICK_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 5.0
"""A clock that was not set within so long was not set; nor was one whose service takes no connection."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the hospital's clock says at each second of the load; ``start``: its minute at second 0."""

    pace: Pace
    start: Minute

    def minute(self, second: float) -> Minute:
        """The hospital's minute."""
        return self.start + self.pace.minutes(second)

    def moment(self, second: float) -> str:
        """As the API takes it."""
        return from_minute(self.minute(second), "UTC").isoformat()


@dataclass(frozen=True, slots=True)
class Conductor:
    """Sets the clock of the hospital at ``urls`` twice a second, as its ``calendar`` says."""

    urls: tuple[str, ...]
    token: str
    calendar: Calendar
    seconds: float
    run: str

    async def conduct(self, begin: float, counts: Counter[str]) -> None:
        """From second 0 (``begin`` on the monotonic clock) until the end of the load, or until it is cancelled.

        Raises nothing for a service that is not there: ``counts`` tells how often a clock was not set.
        """
        connections: list[Connection | None] = [None for _ in self.urls]
        told, number = self.calendar.start, 0
        try:
            while (now := time.monotonic() - begin) < self.seconds:
                minute = self.calendar.minute(now)
                if minute > told:
                    told, number = minute, number + 1
                    for place, url in enumerate(self.urls):
                        connections[place] = await _kept(connections[place], url)
                        status = await self._set(connections[place], place, minute, number)
                        counts["clock set" if status < 300 and status != LOST else "clock not set"] += 1
                await asyncio.sleep(TICK_SECONDS)
        finally:
            for connection in connections:
                if connection is not None:
                    connection.close()

    async def _set(self, connection: Connection | None, place: int, minute: Minute, number: int) -> int:
        if connection is None:
            return LOST
        body = orjson.dumps({"now": from_minute(minute, "UTC").isoformat(), "running": True})
        asked = Asked("clock", "/sandbox/clock", body, f"{self.run}-clock-{place}-{number}")
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def heard(status: int, body: bytes) -> None:
            if not answered.done():
                answered.set_result(status)

        connection.ask(asked.raw(urlsplit(self.urls[place]).netloc, self.token), heard)
        try:
            return await asyncio.wait_for(answered, ANSWER_SECONDS)
        except TimeoutError:
            connection.close()
            return LOST


async def _kept(connection: Connection | None, url: str) -> Connection | None:
    """The connection if it is open, else a new one; None if the service takes none."""
    if connection is not None and connection.open:
        return connection
    try:
        return (await asyncio.wait_for(connect(url, 1), ANSWER_SECONDS))[0]
    except OSError:  # TimeoutError is one of them.
        return None

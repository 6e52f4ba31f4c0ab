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
        """From second 0 (``begin`` on the monotonic clock) until the end of the load."""
        connections = [(await connect(url, 1))[0] for url in self.urls]
        told, number = self.calendar.start, 0
        while (now := time.monotonic() - begin) < self.seconds:
            minute = self.calendar.minute(now)
            if minute > told:
                told, number = minute, number + 1
                for place, connection in enumerate(connections):
                    status = await self._set(connection, place, minute, number)
                    counts["clock set" if status < 300 and status != LOST else "clock not set"] += 1
                    if not connection.open:
                        connections[place] = (await connect(self.urls[place], 1))[0]
            await asyncio.sleep(TICK_SECONDS)
        for connection in connections:
            connection.close()

    async def _set(self, connection: Connection, place: int, minute: Minute, number: int) -> int:
        body = orjson.dumps({"now": from_minute(minute, "UTC").isoformat(), "running": True})
        asked = Asked("clock", "/sandbox/clock", body, f"{self.run}-clock-{place}-{number}")
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def heard(status: int, body: bytes) -> None:
            if not answered.done():
                answered.set_result(status)

        connection.ask(asked.raw(urlsplit(self.urls[place]).netloc, self.token), heard)
        return await answered

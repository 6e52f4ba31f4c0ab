"""Kept connections to one service: as many as questions are under way at once, the freshest used first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from simulations.load.connection import Connection, connect
from simulations.load.loops import IDLE_SECONDS

PREPARED: Final = 16
"""Connections that are open before the clock runs."""


class Pool:
    """The connections that are free; others are opened when none is."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._free: list[tuple[Connection, float]] = []
        self._opening: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Open some. Raises ``OSError``."""
        now = self._clock()
        self._free = [(connection, now) for connection in await connect(self._url, PREPARED)]

    def fresh(self) -> Connection | None:
        """The connection that was used last, unless that is long ago: then all others lay idle even longer."""
        oldest = self._clock() - IDLE_SECONDS
        while self._free:
            connection, since = self._free.pop()
            if connection.open and since > oldest:
                return connection
            connection.close()
        return None

    def opened(self, then: Callable[[Connection | None], None]) -> None:
        """A new one, handed over when it is there; None if the service takes none."""
        task = asyncio.get_running_loop().create_task(self._open(then))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, then: Callable[[Connection | None], None]) -> None:
        try:
            (made,) = await connect(self._url, 1)
        except OSError:
            return then(None)
        return then(made)

    def free(self, connection: Connection) -> None:
        """It has been answered."""
        if connection.open:
            self._free.append((connection, self._clock()))

    def close(self) -> None:
        """End all that are free."""
        for connection, _ in self._free:
            connection.close()
        self._free.clear()

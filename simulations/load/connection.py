"""The client of the house: HTTP/1.1 over kept connections, so lean that thousands of questions a second take one core.

Bytes go out as they were serialised; one question is under way on each connection; an answer is handed on the moment
it is whole. Answers that are streams (server-sent events) are not for it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

LOST: Final = 0
"""The status of a question whose connection ended before the answer."""
REPLAYED: Final = b"\r\nidempotent-replayed: true"
"""How an answer says that it was given before."""


class Connection(asyncio.Protocol):
    """One kept connection; ``ask`` may be called when the answer before has been heard.

    ``replayed``: whether the last answer said that it had been given before, for the same idempotency key.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._heard: Callable[[int, bytes], None] | None = None
        self._transport: asyncio.Transport | None = None
        self.open = False
        self.replayed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.open = transport, True

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits is told that no answer comes."""
        self.open = False
        self._tell(LOST, b"")

    def ask(self, raw: bytes, heard: Callable[[int, bytes], None]) -> None:
        """Send a question; ``heard`` is called with status and body of its answer."""
        assert self._transport is not None, "connected before it is asked"
        self._heard = heard
        if not self.open:
            return self._tell(LOST, b"")
        return self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        """Collect an answer, mostly whole at once."""
        self._buffer += data
        answer = parsed(self._buffer)
        if answer is not None:
            status, body, self.replayed = answer
            self._buffer.clear()
            self._tell(status, body)

    def close(self) -> None:
        """End it; whoever waits is told that no answer comes."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def _tell(self, status: int, body: bytes) -> None:
        heard, self._heard = self._heard, None
        if heard is not None:
            heard(status, body)


def parsed(buffer: bytes | bytearray) -> tuple[int, bytes, bool] | None:
    """Status and body of a whole answer of announced length, and whether it was given before; None while some of it is
    missing."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end]).lower() + b"\r\n"
    at = head.find(b"\r\ncontent-length:")
    length = int(head[at + 17 : head.index(b"\r\n", at + 17)]) if at >= 0 else 0
    whole = end + 4 + length
    if len(buffer) < whole:
        return None
    return int(head[9:12]), bytes(buffer[end + 4 : whole]), REPLAYED in head


async def connect(url: str, count: int) -> list[Connection]:
    """So many connections to a service. Raises ``OSError``."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
    trusted = ssl.create_default_context() if secure else None
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Connection, host, port, ssl=trusted) for _ in range(count)]
    return [connection for _, connection in made]

"""Clients for campaigns, on asyncio streams: sixty-four in one process cost little beside the service they ask.

Each keeps one connection and waits for its answer before it asks again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: its status and its JSON."""

    status: int
    body: Any


class Connection:
    """One client's connection to one service; opened by the first question, and again if the service closed it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port
        self._fixed = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Connect, if it is not open."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)

    async def post(self, path: str, body: bytes, key: str, more: Mapping[str, str] = NOTHING_MORE) -> Told:
        """A command under an idempotency key, with ``more`` headers. Raises ``OSError`` or ``EOFError`` without an
        answer."""
        headers = {
            "Content-Type": "application/json",
            "Content-Length": len(body),
            "Idempotency-Key": key,
            **more,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return await self._exchange(f"POST /api/v1{path} HTTP/1.1\r\n{self._fixed}{head}\r\n".encode() + body)

    async def get(self, path: str) -> Told:
        """A question. Raises as ``post``."""
        return await self._exchange(f"GET /api/v1{path} HTTP/1.1\r\n{self._fixed}\r\n".encode())

    async def _exchange(self, message: bytes) -> Told:
        """Sent a second time if a kept connection turns out to be closed, as services do with those that lay idle:
        commands have a key, and questions change nothing."""
        if self._streams is not None:
            with contextlib.suppress(OSError, EOFError):
                return await self._exchange_once(message)
        return await self._exchange_once(message)

    async def _exchange_once(self, message: bytes) -> Told:
        await self.open()
        assert self._streams is not None, "opened above"
        reader, writer = self._streams
        try:
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(_length(head))
        except BaseException:
            self.close()
            raise
        return Told(int(head.split(b" ", 2)[1]), orjson.loads(body) if body else None)

    def close(self) -> None:
        """End it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _length(head: bytes) -> int:
    """Of the body; the service announces it in every answer that is no stream."""
    return int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])

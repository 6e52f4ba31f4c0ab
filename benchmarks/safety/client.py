"""Clients for campaigns, over the house's lean connections: sixty-four in one process cost little beside the service.

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

from simulations.load import connection

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
        self._fixed = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._kept: connection.Connection | None = None

    async def open(self) -> None:
        """Connect, if it is not open."""
        if self._kept is None:
            (self._kept,) = await connection.connect(self.url, 1)

    async def post(self, path: str, body: bytes, key: str, more: Mapping[str, str] = NOTHING_MORE) -> Told:
        """A command under an idempotency key, with ``more`` headers. Raises ``OSError`` without an answer."""
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
        if self._kept is not None:
            with contextlib.suppress(OSError):
                return await self._exchange_once(message)
        return await self._exchange_once(message)

    async def _exchange_once(self, message: bytes) -> Told:
        await self.open()
        assert self._kept is not None, "opened above"
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def heard(status: int, body: bytes) -> None:
            if not answer.done():
                answer.set_result((status, body))

        try:
            self._kept.ask(message, heard)
            status, body = await answer
            if status == connection.LOST:
                raise ConnectionResetError(f"{self.url} ended the connection before its answer")
        except BaseException:
            self.close()
            raise
        return Told(status, orjson.loads(body) if body else None)

    def close(self) -> None:
        """End it."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

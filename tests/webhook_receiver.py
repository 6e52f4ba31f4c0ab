"""A receiver of webhooks as somebody else would write it: a plain HTTP server, and the verification that the Standard
Webhooks specification describes, written from its words and sharing nothing with what signs."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


class NotVerified(Exception):
    """A message that its receiver must not believe."""


def verify(secret: str, headers: dict[str, str], body: bytes, now: float, tolerance: int = 300) -> Any:
    """The message, if one of its signatures is right and it is fresh."""
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(now - int(timestamp)) > tolerance:
        raise NotVerified("too old or too new")
    kind, _, encoded = secret.partition("_")
    assert kind == "whsec"
    key = base64.b64decode(encoded, validate=True)
    assert 24 <= len(key) <= 64
    to_sign = f"{message_id}.{timestamp}.{body.decode()}".encode()
    expected = base64.b64encode(hmac.new(key, to_sign, hashlib.sha256).digest()).decode()
    for versioned in headers["webhook-signature"].split(" "):
        version, signature = versioned.split(",", 1)
        if version == "v1" and hmac.compare_digest(signature, expected):
            return json.loads(body)
    raise NotVerified("no signature fits")


@dataclass
class Receiver:
    """What came, and what is answered: a status each, the last one from then on."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    location: str = ""
    stall_after: int | None = None
    """After so many messages none is answered."""
    before_answer: Callable[[], Awaitable[object]] | None = None
    """Waited for once a message has come."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=zqz"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.got.append((headers, body))
            if self.stall_after is not None and len(self.got) > self.stall_after:
                await reader.read()
            if self.before_answer is not None:
                await self.before_answer()
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            more = f"Location: {self.location}\r\n" if self.location else ""
            writer.write(
                f"HTTP/1.1 {status} X\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver that listens on this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()

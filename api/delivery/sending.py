"""One attempt to deliver: a POST to an address that was checked, and what became of it. Nothing of it is logged."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import httpx

from api.delivery.destinations import AddressRefused, LookUp, Reach, checked_url, looked_up, system_look_up

Outcome = Literal["delivered", "refused", "unreachable", "timed_out", "address_refused", "given_up"]

GONE: Final = 410
"""What a receiver answers that wants no more."""

GIVEN_UP: Final = "given_up"
"""No attempt, but the end of them: the event was tried for as long as is set."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an attempt; ``status`` of the answer, None without one."""

    outcome: Outcome
    status: int | None
    latency_ms: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.outcome == "delivered"


class Sender:
    """Sends messages; to be closed. ``seconds``: longest wait for an answer, looking the address up included."""

    def __init__(
        self,
        reach: Reach,
        seconds: float,
        look_up: LookUp = system_look_up,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._reach = reach
        self._seconds = seconds
        self._look_up = look_up
        self._tls = tls
        self._opening = asyncio.Lock()
        self._opened: httpx.AsyncHTTPTransport | None = None

    async def send(self, address: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """One attempt; never raises for what the receiver or the network does."""
        transport = await self._transport()
        began = time.monotonic()
        outcome, status = await self._tried(transport, address, headers, body)
        return Sent(outcome, status, round(1000 * (time.monotonic() - began)))

    async def close(self) -> None:
        """End every connection."""
        if self._opened is not None:
            await self._opened.aclose()

    async def _tried(
        self, transport: httpx.AsyncHTTPTransport, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Outcome, int | None]:
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._post(transport, address, headers, body)
        except AddressRefused:
            return "address_refused", None
        except (TimeoutError, httpx.TimeoutException):
            return "timed_out", None
        except (httpx.TransportError, OSError, ValueError):
            return "unreachable", None
        return ("delivered" if 200 <= status < 300 else "refused"), status

    async def _post(
        self, transport: httpx.AsyncHTTPTransport, address: str, headers: Mapping[str, str], body: bytes
    ) -> int:
        url = checked_url(address, self._reach)
        to = await looked_up(url, self._reach, self._look_up)
        request = httpx.Request(
            "POST",
            to.url,
            headers={"Host": to.authority, "Content-Type": "application/json", **headers},
            content=body,
            extensions={
                "sni_hostname": to.host,
                "timeout": httpx.Timeout(self._seconds).as_dict(),
            },
        )
        response = await transport.handle_async_request(request)
        await response.aclose()
        return response.status_code

    async def _transport(self) -> httpx.AsyncHTTPTransport:
        """The transport alone: a client would write addresses, which may hold a secret of the receiver's, into the log.

        Made for the first message: to read every authority that the machine trusts takes 25 ms, and most hospitals have
        no webhook.
        """
        async with self._opening:
            if self._opened is None:
                tls = self._tls
                if tls is None:
                    tls = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)
                self._opened = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
            return self._opened

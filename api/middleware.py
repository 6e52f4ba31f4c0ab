"""What every request passes, as plain ASGI: its address, the size of its body, counts and times, safe
headers.

Starlette's ``BaseHTTPMiddleware`` costs a task and two queues a request; these functions do not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, InvalidInput, Place
from api.metrics import Metrics
from api.problems import response_to

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""On every answer: nothing here may be cached, framed or sniffed."""


class BodyLimit:
    """Refuses bodies longer than ``limit`` bytes, whether announced or only found while reading."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Announced: answered at once. Streamed: ``BodyTooLarge`` is raised out of the reading."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if _announced(scope) > self._limit:
            return await response_to(self._error())(scope, receive, send)
        return await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise self._error()
            return message

        return counted

    def _error(self) -> BodyTooLarge:
        return BodyTooLarge(f"At most {self._limit} bytes are read.")


class NoNul:
    """Refuses addresses with a NUL in them: no id has one, and PostgreSQL takes none in a text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Looks at path and query; bodies are looked at by their schemas."""
        if scope["type"] == "http" and ("\x00" in scope["path"] or b"%00" in scope["query_string"]):
            places = [
                Place("path" if "\x00" in scope["path"] else "query", "an address without NUL characters")
            ]
            return await response_to(InvalidInput(places))(scope, receive, send)
        return await self._app(scope, receive, send)


class Observed:
    """Counts and times every answer by route and status, and adds the safe headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; the route's template, not the path, names it (paths hold ids)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message.get("headers", ()))
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            self._metrics.answered(scope["method"], _template(scope), status, time.perf_counter() - began)
        return None


def _announced(scope: Scope) -> int:
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _completed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = list(headers)
    names = {name.lower() for name, _ in present}
    return present + [(name, value) for name, value in SECURITY_HEADERS if name not in names]


def _template(scope: Scope) -> str:
    # FastAPI keeps the matched route in the scope; what matched nothing shares one name.
    route = scope.get("route")
    return getattr(route, "path_format", None) or "unmatched"

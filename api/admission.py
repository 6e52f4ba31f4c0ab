"""How many commands may be under way: as many as will be answered soon. More are refused at once, with 503.

Without this the queue before the writer bounds memory, not waiting: a queue of thousands is answered after everybody
has given up, and sends again. So a command is admitted while those under way would be done within ``seconds`` at the
pace of late, which is measured here; refused before its body is read or its token looked up, because what is refused
must cost next to nothing. Questions (GET) are not counted: the board stays readable. Nor is the setting of a sandbox's
clock: it stands for the wall's, which passes however busy the service is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.middleware import SECURITY_HEADERS
from api.problems import response_to
from models.errors import QueueFull

QUESTIONS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CLOCK: Final = "/api/v1/sandbox/clock"
REMEMBERED_SECONDS: Final = 2.0
"""Of busy time, over which the pace is taken: less, and one long commit makes it; more, and it is news too late."""


class Pace:
    """Commands carried out a second while any was under way; what is long past counts half, then a quarter.

    Idle time does not count: a quiet service is not a slow one.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._under_way = 0
        self._since = 0.0
        self._busy = 0.0
        self._done = 0.0

    @property
    def under_way(self) -> int:
        """Commands that began and did not end."""
        return self._under_way

    @property
    def a_second(self) -> float:
        """The pace; 0 before anything was carried out."""
        return self._done / self._busy if self._busy > 0 else 0.0

    def begin(self) -> None:
        """A command begins."""
        self._pass_time()
        self._under_way += 1

    def end(self, carried_out: bool) -> None:
        """A command ends. Those that were turned down say nothing of how fast others are carried out."""
        self._pass_time()
        self._under_way -= 1
        self._done += carried_out
        if self._busy > 2 * REMEMBERED_SECONDS:
            self._busy, self._done = self._busy / 2, self._done / 2

    def _pass_time(self) -> None:
        now = self._monotonic()
        if self._under_way:
            self._busy += now - self._since
        self._since = now


class Gate:
    """Shut while the commands under way would take longer than ``seconds``; ``least`` may be under way however slow
    they are."""

    def __init__(self, seconds: float, least: int, pace: Pace, metrics: Metrics) -> None:
        self.pace = pace
        self._seconds = seconds
        self._least = least
        self._refused = metrics.refused
        metrics.watch(
            {
                "wardflow_commands_under_way": ("Commands under way", lambda: pace.under_way),
                "wardflow_commands_admitted": ("Commands that may be under way", lambda: self.limit),
            }
        )

    @property
    def limit(self) -> int:
        """How many commands may be under way now."""
        return max(self._least, int(self.pace.a_second * self._seconds))

    @property
    def shut(self) -> bool:
        """Whether the next command is refused."""
        return self.pace.under_way >= self.limit

    def refusal(self) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body for one that is refused; it is counted."""
        self._refused.inc()
        waiting, pace = self.pace.under_way, self.pace.a_second
        answer = response_to(QueueFull(waiting, max(1, math.ceil(waiting / pace) if pace else 1)))
        return answer.status_code, [*answer.raw_headers, *SECURITY_HEADERS], bytes(answer.body)


class Admission:
    """Lets commands through an open gate, and answers the others itself."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 503 without a look at it."""
        if scope["type"] != "http" or scope["method"] in QUESTIONS or scope["path"] == CLOCK:
            return await self._app(scope, receive, send)
        if self._gate.shut:
            status, headers, body = self._gate.refusal()
            await send({"type": "http.response.start", "status": status, "headers": headers})
            return await send({"type": "http.response.body", "body": body})
        return await self._admit(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        carried_out = False

        async def noted(message: Message) -> None:
            nonlocal carried_out
            if message["type"] == "http.response.start":
                carried_out = message["status"] < 300
            await send(message)

        self._gate.pace.begin()
        try:
            await self._app(scope, receive, noted)
        finally:
            self._gate.pace.end(carried_out)

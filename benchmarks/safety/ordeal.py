"""Clients who bear with a service while a fault is upon it, and everything that each of them was told, and when.

Some change the hospital, each command under a key of its own and again under it until it is told to be done; some read;
one looks after the probes. A judge (``ordeal_judge``) holds what they were told against what was promised.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import httpx

from benchmarks.safety.load import Answer, Client, Told, entered

CHANGING: Final = 6
READING: Final = 2
CLIENTS: Final = CHANGING + READING + 1

BEFORE_SECONDS: Final = 0.7
"""How long there is peace before the fault, so that it hits a service at work."""

RECOVERED_SECONDS: Final = 5.0
"""How long after the end of the fault the first change must have been stored, and the probes tell of it."""

AGAIN_SECONDS: Final = 0.2
"""Between a refusal and the next attempt: sooner than asked for, to see when the service is back."""

EFFECT_SECONDS: Final = 60.0
"""How long a fault that does nothing yet goes on at most."""

LOOK_SECONDS: Final = 0.1
TIMEOUT_SECONDS: Final = 60.0

BEDSIDE: Final = ("/api/v1/beds?limit=20", "/api/v1/requests?limit=20")
"""What is told from memory while the database cannot be asked."""

READS: Final = (*BEDSIDE, "/api/v1/census")
STORING: Final = re.compile(r"^wardflow_storing (\S+)$", re.MULTILINE)

Kind = Literal["change", "read", "ready", "metrics"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call and its answer. ``began``, ``ended``: monotonic seconds. ``status`` is None if there was no answer at
    all; ``problem``: the kind of problem told; ``storing``: what the metrics said of it; ``stale``: it came
    from memory and said so."""

    kind: Kind
    path: str
    began: float
    ended: float
    status: int | None
    key: str = ""
    media: str = ""
    problem: str = ""
    retry_after: str | None = None
    replayed: bool = False
    storing: float | None = None
    stale: bool = False

    @property
    def done(self) -> bool:
        """Whether the caller got what was asked for."""
        return self.status is not None and self.status < 300


@dataclass
class Ordeal:
    """All that was told through one fault. ``told``: each command with its last answer; ``began`` and ``over``: when
    the fault came and went."""

    attempts: list[Attempt] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    began: float = 0.0
    over: float = 0.0

    def of(self, *kinds: Kind) -> list[Attempt]:
        """Calls of some kinds, as they ended."""
        return sorted((a for a in self.attempts if a.kind in kinds), key=lambda attempt: attempt.ended)

    @property
    def recovered_seconds(self) -> float:
        """From the end of the fault to the first change that was stored after it; infinite if there was none."""
        first = next((a.ended for a in self.of("change") if a.done and a.ended >= self.over), float("inf"))
        return first - self.over

    @property
    def longest_seconds(self) -> float:
        """The longest that anybody waited for an answer."""
        return max((a.ended - a.began for a in self.attempts), default=0.0)


class _Patient(Client):
    """A client who repeats a command under its key until it is known to be done."""

    ordeal: Ordeal

    async def run(self) -> None:
        """Until ``over`` is set."""
        while not self.over:
            told = await self._insist(self._next())
            self.ordeal.told.append(told)
            if told.acknowledged and told.answer is not None:
                self._take_in(told.answer.body)
            await asyncio.sleep(0.01)

    async def _insist(self, told: Told) -> Told:
        while True:
            attempt, body = await self._ask(told)
            self.ordeal.attempts.append(attempt)
            answer = None if attempt.status is None else Answer(attempt.status, body, attempt.replayed)
            told = replace(told, answer=answer)
            if attempt.done or self.over or attempt.status not in (None, 503):
                return told
            await asyncio.sleep(AGAIN_SECONDS)

    async def _ask(self, told: Told) -> tuple[Attempt, dict[str, Any]]:
        headers = {"Idempotency-Key": told.key}
        if told.revision is not None:
            headers["If-Match"] = f'"{told.revision}"'
        path = f"/api/v1{told.path}"
        return await called(
            "change", path, lambda: self.http.post(path, json=told.body, headers=headers), key=told.key
        )


async def called(
    kind: Kind, path: str, ask: Callable[[], Awaitable[httpx.Response]], key: str = ""
) -> tuple[Attempt, dict[str, Any]]:
    """Make a call; the attempt, and the JSON object that came back, without the age of the data."""
    began = time.monotonic()
    try:
        got = await ask()
    except httpx.TransportError:
        return Attempt(kind, path, began, time.monotonic(), None, key), {}
    ended, media = time.monotonic(), got.headers.get("content-type", "").partition(";")[0]
    body: dict[str, Any] = got.json() if media.endswith("json") else {}
    for name in ("data_age_seconds", "advice_only"):
        body.pop(name, None)
    storing = STORING.search(got.text) if kind == "metrics" else None
    attempt = Attempt(
        kind,
        path,
        began,
        ended,
        got.status_code,
        key,
        media,
        problem=str(body.get("type", "")).rpartition("/")[2] if got.status_code >= 400 else "",
        retry_after=got.headers.get("Retry-After"),
        replayed=got.headers.get("Idempotent-Replayed") == "true",
        storing=None if storing is None else float(storing[1]),
        stale="stale_since" in body,
    )
    return attempt, body


@dataclass(frozen=True, slots=True)
class Upon:
    """A fault that comes for so many seconds, and for longer if ``refuses`` and it was not felt yet: a disk that is
    full has room in the log until that has to grow. With ``unnoticed`` nobody is refused, and it stays until a change
    that was asked for meanwhile was told as done."""

    fault: AbstractContextManager[None]
    seconds: float
    refuses: bool
    unnoticed: bool = False


async def undergo(url: str, token: str, seed: str, upon: Upon) -> Ordeal:
    """Let clients run through a fault, and on until the service is well or should be."""
    ordeal, over = Ordeal(), asyncio.Event()
    async with entered(url, token, CLIENTS) as http, asyncio.TaskGroup() as group:
        http.timeout = httpx.Timeout(TIMEOUT_SECONDS)
        clients = [_Patient(http, random.Random(f"{seed}/{number}")) for number in range(CHANGING)]
        for client in clients:
            client.ordeal = ordeal
            group.create_task(client.run())
        for _ in range(READING):
            group.create_task(_keep_reading(http, ordeal, over))
        group.create_task(_keep_probing(http, ordeal, over))
        await asyncio.sleep(BEFORE_SECONDS)
        await _until(lambda: _at_work(ordeal), EFFECT_SECONDS)
        await _harm(upon, ordeal)
        await _until_well(ordeal)
        over.set()
        for client in clients:
            client.over = True
    return ordeal


async def _harm(upon: Upon, ordeal: Ordeal) -> None:
    ordeal.began = time.monotonic()
    # It may wait until the service is in the middle of something, for which the clients must go on.
    await asyncio.to_thread(upon.fault.__enter__)
    try:
        await asyncio.sleep(upon.seconds)
        if upon.unnoticed:
            await _until(lambda: _passed_over(ordeal), EFFECT_SECONDS)
        elif upon.refuses:
            await _until(lambda: _felt(ordeal), EFFECT_SECONDS)
    finally:
        # On this thread: a server ends with the thread that started it.
        upon.fault.__exit__(None, None, None)
        ordeal.over = time.monotonic()


def _at_work(ordeal: Ordeal) -> bool:
    """Whether every kind of call was answered once."""
    kinds: tuple[Kind, ...] = ("change", "read", "ready", "metrics")
    return all(any(a.done for a in ordeal.of(kind)) for kind in kinds)


def _felt(ordeal: Ordeal) -> bool:
    """Whether a change was refused, and the probes have told of it."""
    told = any(a.storing == 0 for a in ordeal.of("metrics"))
    return told and all(any(not a.done for a in ordeal.of(kind)) for kind in ("change", "ready"))


def _passed_over(ordeal: Ordeal) -> bool:
    """Whether a change that was asked for since the fault came was told as done."""
    return any(a.done and a.began > ordeal.began for a in ordeal.of("change"))


async def _until_well(ordeal: Ordeal) -> None:
    """Until changes are stored and the probes say so; at most as long as recovery may take."""

    def well() -> bool:
        ready = [a for a in ordeal.of("ready") if a.began > ordeal.over]
        return ordeal.recovered_seconds < RECOVERED_SECONDS and bool(ready) and ready[-1].done

    await _until(well, RECOVERED_SECONDS)
    # Everybody who still waits is given time to hear that it is over.
    await asyncio.sleep(5 * LOOK_SECONDS)


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    """Until something holds, at most so long."""
    for _ in range(round(seconds / LOOK_SECONDS)):
        if holds():
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _keep_reading(http: httpx.AsyncClient, ordeal: Ordeal, over: asyncio.Event) -> None:
    while not over.is_set():
        for path in READS:
            attempt, _ = await called("read", path, lambda path=path: http.get(path))  # type: ignore[misc]
            ordeal.attempts.append(attempt)
        await asyncio.sleep(LOOK_SECONDS / 2)


async def _keep_probing(http: httpx.AsyncClient, ordeal: Ordeal, over: asyncio.Event) -> None:
    while not over.is_set():
        for kind, path in (("ready", "/readyz"), ("metrics", "/metrics")):
            attempt, _ = await called(kind, path, lambda path=path: http.get(path))  # type: ignore[arg-type, misc]
            ordeal.attempts.append(attempt)
        await asyncio.sleep(LOOK_SECONDS)

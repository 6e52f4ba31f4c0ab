"""What a service still knows after a load of all that it acknowledged, asked over its API.

Every request that was told of is read: it is there, and not older than what was told. A sample of the commands is sent
again under their keys: they are answered as before. Where the database can be opened, more is found out from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from simulations.load.answers import digest
from simulations.load.connection import LOST, Connection, connect
from simulations.load.loops import Exchange, Fixed, Message, closed_loop
from simulations.load.patient import READ, Asked

SAMPLE: Final = 1_000
CLIENTS: Final = 8
SILENCE_SECONDS: Final = 30.0
"""A service that answers nothing for so long has stopped answering."""

Line = Mapping[str, Any]


def asked_again(url: str, token: str, lines: Sequence[Line], seed: int) -> tuple[list[str], int]:
    """Faults, and how many questions were to be asked. That a service is no longer there is one fault."""
    known = [line for line in lines if line["status"]]
    newest = {line["request"]: line for line in known}
    repeated = {line["key"]: line for line in random.Random(seed).sample(known, min(SAMPLE, len(known)))}
    host = urlsplit(url).netloc
    messages = [
        Message(READ, Asked(READ, f"/requests/{request}").raw(host, token), request) for request in newest
    ]
    messages += [Message("again", _as_sent(line).raw(host, token), key) for key, line in repeated.items()]
    exchanges = asyncio.run(_exchanged(url, messages))
    missing = [] if len(exchanges) == len(messages) else ["the service stopped answering afterwards"]
    return [*missing, *_read(exchanges, newest), *_repeated(exchanges, repeated)], len(messages)


class _Watched(Fixed):
    """Messages of which is known how many were answered."""

    answered = 0

    def heard(self, message: Message, status: int, body: bytes) -> None:
        """One more."""
        self.answered += 1


async def _exchanged(url: str, messages: Sequence[Message]) -> Sequence[Exchange]:
    """What was answered; less than was asked if the service is not there, or falls silent."""
    try:
        connections = await asyncio.wait_for(connect(url, CLIENTS), SILENCE_SECONDS)
    except OSError:  # TimeoutError is one of them.
        return ()
    source = _Watched(messages)
    watching = asyncio.create_task(_close_if_silent(connections, source))
    try:
        exchanges = (await closed_loop(connections, source)).exchanges
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        for connection in connections:
            connection.close()
    return [exchange for exchange in exchanges if exchange.status != LOST]


async def _close_if_silent(connections: Sequence[Connection], source: _Watched) -> None:
    before = -1
    while source.answered > before:
        before = source.answered
        await asyncio.sleep(SILENCE_SECONDS)
    for connection in connections:
        connection.close()


def _as_sent(line: Line) -> Asked:
    return Asked(line["kind"], line["path"], line["body"].encode(), line["key"], line["match"])


def _read(exchanges: Sequence[Exchange], newest: Mapping[str, Line]) -> Iterator[str]:
    for exchange in exchanges:
        if exchange.kind != READ:
            continue
        line, request = newest[exchange.about], exchange.about
        if exchange.status != 200:
            yield f"lost: {request} was told {line['state']}, and is answered {exchange.status} afterwards"
            continue
        told = orjson.loads(exchange.body)
        if told["revision"] < line["revision"]:
            yield f"lost: {request} was told at revision {line['revision']}, and stands at {told['revision']}"
        elif line["state"] in ("left", "released") and told["state"] != line["state"]:
            yield f"lost: {request} was told {line['state']}, and is {told['state']} afterwards"


def _repeated(exchanges: Sequence[Exchange], repeated: Mapping[str, Line]) -> Iterator[str]:
    for exchange in exchanges:
        if exchange.kind != "again":
            continue
        line = repeated[exchange.about]
        shown = f"a {line['kind']} (key {line['key'][:8]})"
        if exchange.status != line["status"]:
            yield f"repeated: {shown} was answered {line['status']}, and {exchange.status} when it is sent again"
        elif digest(orjson.loads(exchange.body)) != line["digest"]:
            yield f"repeated: {shown} is answered otherwise when it is sent again"

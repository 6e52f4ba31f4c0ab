"""What a service still knows after a load of all that it acknowledged, asked over its API.

Every request that was told of is read: it is there, and not older than what was told. A sample of the commands is sent
again under their keys: they are answered as before, and say that it is an old answer. Where the database can be opened,
more is found out from there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from simulations.load.answers import digest
from simulations.load.connection import connect
from simulations.load.loops import Exchange, Fixed, Message, closed_loop
from simulations.load.patient import READ, Asked

SAMPLE: Final = 1_000
CLIENTS: Final = 8

Line = Mapping[str, Any]


def asked_again(url: str, token: str, lines: Sequence[Line], seed: int) -> tuple[list[str], int]:
    """Faults, and how many questions were asked. Raises ``OSError`` if the service is not there."""
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


async def _exchanged(url: str, messages: Sequence[Message]) -> Sequence[Exchange]:
    connections = await connect(url, CLIENTS)
    try:
        return (await closed_loop(connections, Fixed(messages))).exchanges
    finally:
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

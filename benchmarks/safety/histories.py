"""A mixed run of clients against one or several services, and the judge of what they were told.

The judge goes through the outbox event by event, in the one order the hospital went through: a bed is given only while
it is free, and a request is told that it waits only while every bed is taken. Then it holds every answer against that
order, and against the time at which it was asked and answered.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from benchmarks.safety.client import Connection, Told
from benchmarks.safety.racing import bundle
from models.outbox import StoredEvent

CLIENTS: Final = 16
HELD: Final = 3
"""Open requests of one client at most."""
REPEATED: Final = 0.2
"""Share of commands that are sent a second time."""
FIRST_ERROR: Final = 300


@dataclass(frozen=True)
class Acted:
    """One command: when it was sent and answered (seconds), and the answer."""

    began: float
    ended: float
    answer: Mapping[str, Any]


@dataclass
class History:
    """What all clients were told, and what one of them found to be otherwise afterwards."""

    told: list[Acted] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    operations: int = 0
    repeated: int = 0


@dataclass
class Client:
    """Asks, gives back, reads and repeats at random, each time of another service."""

    services: Sequence[Connection]
    dice: random.Random
    history: History
    open: dict[str, str] = field(default_factory=dict)

    async def run(self, operations: int) -> None:
        """So many operations one after the other."""
        for _ in range(operations):
            self.history.operations += 1
            if not self.open or (len(self.open) < HELD and self.dice.random() < 0.6):
                await self.act("/requests", bundle())
            elif self.dice.random() < 0.7:
                await self.act(f"/requests/{self.dice.choice(list(self.open))}:release", {})
            else:
                await self.read(self.dice.choice(list(self.open)))
        for service in self.services:
            service.close()

    async def act(self, path: str, body: Mapping[str, Any]) -> None:
        """A command, now and then repeated under its key by another service; then what it did is read there."""
        key = f"{self.dice.getrandbits(128):032x}"
        began = time.monotonic()
        told = await self.send(path, body, key)
        if told.status >= FIRST_ERROR:
            self.history.broken.append(f"{path} was answered with {told.status}: {told.body}")
            self.open.pop(path.removeprefix("/requests/").removesuffix(":release"), None)
            return
        self.history.told.append(Acted(began, time.monotonic(), told.body))
        request_id, state = told.body["request_id"], told.body["state"]
        if state == "released":
            self.open.pop(request_id, None)
        else:
            self.open[request_id] = state
        if self.dice.random() < REPEATED:
            await self.repeat(path, body, key, told)
        await self.read(request_id, state)

    async def repeat(self, path: str, body: Mapping[str, Any], key: str, before: Told) -> None:
        """The same command under the same key is the same answer, whoever gives it."""
        self.history.repeated += 1
        if await self.send(path, body, key) != before:
            self.history.broken.append(f"{before.body['request_id']}: repeated and answered otherwise")

    async def send(self, path: str, body: Mapping[str, Any], key: str) -> Told:
        """A command to one of the services."""
        told = await self.dice.choice(self.services).post(path, orjson.dumps(body), key)
        return Told(told.status, {k: v for k, v in told.body.items() if k != "data_age_seconds"})

    async def read(self, request_id: str, state: str | None = None) -> None:
        """Everybody sees at least what this client was told last: only who waits may have moved up."""
        expected = state or self.open[request_id]
        told = await self.dice.choice(self.services).get(f"/requests/{request_id}")
        found = told.body.get("state", f"status {told.status}")
        if found != expected and (expected, found) != ("unplaced", "placed"):
            self.history.broken.append(f"{request_id}: told {expected}, read {found}")


async def play(
    urls: Sequence[str], token: str, operations: int, seed: int, *, faithful: bool = False
) -> History:
    """Let all clients run at once; together they do so many operations. ``faithful``: each keeps to one service."""
    history, clients = History(), []
    for number in range(CLIENTS):
        asked = [urls[number % len(urls)]] if faithful else urls
        services = [Connection(url, token) for url in asked]
        clients.append(Client(services, random.Random(f"{seed}/{number}"), history))
    await asyncio.gather(*(client.run(operations // CLIENTS) for client in clients))
    return history


def faults(history: History, events: Sequence[StoredEvent], beds: int) -> list[str]:
    """Everything that cannot have been so; empty for a sound history."""
    return [*history.broken, *_of_events(events, beds), *_of_answers(history, events)]


def _of_events(events: Sequence[StoredEvent], beds: int) -> Iterator[str]:
    holder: dict[str, str] = {}
    for place, event in enumerate(events):
        told = event.payload
        if place and event.sequence != events[place - 1].sequence + 1:
            yield f"event {event.sequence} does not follow {events[place - 1].sequence}"
        if event.topic == "allocation.placed":
            if told["bed_id"] in holder:
                yield f"{told['bed_id']} was given to {told['request_id']} while {holder[told['bed_id']]} had it"
            holder[told["bed_id"]] = told["request_id"]
        elif event.topic == "request.released":
            holder = {bed: who for bed, who in holder.items() if who != told["subject"]}
        elif event.topic == "request.unplaced" and len(holder) < beds:
            yield f"{told['subject']} was told to wait while {beds - len(holder)} beds were free"


def _of_answers(history: History, events: Sequence[StoredEvent]) -> Iterator[str]:
    revisions = {(e.topic, e.payload.get("request_id", e.payload["subject"])): e.revision for e in events}
    topics = {"placed": "allocation.placed", "unplaced": "request.unplaced", "released": "request.released"}
    newest = 0
    ended = sorted(history.told, key=lambda told: told.ended)
    finished = 0
    for told in sorted(history.told, key=lambda told: told.began):
        while ended[finished].ended < told.began:
            newest = max(newest, ended[finished].answer["hospital_revision"])
            finished += 1
        answer = told.answer
        if answer["hospital_revision"] <= newest:
            yield f"{answer['request_id']}: asked after revision {newest} was told, done at an earlier one"
        if (topics[answer["state"]], answer["request_id"]) not in revisions:
            yield f"{answer['request_id']}: told {answer['state']}, which no event tells"

"""Events for the board and for jobs, stored with the change they tell of and read by sequence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, delete, func, select

from models.clock import Instant
from models.commands import Event, JsonObject
from models.statements import insert_rows
from models.tables.ledger import outbox_event


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place in the sequence."""

    sequence: int
    topic: str
    payload: JsonObject
    revision: int
    created_microsecond: int


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """An event that is known to be JSON, before it has its place in the sequence."""

    event: Event
    created_microsecond: int


_LAST: Final = select(func.max(outbox_event.c.sequence))


def last_sequence(connection: Connection) -> int:
    """The sequence of the newest event, 0 if there is none."""
    return int(connection.scalar(_LAST) or 0)


def prepare(events: Iterable[Event], now: Instant) -> list[PreparedEvent]:
    """Check that events can be stored; raises TypeError for a payload that is no JSON."""
    ready = [PreparedEvent(event, now.microsecond) for event in events]
    orjson.dumps([prepared.event.payload for prepared in ready])
    return ready


def append(
    connection: Connection, events: Sequence[PreparedEvent], revision: int, last: int | None = None
) -> None:
    """Store events after the ``last`` one (None: it is looked up); the caller holds the write lock."""
    if not events:
        return
    first = 1 + (last_sequence(connection) if last is None else last)
    rows = [
        {
            "sequence": sequence,
            "topic": prepared.event.topic,
            "payload": prepared.event.payload,
            "revision": revision,
            "created_microsecond": prepared.created_microsecond,
        }
        for sequence, prepared in enumerate(events, first)
    ]
    insert_rows(connection, outbox_event, rows)


def read(connection: Connection, after: int, limit: int = 500) -> list[StoredEvent]:
    """The events after a sequence, oldest first, at most ``limit``.

    A reader that was away so long that events were pruned sees a gap: the first sequence is not ``after +
    1``.
    """
    page = select(outbox_event).where(outbox_event.c.sequence > after)
    rows = connection.execute(page.order_by(outbox_event.c.sequence).limit(limit))
    return [StoredEvent(r.sequence, r.topic, r.payload, r.revision, r.created_microsecond) for r in rows]


def prune(connection: Connection, before: Instant) -> int:
    """Delete events older than a moment, never the newest: the sequence goes on from it. Returns how many."""
    old = outbox_event.c.created_microsecond < before.microsecond
    newest = outbox_event.c.sequence < last_sequence(connection)
    return connection.execute(delete(outbox_event).where(old, newest)).rowcount

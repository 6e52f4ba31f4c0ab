"""What is sent: an event as its receivers read it. Ids and states, nothing that identifies a patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from models.outbox import StoredEvent

PING: Final = "webhook.ping"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: the same ``id`` and ``body`` at every attempt, so that a receiver knows it again."""

    id: str
    topic: str
    sequence: int | None
    body: bytes


def message_of(event: StoredEvent) -> Message:
    """An event of the outbox as a message."""
    data = {**event.payload, "revision": event.revision, "sequence": event.sequence}
    body = _body(event.topic, event.created_microsecond, data)
    return Message(f"evt_{event.sequence}", event.topic, event.sequence, body)


def ping(order_id: str, microsecond: int) -> Message:
    """A message that tells nothing, to see whether it arrives."""
    return Message(order_id, PING, None, _body(PING, microsecond, {}))


def _body(topic: str, microsecond: int, data: dict[str, Any]) -> bytes:
    at = datetime.fromtimestamp(microsecond / 1_000_000, UTC).isoformat(timespec="milliseconds")
    return orjson.dumps({"type": topic, "timestamp": at, "data": data})

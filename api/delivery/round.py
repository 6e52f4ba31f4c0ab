"""One webhook's turn: what waits for it is sent in order, until something fails or a turn's worth is sent."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from api.delivery.messages import Message, message_of, ping
from api.delivery.schedule import Schedule
from api.delivery.sending import GIVEN_UP, GONE, Sent
from api.delivery.signing import signed_headers
from api.services.audience import Audience
from models.clock import Clock, Instant
from models.outbox import StoredEvent
from models.personal import PersonalVault, WrappedKey
from models.repositories.webhooks import AT_ONCE, Attempt, Order, Progress, StoredWebhook

TURN: Final = 20
"""Most events of one turn, and most orders; what was sent of it and not noted yet is sent again after a crash."""


class Sends(Protocol):
    """What carries a message out of the house (``api.delivery.sending``)."""

    async def send(self, address: str, headers: dict[str, str], body: bytes) -> Sent:
        """One attempt."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a webhook: events after its progress (not only those it wants), orders with their events."""

    webhook: StoredWebhook
    progress: Progress
    events: tuple[StoredEvent, ...] = ()
    orders: tuple[tuple[Order, StoredEvent | None], ...] = ()

    @property
    def wanted(self) -> tuple[StoredEvent, ...]:
        """The events that it hears of."""
        audience = audience_of(self.webhook)
        return tuple(event for event in self.events if audience.hears(event))


@dataclass(slots=True)
class Turn:
    """What a turn did: to be noted in one go."""

    progress: Progress
    attempts: list[Attempt] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    given_up: list[Message] = field(default_factory=list)
    disabled: bool = False
    delivered: Progress | None = None
    """Where it stood after its last delivery; None: nothing was delivered."""

    @property
    def did_something(self) -> bool:
        """Whether there is anything to note but that events were none it wants."""
        return bool(self.attempts or self.orders)

    def after_a_change(self, stored: Progress) -> Turn:
        """What remains of it if the webhook was changed meanwhile: what was delivered. That something failed, or that
        no more is wanted, was said of the webhook as it was; ``stored`` is how far it has come as it is."""
        kept = [attempt for attempt in self.attempts if attempt.outcome != GIVEN_UP]
        return Turn(self.delivered or stored, kept, self.orders, delivered=self.delivered)


@dataclass(frozen=True, slots=True)
class Ways:
    """How turns are taken. ``wall``: the machine's calendar. ``disable_after``: microseconds of failing."""

    sender: Sends
    vault: PersonalVault
    schedule: Schedule
    wall: Clock
    chance: random.Random
    new_id: Callable[[str], str]
    disable_after: int


def audience_of(webhook: StoredWebhook) -> Audience:
    """Which events a webhook hears of. One that named its wards hears of nothing that concerns none of them."""
    wards = frozenset(webhook.ward_ids) or None
    return Audience(wards, webhook.topics, general=wards is None)


async def take_turn(waiting: Waiting, ways: Ways) -> Turn:
    """Send what waits: first what somebody asked for, then events in order."""
    turn = Turn(waiting.progress)
    for order, event in waiting.orders[:TURN]:
        if event is not None or order.sequence is None:
            message = message_of(event) if event is not None else ping(order.id, ways.wall().microsecond)
            await _attempt(message, 1, waiting.webhook, turn, ways)
        turn.orders.append(order.id)
    if waiting.webhook.state == "active" and waiting.progress.next_try <= ways.wall():
        await _send_events(waiting, turn, ways)
    return turn


async def _send_events(waiting: Waiting, turn: Turn, ways: Ways) -> None:
    wanted = waiting.wanted
    for event in wanted[:TURN]:
        turn.progress = replace(turn.progress, sequence=event.sequence - 1)
        message = message_of(event)
        sent = await _attempt(message, turn.progress.tries + 1, waiting.webhook, turn, ways)
        if sent.status == GONE:
            turn.disabled = True
        if not sent.delivered:
            _failed(message, turn, ways)
            return
        turn.progress = turn.delivered = Progress(waiting.webhook.id, event.sequence)
    if len(wanted) <= TURN and waiting.events:
        turn.progress = replace(turn.progress, sequence=waiting.events[-1].sequence)


async def _attempt(message: Message, number: int, webhook: StoredWebhook, turn: Turn, ways: Ways) -> Sent:
    began = ways.wall()
    secrets = [ways.vault.open_secret(webhook.id, sealed) for sealed in _sealed(webhook, began)]
    headers = signed_headers(message.id, began.microsecond // 1_000_000, message.body, secrets)
    sent = await ways.sender.send(webhook.url, headers, message.body)
    turn.attempts.append(_noted(message, number, webhook.id, sent.outcome, sent, began, ways))
    return sent


def _noted(
    message: Message, number: int, webhook_id: str, outcome: str, sent: Sent, began: Instant, ways: Ways
) -> Attempt:
    return Attempt(
        ways.new_id("wat"),
        webhook_id,
        message.id,
        message.sequence,
        message.topic,
        number,
        outcome,
        sent.status,
        sent.latency_ms,
        began.microsecond,
    )


def _sealed(webhook: StoredWebhook, now: Instant) -> Iterator[WrappedKey]:
    yield webhook.secret
    if webhook.former is not None and now < webhook.former.until:
        yield webhook.former.sealed


def _failed(message: Message, turn: Turn, ways: Ways) -> None:
    """Wait before the next attempt; give the event up when it was tried for long enough; the webhook, when it has
    failed for days."""
    now, tries = ways.wall(), turn.progress.tries + 1
    since = turn.progress.failing_since or now
    if now.microsecond - since.microsecond >= ways.disable_after:
        turn.disabled = True
    pause = ways.schedule.pause(tries, ways.chance)
    if pause is not None:
        next_try = Instant(now.microsecond + round(pause * 1_000_000))
        turn.progress = replace(turn.progress, tries=tries, next_try=next_try, failing_since=since)
        return
    last = turn.attempts[-1]
    turn.attempts.append(replace(last, id=ways.new_id("wat"), outcome=GIVEN_UP, status=None, latency_ms=0))
    turn.given_up.append(message)
    assert message.sequence is not None, "events alone are tried again"
    turn.progress = Progress(turn.progress.webhook_id, message.sequence, 0, AT_ONCE, since)


def undelivered(waitings: Iterable[Waiting]) -> list[StoredEvent]:
    """The events that active webhooks want and have not got, the oldest first."""
    found = [e for waiting in waitings if waiting.webhook.state == "active" for e in waiting.wanted]
    return sorted(found, key=lambda event: event.sequence)

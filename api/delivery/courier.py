"""The courier: takes events from the outbox to the webhooks that want them, for as long as the service runs.

One process does it of those that share a hospital (a lease). What was delivered is noted through the writer, a turn at
a time; whatever ends the process before that, the turn is taken again: at least once, in order, under the same message
id. A webhook that fails holds up nobody but itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from sqlalchemy import Connection

from api.delivery.round import TURN, Turn, Waiting, Ways, take_turn, undelivered
from api.delivery.schedule import Schedule
from api.delivery.sending import Sender
from models import outbox
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.connections import Lease
from models.repositories import webhooks
from models.repositories.webhooks import Order, Progress, StoredWebhook

if TYPE_CHECKING:
    from api.runtime import Runtime

log = logging.getLogger(__name__)

COURIER: Final = "courier"
LEASE: Final = 0x77666370
"""The lease of delivering, by number."""

KEPT_DAYS: Final = 30
"""How long attempts are remembered."""

LONGEST_PAUSE: Final = 7200.0
"""Seconds between two attempts at most."""

GRACE_SECONDS: Final = 3.0
"""How long a service that stops waits for turns under way."""

_PAGE: Final = 500
_DAY: Final = 86_400 * 1_000_000


@asynccontextmanager
async def deliveries(runtime: Runtime) -> AsyncIterator[Courier]:
    """The courier of a running service."""
    s = runtime.settings
    sender = Sender(runtime.reach, s.webhook_timeout_seconds)
    ways = Ways(
        sender,
        runtime.vault,
        Schedule(s.webhook_retry_seconds, LONGEST_PAUSE, 3600 * s.webhook_retry_hours),
        runtime.wall,
        random.Random(int.from_bytes(runtime.outside.random_bytes(8), "big")),
        runtime.new_id,
        round(3_600_000_000 * s.webhook_disable_hours),
    )
    try:
        yield Courier(runtime, ways, runtime.database.lease(LEASE))
    finally:
        await sender.close()


class Courier:
    """Delivers what ``runtime``'s outbox holds. ``pending`` and ``oldest_microsecond``: what is undelivered, as seen
    in the last round (``oldest``: when that event was recorded; None: nothing is)."""

    def __init__(self, runtime: Runtime, ways: Ways, lease: Lease) -> None:
        self._runtime = runtime
        self._ways = ways
        self._lease = lease
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._passed: dict[str, int] = {}
        self.pending = 0
        self.oldest_microsecond: int | None = None

    async def run(self) -> None:
        """One round after the other until the service stops; a round that fails is logged, and the next one comes."""
        while await self._runtime.goes_on(self._runtime.settings.event_poll_seconds):
            if self._runtime.ready and self._runtime.storing:
                try:
                    await self.round()
                except Exception as error:
                    log.error("A round of deliveries failed (%s)", type(error).__name__)
        await self._end()

    async def _end(self) -> None:
        """Let turns that are under way end, for a moment; those that do not are taken again after the next start."""
        tasks = list(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await to_thread.run_sync(self._lease.close)

    def gauges(self) -> Mapping[str, tuple[str, Callable[[], float]]]:
        """What is measured of it."""
        return {
            "wardflow_webhook_pending": ("Events that webhooks wait for", lambda: self.pending),
            "wardflow_webhook_oldest_seconds": ("Age of the oldest undelivered event", self._oldest_seconds),
        }

    def _oldest_seconds(self) -> float:
        oldest = self.oldest_microsecond
        now = self._ways.wall().microsecond + round(1_000_000 * self._runtime.clock.seconds_ahead)
        return 0.0 if oldest is None else max(0, now - oldest) / 1_000_000

    async def round(self) -> None:
        """Begin a turn for every webhook for which something waits and none is under way."""
        if not await to_thread.run_sync(self._lease.held):
            self.pending, self.oldest_microsecond = 0, None
            return
        # Whose turn ends while this is read may be seen as it was before: it is looked at in the next round.
        busy = frozenset(self._under_way)
        found = await self._runtime.read(self._look)
        left = undelivered(found)
        self.pending = len(left)
        self.oldest_microsecond = min((event.created_microsecond for event in left), default=None)
        for waiting in found:
            if waiting.webhook.id not in busy and self._is_due(waiting):
                self._begin(waiting)

    def _look(self, connection: Connection) -> list[Waiting]:
        hooks = webhooks.load_webhooks(connection)
        progress = webhooks.load_progress(connection) if hooks else {}
        orders = webhooks.load_orders(connection) if hooks else []
        return [self._waiting(hook, progress[hook.id], orders, connection) for hook in hooks]

    def _waiting(
        self, hook: StoredWebhook, progress: Progress, orders: Sequence[Order], connection: Connection
    ) -> Waiting:
        passed = max(progress.sequence, self._passed.get(hook.id, 0))
        events = tuple(outbox.read(connection, passed, _PAGE)) if hook.state == "active" else ()
        own = [order for order in orders if order.webhook_id == hook.id][:TURN]
        asked = tuple((order, _event(order, connection)) for order in own)
        return Waiting(hook, progress, events, asked)

    def _is_due(self, waiting: Waiting) -> bool:
        if waiting.orders:
            return True
        if waiting.progress.next_try > self._ways.wall() or not waiting.events:
            return False
        if not waiting.wanted:
            # Nothing of these is wanted: remembered here, and noted with the next delivery.
            self._passed[waiting.webhook.id] = waiting.events[-1].sequence
        return bool(waiting.wanted)

    def _begin(self, waiting: Waiting) -> None:
        webhook_id = waiting.webhook.id
        task = asyncio.create_task(self._turn(waiting))
        self._under_way[webhook_id] = task
        task.add_done_callback(lambda _: self._under_way.pop(webhook_id, None))

    async def _turn(self, waiting: Waiting) -> None:
        try:
            turn = await take_turn(waiting, self._ways)
            if turn.did_something:
                await self._note(waiting, turn)
        except Exception as error:
            log.error("A turn of deliveries was not noted (%s); it is taken again", type(error).__name__)

    async def _note(self, waiting: Waiting, turn: Turn) -> None:
        hook = waiting.webhook
        forget = Instant(max(0, self._ways.wall().microsecond - KEPT_DAYS * _DAY))

        def write(transaction: Transaction) -> Outcome:
            noted = _as_it_is(waiting, turn, transaction.connection)
            webhooks.insert_attempts(transaction, noted.attempts, forget)
            webhooks.end_orders(transaction, noted.orders)
            if noted.progress != waiting.progress:
                webhooks.save_progress(transaction, noted.progress)
            if noted.disabled:
                webhooks.disable(transaction, hook.id)
            told = _told(noted)
            entries = tuple(AuditEntry(topic, hook.id, detail) for topic, detail in told)
            events = tuple(_event_of(topic, hook.id, detail, transaction) for topic, detail in told)
            return Outcome(Answer(200, {}), entries, events, touched=())

        await self._runtime.note(Command("webhook.note", COURIER, write=write))
        for attempt in turn.attempts:
            self._runtime.metrics.webhook_attempts.labels(attempt.outcome).inc()


def _as_it_is(waiting: Waiting, turn: Turn, connection: Connection) -> Turn:
    """What a turn means for the webhook as it is by now: somebody may have given it another address meanwhile, or have
    looked after its receiver. One that was taken away has nothing left to be noted."""
    hook = waiting.webhook
    version = webhooks.version_of(connection, hook.id)
    if version == hook.version:
        return turn
    if version is None:
        return Turn(waiting.progress)
    return turn.after_a_change(webhooks.load_progress(connection)[hook.id])


def _told(turn: Turn) -> list[tuple[str, dict[str, object]]]:
    told: list[tuple[str, dict[str, object]]] = [
        ("webhook.given_up", {"event_sequence": message.sequence}) for message in turn.given_up
    ]
    if turn.disabled:
        told.append(("webhook.disabled", {"undelivered_from": turn.progress.sequence + 1}))
    return told


def _event_of(topic: str, subject: str, detail: dict[str, object], transaction: Transaction) -> Event:
    return Event(topic, {"subject": subject, "minute": transaction.now.minute, **detail, "wards": []})


def _event(order: Order, connection: Connection) -> outbox.StoredEvent | None:
    """The event of an order; None for a test, or for one that is no longer kept."""
    if order.sequence is None:
        return None
    found = outbox.read(connection, order.sequence - 1, 1)
    return found[0] if found and found[0].sequence == order.sequence else None

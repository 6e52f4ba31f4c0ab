"""Webhooks: where events go, how far each has come, and what became of every attempt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from models.clock import Instant
from models.commands import Transaction
from models.errors import GuardViolation, NotFound
from models.personal import PersonalVault, WrappedKey
from models.tables.telling import webhook, webhook_attempt, webhook_order, webhook_progress

AT_ONCE: Final = Instant(0)


@dataclass(frozen=True, slots=True)
class FormerSecret:
    """A secret that signs besides the present one until a moment."""

    sealed: WrappedKey
    until: Instant


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """Where events go. ``topics`` and ``ward_ids``: which, empty is all. ``state``: active, paused (by a person),
    disabled (it failed for days). ``version`` counts changes of these, not of how far it has come."""

    id: str
    url: str
    state: str
    topics: tuple[str, ...]
    ward_ids: tuple[str, ...]
    secret: WrappedKey
    former: FormerSecret | None
    version: int
    created_by: str
    created: Instant


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything up to ``sequence`` is done with; the next event was tried ``tries`` times and is tried again at
    ``next_try``. ``failing_since``: the first failure after the last delivery."""

    webhook_id: str
    sequence: int
    tries: int = 0
    next_try: Instant = AT_ONCE
    failing_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Something to be sent once: an event again, or (no ``sequence``) a test."""

    id: str
    webhook_id: str
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver; ``number`` counts those of this message from 1."""

    id: str
    webhook_id: str
    message_id: str
    sequence: int | None
    topic: str
    number: int
    outcome: str
    status: int | None
    latency_ms: int
    started_microsecond: int


# --- webhooks -----------------------------------------------------------------------------------------------
def insert_webhook(transaction: Transaction, record: StoredWebhook, sequence: int) -> None:
    """Store a new webhook that hears of events after ``sequence``."""
    transaction.connection.execute(insert(webhook), {"id": record.id, **_row(record)})
    begun = {"webhook_id": record.id, "sequence": sequence, "tries": 0, "next_try_microsecond": 0}
    transaction.connection.execute(insert(webhook_progress), begun)


def update_webhook(transaction: Transaction, record: StoredWebhook) -> None:
    """Change a webhook that still stands at the version before; raises ``GuardViolation``."""
    there = (webhook.c.id == record.id) & (webhook.c.version == record.version - 1)
    changed = transaction.connection.execute(update(webhook).where(there).values(**_row(record)))
    if changed.rowcount != 1:
        raise GuardViolation("webhook_version")


def rewrap_secrets(transaction: Transaction, vault: PersonalVault) -> int:
    """Encrypt every secret, the former ones as well, with the current master key. Returns how many."""
    count = 0
    for hook in load_webhooks(transaction.connection):
        there = webhook.c.id == hook.id
        present = vault.rewrap_secret(hook.id, hook.secret)
        if present is not None:
            values = {"secret": present.ciphertext, "secret_key_id": present.master_key_id}
            transaction.connection.execute(update(webhook).where(there).values(**values))
        former = vault.rewrap_secret(hook.id, hook.former.sealed) if hook.former is not None else None
        if former is not None:
            values = {"former_secret": former.ciphertext, "former_key_id": former.master_key_id}
            transaction.connection.execute(update(webhook).where(there).values(**values))
        count += (present is not None) + (former is not None)
    return count


def delete_webhook(transaction: Transaction, webhook_id: str) -> None:
    """Take a webhook away, with what is known of its attempts; the audit trail keeps that it was there."""
    for table in (webhook_attempt, webhook_order, webhook_progress):
        transaction.connection.execute(delete(table).where(table.c.webhook_id == webhook_id))
    transaction.connection.execute(delete(webhook).where(webhook.c.id == webhook_id))


def load_webhook(connection: Connection, webhook_id: str) -> StoredWebhook:
    """One webhook; raises ``NotFound``."""
    row = connection.execute(select(webhook).where(webhook.c.id == webhook_id)).first()
    if row is None:
        raise NotFound("webhook", webhook_id)
    return _read(row)


def load_webhooks(connection: Connection) -> list[StoredWebhook]:
    """Every webhook, the oldest first."""
    return [_read(row) for row in connection.execute(select(webhook).order_by(webhook.c.id))]


def version_of(connection: Connection, webhook_id: str) -> int | None:
    """How often a webhook was changed, from 1; None: it is not there (any more)."""
    return connection.scalar(select(webhook.c.version).where(webhook.c.id == webhook_id))


def count_webhooks(connection: Connection) -> int:
    """How many there are."""
    return int(connection.scalar(select(func.count()).select_from(webhook)) or 0)


def _row(record: StoredWebhook) -> dict[str, Any]:
    former = record.former
    return {
        "url": record.url,
        "state": record.state,
        "topics": list(record.topics),
        "ward_ids": list(record.ward_ids),
        "secret": record.secret.ciphertext,
        "secret_key_id": record.secret.master_key_id,
        "former_secret": former.sealed.ciphertext if former is not None else None,
        "former_key_id": former.sealed.master_key_id if former is not None else None,
        "former_until_microsecond": former.until.microsecond if former is not None else None,
        "version": record.version,
        "created_by": record.created_by,
        "created_microsecond": record.created.microsecond,
    }


def _read(row: Any) -> StoredWebhook:
    former = None
    if row.former_secret is not None:
        sealed = WrappedKey(row.former_key_id, row.former_secret)
        former = FormerSecret(sealed, Instant(row.former_until_microsecond))
    return StoredWebhook(
        row.id,
        row.url,
        row.state,
        tuple(row.topics),
        tuple(row.ward_ids),
        WrappedKey(row.secret_key_id, row.secret),
        former,
        row.version,
        row.created_by,
        Instant(row.created_microsecond),
    )


# --- how far they have come ---------------------------------------------------------------------------------
def load_progress(connection: Connection) -> dict[str, Progress]:
    """How far every webhook has come, by its id."""
    return {
        row.webhook_id: Progress(
            row.webhook_id,
            row.sequence,
            row.tries,
            Instant(row.next_try_microsecond),
            Instant(row.failing_since_microsecond) if row.failing_since_microsecond is not None else None,
        )
        for row in connection.execute(select(webhook_progress))
    }


def save_progress(transaction: Transaction, progress: Progress) -> None:
    """Keep how far a webhook has come; nothing if it was taken away meanwhile."""
    since = progress.failing_since
    values = {
        "sequence": progress.sequence,
        "tries": progress.tries,
        "next_try_microsecond": progress.next_try.microsecond,
        "failing_since_microsecond": since.microsecond if since is not None else None,
    }
    there = webhook_progress.c.webhook_id == progress.webhook_id
    transaction.connection.execute(update(webhook_progress).where(there).values(**values))


def try_at_once(transaction: Transaction, webhook_id: str) -> None:
    """Do not wait for the next attempt: somebody has looked after the receiver."""
    there = webhook_progress.c.webhook_id == webhook_id
    anew = {"tries": 0, "next_try_microsecond": 0, "failing_since_microsecond": None}
    transaction.connection.execute(update(webhook_progress).where(there).values(**anew))


def disable(transaction: Transaction, webhook_id: str) -> None:
    """It failed for too long, or wants no more."""
    there = (webhook.c.id == webhook_id) & (webhook.c.state == "active")
    changed = {"state": "disabled", "version": webhook.c.version + 1}
    transaction.connection.execute(update(webhook).where(there).values(**changed))


# --- orders and attempts ------------------------------------------------------------------------------------
def insert_order(transaction: Transaction, order: Order) -> None:
    """Ask for something to be sent once."""
    values = asdict(order) | {"created_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(webhook_order), values)


def load_orders(connection: Connection) -> list[Order]:
    """What is to be sent once, the oldest first."""
    rows = connection.execute(select(webhook_order).order_by(webhook_order.c.id))
    return [Order(row.id, row.webhook_id, row.sequence) for row in rows]


def end_orders(transaction: Transaction, order_ids: Sequence[str]) -> None:
    """They were tried."""
    if order_ids:
        transaction.connection.execute(delete(webhook_order).where(webhook_order.c.id.in_(order_ids)))


def insert_attempts(transaction: Transaction, attempts: Iterable[Attempt], since: Instant) -> None:
    """Keep attempts, and forget those begun before ``since``; none of a webhook that was taken away meanwhile."""
    rows = [asdict(attempt) for attempt in attempts]
    there = set(transaction.connection.scalars(select(webhook.c.id)))
    rows = [row for row in rows if row["webhook_id"] in there]
    if rows:
        transaction.connection.execute(insert(webhook_attempt), rows)
    old = webhook_attempt.c.started_microsecond < since.microsecond
    transaction.connection.execute(delete(webhook_attempt).where(old))


def load_attempts(connection: Connection, webhook_id: str, before: str, limit: int) -> list[Attempt]:
    """Attempts of a webhook, the newest first, older than the one of id ``before`` (empty: all)."""
    chosen = select(webhook_attempt).where(webhook_attempt.c.webhook_id == webhook_id)
    if before:
        chosen = chosen.where(webhook_attempt.c.id < before)
    rows = connection.execute(chosen.order_by(webhook_attempt.c.id.desc()).limit(limit))
    return [Attempt(**row._mapping) for row in rows]

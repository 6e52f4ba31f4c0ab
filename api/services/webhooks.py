"""Webhooks as they are administered: made, changed, tested; their secrets are shown once and kept encrypted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, select

from api.delivery.destinations import AddressRefused, Reach, checked_url
from api.delivery.round import audience_of
from api.delivery.signing import new_secret, secret_text
from api.errors import InvalidInput, Place, StaleRevision, TooMany, UnknownReference
from api.places import pointer
from api.schemas.webhooks import RotateIn, WebhookChangeIn, WebhookIn
from api.services import words
from api.services.reads import Page
from models import outbox
from models.clock import Clock, Instant
from models.commands import Answer, AuditEntry, Event, Outcome, Transaction, Write
from models.errors import NotFound
from models.personal import PersonalVault
from models.repositories import webhooks
from models.repositories.webhooks import FormerSecret, Order, Progress, StoredWebhook
from models.tables.places import ward

MICROSECONDS_PER_HOUR = 3_600_000_000
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
CHANGEABLE: Final = tuple(WebhookChangeIn.model_fields)


@dataclass(frozen=True, slots=True)
class Office:
    """What administering needs. ``wall``: the machine's calendar. ``most``: so many webhooks there may be."""

    reach: Reach
    vault: PersonalVault
    random_bytes: Callable[[int], bytes]
    new_id: Callable[[str], str]
    wall: Clock
    zone: str
    most: int


@dataclass(frozen=True, slots=True, repr=False)
class WithSecret:
    """A write that makes a secret, and the secret as it is shown; no part of the stored answer."""

    write: Write
    secret: str


def add(body: WebhookIn, account_id: str, office: Office) -> WithSecret:
    """A new webhook, which hears of what happens from now on. Raises ``InvalidInput`` for an address that may not be
    called, ``UnknownReference`` for wards, ``TooMany`` where there are as many as there may be."""
    _check_url(body.url, office.reach)
    webhook_id, secret = office.new_id("whk"), new_secret(office.random_bytes)
    record = StoredWebhook(
        webhook_id,
        body.url,
        "active",
        body.topics,
        body.ward_ids,
        office.vault.seal_secret(webhook_id, secret),
        None,
        1,
        account_id,
        office.wall(),
    )

    def write(transaction: Transaction) -> Outcome:
        _check_number(transaction.connection, office.most)
        _check_wards(transaction.connection, body.ward_ids)
        sequence = outbox.last_sequence(transaction.connection)
        webhooks.insert_webhook(transaction, record, sequence)
        return _done("webhook.added", 201, record, transaction, office)

    return WithSecret(write, secret_text(secret))


def change(webhook_id: str, body: WebhookChangeIn, revision: int, office: Office) -> Write:
    """Another address, other events, pause or go on."""
    if body.url is not None:
        _check_url(body.url, office.reach)
    wanted = {name: value for name, value in body.model_dump().items() if value is not None}

    def write(transaction: Transaction) -> Outcome:
        before = _standing_at(transaction.connection, webhook_id, revision)
        _check_wards(transaction.connection, body.ward_ids or ())
        after = replace(before, **wanted, version=before.version + 1)
        webhooks.update_webhook(transaction, after)
        if body.state == "active" or body.url is not None:
            webhooks.try_at_once(transaction, webhook_id)
        return _done("webhook.changed", 200, after, transaction, office, _difference(before, after))

    return write


def rotate(webhook_id: str, body: RotateIn, revision: int, office: Office) -> WithSecret:
    """A new secret; the present one signs besides it for a while, an older one no longer."""
    secret = new_secret(office.random_bytes)
    sealed = office.vault.seal_secret(webhook_id, secret)
    until = Instant(office.wall().microsecond + body.former_hours * MICROSECONDS_PER_HOUR)

    def write(transaction: Transaction) -> Outcome:
        before = _standing_at(transaction.connection, webhook_id, revision)
        former = FormerSecret(before.secret, until) if body.former_hours else None
        after = replace(before, secret=sealed, former=former, version=before.version + 1)
        webhooks.update_webhook(transaction, after)
        detail = {"former_hours": body.former_hours}
        return _done("webhook.secret_rotated", 200, after, transaction, office, detail)

    return WithSecret(write, secret_text(secret))


def remove(webhook_id: str, revision: int) -> Write:
    """Take a webhook away; what waits for it is not sent."""

    def write(transaction: Transaction) -> Outcome:
        _standing_at(transaction.connection, webhook_id, revision)
        webhooks.delete_webhook(transaction, webhook_id)
        return _told("webhook.removed", webhook_id, Answer(204, {}), transaction)

    return write


def order(webhook_id: str, sequence: int | None, office: Office) -> Write:
    """Have an event sent again, or (None) a test; raises ``NotFound`` for an event that is not kept, or that this
    webhook does not hear of."""
    order_id = office.new_id("png")

    def write(transaction: Transaction) -> Outcome:
        hook = webhooks.load_webhook(transaction.connection, webhook_id)
        if sequence is not None:
            _check_event(transaction.connection, sequence, hook)
        webhooks.insert_order(transaction, Order(order_id, webhook_id, sequence))
        message_id = order_id if sequence is None else f"evt_{sequence}"
        sent = {"message_id": message_id}
        answer = Answer(202, {"webhook_id": webhook_id, **sent})
        topic = "webhook.tested" if sequence is None else "webhook.replayed"
        return _told(topic, webhook_id, answer, transaction, sent)

    return write


# --- what is shown ------------------------------------------------------------------------------------------
def listed(connection: Connection, zone: str) -> dict[str, Any]:
    """Every webhook, without its secrets."""
    progress = webhooks.load_progress(connection)
    found = webhooks.load_webhooks(connection)
    return {"items": [webhook_json(hook, progress[hook.id], zone) for hook in found], "next": None}


def shown(connection: Connection, webhook_id: str, zone: str) -> dict[str, Any]:
    """One webhook, without its secrets; raises ``NotFound``."""
    hook = webhooks.load_webhook(connection, webhook_id)
    return webhook_json(hook, webhooks.load_progress(connection)[webhook_id], zone)


def attempts(connection: Connection, webhook_id: str, page: Page, zone: str) -> dict[str, Any]:
    """A page of its attempts, the newest first."""
    webhooks.load_webhook(connection, webhook_id)
    found = webhooks.load_attempts(connection, webhook_id, page.after, page.limit + 1)
    items = [
        {
            "id": attempt.id,
            "message_id": attempt.message_id,
            "sequence": attempt.sequence,
            "topic": attempt.topic,
            "number": attempt.number,
            "outcome": attempt.outcome,
            "status": attempt.status,
            "latency_ms": attempt.latency_ms,
            "started": _moment(Instant(attempt.started_microsecond), zone),
        }
        for attempt in found
    ]
    return page.body(items)


def webhook_json(hook: StoredWebhook, progress: Progress, zone: str) -> dict[str, Any]:
    """A webhook as clients see it."""
    return {
        "id": hook.id,
        "url": hook.url,
        "state": hook.state,
        "topics": list(hook.topics),
        "ward_ids": list(hook.ward_ids),
        "revision": hook.version,
        "delivered_up_to": progress.sequence,
        "failed_tries": progress.tries,
        "next_try": _moment(progress.next_try, zone) if progress.tries else None,
        "failing_since": _moment(progress.failing_since, zone),
        "former_secret_until": _moment(hook.former.until if hook.former is not None else None, zone),
    }


# --- parts --------------------------------------------------------------------------------------------------
def _done(
    topic: str,
    status: int,
    hook: StoredWebhook,
    transaction: Transaction,
    office: Office,
    detail: Mapping[str, Any] = NOTHING,
) -> Outcome:
    progress = webhooks.load_progress(transaction.connection)[hook.id]
    answer = Answer(status, webhook_json(hook, progress, office.zone))
    return _told(topic, hook.id, answer, transaction, detail)


def _told(
    topic: str,
    webhook_id: str,
    answer: Answer,
    transaction: Transaction,
    detail: Mapping[str, Any] = NOTHING,
) -> Outcome:
    payload = {"subject": webhook_id, "minute": transaction.now.minute, "wards": []}
    entry = AuditEntry(topic, webhook_id, dict(detail))
    return Outcome(answer, (entry,), (Event(topic, payload),), touched=())


def _difference(before: StoredWebhook, after: StoredWebhook) -> dict[str, Any]:
    """What a change changed, for the audit trail: which fields, and what they say unless it is the address, which may
    hold a secret of the receiver's."""
    fields = [name for name in CHANGEABLE if getattr(before, name) != getattr(after, name)]
    said = {name: getattr(after, name) for name in fields if name != "url"}
    return {"changed": fields} | {n: list(v) if isinstance(v, tuple) else v for n, v in said.items()}


def _check_number(connection: Connection, most: int) -> None:
    if webhooks.count_webhooks(connection) >= most:
        raise TooMany(
            f"There are {most} webhooks, as many as this hospital allows.",
            "Remove one that nobody needs (DELETE /webhooks/{id}), or raise WARDFLOW_WEBHOOK_LIMIT.",
        )


def _standing_at(connection: Connection, webhook_id: str, revision: int) -> StoredWebhook:
    found = webhooks.load_webhook(connection, webhook_id)
    if found.version != revision:
        raise StaleRevision(found.version)
    return found


def _check_url(url: str, reach: Reach) -> None:
    try:
        checked_url(url, reach)
    except AddressRefused as refused:
        expected = "an https address outside of private networks, without a name, password or fragment"
        raise InvalidInput([Place(pointer("url"), expected)], str(refused)) from None


def _check_wards(connection: Connection, ward_ids: tuple[str, ...]) -> None:
    known = set(connection.scalars(select(ward.c.id)))
    wrong = [
        Place(pointer("ward_ids", number), "the id of a ward (GET /wards)")
        for number, ward_id in enumerate(ward_ids)
        if ward_id not in known
    ]
    if wrong:
        raise UnknownReference(wrong)


def _check_event(connection: Connection, sequence: int, hook: StoredWebhook) -> None:
    """Nor by hand does an event go where the webhook's wards and topics would not send it."""
    found = outbox.read(connection, sequence - 1, 1)
    if not found or found[0].sequence != sequence or not audience_of(hook).hears(found[0]):
        raise NotFound("event of this webhook", str(sequence))


def _moment(instant: Instant | None, zone: str) -> str | None:
    return words.moment(instant.minute, zone) if instant is not None else None

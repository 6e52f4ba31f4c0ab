"""The committee's order of priorities in shortages: one account proposes a version, another puts it in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.errors import InvalidInput, Place, StaleRevision, WrongState
from api.places import pointer
from api.schemas.rationing import RationingActivationIn, RationingOrderIn
from api.services.words import moment
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.repositories.rationing import (
    Activation,
    Proposed,
    RationingBook,
    insert_activation,
    insert_order,
    load_rationing,
)
from solver.engine.errors import InvalidInstance
from solver.pharmacy.rationing import RationingOrder


def proposing(body: RationingOrderIn, command: Command) -> Command:
    """The command that stores another version. Raises ``InvalidInput`` with every fault of the order."""
    _made(body, 1)

    def write(transaction: Transaction) -> Outcome:
        book = load_rationing(transaction.connection)
        order = _made(body, book.next_version)
        insert_order(transaction, order, body.reason, command.actor)
        told = {"order_version": order.version, "revision": book.revision}
        return _outcome(201, told, "rationing.proposed", transaction)

    return replace(command, write=write)


def activating(version: int, revision: int, body: RationingActivationIn, command: Command) -> Command:
    """The command that puts a version in force. Its write raises ``StaleRevision`` if another was put in force since it
    was read, ``WrongState`` for the version in force and for whoever proposed it."""

    def write(transaction: Transaction) -> Outcome:
        book = load_rationing(transaction.connection)
        proposed = book.of(version)
        if book.revision != revision:
            raise StaleRevision(book.revision)
        if book.version == version:
            raise WrongState("This order is in force already.")
        if proposed.actor == command.actor:
            raise WrongState(
                "Whoever proposed an order does not put it in force.", "Have another person activate it."
            )
        insert_activation(transaction, version, revision + 1, body.reason, command.actor)
        told = {"order_version": version, "former_version": book.version, "revision": revision + 1}
        return _outcome(200, told, "rationing.activated", transaction)

    return replace(command, write=write)


def _made(body: RationingOrderIn, version: int) -> RationingOrder:
    try:
        return RationingOrder(body.committee, version, body.criteria, body.cover_bands)
    except InvalidInstance as refused:
        wrong = [Place(pointer(p.where.rpartition(", ")[2]), p.expected) for p in refused.problems]
        raise InvalidInput(wrong) from None


def _outcome(status: int, told: dict[str, Any], action: str, transaction: Transaction) -> Outcome:
    """What came of it. The order is the whole hospital's, so that whoever may read it hears of it, on every ward."""
    subject = f"rationing-order-{told['order_version']}"
    payload = {"subject": subject, "minute": transaction.now.minute, **told, "wards": []}
    answer = Answer(status, {**told, "hospital_revision": transaction.revision})
    return Outcome(answer, (AuditEntry(action, subject, told),), (Event(action, payload),), touched=())


# --- reading ------------------------------------------------------------------------------------------------
def book_json(book: RationingBook, zone: str) -> dict[str, Any]:
    """Every version, the newest first."""
    return {
        "active_version": book.version,
        "revision": book.revision,
        "items": [_version_json(book, version, zone) for version in sorted(book.proposed, reverse=True)],
    }


def order_json(order: RationingOrder, version: int) -> dict[str, Any]:
    """Whose order it is, and what it looks at; ``version`` 0: the plain one."""
    return {
        "order_version": version,
        "committee": order.committee,
        "criteria": [each.value for each in order.criteria],
        "cover_bands": list(order.cover_bands),
    }


def _version_json(book: RationingBook, version: int, zone: str) -> dict[str, Any]:
    proposed = book.of(version)
    activated = next((each for each in reversed(book.activations) if each.version == version), None)
    return {
        **order_json(proposed.order, version),
        "in_force": book.version == version,
        "proposed": _event_json(proposed, zone),
        "activated": None if activated is None else _event_json(activated, zone),
    }


def _event_json(event: Proposed | Activation, zone: str) -> dict[str, Any]:
    at = moment(Instant(event.recorded_microsecond).minute, zone)
    return {"by": event.actor, "at": at, "reason": event.reason}

"""Lots: their state, what comes and goes, what is reserved. The database itself keeps the balances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, insert, select

from models import rows
from models.commands import Transaction
from models.repositories.stock import LotCard, insert_card
from models.repositories.versions import add, revise
from models.statements import insert_rows, update_rows
from models.tables import drugs
from solver.hospital import Allocation, Drug, Lot, LotUse, Minute, Request


def insert_drug(transaction: Transaction, record: Drug) -> None:
    """Add a drug with its approved equivalents."""
    transaction.connection.execute(insert(drugs.drug), rows.row(record))
    for place, other in enumerate(record.equivalents):
        values = {"drug_id": record.id, "place": place, "equivalent_id": other}
        transaction.connection.execute(insert(drugs.drug_equivalent), values)


def insert_lot(transaction: Transaction, record: Lot, move_id: str, actor: str) -> None:
    """Take in a new lot with its card; what is on hand is recorded as a receipt."""
    open_lot(transaction, record)
    minute = transaction.now.minute
    insert_card(
        transaction,
        LotCard(record.id, record.id, minimum_minutes_left=record.minimum_minutes_left, received=minute),
    )
    if record.on_hand:
        move(transaction, move_id, record.id, record.on_hand, "receipt", actor)


def open_lot(transaction: Transaction, record: Lot) -> None:
    """Add a lot with nothing in stock: what comes is told by moves."""
    add(transaction, drugs.lot, rows.row(record))
    empty = {"lot_id": record.id, "on_hand": 0, "reserved": 0}
    transaction.connection.execute(insert(drugs.lot_balance), empty)


def update_lot(transaction: Transaction, record: Lot) -> None:
    """Change what a lot is (recalled, quarantined, locked, matched); quantities change by reservations and
    moves."""
    values = {name: value for name, value in rows.row(record).items() if name != "id"}
    revise(transaction, drugs.lot, record.id, values)


def move(transaction: Transaction, move_id: str, lot_id: str, quantity: int, reason: str, actor: str) -> None:
    """Stock came (positive) or went (negative): receipt, count, waste, return, transfer."""
    values = {
        "id": move_id,
        "lot_id": lot_id,
        "minute": transaction.now.minute,
        "quantity": quantity,
        "reason": reason,
        "actor": actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(drugs.lot_move), values)


def reserve(transaction: Transaction, request: Request, allocation: Allocation) -> None:
    """Reserve every lot of an allocation until its last use."""
    _reserve(transaction, request, allocation, allocation.lots)


def change_reservations(
    transaction: Transaction, request: Request, before: Allocation, after: Allocation
) -> None:
    """Reserve other lots under the same allocation; what it no longer has is given back first."""
    for use in before.lots:
        if use not in after.lots:
            which = {"lot_id": use.lot_id, "need_drug_id": use.drug_id}
            _end_reservations(transaction, before.id, "released", transaction.now.minute, which)
    _reserve(transaction, request, after, [use for use in after.lots if use not in before.lots])


def _reserve(
    transaction: Transaction, request: Request, allocation: Allocation, uses: Iterable[LotUse]
) -> None:
    within = {need.drug_id: need.use_within_minutes for need in request.drugs}
    ready = [
        {
            "id": f"{allocation.id}/{transaction.now.microsecond}/{number:02}",
            "lot_id": use.lot_id,
            "allocation_id": allocation.id,
            "need_drug_id": use.drug_id,
            "quantity": use.quantity,
            "use_until_minute": allocation.start + within.get(use.drug_id, 0),
            "state": "reserved",
            "changed_minute": transaction.now.minute,
            "recorded_microsecond": transaction.now.microsecond,
        }
        for number, use in enumerate(uses)
    ]
    insert_rows(transaction.connection, drugs.lot_reservation, ready)


def reserved_at(reservation_id: str) -> int:
    """The microsecond at which a reservation was made; 0 for one that was imported with the hospital.

    A reservation's row tells when it last changed; when it began stands in its id.
    """
    parts = reservation_id.rsplit("/", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else 0


def release(transaction: Transaction, allocation_id: str) -> None:
    """Give back what an allocation still has reserved."""
    _end_reservations(transaction, allocation_id, "released", transaction.now.minute)


def dispense(transaction: Transaction, allocation_id: str, minute: Minute) -> None:
    """What an allocation has reserved went to the patient; refused by the database if a lot may not be
    used."""
    _end_reservations(transaction, allocation_id, "dispensed", minute)


def allocations_with_lot(connection: Connection, lot_id: str) -> list[tuple[str, str, int]]:
    """Which allocations had this lot: allocation id, state of the reservation, quantity."""
    table = drugs.lot_reservation
    found = connection.execute(
        select(table.c.allocation_id, table.c.state, table.c.quantity)
        .where(table.c.lot_id == lot_id, table.c.allocation_id.is_not(None))
        .order_by(table.c.id)
    )
    return [(r.allocation_id, r.state, r.quantity) for r in found]


def _end_reservations(
    transaction: Transaction,
    allocation_id: str,
    state: str,
    minute: Minute,
    which: Mapping[str, str] = MappingProxyType({}),
) -> None:
    update_rows(
        transaction.connection,
        drugs.lot_reservation,
        {"allocation_id": allocation_id, "state": "reserved", **which},
        {"state": state, "changed_minute": minute, "recorded_microsecond": transaction.now.microsecond},
    )

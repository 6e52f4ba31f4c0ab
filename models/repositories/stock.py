"""The ledger of stock: moves and what is read of them, cards of lots, moves that wait for a second person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
)

from models.commands import JsonObject, Transaction
from models.errors import NotFound
from models.statements import insert_rows
from models.tables.care import allocation
from models.tables.drugs import drug, lot, lot_balance, lot_move, lot_reservation
from models.tables.stock import awaiting_move, lot_card
from solver.hospital import Minute


@dataclass(frozen=True, slots=True)
class StoredMove:
    """A move of a lot: more (positive) or less by ``quantity``, at a minute."""

    id: str
    lot_id: str
    reason: str
    quantity: int
    minute: Minute
    actor: str
    witness: str | None = None
    person_id: str | None = None
    other_lot_id: str | None = None
    expected: int | None = None
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class LotCard:
    """What came in: the lot it was taken from first, packs, how long it must last when it is given out."""

    lot_id: str
    origin_id: str
    pack: int = 1
    minimum_minutes_left: int = 0
    received: Minute = 0


@dataclass(frozen=True, slots=True)
class AwaitingMove:
    """What one person asked for and another is to confirm."""

    id: str
    lot_id: str
    asked: JsonObject
    asked_by: str
    state: str = "open"
    decided_by: str | None = None
    asked_microsecond: int = 0


# --- writing ------------------------------------------------------------------------------------------------
def insert_moves(transaction: Transaction, moves: Iterable[StoredMove]) -> None:
    """Add moves; the database changes the balances, and refuses what its guards forbid."""
    ready = [
        {name: getattr(move, name) for name in StoredMove.__slots__}
        | {"recorded_microsecond": transaction.now.microsecond}
        for move in moves
    ]
    insert_rows(transaction.connection, lot_move, ready)


def insert_card(transaction: Transaction, card: LotCard) -> None:
    """Add the card of a new lot."""
    values = {
        "lot_id": card.lot_id,
        "origin_id": card.origin_id,
        "pack": card.pack,
        "minimum_minutes_left": card.minimum_minutes_left,
        "received_minute": card.received,
    }
    transaction.connection.execute(insert(lot_card), values)


def insert_awaiting(transaction: Transaction, awaiting: AwaitingMove) -> None:
    """Keep what waits for a second person."""
    values = {
        "id": awaiting.id,
        "lot_id": awaiting.lot_id,
        "asked": dict(awaiting.asked),
        "asked_by": awaiting.asked_by,
        "asked_microsecond": transaction.now.microsecond,
        "state": "open",
    }
    transaction.connection.execute(insert(awaiting_move), values)


def decide_awaiting(transaction: Transaction, awaiting: AwaitingMove) -> None:
    """Store what the second person said; the database refuses a second answer, and the first person's own."""
    values = {
        "state": awaiting.state,
        "decided_by": awaiting.decided_by,
        "decided_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(
        update(awaiting_move).where(awaiting_move.c.id == awaiting.id).values(values)
    )


# --- reading ------------------------------------------------------------------------------------------------
def load_cards(connection: Connection, lot_ids: Collection[str]) -> dict[str, LotCard]:
    """Cards of lots, by id; a lot without one is its own origin."""
    found = connection.execute(select(lot_card).where(lot_card.c.lot_id.in_(sorted(lot_ids))))
    cards = {
        r.lot_id: LotCard(r.lot_id, r.origin_id, r.pack, r.minimum_minutes_left, r.received_minute)
        for r in found
    }
    return {lot_id: cards.get(lot_id, LotCard(lot_id, lot_id)) for lot_id in lot_ids}


def parts_of(connection: Connection, lot_id: str) -> list[str]:
    """Every lot that is part of the same one, itself among them, by id."""
    (card,) = load_cards(connection, [lot_id]).values()
    parts = connection.scalars(select(lot_card.c.lot_id).where(lot_card.c.origin_id == card.origin_id))
    return sorted({lot_id, card.origin_id, *parts})


def part_on_ward(connection: Connection, origin_id: str, ward_id: str | None) -> str | None:
    """The part of a lot that lies in a cabinet (None: the central pharmacy), if there is one."""
    lies = lot.c.ward_id.is_(None) if ward_id is None else lot.c.ward_id == ward_id
    parts = select(lot_card.c.lot_id).where(lot_card.c.origin_id == origin_id)
    chosen = select(lot.c.id).where(lies, (lot.c.id == origin_id) | lot.c.id.in_(parts))
    return connection.scalar(chosen.order_by(lot.c.id).limit(1))


def load_awaiting(connection: Connection, move_id: str) -> AwaitingMove:
    """A move that waits or waited; raises ``NotFound``."""
    row = connection.execute(select(awaiting_move).where(awaiting_move.c.id == move_id)).first()
    if row is None:
        raise NotFound("move", move_id)
    return _awaiting(row)


def open_awaiting(connection: Connection) -> list[AwaitingMove]:
    """Everything that waits for a second person, oldest first."""
    table = awaiting_move
    chosen = select(table).where(table.c.state == "open").order_by(table.c.asked_microsecond, table.c.id)
    return [_awaiting(row) for row in connection.execute(chosen)]


def _awaiting(row: Any) -> AwaitingMove:
    return AwaitingMove(
        row.id, row.lot_id, row.asked, row.asked_by, row.state, row.decided_by, row.asked_microsecond
    )


def who_had(lot_ids: Sequence[str]) -> Select[Any]:
    """The question who was given units of these lots and did not bring all of them back, by person: what was issued,
    and what was dispensed of reservations. Answered from the indexes by lot alone, however long the ledger is."""
    moved = select(lot_move.c.person_id, (-lot_move.c.quantity).label("quantity")).where(
        lot_move.c.lot_id.in_(lot_ids), lot_move.c.reason.in_(("issue", "return"))
    )
    dispensed = (
        select(allocation.c.person_id, lot_reservation.c.quantity)
        .join_from(lot_reservation, allocation)
        .where(lot_reservation.c.lot_id.in_(lot_ids), lot_reservation.c.state == "dispensed")
    )
    had = union_all(moved, dispensed).subquery()
    units = func.sum(had.c.quantity)
    return (
        select(had.c.person_id, units.label("quantity"))
        .where(had.c.person_id.is_not(None))
        .group_by(had.c.person_id)
        .having(units > 0)
        .order_by(had.c.person_id)
    )


def given_by_hand(connection: Connection, lot_ids: Sequence[str]) -> list[tuple[str, str, int]]:
    """Who was issued units by hand and did not bring all of them back: person, lot, units."""
    units = (-func.sum(lot_move.c.quantity)).label("quantity")
    found = connection.execute(
        select(lot_move.c.person_id, lot_move.c.lot_id, units)
        .where(lot_move.c.lot_id.in_(lot_ids), lot_move.c.reason.in_(("issue", "return")))
        .where(lot_move.c.person_id.is_not(None))
        .group_by(lot_move.c.person_id, lot_move.c.lot_id)
        .having(units > 0)
        .order_by(lot_move.c.person_id, lot_move.c.lot_id)
    )
    return [(row.person_id, row.lot_id, int(row.quantity)) for row in found]


def patients_of(connection: Connection, lot_ids: Sequence[str]) -> dict[str, int]:
    """Units by person (see ``who_had``)."""
    return {row.person_id: int(row.quantity) for row in connection.execute(who_had(lot_ids))}


def last_minute(connection: Connection, lot_id: str) -> Minute | None:
    """The minute of a lot's last move."""
    found: Minute | None = connection.scalar(
        select(func.max(lot_move.c.minute)).where(lot_move.c.lot_id == lot_id)
    )
    return found


def entries(lot_id: str) -> Select[Any]:
    """The question for every entry of a lot's card: its moves, and what was dispensed of reservations."""
    moved = select(
        lot_move.c.id,
        lot_move.c.minute,
        lot_move.c.recorded_microsecond,
        lot_move.c.reason,
        lot_move.c.quantity,
        lot_move.c.actor,
        lot_move.c.witness,
        lot_move.c.person_id,
        lot_move.c.other_lot_id,
        lot_move.c.expected,
        lot_move.c.counted,
        literal(None).label("allocation_id"),
    ).where(lot_move.c.lot_id == lot_id)
    r = lot_reservation.c
    dispensed = (
        select(
            r.id,
            r.changed_minute,
            r.recorded_microsecond,
            literal("dispensed"),
            -r.quantity,
            null(),
            null(),
            allocation.c.person_id,
            null(),
            null(),
            null(),
            r.allocation_id,
        )
        .join_from(lot_reservation, allocation)
        .where(r.lot_id == lot_id, r.state == "dispensed")
    )
    both = union_all(moved, dispensed).subquery()
    return select(both).order_by(both.c.recorded_microsecond, both.c.id)


def balances(
    connection: Connection,
    after: tuple[str, str],
    limit: int,
    drug_id: str | None,
    seen: Sequence[ColumnElement[bool]] = (),
) -> list[Any]:
    """What is there of each drug in each cabinet (an empty ward is the central pharmacy), by drug and ward; ``seen``:
    conditions on the ward."""
    ward = func.coalesce(lot.c.ward_id, "")
    chosen = (
        select(
            lot.c.drug_id,
            ward.label("ward_id"),
            drug.c.handling,
            func.sum(lot_balance.c.on_hand).label("on_hand"),
            func.sum(lot_balance.c.reserved).label("reserved"),
            func.count().label("lots"),
        )
        .join_from(lot, lot_balance)
        .join(drug, drug.c.id == lot.c.drug_id)
        .where(*seen, (lot.c.drug_id > after[0]) | ((lot.c.drug_id == after[0]) & (ward > after[1])))
        .group_by(lot.c.drug_id, ward, drug.c.handling)
        .order_by(lot.c.drug_id, ward)
        .limit(limit)
    )
    if drug_id is not None:
        chosen = chosen.where(lot.c.drug_id == drug_id)
    return list(connection.execute(chosen))

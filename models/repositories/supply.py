"""What an order rests on: stock, what was issued by day, what is on order; and what was decided of orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, func, insert, select

from models.commands import Transaction
from models.tables.drugs import drug, lot, lot_balance, lot_move, lot_reservation
from models.tables.stock import lot_card, order_decision
from solver.hospital import Minute
from solver.hospital.timegrid import MINUTES_PER_DAY

Cabinet = tuple[str, str]
"""A ward and a drug in its cabinet."""


@dataclass(frozen=True, slots=True)
class LineDecided:
    """A line of an order as somebody decided it, in a version of the order's decisions."""

    item_id: str
    proposed: int
    quantity: int
    lead_time_days: int
    version: int = 0
    decided_by: str = ""
    recorded_microsecond: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """Units of a drug that came in at once."""

    drug_id: str
    recorded_microsecond: int
    quantity: int


@dataclass(frozen=True, slots=True)
class DayMoved:
    """Units of a drug on one day: ``issued`` to people, and ``net``, by which all stock of it changed."""

    issued: int
    net: int


def load_supplies(connection: Connection) -> tuple[list[Any], dict[str, list[Any]]]:
    """Every drug, and its lots that hold something, with their cards."""
    drugs = list(connection.execute(select(drug).order_by(drug.c.id)))
    card = lot_card.c
    columns = (*lot.c, lot_balance.c.on_hand, card.pack, card.received_minute, card.minimum_minutes_left)
    joined = select(*columns).join_from(lot, lot_balance).outerjoin(lot_card, lot_card.c.lot_id == lot.c.id)
    lots: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(joined.where(lot_balance.c.on_hand > 0).order_by(lot.c.id)):
        lots[row.drug_id].append(row)
    return drugs, lots


def load_days(
    connection: Connection, since: Minute, until: Minute, shift: int
) -> dict[str, dict[int, DayMoved]]:
    """What moved in ``[since, until)``, by drug and day; a day is ``(minute + shift) // 1440``."""
    moved = _moved(connection, (lot.c.drug_id,), since, until, shift)
    return {drug_id: days for (drug_id,), days in moved.items()}


def load_cabinet_days(
    connection: Connection, since: Minute, until: Minute, shift: int
) -> dict[Cabinet, dict[int, DayMoved]]:
    """The same of each ward's cabinet, by ward and drug."""
    moved = _moved(connection, (lot.c.ward_id, lot.c.drug_id), since, until, shift)
    return {(ward_id, drug_id): days for (ward_id, drug_id), days in moved.items() if ward_id is not None}


def _moved(
    connection: Connection, of: tuple[Column[Any], ...], since: Minute, until: Minute, shift: int
) -> dict[tuple[Any, ...], dict[int, DayMoved]]:
    """What moved in ``[since, until)`` by these columns of the lot, and by day."""
    day = (lot_move.c.minute + shift) // MINUTES_PER_DAY
    to_people = func.sum(-lot_move.c.quantity).filter(lot_move.c.reason.in_(("issue", "return")))
    moved = (
        select(*of, day.label("day"), to_people, func.sum(lot_move.c.quantity))
        .join_from(lot_move, lot, lot.c.id == lot_move.c.lot_id)
        .where(lot_move.c.minute >= since, lot_move.c.minute < until)
        .group_by(*of, day)
    )
    r = lot_reservation.c
    on = (r.changed_minute + shift) // MINUTES_PER_DAY
    dispensed = (
        select(*of, on.label("day"), func.sum(r.quantity), -func.sum(r.quantity))
        .join_from(lot_reservation, lot, lot.c.id == r.lot_id)
        .where(r.state == "dispensed", r.changed_minute >= since, r.changed_minute < until)
        .group_by(*of, on)
    )
    found: defaultdict[tuple[Any, ...], dict[int, DayMoved]] = defaultdict(dict)
    for question in (moved, dispensed):
        for *key, at, issued, net in connection.execute(question):
            days = found[tuple(key)]
            before = days.get(int(at), DayMoved(0, 0))
            days[int(at)] = DayMoved(before.issued + int(issued or 0), before.net + int(net))
    return found


def first_move(connection: Connection) -> Minute | None:
    """The minute from which on the ledger knows what moved."""
    found: Minute | None = connection.scalar(select(func.min(lot_move.c.minute)))
    return found


def load_decided(connection: Connection, job_id: str) -> dict[str, LineDecided]:
    """The newest decision about each line of a proposal, by item."""
    table = order_decision
    chosen = select(table).where(table.c.job_id == job_id).order_by(table.c.version)
    return {row.item_id: _decided(row) for row in connection.execute(chosen)}


def on_order(connection: Connection, since: int) -> list[LineDecided]:
    """Everything that was accepted since a microsecond, of each line the newest decision, whatever order it is in."""
    table = order_decision
    chosen = select(table).where(table.c.recorded_microsecond >= since).order_by(table.c.version)
    newest = {(row.job_id, row.item_id): _decided(row) for row in connection.execute(chosen)}
    return [line for line in newest.values() if line.quantity]


def lead_times(connection: Connection, since: int) -> dict[str, int]:
    """Days from order to use of each item, as its line that was decided last since a microsecond says."""
    table = order_decision
    chosen = select(table.c.item_id, table.c.lead_time_days).where(table.c.recorded_microsecond >= since)
    in_order = chosen.order_by(table.c.recorded_microsecond, table.c.job_id, table.c.version)
    return {row.item_id: row.lead_time_days for row in connection.execute(in_order)}


def receipts_since(connection: Connection, since: int, drug_ids: Collection[str]) -> list[Received]:
    """What came in of these drugs since a microsecond, in order."""
    move = lot_move.c
    chosen = (
        select(lot.c.drug_id, move.recorded_microsecond, move.quantity)
        .join_from(lot_move, lot, lot.c.id == move.lot_id)
        .where(move.reason == "receipt", move.recorded_microsecond >= since)
        .order_by(move.recorded_microsecond, move.id)
    )
    return [Received(*row) for row in connection.execute(chosen) if row.drug_id in drug_ids]


def insert_decided(transaction: Transaction, job_id: str, lines: Iterable[LineDecided], actor: str) -> None:
    """Add a version of decisions."""
    ready = [
        {
            "job_id": job_id,
            "version": line.version,
            "item_id": line.item_id,
            "proposed": line.proposed,
            "quantity": line.quantity,
            "lead_time_days": line.lead_time_days,
            "decided_by": actor,
            "recorded_microsecond": transaction.now.microsecond,
        }
        for line in lines
    ]
    transaction.connection.execute(insert(order_decision), ready)


def _decided(row: Any) -> LineDecided:
    return LineDecided(
        row.item_id,
        row.proposed,
        row.quantity,
        row.lead_time_days,
        row.version,
        row.decided_by,
        row.recorded_microsecond,
    )

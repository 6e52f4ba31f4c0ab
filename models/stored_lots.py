"""Lots of a hospital as they go into an empty database and come out of it: moves, cards, balances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from models import rows
from models.clock import CLOCK_ACTOR, Instant
from models.tables import drugs, stock
from solver.hospital import Hospital, Lot


def openings(hospital: Hospital, now: Instant) -> Iterator[dict[str, Any]]:
    """What is there becomes the first move of each lot, so that stock is the sum of its moves from the start."""
    for lot in hospital.lots:
        if lot.on_hand:
            yield {
                "id": f"{lot.id}/opening",
                "lot_id": lot.id,
                "minute": now.minute,
                "quantity": lot.on_hand,
                "reason": "opening",
                "actor": CLOCK_ACTOR,
                "recorded_microsecond": now.microsecond,
            }


def cards(hospital: Hospital, now: Instant) -> Iterator[dict[str, Any]]:
    """A card of each lot of which there is more to tell than a lot without one says."""
    for lot in hospital.lots:
        if lot.minimum_minutes_left:
            yield {
                "lot_id": lot.id,
                "origin_id": lot.id,
                "pack": 1,
                "minimum_minutes_left": lot.minimum_minutes_left,
                "received_minute": now.minute,
            }


def earlier_reservations(hospital: Hospital, now: Instant) -> Iterator[dict[str, Any]]:
    """What another system reserved of lots, for whom and until when nobody said."""
    for lot in hospital.lots:
        if lot.reserved:
            yield {
                "id": f"{lot.id}/imported",
                "lot_id": lot.id,
                "quantity": lot.reserved,
                "use_until_minute": lot.expires,
                "state": "reserved",
                "changed_minute": now.minute,
                "recorded_microsecond": now.microsecond,
            }


def load_lots(connection: Connection) -> tuple[Lot, ...]:
    """Every lot, in order, with its balance and how long it must last."""
    balance, card = drugs.lot_balance.c, stock.lot_card.c
    columns = [*drugs.lot.columns, balance.on_hand, balance.reserved, card.minimum_minutes_left]
    joined = (
        select(*columns)
        .join_from(drugs.lot, drugs.lot_balance)
        .outerjoin(stock.lot_card, card.lot_id == drugs.lot.c.id)
    )
    found = connection.execute(joined.order_by(drugs.lot.c.position, drugs.lot.c.id)).all()
    return tuple(map(rows.read_lot, found))

"""What is read of the ledger: the card of a lot, balances by cabinet, what waits for a second person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from api.security.access import Access
from api.security.permissions import Permission
from api.services import words
from api.services.reads import Page
from api.services.sight import Sight
from models.clock import MICROSECONDS_PER_MINUTE
from models.errors import NotFound
from models.repositories import stock
from models.tables.drugs import drug, lot, lot_balance


def card(connection: Connection, lot_id: str, zone: str, access: Access) -> dict[str, Any]:
    """A lot with every entry of its card and what they come to; raises ``NotFound``, ``Forbidden``."""
    columns = (*lot.c, lot_balance.c.on_hand, lot_balance.c.reserved, drug.c.handling)
    joined = select(*columns).join_from(lot, lot_balance).join(drug, drug.c.id == lot.c.drug_id)
    row = connection.execute(joined.where(lot.c.id == lot_id)).first()
    if row is None:
        raise NotFound("lot", lot_id)
    access.require(row.ward_id, Permission.PHARMACY_READ)
    kept = stock.load_cards(connection, [lot_id])[lot_id]
    found = connection.execute(stock.entries(lot_id)).all()
    theirs = Sight.of(access).persons(connection, {e.person_id for e in found if e.person_id is not None})
    balance, entries = 0, []
    for entry in found:
        balance += entry.quantity
        entries.append(_entry(entry, balance, zone, theirs))
    return {
        "lot_id": lot_id,
        "drug_id": row.drug_id,
        "handling": row.handling,
        "ward_id": row.ward_id,
        "origin_id": kept.origin_id,
        "parts": stock.parts_of(connection, lot_id),
        "pack": kept.pack,
        "minimum_minutes_left": kept.minimum_minutes_left,
        "expires": words.moment(row.expires_minute, zone),
        "state": row.state,
        "on_hand": row.on_hand,
        "reserved": row.reserved,
        "entries": entries,
    }


def _entry(entry: Any, balance: int, zone: str, theirs: frozenset[str]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": words.moment(entry.minute, zone),
        "recorded": words.moment(entry.recorded_microsecond // MICROSECONDS_PER_MINUTE, zone),
        "move": entry.reason,
        "quantity": entry.quantity,
        "balance": balance,
        "actor": entry.actor,
        "witness": entry.witness,
        "person_id": entry.person_id if entry.person_id in theirs else None,
        "allocation_id": entry.allocation_id if entry.person_id in theirs else None,
        "other_lot_id": entry.other_lot_id,
        "expected": entry.expected,
        "counted": entry.counted,
    }


def balances(connection: Connection, page: Page, drug_id: str | None, sight: Sight) -> dict[str, Any]:
    """What is there of each drug in each cabinet in sight."""
    at, _, ward = page.after.rpartition("@")
    seen = sight.on_ward(lot.c.ward_id)
    found = stock.balances(connection, (at, ward), page.limit + 1, drug_id, seen)
    return page.body(
        [
            {
                "id": f"{row.drug_id}@{row.ward_id}",
                "drug_id": row.drug_id,
                "ward_id": row.ward_id or None,
                "handling": row.handling,
                "on_hand": int(row.on_hand),
                "reserved": int(row.reserved),
                "lots": row.lots,
            }
            for row in found
        ]
    )


def awaiting(connection: Connection, zone: str, access: Access) -> dict[str, Any]:
    """Moves that wait for a second person, of the cabinets the account tells of."""
    wards = {row.id: row.ward_id for row in connection.execute(select(lot.c.id, lot.c.ward_id))}
    items = [
        {
            "move_id": each.id,
            "lot_id": each.lot_id,
            "kind": each.asked["kind"],
            "quantity": each.asked.get("quantity", each.asked.get("counted")),
            "asked_by": each.asked_by,
            "asked_at": words.moment(each.asked_microsecond // MICROSECONDS_PER_MINUTE, zone),
        }
        for each in stock.open_awaiting(connection)
        if access.allows(wards[each.lot_id])
    ]
    return {"items": items, "next": None}

"""Stock and demand of the live hospital, as the document that an order is planned from (docs/pharmacy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from api.schemas.pharmacy import OrderTermsIn
from models.clock import MICROSECONDS_PER_MINUTE
from models.repositories import supply
from models.repositories.supply import DayMoved, LineDecided, Received
from solver.hospital import HandlingClass, Minute, from_minute, usable_until
from solver.hospital.timegrid import MINUTES_PER_DAY

HISTORY_DAYS: Final = 365
"""As far back as demand is looked at."""

ORDERS_DAYS: Final = 2 * 365
"""As far back as accepted lines of orders are looked at."""

EPOCH: Final = date(1970, 1, 1)


def document(connection: Connection, now: Minute, zone: str, terms: OrderTermsIn) -> str:
    """Every drug but blood, which is not ordered here, as JSON."""
    today, items = supplies(connection, now, zone, terms)
    ordered = [item for handling, item in items if handling != HandlingClass.BLOOD]
    told = {"format": "wardflow-stock", "version": 1, "today": today, "items": ordered}
    return orjson.dumps(told).decode()


def known_lead_times(connection: Connection, now: Minute) -> dict[str, int]:
    """Days from order to use of each drug that was ordered: those of its line that was decided last."""
    return supply.lead_times(connection, _orders_since(now))


def supplies(
    connection: Connection,
    now: Minute,
    zone: str,
    terms: OrderTermsIn,
    history_days: int = HISTORY_DAYS,
    lead_times: Mapping[str, int] = MappingProxyType({}),
) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """Today's date, and every drug's handling class with the item: its lots, what was issued by day in the last
    ``history_days``, which days ended with nothing there, and what was accepted of orders and has not come.
    ``lead_times``: days of the drugs that have some of their own."""
    shift, today, first = days_looked_at(connection, now, zone, history_days)
    days = supply.load_days(connection, first * MINUTES_PER_DAY - shift, now + 1, shift)
    drugs, lots = supply.load_supplies(connection)
    coming = _coming(connection, now, shift)
    items = []
    for drug in drugs:
        own = lots.get(drug.id, ())
        item = {
            "id": drug.id,
            "costs": terms.costs.model_dump(),
            "useful_life_days": terms.useful_life_days,
            "lead_time_days": lead_times.get(drug.id, terms.lead_time_days),
            "review_days": terms.review_days,
            "pack": max((row.pack or 1 for row in own), default=1),
            "safety_stock": drug.safety_stock,
            "lots": [_lot(row, shift) for row in own],
            "on_order": coming.get(drug.id, []),
            "history": history(sum(row.on_hand for row in own), days.get(drug.id, {}), first, today),
        }
        items.append((drug.handling, item))
    return _day(today), items


def _orders_since(now: Minute) -> int:
    return (now - ORDERS_DAYS * MINUTES_PER_DAY) * MICROSECONDS_PER_MINUTE


def _day(number: int) -> str:
    return (EPOCH + timedelta(days=number)).isoformat()


def _lot(row: Any, shift: int) -> dict[str, Any]:
    """A lot may be given out up to the day before the one in which it no longer may: a day on which it may not be given
    out from its first minute to its last does not count."""
    expires = (row.expires_minute + shift) // MINUTES_PER_DAY
    until = usable_until(row.expires_minute, row.minimum_minutes_left or 0)
    given_out_until = (until + shift) // MINUTES_PER_DAY
    return {
        "id": row.id,
        "quantity": row.on_hand,
        "expires": _day(expires),
        "state": row.state,
        "minimum_days_left": expires - given_out_until,
    }


def days_looked_at(connection: Connection, now: Minute, zone: str, most: int) -> tuple[int, int, int]:
    """Minutes by which the hospital's clock is ahead, today, and the first of at most so many days before it of which
    the ledger knows what moved."""
    offset = from_minute(now).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    shift = int(offset.total_seconds() // 60)
    today = (now + shift) // MINUTES_PER_DAY
    began = supply.first_move(connection)
    known_since = today - 1 if began is None else (began + shift) // MINUTES_PER_DAY
    return shift, today, min(today - 1, max(known_since, today - most))


def history(on_hand: int, days: Mapping[int, DayMoved], first: int, today: int) -> dict[str, Any]:
    """Units issued of each day up to yesterday; a day that ended with nothing there ran out. What was there follows
    from what is there now, backwards."""
    none = DayMoved(0, 0)
    there = on_hand - days.get(today, none).net
    ran_out = []
    for day in range(today - 1, first - 1, -1):
        if there <= 0:
            ran_out.append(day - first)
        there -= days.get(day, none).net
    issued = [max(0, days.get(day, none).issued) for day in range(first, today)]
    return {"issued": issued, "ran_out": sorted(ran_out)}


def _coming(connection: Connection, now: Minute, shift: int) -> dict[str, list[dict[str, Any]]]:
    """What was accepted and has not come, with the day in whose evening it was to come; some of it may be overdue.

    What comes is taken off what was ordered first; but off a line that was ordered more than twice its lead time before
    only what no other line waits for: more likely that order was lost.
    """
    since = _orders_since(now)
    lines: dict[str, list[_Awaited]] = {}
    for line in sorted(supply.on_order(connection, since), key=lambda line: line.recorded_microsecond):
        lines.setdefault(line.item_id, []).append(_Awaited(line, _day_of(line.recorded_microsecond, shift)))
    for receipt in supply.receipts_since(connection, since, lines.keys()):
        _take_in(receipt, lines[receipt.drug_id], _day_of(receipt.recorded_microsecond, shift))
    return {
        item_id: [{"quantity": each.left, "arrives": _day(each.due)} for each in awaited if each.left]
        for item_id, awaited in lines.items()
    }


class _Awaited:
    """A line of an order, and how much of it has not come (``left``)."""

    def __init__(self, line: LineDecided, ordered: int) -> None:
        self.since = line.recorded_microsecond
        self.left = line.quantity
        # An order of today may be used after its lead time: it comes the evening before.
        self.due = ordered + max(1, line.lead_time_days) - 1
        self.lost_after = ordered + 2 * line.lead_time_days


def _take_in(receipt: Received, awaited: list[_Awaited], day: int) -> None:
    waiting = [each for each in awaited if each.left and each.since <= receipt.recorded_microsecond]
    units = receipt.quantity
    for each in sorted(waiting, key=lambda each: (day > each.lost_after, each.since)):
        taken = min(units, each.left)
        each.left -= taken
        units -= taken


def _day_of(microsecond: int, shift: int) -> int:
    return (microsecond // MICROSECONDS_PER_MINUTE + shift) // MINUTES_PER_DAY

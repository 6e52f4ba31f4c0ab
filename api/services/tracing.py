"""Who had it: the patients of a lot or a unit, for a recall."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from api.services import words
from api.services.sight import Sight, wards_of
from models.errors import NotFound
from models.repositories import cases, drugs, stock
from models.tables.drugs import lot
from models.tables.equipment import unit, unit_booking
from solver.hospital import Allocation


def who_had_lot(connection: Connection, lot_id: str, sight: Sight) -> dict[str, Any]:
    """Which patients in sight had a lot, whatever part of it; raises ``NotFound``."""
    _known(connection, lot, lot_id)
    parts = stock.parts_of(connection, lot_id)
    found = [each for part in parts for each in drugs.allocations_with_lot(connection, part)]
    by_hand = stock.given_by_hand(connection, parts)
    theirs = sight.persons(connection, {person_id for person_id, _, _ in by_hand})
    given = _seen(connection, [allocation_id for allocation_id, _, _ in found], sight)
    return {
        "lot_id": lot_id,
        "whole_hospital": sight.wards is None,
        "items": [
            {
                "person_id": given[allocation_id].person_id,
                "allocation_id": allocation_id,
                "bed_id": given[allocation_id].bed_id,
                "quantity": quantity,
                "state": state,
            }
            for allocation_id, state, quantity in found
            if allocation_id in given
        ]
        + [
            {
                "person_id": person_id,
                "allocation_id": None,
                "bed_id": None,
                "quantity": quantity,
                "state": "issued",
            }
            for person_id, _, quantity in by_hand
            if person_id in theirs
        ],
    }


def who_had_unit(connection: Connection, unit_id: str, zone: str, sight: Sight) -> dict[str, Any]:
    """Which patients in sight, in which beds, had a unit; raises ``NotFound``."""
    _known(connection, unit, unit_id)
    bookings = select(unit_booking).where(
        unit_booking.c.unit_id == unit_id, unit_booking.c.allocation_id.is_not(None)
    )
    found = connection.execute(bookings.order_by(unit_booking.c.start_minute, unit_booking.c.id)).all()
    given = _seen(connection, [row.allocation_id for row in found], sight)
    return {
        "unit_id": unit_id,
        "whole_hospital": sight.wards is None,
        "items": [
            {
                "person_id": given[row.allocation_id].person_id,
                "allocation_id": row.allocation_id,
                "bed_id": given[row.allocation_id].bed_id,
                "start": words.moment(row.start_minute, zone),
                "end": words.moment(row.end_minute, zone),
                "state": row.state,
            }
            for row in found
            if row.allocation_id in given
        ],
    }


def _seen(connection: Connection, allocation_ids: list[str], sight: Sight) -> dict[str, Allocation]:
    """Those of the allocations whose bed is in sight."""
    given = cases.load_allocations(connection, allocation_ids)
    wards = wards_of(connection, {each.bed_id for each in given.values()})
    return {name: each for name, each in given.items() if sight.sees(wards[each.bed_id])}


def _known(connection: Connection, table: Table, record_id: str) -> None:
    """An empty list for a mistyped id would read as "nobody had it"."""
    if connection.scalar(select(table.c.id).where(table.c.id == record_id)) is None:
        raise NotFound(table.name, record_id)

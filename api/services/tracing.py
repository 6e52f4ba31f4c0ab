"""Who had it: the patients of a lot or a unit, for a recall."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from api.services import words
from models.errors import NotFound
from models.repositories import cases, drugs
from models.tables.drugs import lot
from models.tables.equipment import unit, unit_booking


def who_had_lot(connection: Connection, lot_id: str) -> dict[str, Any]:
    """Which patients had a lot; raises ``NotFound``."""
    _known(connection, lot, lot_id)
    found = drugs.allocations_with_lot(connection, lot_id)
    given = cases.load_allocations(connection, [allocation_id for allocation_id, _, _ in found])
    return {
        "lot_id": lot_id,
        "items": [
            {
                "person_id": given[allocation_id].person_id,
                "allocation_id": allocation_id,
                "bed_id": given[allocation_id].bed_id,
                "quantity": quantity,
                "state": state,
            }
            for allocation_id, state, quantity in found
        ],
    }


def who_had_unit(connection: Connection, unit_id: str, zone: str) -> dict[str, Any]:
    """Which patients, in which beds, had a unit; raises ``NotFound``."""
    _known(connection, unit, unit_id)
    bookings = select(unit_booking).where(
        unit_booking.c.unit_id == unit_id, unit_booking.c.allocation_id.is_not(None)
    )
    found = connection.execute(bookings.order_by(unit_booking.c.start_minute, unit_booking.c.id)).all()
    given = cases.load_allocations(connection, [row.allocation_id for row in found])
    return {
        "unit_id": unit_id,
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
        ],
    }


def _known(connection: Connection, table: Table, record_id: str) -> None:
    """An empty list for a mistyped id would read as "nobody had it"."""
    if connection.scalar(select(table.c.id).where(table.c.id == record_id)) is None:
        raise NotFound(table.name, record_id)

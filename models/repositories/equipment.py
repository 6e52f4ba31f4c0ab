"""Units of equipment and what they are booked for."""

from __future__ import annotations

from sqlalchemy import insert, select

from models import rows
from models.commands import Transaction
from models.errors import NotFound
from models.repositories.versions import add, revise
from models.store import blocked
from models.tables import equipment, places
from solver.hospital import EquipmentType, Minute, Unit, UnitBooking


def insert_type(transaction: Transaction, record: EquipmentType) -> None:
    """Add a type with its substitutes."""
    transaction.connection.execute(insert(equipment.equipment_type), rows.row(record))
    for place, other in enumerate(record.substitutes):
        values = {"type_id": record.id, "place": place, "substitute_id": other}
        transaction.connection.execute(insert(equipment.equipment_substitute), values)


def insert_unit(transaction: Transaction, record: Unit) -> None:
    """Add a unit."""
    add(transaction, equipment.unit, rows.row(record))


def update_unit(transaction: Transaction, record: Unit) -> None:
    """Change a unit: its state, its ward."""
    values = {name: value for name, value in rows.row(record).items() if name != "id"}
    revise(transaction, equipment.unit, record.id, values)


def insert_booking(transaction: Transaction, record: UnitBooking, need_type_id: str | None = None) -> None:
    """Book a unit; ``need_type_id`` is the type that was asked for, which the unit may stand in for."""
    start, end = _blocked(transaction, record)
    extra = {"blocked_start": start, "blocked_end": end, "need_type_id": need_type_id}
    add(transaction, equipment.unit_booking, rows.row(record) | extra)


def update_booking(transaction: Transaction, record: UnitBooking) -> None:
    """Change the times or the ward of a booking, or pin it."""
    start, end = _blocked(transaction, record)
    kept = ("id", "need_type_id")
    values = {name: value for name, value in rows.row(record).items() if name not in kept}
    revise(
        transaction, equipment.unit_booking, record.id, values | {"blocked_start": start, "blocked_end": end}
    )


def end_booking(transaction: Transaction, record: UnitBooking, minute: Minute) -> None:
    """End a booking: one that has begun ends at this minute, one that has not is cancelled."""
    if record.start >= minute:
        revise(transaction, equipment.unit_booking, record.id, {"state": "cancelled"})
        return
    end = min(record.end, minute)
    blocked_end = _blocked(transaction, record)[1] - record.end + end
    values = {"state": "ended", "end_minute": end, "blocked_end": blocked_end}
    revise(transaction, equipment.unit_booking, record.id, values)


def _blocked(transaction: Transaction, record: UnitBooking) -> tuple[Minute, Minute]:
    """As ``models.store.blocked``, from the four or five rows that decide it."""
    connection = transaction.connection
    unit_row = connection.execute(select(equipment.unit).where(equipment.unit.c.id == record.unit_id)).first()
    if unit_row is None:
        raise NotFound("unit", record.unit_id)
    unit = rows.read_unit(unit_row)
    types = equipment.equipment_type
    kind = rows.read_equipment_type(
        connection.execute(select(types).where(types.c.id == unit.type_id)).one(), ()
    )
    found = connection.execute(
        select(places.ward).where(places.ward.c.id.in_({unit.ward_id, record.ward_id}))
    )
    wards = {r.id: rows.read_ward(r, (), ()) for r in found}
    if record.ward_id not in wards:
        raise NotFound("ward", record.ward_id)
    site_id = wards[unit.ward_id].site_id
    site = rows.read_site(connection.execute(select(places.site).where(places.site.c.id == site_id)).one())
    return blocked(record, unit, {kind.id: kind}, wards, {site.id: site})

"""Dispensing some of an allocation's lots: controlled drugs and blood stay reserved, others go to the
patient."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import update

from models.commands import Transaction
from models.tables.drugs import lot_reservation
from solver.hospital import Minute


def dispense_lots(
    transaction: Transaction, allocation_id: str, lot_ids: Collection[str], minute: Minute
) -> None:
    """Mark what an allocation has reserved in these lots as dispensed; the database refuses lots that may
    not be used."""
    table = lot_reservation
    chosen = (
        table.c.allocation_id == allocation_id,
        table.c.lot_id.in_(sorted(lot_ids)),
        table.c.state == "reserved",
    )
    values = {
        "state": "dispensed",
        "changed_minute": minute,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(update(table).where(*chosen).values(**values))

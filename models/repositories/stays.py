"""Stays and occupancies: who is awaited where, who lies where."""

from __future__ import annotations

from typing import Any

from sqlalchemy import false, select

from models import rows
from models.commands import Transaction
from models.repositories.versions import add, revise
from models.tables.care import occupancy, stay
from solver.hospital import Minute, Stay, StayState

RELEASED = "released"
LEFT = "left"


def insert_stay(transaction: Transaction, record: Stay) -> None:
    """Add a stay; one that occupies its bed already has arrived at its start."""
    add(transaction, stay, rows.row(record))
    if record.state is StayState.OCCUPYING:
        arrive(transaction, record)


def update_stay(transaction: Transaction, before: Stay, after: Stay) -> None:
    """Change a stay; when it begins to occupy its bed, the arrival is its start."""
    revise(transaction, stay, after.id, _without_id(after))
    if after.state is StayState.OCCUPYING and before.state is not StayState.OCCUPYING:
        arrive(transaction, after)


def park_stay(transaction: Transaction, stay_id: str) -> None:
    """Take a stay out of its bed for a moment, so that stays may change places within one transaction."""
    revise(transaction, stay, stay_id, {"state": RELEASED})


def end_stay(transaction: Transaction, record: Stay, minute: Minute) -> None:
    """End a stay at a minute: who lay there has left, who was only awaited is released."""
    if record.state is not StayState.OCCUPYING:
        revise(transaction, stay, record.id, {"state": RELEASED})
        return
    # Half-open intervals hold at least a minute, even for who leaves in the minute of arrival.
    end = max(minute, record.start + 1)
    revise(transaction, stay, record.id, {"state": LEFT, "end_minute": end})
    leave(transaction, record.id, end)


def arrive(transaction: Transaction, record: Stay) -> None:
    """Record that the person lies in the bed from the stay's start on, with no end yet."""
    # A bed may be entered again in one stay (a mistake made void, a leave), so the id carries the moment.
    occupancy_id = f"{record.id}/{transaction.now.microsecond}"
    values = {
        "id": occupancy_id,
        "stay_id": record.id,
        "person_id": record.person_id,
        "bed_id": record.bed_id,
        "companion": record.with_stay_id is not None,
        "arrived_minute": record.start,
        "left_minute": None,
        "void": False,
    }
    add(transaction, occupancy, values)


def leave(transaction: Transaction, stay_id: str, minute: Minute) -> None:
    """Record that whoever occupies a bed for this stay left it."""
    there = transaction.connection.execute(
        select(occupancy.c.id, occupancy.c.arrived_minute).where(
            occupancy.c.stay_id == stay_id, occupancy.c.left_minute.is_(None), occupancy.c.void.is_(false())
        )
    ).all()
    for row in there:
        revise(transaction, occupancy, row.id, {"left_minute": max(minute, row.arrived_minute + 1)})


def void_arrival(transaction: Transaction, stay_id: str) -> None:
    """Take back an arrival that was recorded by mistake; the history keeps that it was thought so."""
    there = transaction.connection.scalars(
        select(occupancy.c.id).where(
            occupancy.c.stay_id == stay_id, occupancy.c.left_minute.is_(None), occupancy.c.void.is_(false())
        )
    ).all()
    for occupancy_id in there:
        revise(transaction, occupancy, occupancy_id, {"void": True})


def _without_id(record: Stay) -> dict[str, Any]:
    return {name: value for name, value in rows.row(record).items() if name != "id"}

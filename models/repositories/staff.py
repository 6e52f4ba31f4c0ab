"""Staff, shifts, and the revision of a ward's cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, text

from models import rows
from models.commands import Transaction
from models.errors import GuardViolation
from models.repositories.versions import add, revise
from models.statements import run_for_each
from models.tables.staff import SLOT_MINUTES, cover_revision, shift, staff_member
from solver.hospital import Minute, Shift, StaffMember

Slot = tuple[str, int]
"""A ward and the number of an eight-hour slot since 1970-01-01T00:00Z."""


def insert_staff_member(transaction: Transaction, record: StaffMember) -> None:
    """Add a staff member."""
    transaction.connection.execute(insert(staff_member), rows.row(record))


def insert_shift(transaction: Transaction, record: Shift) -> None:
    """Roster a shift; the database revises the cover it touches."""
    add(transaction, shift, rows.row(record))


def update_shift(transaction: Transaction, record: Shift) -> None:
    """Change a shift (absent, called in, other hours); the database revises the cover it touches."""
    values = {name: value for name, value in rows.row(record).items() if name != "id"}
    revise(transaction, shift, record.id, values)


def cancel_shift(transaction: Transaction, shift_id: str) -> None:
    """Take a shift off the roster."""
    revise(transaction, shift, shift_id, {"cancelled": True})


def slots(ward_id: str, start: Minute, end: Minute) -> list[Slot]:
    """The slots of a ward's cover that ``[start, end)`` touches."""
    return [(ward_id, slot) for slot in range(start // SLOT_MINUTES, (end - 1) // SLOT_MINUTES + 1)]


def moved_by_shift(before: Shift | None, after: Shift | None) -> Counter[Slot]:
    """How often the database counts each slot's revision up when a shift is stored, changed or cancelled: its
    guards count the row after and, for a change, the row before."""
    rows_seen = [after] if before is None else [before, before if after is None else after]
    return Counter(
        slot for each in rows_seen if each is not None for slot in slots(each.ward_id, each.start, each.end)
    )


def load_cover_revisions(connection: Connection, since: Minute) -> dict[Slot, int]:
    """The revision of every slot from a minute on that was ever revised; the others stand at 0."""
    found = select(cover_revision).where(cover_revision.c.slot >= since // SLOT_MINUTES)
    return {(r.ward_id, r.slot): r.revision for r in connection.execute(found)}


def revise_cover(transaction: Transaction, seen: Mapping[Slot, int]) -> None:
    """Count each slot's revision up if it is still the one that was seen when the decision was made.

    Raises ``GuardViolation`` named ``cover_revision`` if a roster or another stay moved it meanwhile.
    """
    if not seen:
        return
    rows_seen = [
        {"ward": ward_id, "slot": slot, "seen": revision} for (ward_id, slot), revision in seen.items()
    ]
    # One statement for all slots: one each took as long as everything else that a placement stores.
    run_for_each(transaction.connection, _COUNTED_UP, rows_seen, lambda: GuardViolation("cover_revision"))


_COUNTED_UP = text(
    "INSERT INTO cover_revision (ward_id, slot, revision) VALUES (:ward, :slot, :seen + 1) "
    "ON CONFLICT (ward_id, slot) DO UPDATE SET revision = cover_revision.revision + 1 "
    "WHERE cover_revision.revision = :seen"
)

"""Storing what a command changed in the hospital's records: pairs of a record before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.commands import Transaction
from models.repositories import drugs, equipment, people, places, staff, stays
from solver.hospital import (
    Bed,
    Lot,
    Minute,
    Person,
    Room,
    Shift,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)

Record = Ward | Room | Bed | Unit | UnitBooking | Lot | StaffMember | Shift | Person | Stay


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record before (None: new) and after (None: gone).

    ``minute``: when a stay or booking ended, for one that is gone (None: now). ``need_type_id``: the type a
    new unit booking serves. ``blocked``: the minutes a new unit booking takes of its unit (``store.blocked``; None:
    they are looked up). ``move_id``: the id of the receipt of a new lot.
    """

    before: Record | None
    after: Record | None
    minute: Minute | None = None
    need_type_id: str | None = None
    blocked: tuple[Minute, Minute] | None = None
    move_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Sorted:
    gone: list[RecordChange] = field(default_factory=list)
    changed: list[RecordChange] = field(default_factory=list)
    new: list[RecordChange] = field(default_factory=list)


def save_changes(transaction: Transaction, changes: Iterable[RecordChange], actor: str) -> None:
    """Store all changes of a command, in an order in which the guards see no passing conflict.

    What goes makes room first; stays that change places are taken out of their beds together and then put
    into the new ones; what is new comes last. A lot's quantities are not taken from here: reservations and
    moves change them.
    """
    parts = _Sorted()
    for change in changes:
        _part(parts, change).append(change)
    for change in sorted(parts.gone, key=_companions_first):
        _remove(transaction, change)
    for change in parts.changed:
        if _moves(change):
            stays.park_stay(transaction, _stay_id(change))
    for change in sorted(parts.changed, key=_beds_last):
        _update(transaction, change)
    for change in sorted(parts.new, key=_places_and_people_first):
        _insert(transaction, change, actor)


def _part(parts: _Sorted, change: RecordChange) -> list[RecordChange]:
    if change.after is None:
        return parts.gone
    return parts.new if change.before is None else parts.changed


def _moves(change: RecordChange) -> bool:
    before, after = change.before, change.after
    if not isinstance(before, Stay) or not isinstance(after, Stay):
        return False
    return (before.bed_id, before.start, before.end) != (after.bed_id, after.start, after.end)


def _stay_id(change: RecordChange) -> str:
    assert change.before is not None
    return change.before.id


def _companions_first(change: RecordChange) -> bool:
    return not (isinstance(change.before, Stay) and change.before.with_stay_id is not None)


def _beds_last(change: RecordChange) -> bool:
    # An arrival is judged by the status the bed had until then, not by the one the arrival gives it.
    return isinstance(change.after, Ward | Room | Bed)


def _places_and_people_first(change: RecordChange) -> int:
    if isinstance(change.after, Stay):
        return 2 if change.after.with_stay_id is not None else 1
    return 1 if isinstance(change.after, UnitBooking | Shift) else 0


def _remove(transaction: Transaction, change: RecordChange) -> None:
    record = change.before
    minute = transaction.now.minute if change.minute is None else change.minute
    if isinstance(record, Stay):
        stays.end_stay(transaction, record, minute)
    elif isinstance(record, UnitBooking):
        equipment.end_booking(transaction, record, minute)
    elif isinstance(record, Shift):
        staff.cancel_shift(transaction, record.id)
    elif isinstance(record, Bed):
        places.remove_bed(transaction, record.id)
    elif record is not None:
        raise TypeError(f"A {type(record).__name__} is never removed.")


def _update(transaction: Transaction, change: RecordChange) -> None:
    before, after = change.before, change.after
    if before == after or before is None or after is None:
        return
    if isinstance(before, Stay) and isinstance(after, Stay):
        stays.update_stay(transaction, before, after)
    elif isinstance(before, Ward | Room | Bed) and isinstance(after, Ward | Room | Bed):
        places.update_place(transaction, before, after)
    elif isinstance(before, UnitBooking) and isinstance(after, UnitBooking):
        equipment.update_booking(transaction, before, after)
    else:
        _UPDATES[type(after)](transaction, after)


def _insert(transaction: Transaction, change: RecordChange, actor: str) -> None:
    record = change.after
    if isinstance(record, UnitBooking):
        equipment.insert_booking(transaction, record, change.need_type_id, change.blocked)
    elif isinstance(record, Lot):
        drugs.insert_lot(transaction, record, change.move_id or f"{record.id}/receipt", actor)
    elif record is not None:
        _INSERTS[type(record)](transaction, record)


def _update_lot(transaction: Transaction, record: Lot) -> None:
    drugs.update_lot(transaction, record)


_UPDATES: Mapping[type, Callable[[Transaction, Any], None]] = {
    Unit: equipment.update_unit,
    Lot: _update_lot,
    Shift: staff.update_shift,
    Person: people.update_person,
}

_INSERTS: Mapping[type, Callable[[Transaction, Any], None]] = {
    Bed: places.insert_bed,
    Unit: equipment.insert_unit,
    StaffMember: staff.insert_staff_member,
    Shift: staff.insert_shift,
    Person: people.insert_person,
    Stay: stays.insert_stay,
}

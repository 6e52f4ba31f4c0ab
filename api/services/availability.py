"""Who has a unit now, who is next, when it is free: told from the hospital as it stands, changing nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from api.errors import InvalidInput, Place
from api.security.access import Access
from api.services.changes import Changes
from api.services.units import ways_of
from api.services.words import moment
from solver.equipment.availability import UnitOutlook, Wish, outlook
from solver.hospital import Minute, UnitBooking
from solver.hospital.timegrid import MINUTES_PER_DAY

MOST_UNITS: Final = 100
"""Listed at most."""


@dataclass(frozen=True, slots=True)
class FreeAsked:
    """A type, a ward, how many minutes; starts from ``since`` (None: now) to ``until`` (None: a day later)."""

    type_id: str
    near: str
    duration: int
    since: Minute | None
    until: Minute | None


def equipment_free(changes: Changes, access: Access, asked: FreeAsked) -> dict[str, Any]:
    """Units of the type and of its substitutes on wards in sight. Raises InvalidInput, Forbidden."""
    access.require(asked.near)
    wish = _wish(changes, asked)
    records = changes.records

    units = [unit for unit in records.units.values() if access.allows(unit.ward_id)]
    bookings = records.unit_bookings.values()
    found = outlook(asked.type_id, records.equipment_types.values(), units, bookings, ways_of(records), wish)
    return {
        "items": [_item(one, changes, access) for one in found[:MOST_UNITS]],
        "more": max(0, len(found) - MOST_UNITS),
        "hospital_revision": changes.desk.revision,
    }


def _wish(changes: Changes, asked: FreeAsked) -> Wish:
    since = changes.now if asked.since is None else asked.since
    until = since + MINUTES_PER_DAY if asked.until is None else asked.until
    wrong = []
    if asked.type_id not in changes.records.equipment_types:
        wrong.append(Place("query:type", "the id of an equipment type (GET /equipment-types)"))
    if asked.near not in changes.records.wards:
        wrong.append(Place("query:near", "the id of a ward (GET /wards)"))
    if until < since:
        wrong.append(Place("query:to", "a time not before `from`"))
    if wrong:
        raise InvalidInput(wrong)
    return Wish(asked.near, since, until, asked.duration, changes.now)


def _item(one: UnitOutlook, changes: Changes, access: Access) -> dict[str, Any]:
    return {
        "unit_id": one.unit.id,
        "type_id": one.unit.type_id,
        "substitute_step": one.step,
        "ward_id": one.unit.ward_id,
        "state": one.unit.state.value,
        "has_it": _taken(one.has_it, changes, access),
        "next": _taken(one.next_one, changes, access),
        "free_at": None if one.start is None else moment(one.start, changes.zone),
        "transport_minutes": one.way,
    }


def _taken(booking: UnitBooking | None, changes: Changes, access: Access) -> dict[str, Any] | None:
    """Where and how long, and nothing of the patient."""
    if booking is None:
        return None
    return {
        "ward_id": booking.ward_id if access.allows(booking.ward_id) else None,
        "start": moment(booking.start, changes.zone),
        "end": moment(booking.end, changes.zone),
        "kind": booking.kind.value,
    }

"""Units of equipment as they were given: of the type asked for, usable, and lent where they are not the ward's own."""

from __future__ import annotations

from typing import Any

from models.invariants.common import Found
from models.invariants.excuses import Excuses
from models.invariants.history import Known, Moment, Row, Subject

OUT_OF_USE = ("broken", "recalled", "maintenance")


def wrong_units(moment: Moment, _: Excuses) -> Found:
    """Not the units asked for: another type, too few or too many, or for another time."""
    for one in moment.decisions:
        units = _units(one, moment)
        served: set[str] = set()
        for need in one.request.needs.get("equipment", ()):
            matched = {unit.id for unit in units if _serves(unit, need, one, moment.known)}
            served |= matched
            if len(matched) != need["count"]:
                yield (one.id,), f"{len(matched)} of {need['count']} {need['type_id']}"
        for unit in units:
            if unit.id not in served:
                yield (one.id,), f"unit {unit.unit_id} serves no need"


def _serves(booking: Row, need: dict[str, Any], one: Subject, known: Known) -> bool:
    start = one.start + need["offset_minutes"]
    end = one.end if need["duration_minutes"] is None else start + need["duration_minutes"]
    approved = {need["type_id"], *known.places.substitutes.get(need["type_id"], ())}
    right = booking.need_type_id == need["type_id"] and known.unit[booking.unit_id].type_id in approved
    return right and (booking.start_minute, booking.end_minute) == (start, end)


def unusable_unit_given(moment: Moment, _: Excuses) -> Found:
    """A unit that was known to be broken, recalled or in maintenance."""
    for one in moment.decisions:
        for booking in _units(one, moment):
            state = moment.known.unit[booking.unit_id].state
            if state in OUT_OF_USE:
                yield (one.id,), f"unit {booking.unit_id} is {state}"


def unit_not_lent(moment: Moment, excuses: Excuses) -> Found:
    """A unit of another ward that its owner does not lend."""
    for one in excuses.left(moment.decisions, "unit_lent", moment):
        for booking in _units(one, moment):
            unit = moment.known.unit[booking.unit_id]
            if unit.owner_ward_id not in (None, booking.ward_id) and not unit.lendable:
                yield (one.id,), f"unit {unit.id} belongs to {unit.owner_ward_id}"


def _units(one: Subject, moment: Moment) -> list[Row]:
    """What the decision booked in the same command."""
    return [booking for booking in moment.bookings if booking.allocation_id == one.id]

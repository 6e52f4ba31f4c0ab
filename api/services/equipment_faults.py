"""What is wrong with bookings and maintenance that are to be planned: every place, repeating nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from api.errors import Place
from api.places import pointer
from api.schemas.equipment import DueIn, LiveIn, TechnicianIn, WantedIn
from solver.hospital.timegrid import Minute
from solver.placing.records import Records


def live_faults(records: Records, asked: LiveIn, now: Minute) -> Iterator[Place]:
    """What does not hold together, or is not there in this hospital."""
    seen: set[str] = set()
    for place, use in enumerate(asked.wanted):
        yield from _of_anything("wanted", use, place, seen)
        yield from _of_use(records, use, place)
        yield from _of_window("wanted", use, place, now)
    for place, due in enumerate(asked.maintenance):
        yield from _of_anything("maintenance", due, place, seen)
        yield from _of_work(records, due, place)
        yield from _of_window("maintenance", due, place, now)
    taken = set(records.units)
    for place, technician in enumerate(asked.technicians):
        if technician.id in taken:
            yield Place(pointer("technicians", place, "id"), "an id that no unit and no other technician has")
        taken.add(technician.id)
        yield from _of_technician(records, technician, place)


def _of_anything(field: str, one: WantedIn | DueIn, place: int, seen: set[str]) -> Iterator[Place]:
    if one.id in seen:
        yield Place(pointer(field, place, "id"), "an id that no other booking or work has")
    seen.add(one.id)


def _of_window(field: str, one: WantedIn | DueIn, place: int, now: Minute) -> Iterator[Place]:
    if one.latest_start < max(one.earliest, now):
        yield Place(pointer(field, place, "latest_start"), "a time to come, not before `earliest`")


def _of_use(records: Records, one: WantedIn, place: int) -> Iterator[Place]:
    for number, type_id in enumerate(one.type_ids):
        if type_id not in records.equipment_types:
            where = pointer("wanted", place, "type_ids", number)
            yield Place(where, "the id of an equipment type (GET /equipment-types)")
    if one.ward_id not in records.wards:
        yield Place(pointer("wanted", place, "ward_id"), "the id of a ward (GET /wards)")


def _of_work(records: Records, one: DueIn, place: int) -> Iterator[Place]:
    unit = records.units.get(one.unit_id)
    if unit is None or not unit.state.usable:
        yield Place(
            pointer("maintenance", place, "unit_id"), "the id of a unit that is in use (GET /equipment)"
        )


def _of_technician(records: Records, one: TechnicianIn, place: int) -> Iterator[Place]:
    if one.ward_id not in records.wards:
        yield Place(pointer("technicians", place, "ward_id"), "the id of a ward (GET /wards)")
    ordered = all(before.end <= after.start for before, after in pairwise(one.hours))
    if not ordered or any(hours.end <= hours.start for hours in one.hours):
        yield Place(
            pointer("technicians", place, "hours"), "times in order, each with an end after its start"
        )

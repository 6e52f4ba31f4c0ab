"""Which wards an event concerns: those that are told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from api.services.cases import Case

if TYPE_CHECKING:
    from api.services.changes import Changes
    from solver.placing.records import Records

_NAMED = ("ward_id", "bed_id", "request_id", "about")
"""What of an event's details names something that lies on a ward."""


def wards_concerned(subject: str, detail: Mapping[str, Any], changes: Changes) -> frozenset[str]:
    """The wards of what an event is about: that asked, that was given, that was given before; none where it is about
    the whole hospital, or about something that belongs to no ward."""
    named = (subject, *(detail[name] for name in _NAMED if detail.get(name) is not None))
    return frozenset(ward_id for record_id in named for ward_id in _wards_of(record_id, changes))


def _wards_of(record_id: str, changes: Changes) -> Iterator[str]:
    records, desk = changes.records, changes.desk
    if record_id in records.wards:
        yield record_id
    if record_id in records.rooms:
        yield records.rooms[record_id].ward_id
    if record_id in records.beds:
        yield records.ward_of_bed(record_id).id
    stay = records.stays.get(record_id)
    if stay is not None:
        yield records.ward_of_bed(stay.bed_id).id
    case_id = record_id if stay is None else stay.request_id
    yield from _wards_of_case(desk.request_of_allocation.get(record_id, case_id), changes)
    for stay_id in desk.stays_of_person.get(record_id, ()):
        yield records.ward_of_bed(records.stays[stay_id].bed_id).id
    for request_id in desk.requests_of_person.get(record_id, ()):
        yield from _wards_of_case(request_id, changes)
    yield from _home_wards(record_id, records)


def _home_wards(record_id: str, records: Records) -> Iterator[str]:
    """Of units, their bookings, lots that lie on a ward, shifts, staff."""
    for found in (records.units, records.unit_bookings, records.lots, records.shifts, records.staff):
        record = found.get(record_id)
        if record is not None and record.ward_id is not None:
            yield record.ward_id


def _wards_of_case(case_id: str | None, changes: Changes) -> Iterator[str]:
    if case_id is None:
        return
    for case in (changes.desk.cases.get(case_id), changes.cases_before.get(case_id)):
        if case is not None:
            yield from _wards_of_one(case, changes)


def _wards_of_one(case: Case, changes: Changes) -> Iterator[str]:
    if case.ward_id is not None:
        yield case.ward_id
    if case.allocation is not None and case.allocation.bed_id in changes.records.beds:
        yield changes.records.ward_of_bed(case.allocation.bed_id).id

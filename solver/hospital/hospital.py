"""A whole hospital as one frozen value, and the checks that only show when its records meet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

from solver.engine.errors import InvalidInstance, Problem
from solver.hospital.drugs import Drug, Lot
from solver.hospital.equipment import EquipmentType, Unit, UnitBooking
from solver.hospital.people import Person
from solver.hospital.places import Bed, CleaningTimes, Room, Site, Ward
from solver.hospital.staff import NursingRatio, Shift, StaffMember
from solver.hospital.stays import Stay


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of a record that must name a record of another collection; ``many`` fields hold several
    names."""

    collection: str
    field: str
    target: str
    many: bool = False
    optional: bool = False


REFERENCES: tuple[Reference, ...] = (
    Reference("wards", "site_id", "sites"),
    Reference("rooms", "ward_id", "wards"),
    Reference("beds", "room_id", "rooms"),
    Reference("equipment_types", "substitutes", "equipment_types", many=True),
    Reference("units", "type_id", "equipment_types"),
    Reference("units", "ward_id", "wards"),
    Reference("units", "owner_ward_id", "wards", optional=True),
    Reference("unit_bookings", "unit_id", "units"),
    Reference("unit_bookings", "ward_id", "wards"),
    Reference("drugs", "equivalents", "drugs", many=True),
    Reference("lots", "drug_id", "drugs"),
    Reference("lots", "ward_id", "wards", optional=True),
    Reference("staff", "ward_id", "wards"),
    Reference("shifts", "staff_id", "staff"),
    Reference("shifts", "ward_id", "wards"),
    Reference("stays", "person_id", "persons"),
    Reference("stays", "bed_id", "beds"),
    Reference("stays", "with_stay_id", "stays", optional=True),
)
"""Every reference between collections of a hospital: declared here, read by checks, importers and
documents."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """Everything placement reads. Build with :meth:`checked`, which refuses a hospital that contradicts
    itself."""

    sites: tuple[Site, ...]
    wards: tuple[Ward, ...]
    rooms: tuple[Room, ...]
    beds: tuple[Bed, ...]
    ratios: tuple[NursingRatio, ...] = ()
    cleaning: CleaningTimes = field(default_factory=CleaningTimes)
    equipment_types: tuple[EquipmentType, ...] = ()
    units: tuple[Unit, ...] = ()
    unit_bookings: tuple[UnitBooking, ...] = ()
    drugs: tuple[Drug, ...] = ()
    lots: tuple[Lot, ...] = ()
    staff: tuple[StaffMember, ...] = ()
    shifts: tuple[Shift, ...] = ()
    persons: tuple[Person, ...] = ()
    stays: tuple[Stay, ...] = ()

    def checked(self) -> Hospital:
        """The hospital itself, or :class:`InvalidInstance` with every problem found."""
        problems = [*_duplicates(self), *_dangling(self), *_ratio_gaps(self)]
        if not problems:
            problems = [*_shared_beds(self), *_shared_units(self)]
        if problems:
            raise InvalidInstance(problems)
        return self

    def collections(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Name and records of each collection whose records have an id, in dependency order."""
        for item in fields(self):
            if item.name not in ("ratios", "cleaning"):
                yield item.name, getattr(self, item.name)

    def ratio(self, ward: Ward, care_level: int) -> NursingRatio | None:
        """The nursing ratio that holds on a ward at a care level: the ward's own before the hospital's."""
        for ratio in (*ward.ratios, *self.ratios):
            if ratio.care_level == care_level:
                return ratio
        return None


def _duplicates(hospital: Hospital) -> Iterator[Problem]:
    for name, records in hospital.collections():
        for record_id, times in Counter(record.id for record in records).items():
            if times > 1:
                yield Problem(
                    f"{name}, id {record_id!r}", f"{times} records", "one", "Rename or remove the others."
                )


def _dangling(hospital: Hospital) -> Iterator[Problem]:
    known = {name: {record.id for record in records} for name, records in hospital.collections()}
    for reference in REFERENCES:
        for record in getattr(hospital, reference.collection):
            yield from _unknown(record, reference, known)


def _unknown(record: Any, reference: Reference, known: Mapping[str, set[str]]) -> Iterator[Problem]:
    value = getattr(record, reference.field)
    named: Iterable[str | None] = value if reference.many else (value,)
    for target in named:
        if target is None and reference.optional:
            continue
        if target not in known[reference.target]:
            where = f"{reference.collection} {record.id!r}, {reference.field}"
            remedy = f"Add it to {reference.target} or correct the id."
            yield Problem(where, repr(target), f"an id of {reference.target}", remedy)


def _ratio_gaps(hospital: Hospital) -> Iterator[Problem]:
    levels = [ratio.care_level for ratio in hospital.ratios]
    if len(set(levels)) != len(levels):
        yield Problem(
            "ratios", repr(levels), "each care level at most once", "Use a ward's own ratios for exceptions."
        )


def _shared_beds(hospital: Hospital) -> Iterator[Problem]:
    yield from _overlaps("bed", "stays", ((stay.bed_id, stay) for stay in hospital.stays))


def _shared_units(hospital: Hospital) -> Iterator[Problem]:
    yield from _overlaps("unit", "unit_bookings", ((b.unit_id, b) for b in hospital.unit_bookings))


def _overlaps(kind: str, collection: str, rows: Iterable[tuple[str, Any]]) -> Iterator[Problem]:
    taken: dict[str, list[Any]] = defaultdict(list)
    for resource_id, row in rows:
        taken[resource_id].append(row)
    for resource_id, held in taken.items():
        held.sort(key=lambda row: (row.start, row.end))
        for before, after in pairwise(held):
            if after.start < before.end:
                where = f"{collection} {before.id!r} and {after.id!r}, {kind} {resource_id!r}"
                found = f"[{before.start}, {before.end}) and [{after.start}, {after.end})"
                yield Problem(where, found, f"one at a time in a {kind}", "Shorten or move one of them.")

"""A whole hospital as one frozen value, and the checks that only show when its records meet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from solver.engine.errors import Problem, refuse_if_any
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
class Finding:
    """Something wrong between records: at ``field`` of the record ``record_id`` of a collection."""

    collection: str
    record_id: str
    field: str
    value: object
    expected: str
    remedy: str

    def problem(self) -> Problem:
        """The finding as a problem of the hospital in memory; importers name file and row instead."""
        where = f"{self.collection} {self.record_id!r}, {self.field}"
        return Problem(where, self.value, self.expected, self.remedy)


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
        refuse_if_any(finding.problem() for finding in self.findings())
        return self

    def findings(self, known: Mapping[str, set[str]] | None = None) -> Iterator[Finding]:
        """Everything that only shows when records meet.

        ``known``: further ids per collection that count as there (rows an importer had to refuse already).
        """
        ids = {name: {record.id for record in records} for name, records in self.collections()}
        for name, more in (known or {}).items():
            ids[name] |= more
        yield from _duplicates(self)
        yield from _dangling(self, ids)
        yield from _unknown_types(self, ids)
        yield from _ratio_gaps(self)
        yield from _no_equivalents(self)
        yield from _overlaps(self.stays, "stays", "bed_id")
        yield from _overlaps(self.unit_bookings, "unit_bookings", "unit_id")

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


def _duplicates(hospital: Hospital) -> Iterator[Finding]:
    for name, records in hospital.collections():
        for record_id, times in Counter(record.id for record in records).items():
            if times > 1:
                remedy = "Rename or remove the others."
                yield Finding(name, record_id, "id", f"{times} records", "one", remedy)


def _dangling(hospital: Hospital, known: Mapping[str, set[str]]) -> Iterator[Finding]:
    for reference in REFERENCES:
        for record in getattr(hospital, reference.collection):
            yield from _unknown(record, reference, known)


def _unknown(record: Any, reference: Reference, known: Mapping[str, set[str]]) -> Iterator[Finding]:
    value = getattr(record, reference.field)
    named: Iterable[str | None] = value if reference.many else (value,)
    for target in named:
        if target is None and reference.optional:
            continue
        if target not in known[reference.target]:
            expected = f"an id of {reference.target}"
            remedy = f"Add it to {reference.target} or correct the id."
            yield Finding(reference.collection, record.id, reference.field, target, expected, remedy)


def _unknown_types(hospital: Hospital, known: Mapping[str, set[str]]) -> Iterator[Finding]:
    """Bookings that were asked for of a type that there is not."""
    for booking in hospital.unit_bookings:
        terms = booking.terms
        if terms is not None and terms.type_id not in known["equipment_types"]:
            expected, remedy = "an id of equipment_types", "Add it to equipment_types or correct the id."
            yield Finding("unit_bookings", booking.id, "terms", terms.type_id, expected, remedy)


def _ratio_gaps(hospital: Hospital) -> Iterator[Finding]:
    for level, times in Counter(ratio.care_level for ratio in hospital.ratios).items():
        if times > 1:
            found = f"{times} ratios for level {level}"
            remedy = "Use a ward's own ratios for exceptions."
            yield Finding("ratios", f"level {level}", "care_level", found, "one for each level", remedy)


def _no_equivalents(hospital: Hospital) -> Iterator[Finding]:
    """A pharmacist approves the same substance in the same strength, form and route; else a prescriber decides."""
    drugs = {drug.id: drug for drug in hospital.drugs}
    for drug in hospital.drugs:
        for other in (drugs[drug_id] for drug_id in drug.equivalents if drug_id in drugs):
            for name in ("substance", "strength", "form", "route"):
                if getattr(drug, name) != getattr(other, name):
                    expected = f"a drug of the same {name}"
                    remedy = "Take it off the list; another drug needs a prescriber."
                    yield Finding("drugs", drug.id, "equivalents", other.id, expected, remedy)


def _overlaps(records: Iterable[Any], collection: str, field: str) -> Iterator[Finding]:
    taken: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        taken[getattr(record, field)].append(record)
    for resource_id, held in taken.items():
        held.sort(key=lambda record: (record.start, record.end))
        last = held[0]
        for record in held[1:]:
            if record.start < last.end:
                found = f"[{record.start}, {record.end}), while {last.id!r} has [{last.start}, {last.end})"
                expected = f"one at a time in {resource_id!r}"
                yield Finding(collection, record.id, field, found, expected, "Shorten or move one of them.")
            last = max(last, record, key=lambda held_record: held_record.end)

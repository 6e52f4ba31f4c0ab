"""The hospital as plain records in dictionaries: what the referee and the explanations read.

Patched by ``put`` and ``drop`` with the same records the arrays are patched with. No numpy, no numba: slow, plain,
and independent of what the engines compute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    Bed,
    BookingKind,
    CleaningTimes,
    Companion,
    Drug,
    EquipmentType,
    Hospital,
    Lot,
    Minute,
    NursingRatio,
    Person,
    Request,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)
from solver.hospital.stays import Care
from solver.placing.problem import PlacingOptions

Record = (
    Site
    | Ward
    | Room
    | Bed
    | EquipmentType
    | Unit
    | UnitBooking
    | Drug
    | Lot
    | StaffMember
    | Shift
    | Person
    | Stay
)


@dataclass(slots=True)
class Records:
    """One hospital at one minute. ``put`` adds or replaces a record, ``drop`` removes one; indexes follow."""

    now: Minute
    profile: Profile
    options: PlacingOptions
    ratios: tuple[NursingRatio, ...]
    cleaning: CleaningTimes
    sites: dict[str, Site] = field(default_factory=dict)
    wards: dict[str, Ward] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    beds: dict[str, Bed] = field(default_factory=dict)
    equipment_types: dict[str, EquipmentType] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    unit_bookings: dict[str, UnitBooking] = field(default_factory=dict)
    drugs: dict[str, Drug] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    staff: dict[str, StaffMember] = field(default_factory=dict)
    shifts: dict[str, Shift] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    stays: dict[str, Stay] = field(default_factory=dict)
    rooms_of_ward: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    beds_of_room: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    stays_of_bed: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    bookings_of_unit: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    lots_of_drug: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    shifts_of_ward: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    kept_from: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Person id -> persons who must not be near that person, by their own list."""
    companions: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Stay id -> stays that accompany it."""
    counted: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    """What who reads the records worked out of them and may want again: forgotten with the next change of a record."""
    rostered: dict[str, dict[str | None, Any]] = field(
        default_factory=lambda: defaultdict(dict), repr=False, compare=False
    )
    """The same by ward, of what rests on shifts and staff alone: forgotten when one of those changes."""

    @classmethod
    def of(cls, hospital: Hospital, now: Minute, profile: Profile, options: PlacingOptions) -> Records:
        """The records of a checked hospital."""
        records = cls(now, profile, options, hospital.ratios, hospital.cleaning)
        for _, items in hospital.collections():
            for item in items:
                records.put(item)
        return records

    def hospital(self) -> Hospital:
        """The present records as one frozen hospital."""
        return Hospital(
            tuple(self.sites.values()),
            tuple(self.wards.values()),
            tuple(self.rooms.values()),
            tuple(self.beds.values()),
            self.ratios,
            self.cleaning,
            tuple(self.equipment_types.values()),
            tuple(self.units.values()),
            tuple(self.unit_bookings.values()),
            tuple(self.drugs.values()),
            tuple(self.lots.values()),
            tuple(self.staff.values()),
            tuple(self.shifts.values()),
            tuple(self.persons.values()),
            tuple(self.stays.values()),
        )

    def put(self, record: Record) -> Record | None:
        """Add or replace one record; returns what it replaced."""
        name, _ = _HOMES[type(record)]
        home: dict[str, Record] = getattr(self, name)
        before = home.get(record.id)
        if before is not None:
            self._unindex(before)
        self._forget(record)
        home[record.id] = record
        for index, key in _index_entries(record):
            getattr(self, index)[key][record.id] = None
        return before

    def drop(self, kind: type, record_id: str) -> Record:
        """Remove one record and return it; KeyError when there is none."""
        home: dict[str, Record] = getattr(self, _HOMES[kind][0])
        record = home.pop(record_id)
        self._unindex(record)
        return record

    def _unindex(self, record: Record) -> None:
        self._forget(record)
        for index, key in _index_entries(record):
            getattr(self, index)[key].pop(record.id, None)

    def _forget(self, record: Record) -> None:
        self.counted.clear()
        if isinstance(record, Shift):
            self.rostered.pop(record.ward_id, None)
        elif isinstance(record, StaffMember):
            self.rostered.clear()

    def bed_stays(self, bed_id: str) -> list[Stay]:
        """Stays of a bed in order of time."""
        return sorted(
            (self.stays[s] for s in self.stays_of_bed.get(bed_id, ())), key=lambda s: (s.start, s.id)
        )

    def room_stays(self, room_id: str) -> list[Stay]:
        """Stays of all beds of a room."""
        return [
            self.stays[s]
            for bed in self.beds_of_room.get(room_id, ())
            for s in self.stays_of_bed.get(bed, ())
        ]

    def with_companions(self, stay_id: str) -> list[Stay]:
        """A stay and those that accompany it, that one first: they end together; none when it is over."""
        stay = self.stays.get(stay_id)
        if stay is None:
            return []
        return [stay, *(self.stays[beside] for beside in self.companions.get(stay_id, ()))]

    def ward_of_bed(self, bed_id: str) -> Ward:
        """The ward a bed belongs to."""
        return self.wards[self.rooms[self.beds[bed_id].room_id].ward_id]

    def ratio(self, ward: Ward, care_level: int) -> NursingRatio | None:
        """The nursing ratio that holds on a ward at a care level, the ward's own first."""
        for ratio in (*ward.ratios, *self.ratios):
            if ratio.care_level == care_level:
                return ratio
        return None


_HOMES: dict[type, tuple[str, tuple[tuple[str, str], ...]]] = {
    Site: ("sites", ()),
    Ward: ("wards", ()),
    Room: ("rooms", (("rooms_of_ward", "ward_id"),)),
    Bed: ("beds", (("beds_of_room", "room_id"),)),
    EquipmentType: ("equipment_types", ()),
    Unit: ("units", ()),
    UnitBooking: ("unit_bookings", (("bookings_of_unit", "unit_id"),)),
    Drug: ("drugs", ()),
    Lot: ("lots", (("lots_of_drug", "drug_id"),)),
    StaffMember: ("staff", ()),
    Shift: ("shifts", (("shifts_of_ward", "ward_id"),)),
    Person: ("persons", ()),
    Stay: ("stays", (("stays_of_bed", "bed_id"),)),
}


def _index_entries(record: Record) -> list[tuple[str, str]]:
    entries = [(index, getattr(record, name)) for index, name in _HOMES[type(record)][1]]
    if isinstance(record, Person):
        entries += [("kept_from", other) for other in record.keep_apart]
    if isinstance(record, Stay) and record.with_stay_id is not None:
        entries.append(("companions", record.with_stay_id))
    return entries


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an allocation adds to the hospital's records: stays, bookings, and lots with more reserved."""

    stays: tuple[Stay, ...]
    bookings: tuple[UnitBooking, ...]
    lots: tuple[Lot, ...]


def consequences(request: Request, allocation: Allocation, records: Records) -> Consequences:
    """The records that an allocation of ``request`` adds or replaces; the one place that says so."""
    ward_id = records.ward_of_bed(allocation.bed_id).id
    bookings = tuple(
        UnitBooking(
            f"{allocation.id}/{number}/{use.unit_id}",
            use.unit_id,
            ward_id,
            use.start,
            use.end,
            BookingKind.USE,
            allocation.id,
        )
        for number, use in enumerate(allocation.units)
    )
    return Consequences(_stays(request, allocation), bookings, _reserved(allocation, records))


def _stays(request: Request, allocation: Allocation) -> tuple[Stay, ...]:
    main = Stay(
        id=f"{allocation.id}/stay",
        person_id=request.person_id,
        bed_id=allocation.bed_id,
        start=allocation.start,
        end=allocation.end,
        care=request.care,
        request_id=request.id,
        allocation_id=allocation.id,
    )
    if request.companion is Companion.NONE or allocation.companion_bed_id is None:
        return (main,)
    beside = replace(
        main,
        id=f"{allocation.id}/companion",
        bed_id=allocation.companion_bed_id,
        care=Care(request.care.speciality),
        with_stay_id=main.id,
    )
    return (main, beside)


def _reserved(allocation: Allocation, records: Records) -> tuple[Lot, ...]:
    quantities: dict[str, int] = defaultdict(int)
    for use in allocation.lots:
        quantities[use.lot_id] += use.quantity
    lots = (records.lots[lot_id] for lot_id in quantities)
    return tuple(replace(lot, reserved=lot.reserved + quantities[lot.id]) for lot in lots)

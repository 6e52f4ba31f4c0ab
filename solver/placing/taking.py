"""What a place takes from others: the last of something scarce while it lasts.

Read from the plain records, before the place is given. *Free* means nobody else, present or booked, meets the stay
there; who asks for it later may ask for less time than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from solver.hospital import Allocation, Bed, Feature, Minute, Room, Stay, UnitUse
from solver.hospital.stays import Care, turnaround_minutes
from solver.placing import phrases
from solver.placing.language import Phrase, Sentence
from solver.placing.records import Records
from solver.placing.referee.beds import is_open
from solver.placing.referee.drugs import quantities, stock, taken_from_stock
from solver.placing.referee.equipment import blocked
from solver.placing.referee.people import is_single

CRITICAL_CARE_LEVEL: Final = 3
"""Intensive care (Intensive Care Society, Levels of Adult Critical Care, 2021)."""


class Scarce(StrEnum):
    """What there may be only one left of."""

    NEGATIVE_PRESSURE_ROOM = "negative_pressure_room"
    POSITIVE_PRESSURE_ROOM = "positive_pressure_room"
    SINGLE_ROOM = "single_room"
    CRITICAL_CARE_BED = "critical_care_bed"
    STAFFED_BED = "staffed_bed"
    UNIT = "unit"
    SAFETY_STOCK = "safety_stock"


@dataclass(frozen=True, slots=True)
class Taken:
    """The last of something scarce. ``of``: the site of a room or a critical-care bed, the ward of a staffed bed, the
    type of a unit, the drug of a stock; ``left``: how much of it others still find (0, or what is left of the stock).
    """

    kind: Scarce
    of: str
    left: int
    sentence: Sentence


_PRESSURE: Final = {
    Feature.NEGATIVE_PRESSURE: (Scarce.NEGATIVE_PRESSURE_ROOM, phrases.LAST_NEGATIVE_PRESSURE),
    Feature.POSITIVE_PRESSURE: (Scarce.POSITIVE_PRESSURE_ROOM, phrases.LAST_POSITIVE_PRESSURE),
}


def takes(allocation: Allocation, records: Records) -> tuple[Taken, ...]:
    """What is the last of its kind in an allocation that is not given yet; the stay a transfer leaves counts as
    there."""
    free = _Free(records, allocation.start, allocation.end)
    bed = records.beds[allocation.bed_id]
    return (
        *_rooms(records.rooms[bed.room_id], free),
        *_beds(bed, free),
        *_units(allocation, records),
        *_stocks(allocation, records),
    )


class _Free:
    """Which beds and rooms nobody meets the stay in."""

    def __init__(self, records: Records, start: Minute, end: Minute) -> None:
        self.records, self._start, self._end = records, start, end

    def bed(self, bed: Bed) -> bool:
        """Whether a bed is staffed, clean, open and free all along."""
        if not bed.staffed or (bed.clean_at is not None and bed.clean_at > self._start):
            return False
        if any(self._meets(stay) for stay in self.records.bed_stays(bed.id)):
            return False
        return is_open(bed, Stay("free", "nobody", bed.id, self._start, self._end, Care("any")), self.records)

    def room(self, room: Room) -> bool:
        """Whether nobody lies in a room all along and one of its beds is free."""
        if any(self._meets(stay) for stay in self.records.room_stays(room.id)):
            return False
        return any(self.bed(self.records.beds[b]) for b in self.records.beds_of_room.get(room.id, ()))

    def _meets(self, stay: Stay) -> bool:
        """Whether somebody is there, or their bed is not clean yet after them."""
        if stay.start >= self._end:
            return False
        records = self.records
        room = records.rooms[records.beds[stay.bed_id].room_id]
        return stay.end + turnaround_minutes(records.persons[stay.person_id], room, records.cleaning) > (
            self._start
        )


def _rooms(room: Room, free: _Free) -> Iterator[Taken]:
    """Kinds of room of which this is the last that is empty; a bed beside others takes no room away."""
    records = free.records
    if not free.room(room):
        return
    site_id = records.wards[room.ward_id].site_id
    others = [r for r in records.rooms.values() if r.id != room.id and _site(r, records) == site_id]
    for feature, (kind, phrase) in _PRESSURE.items():
        alike = (other for other in others if feature in other.features)
        if feature in room.features and not any(map(free.room, alike)):
            yield _taken(kind, phrase, site_id, site=site_id)
    singles = (other for other in others if is_single(other.id, records))
    if is_single(room.id, records) and not any(map(free.room, singles)):
        yield _taken(Scarce.SINGLE_ROOM, phrases.LAST_SINGLE_ROOM, site_id, site=site_id)


def _beds(bed: Bed, free: _Free) -> Iterator[Taken]:
    records = free.records
    if not free.bed(bed):
        return
    ward = records.ward_of_bed(bed.id)
    if bed.care_level >= CRITICAL_CARE_LEVEL:
        alike = (
            other
            for other in records.beds.values()
            if other.care_level >= CRITICAL_CARE_LEVEL
            and records.ward_of_bed(other.id).site_id == ward.site_id
        )
        if not _another(bed, alike, free):
            kind, phrase = Scarce.CRITICAL_CARE_BED, phrases.LAST_CRITICAL_CARE
            yield _taken(kind, phrase, ward.site_id, site=ward.site_id)
    beside = (
        records.beds[other]
        for room_id in records.rooms_of_ward.get(ward.id, ())
        for other in records.beds_of_room.get(room_id, ())
        if records.beds[other].kind is bed.kind
    )
    if not _another(bed, beside, free):
        yield _taken(Scarce.STAFFED_BED, phrases.LAST_STAFFED_BED, ward.id, ward=ward.id)


def _another(bed: Bed, alike: Iterable[Bed], free: _Free) -> bool:
    return any(free.bed(other) for other in alike if other.id != bed.id)


def _units(allocation: Allocation, records: Records) -> Iterator[Taken]:
    given = {use.unit_id for use in allocation.units}
    for type_id in dict.fromkeys(records.units[use.unit_id].type_id for use in allocation.units):
        uses = [use for use in allocation.units if records.units[use.unit_id].type_id == type_id]
        others = [u.id for u in records.units.values() if u.type_id == type_id and u.id not in given]
        if not any(_unit_free(unit_id, uses, records) for unit_id in others):
            yield _taken(Scarce.UNIT, phrases.LAST_UNIT, type_id, given=type_id)


def _unit_free(unit_id: str, uses: Iterable[UnitUse], records: Records) -> bool:
    """Whether a unit is usable and nobody has it during any of these uses."""
    unit = records.units[unit_id]
    if not unit.state.usable:
        return False
    booked = [records.unit_bookings[b] for b in records.bookings_of_unit.get(unit_id, ())]
    taken = [blocked(unit, booking, records) for booking in booked]
    return not any(other.start < use.end and use.start < other.end for other in taken for use in uses)


def _stocks(allocation: Allocation, records: Records) -> Iterator[Taken]:
    asked = quantities(allocation)
    for drug_id in dict.fromkeys(records.lots[lot_id].drug_id for lot_id in asked):
        drug = records.drugs[drug_id]
        left = stock(drug_id, records) - taken_from_stock(drug_id, asked, records)
        if left < drug.safety_stock:
            sentence = phrases.BELOW_SAFETY_STOCK.of(drug=drug_id, left=left, stock=drug.safety_stock)
            yield Taken(Scarce.SAFETY_STOCK, drug_id, left, sentence)


def _taken(kind: Scarce, phrase: Phrase, of: str, **values: str) -> Taken:
    return Taken(kind, of, 0, phrase.of(**values))


def _site(room: Room, records: Records) -> str:
    return records.wards[room.ward_id].site_id

"""Scarce capacity: its classes, who needs them, which beds give them, and how many are free.

A bed may give several classes at once (an intensive-care bed in a negative-pressure single room with a monitor), a
person may need several. What giving a class away to who does not need it costs is a rule of the catalogue
(``RULE_OF``), so that kernels, CP-SAT and the referee count the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from solver.engine.rule import Rule
from solver.hospital import Bed, BedKind, Care, Feature, Isolation, Minute, Person, Request, Sex, Stay
from solver.placing import rules
from solver.placing.problem import PRESSURE_FEATURES
from solver.placing.records import Records
from solver.placing.referee.beds import is_open
from solver.placing.referee.people import is_single

CRITICAL_LEVEL: Final = 2
"""From this level of care on a bed is critical care: high dependency and intensive care."""

ADULT_YEARS: Final = 16
CHILDRENS_UNTIL: Final = 18
"""Children have wards of their own, which take nobody from this age on: their beds and requests are in no class."""

SOON_MINUTES: Final = 6 * 60
"""A bed that somebody has or gets within this is not free (assumed)."""


class Capacity(StrEnum):
    """What there is too little of at times."""

    CRITICAL_CARE = "critical_care"
    ISOLATION_ROOM = "isolation_room"
    SINGLE_ROOM = "single_room"
    MONITOR = "monitor"
    BARIATRIC = "bariatric"
    DIALYSIS_POINT = "dialysis_point"
    HOIST = "hoist"


RULE_OF: Final[Mapping[Capacity, Rule]] = {
    Capacity.CRITICAL_CARE: rules.SCARCE_CARE_LEVEL,
    Capacity.ISOLATION_ROOM: rules.SCARCE_ISOLATION,
    Capacity.SINGLE_ROOM: rules.SCARCE_SINGLE,
    Capacity.MONITOR: rules.SCARCE_FEATURE,
    Capacity.BARIATRIC: rules.SCARCE_FEATURE,
    Capacity.DIALYSIS_POINT: rules.SCARCE_FEATURE,
    Capacity.HOIST: rules.SCARCE_FEATURE,
}
"""The rule whose weight is the price of giving a class away; features share one."""

FEATURE_OF: Final[Mapping[Capacity, Feature]] = {
    Capacity.MONITOR: Feature.MONITOR,
    Capacity.BARIATRIC: Feature.BARIATRIC,
    Capacity.DIALYSIS_POINT: Feature.DIALYSIS_POINT,
    Capacity.HOIST: Feature.HOIST,
}


def needs(request: Request, person: Person) -> frozenset[Capacity]:
    """The classes a request needs; none that of a child."""
    return needed(request.care, person, request.needed_by)


def needed(care: Care, person: Person, at: Minute) -> frozenset[Capacity]:
    """The classes that care for a person needs, as the rules count it."""
    age = person.age_years(at)
    if age is not None and age < ADULT_YEARS:
        return frozenset()
    found = {capacity for capacity, feature in FEATURE_OF.items() if feature in care.features}
    if care.care_level >= CRITICAL_LEVEL:
        found.add(Capacity.CRITICAL_CARE)
    if person.isolation & {Isolation.AIRBORNE, Isolation.PROTECTIVE}:
        found.add(Capacity.ISOLATION_ROOM)
    if person.isolation or person.end_of_life or person.sex is Sex.UNKNOWN:
        found.add(Capacity.SINGLE_ROOM)
    return frozenset(found)


def gives(bed: Bed, records: Records) -> frozenset[Capacity]:
    """The classes a bed gives with its room; none that of a children's ward."""
    room = records.rooms[bed.room_id]
    if records.wards[room.ward_id].age_until_years <= CHILDRENS_UNTIL:
        return frozenset()
    found = {capacity for capacity, feature in FEATURE_OF.items() if feature in bed.features}
    if bed.care_level >= CRITICAL_LEVEL:
        found.add(Capacity.CRITICAL_CARE)
    if room.features & PRESSURE_FEATURES:
        found.add(Capacity.ISOLATION_ROOM)
    if is_single(room.id, records):
        found.add(Capacity.SINGLE_ROOM)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Supply:
    """So many staffed, open beds give a class; ``free``: nobody has or gets them soon."""

    beds: int
    free: int


def supplies(records: Records) -> dict[Capacity, Supply]:
    """What there is of each class now."""
    counts = {capacity: [0, 0] for capacity in Capacity}
    for bed in records.beds.values():
        if not _in_use(bed, records):
            continue
        free = not any(_soon(stay.start, stay.end, records.now) for stay in records.bed_stays(bed.id))
        for capacity in gives(bed, records):
            counts[capacity][0] += 1
            counts[capacity][1] += free
    return {capacity: Supply(beds, free) for capacity, (beds, free) in counts.items()}


def _in_use(bed: Bed, records: Records) -> bool:
    """Whether a bed is one for patients, staffed and open now."""
    if not bed.staffed or bed.kind is not BedKind.BED:
        return False
    return is_open(bed, Stay("now", "nobody", bed.id, records.now, records.now + 1, Care("any")), records)


def _soon(start: Minute, end: Minute, now: Minute) -> bool:
    return start < now + SOON_MINUTES and end > now

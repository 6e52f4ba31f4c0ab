"""Rules between a stay and its room and ward, and between stays that share a room at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from solver.hospital import BedKind, Feature, Isolation, Person, Room, Sex, SexPolicy, Stay, Ward
from solver.hospital.places import MAX_AGE_YEARS
from solver.placing import rules
from solver.placing.problem import PRESSURE_FEATURES
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts, overlap

FIXED_SEX: Final = {SexPolicy.FEMALE: Sex.FEMALE, SexPolicy.MALE: Sex.MALE}


def of_stay(stay: Stay, records: Records) -> Amounts:
    """What one stay adds by lying in its room and on its ward; nothing when it accompanies another."""
    if stay.with_stay_id is not None:
        return
    person = records.persons[stay.person_id]
    room = records.rooms[records.beds[stay.bed_id].room_id]
    ward = records.wards[room.ward_id]
    yield rules.WARD_AGE, int(not _age_suits(ward, person.age_years(stay.start)))
    if room.sex_policy in FIXED_SEX:
        yield rules.ROOM_SEX, int(person.sex is not FIXED_SEX[room.sex_policy])
    yield rules.ISOLATION_ROOM, _missing_for_isolation(room, person)
    foreign = bool(ward.specialities) and stay.care.speciality not in ward.specialities
    yield rules.SPECIALITY, int(foreign)
    yield from _scarce_rooms(room, person, records)


def _age_suits(ward: Ward, age: int | None) -> bool:
    if age is None:
        return (ward.age_from_years, ward.age_until_years) == (0, MAX_AGE_YEARS)
    return ward.age_from_years <= age < ward.age_until_years


def _missing_for_isolation(room: Room, person: Person) -> int:
    needed = set()
    if Isolation.AIRBORNE in person.isolation:
        needed.add(Feature.NEGATIVE_PRESSURE)
    if Isolation.PROTECTIVE in person.isolation:
        needed.add(Feature.POSITIVE_PRESSURE)
    if len(needed) == 2:
        needed.add(Feature.ANTEROOM)
    return len(needed - room.features)


def _scarce_rooms(room: Room, person: Person, records: Records) -> Amounts:
    pressure = bool(room.features & PRESSURE_FEATURES)
    needs_pressure = bool(person.isolation & {Isolation.AIRBORNE, Isolation.PROTECTIVE})
    yield rules.SCARCE_ISOLATION, int(pressure and not needs_pressure)
    single = is_single(room.id, records)
    needs_single = bool(person.isolation) or person.end_of_life or person.sex is Sex.UNKNOWN
    yield rules.SCARCE_SINGLE, int(single and not needs_single)
    yield rules.SINGLE_ROOM, int(person.end_of_life and not single)


def is_single(room_id: str, records: Records) -> bool:
    """Whether exactly one of the room's beds is a bed or an incubator; cots and seats do not count."""
    kinds = [records.beds[bed_id].kind for bed_id in records.beds_of_room.get(room_id, ())]
    return sum(kind in (BedKind.BED, BedKind.INCUBATOR) for kind in kinds) == 1


def of_pairs(room_id: str, pairs: Iterable[tuple[Stay, Stay]], records: Records) -> Amounts:
    """What pairs of stays add by meeting in a room.

    Only two main stays of two persons in two beds meet; whoever shares a bed is told by ``bed_free``.
    """
    room = records.rooms[room_id]
    for one, other in pairs:
        if _meet(one, other):
            yield from _meeting(room, records.persons[one.person_id], records.persons[other.person_id])


def _meet(one: Stay, other: Stay) -> bool:
    main = one.with_stay_id is None and other.with_stay_id is None
    apart = one.bed_id != other.bed_id and one.person_id != other.person_id
    return main and apart and overlap(one, other)


def _meeting(room: Room, one: Person, other: Person) -> Amounts:
    if room.sex_policy is SexPolicy.FIRST:
        same_sex = one.sex is other.sex and one.sex is not Sex.UNKNOWN
        yield rules.ROOM_SEX, int(not same_sex)
    if one.isolation or other.isolation:
        yield rules.ISOLATION_COHORT, int(not _one_cohort(one, other))
    yield rules.EXPOSURE_COHORT, int(one.exposed_to != other.exposed_to)
    yield rules.KEEP_APART, int(other.id in one.keep_apart or one.id in other.keep_apart)


def _one_cohort(one: Person, other: Person) -> bool:
    if Isolation.PROTECTIVE in one.isolation | other.isolation:
        return False
    cohort = one.cohort()
    return bool(cohort) and cohort == other.cohort()

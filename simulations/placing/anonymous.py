"""A hospital without the identities of those who lie and work in it: what a what-if needs, and no more.

Ids are numbered anew. Ages stand in bands, weights in tens. Organisms and exposures become numbers, of which only
equality matters; allergies stay where the formulary has the substance. Names and reasons that people wrote are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from solver.hospital import (
    Bed,
    Block,
    Hospital,
    Lot,
    Minute,
    Person,
    Room,
    Shift,
    StaffMember,
    Stay,
    UnitBooking,
    Ward,
)
from solver.hospital.timegrid import MINUTES_PER_YEAR

Place = TypeVar("Place", Ward, Room, Bed)

EXACT_UNTIL: Final = 20
"""Years of age that are kept to the year: wards for children, cots and incubators have their limits here."""
BAND: Final = 10
OLDEST: Final = 90
WEIGHT_STEP: Final = 10
CLOSED: Final = "closed"


def without_identities(hospital: Hospital, now: Minute) -> Hospital:
    """The same beds, units, lots and shifts, and as many people with the same needs, whom nobody can name."""
    persons = _numbered("person", (person.id for person in hospital.persons))
    staff = _numbered("staff", (member.id for member in hospital.staff))
    stays = _numbered("stay", (stay.id for stay in hospital.stays))
    codes = _numbered("organism", sorted(_organisms(hospital)))
    substances = frozenset(drug.substance for drug in hospital.drugs)
    return replace(
        hospital,
        sites=tuple(replace(site, name=site.id) for site in hospital.sites),
        wards=tuple(_unexplained(replace(ward, name=ward.id)) for ward in hospital.wards),
        rooms=tuple(_unexplained(replace(room, name=room.id)) for room in hospital.rooms),
        beds=tuple(_unexplained(bed) for bed in hospital.beds),
        unit_bookings=tuple(
            _booking(booking, number) for number, booking in enumerate(hospital.unit_bookings)
        ),
        lots=tuple(_lot(lot, persons) for lot in hospital.lots),
        staff=tuple(_member(member, staff) for member in hospital.staff),
        shifts=tuple(_shift(shift, number, staff) for number, shift in enumerate(hospital.shifts)),
        persons=tuple(_person(person, now, persons, codes, substances) for person in hospital.persons),
        stays=tuple(_stay(stay, persons, stays) for stay in hospital.stays),
    )


def _numbered(what: str, ids: Iterable[str]) -> dict[str, str]:
    return {known: f"{what}-{number + 1:06d}" for number, known in enumerate(ids)}


def _organisms(hospital: Hospital) -> set[str]:
    found = {infection.organism for person in hospital.persons for infection in person.infections}
    return found | {organism for person in hospital.persons for organism in person.exposed_to}


def _unexplained(place: Place) -> Place:
    blocks = tuple(Block(block.start, block.end, CLOSED) for block in place.blocks)
    return replace(place, blocks=blocks)


def _booking(booking: UnitBooking, number: int) -> UnitBooking:
    return replace(booking, id=f"booking-{number + 1:06d}", allocation_id=None)


def _lot(lot: Lot, persons: Mapping[str, str]) -> Lot:
    matched = None if lot.crossmatched_for is None else persons.get(lot.crossmatched_for, "nobody")
    return replace(lot, crossmatched_for=matched)


def _member(member: StaffMember, staff: Mapping[str, str]) -> StaffMember:
    return replace(member, id=staff[member.id])


def _shift(shift: Shift, number: int, staff: Mapping[str, str]) -> Shift:
    return replace(shift, id=f"shift-{number + 1:06d}", staff_id=staff[shift.staff_id])


def _stay(stay: Stay, persons: Mapping[str, str], stays: Mapping[str, str]) -> Stay:
    beside = None if stay.with_stay_id is None else stays.get(stay.with_stay_id)
    return replace(
        stay,
        id=stays[stay.id],
        person_id=persons[stay.person_id],
        request_id=None,
        allocation_id=None,
        with_stay_id=beside,
    )


def _person(
    person: Person,
    now: Minute,
    persons: Mapping[str, str],
    codes: Mapping[str, str],
    substances: frozenset[str],
) -> Person:
    return replace(
        person,
        id=persons[person.id],
        born=None if person.born is None else now - _middle_of_band(person.born, now),
        weight_kg=-(-person.weight_kg // WEIGHT_STEP) * WEIGHT_STEP,
        infections=tuple(
            replace(infection, organism=codes[infection.organism]) for infection in person.infections
        ),
        exposed_to=frozenset(codes[organism] for organism in person.exposed_to),
        allergies=person.allergies & substances,
        keep_apart=frozenset(persons[other] for other in person.keep_apart if other in persons),
    )


def _middle_of_band(born: Minute, now: Minute) -> Minute:
    """Minutes of age in the middle of the band that an age lies in."""
    years = min((now - born) // MINUTES_PER_YEAR, OLDEST)
    width = 1 if years < EXACT_UNTIL else BAND
    return years // width * width * MINUTES_PER_YEAR + width * MINUTES_PER_YEAR // 2

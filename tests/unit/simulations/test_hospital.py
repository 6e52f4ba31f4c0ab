"""Synthetic hospitals: the promised sizes, a census that breaks no hard rule, rosters that keep the floor."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from simulations.hospital import generate
from simulations.hospital_profiles import PROFILES
from simulations.hospital_supplies import FORMULARY
from simulations.hospital_tables import KINDS, SIZES
from solver.engine.errors import InvalidInstance
from solver.engine.rule import Profile
from solver.hospital import (
    BedKind,
    BookingKind,
    DutyKind,
    Feature,
    HandlingClass,
    Hospital,
    Isolation,
    LotState,
    OperationalStatus,
    StayState,
    UnitState,
    from_minute,
)
from solver.hospital.staff import NURSE_SHARES
from solver.hospital.timegrid import local_minute
from solver.placing.problem import PlacingOptions
from solver.placing.records import Records
from solver.placing.referee import broken, recount

NIGHT = 29_000_000
"""2025-02-20 05:20 in Shanghai."""
MORNING = NIGHT + 340
"""11:00 of that day."""


@cache
def made(size: str, seed: int = 1, now: int = MORNING, occupancy: float = 0.92) -> Hospital:
    return generate(size, seed, now, occupancy=occupancy)


@pytest.mark.parametrize(
    ("size", "beds", "wards", "units", "drugs", "lots", "staff"),
    [
        ("ward", 30, 1, 90, 120, 300, 75),
        ("district", 300, 19, 900, 600, 1_800, 750),
        ("city", 1_000, 60, 3_000, 1_500, 6_000, 2_500),
        ("region", 5_000, 300, 15_000, 1_500, 30_000, 12_500),
    ],
)
def test_a_named_size_has_exactly_what_its_name_says(
    size: str, beds: int, wards: int, units: int, drugs: int, lots: int, staff: int
) -> None:
    hospital = made(size)
    found = [len(hospital.beds), len(hospital.wards), len(hospital.units), len(hospital.drugs)]
    assert [*found, len(hospital.lots), len(hospital.staff)] == [beds, wards, units, drugs, lots, staff]
    assert len(hospital.equipment_types) == 40


def test_the_same_arguments_make_the_same_hospital_and_another_seed_another() -> None:
    assert generate("district", 3, MORNING) == generate("district", 3, MORNING)
    assert generate("district", 3, MORNING).persons != generate("district", 4, MORNING).persons


@pytest.mark.parametrize("size", ["ward", "district", "city"])
@pytest.mark.parametrize(("seed", "now"), [(1, MORNING), (2, NIGHT), (3, NIGHT + 3 * 1440 + 777)])
def test_the_census_breaks_no_hard_rule_of_placement(size: str, seed: int, now: int) -> None:
    records = Records.of(generate(size, seed, now), now, Profile(), PlacingOptions())
    assert broken(recount(records), Profile()) == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_full_hospital_breaks_no_hard_rule_either(seed: int) -> None:
    records = Records.of(made("district", seed, occupancy=1.0), MORNING, Profile(), PlacingOptions())
    assert broken(recount(records), Profile()) == ()


@pytest.mark.parametrize("occupancy", [0.0, 0.5, 0.92, 1.0])
def test_the_share_of_open_staffed_beds_that_is_taken_is_the_one_asked_for(occupancy: float) -> None:
    hospital = made("city", occupancy=occupancy)
    held = {s.bed_id for s in hospital.stays if s.state is StayState.OCCUPYING and s.with_stay_id is None}
    places = (BedKind.BED, BedKind.INCUBATOR, BedKind.CHAIR)
    open_beds = {bed.id for bed in hospital.beds if bed.staffed and not bed.blocks and bed.kind in places}
    assert held <= open_beds
    assert len(held) == round(occupancy * len(open_beds))


def test_chairs_and_lounges_are_empty_at_night() -> None:
    hospital = made("city", now=NIGHT)
    kinds = {bed.id: bed.kind for bed in hospital.beds}
    assert not {kinds[stay.bed_id] for stay in hospital.stays} & {BedKind.CHAIR, BedKind.LOUNGE_SEAT}
    by_day = made("city")
    assert BedKind.CHAIR in {kinds[stay.bed_id] for stay in by_day.stays}


def test_rosters_reach_from_eight_hours_before_to_seventy_two_after() -> None:
    hospital = made("district")
    for ward in hospital.wards:
        if ward.id.startswith(("DAY", "LOU")):
            continue
        duty = [s for s in hospital.shifts if s.ward_id == ward.id and s.kind is DutyKind.DUTY]
        assert min(s.start for s in duty) <= MORNING - 480
        assert max(s.end for s in duty) >= MORNING + 72 * 60


def test_with_every_bed_taken_the_floor_holds_at_every_minute_breaks_included() -> None:
    """A recount of its own: nurses present minus shares of all beds at the level each bed can give."""
    hospital = made("city")
    students = {member.id for member in hospital.staff if member.student}
    ward_of_room = {room.id: room.ward_id for room in hospital.rooms}
    need: dict[str, int] = defaultdict(int)
    wards = {ward.id: ward for ward in hospital.wards}
    for bed in hospital.beds:
        ward = wards[ward_of_room[bed.room_id]]
        ratio = hospital.ratio(ward, bed.care_level)
        if ratio is not None and bed.kind not in (BedKind.COT, BedKind.EXTRA_BED):
            need[ward.id] += NURSE_SHARES // ratio.floor_patients
    present: dict[tuple[str, int], int] = Counter()
    for shift in hospital.shifts:
        if shift.staff_id not in students:
            for piece in shift.on_duty():
                for minute in range(max(piece.start, MORNING), min(piece.end, MORNING + 1440)):
                    present[shift.ward_id, minute] += NURSE_SHARES
    for ward_id, wanted in need.items():
        around_the_clock = not ward_id.startswith(("DAY", "LOU"))
        for minute in range(MORNING, MORNING + (1440 if around_the_clock else 0)):
            assert present[ward_id, minute] >= wanted, (ward_id, minute)


def test_nobody_works_two_shifts_at_once_and_everybody_rests_eleven_hours() -> None:
    shifts = defaultdict(list)
    for shift in made("district").shifts:
        shifts[shift.staff_id].append(shift)
    for held in shifts.values():
        held.sort(key=lambda shift: shift.start)
        for before, after in pairwise(held):
            assert after.start - before.end >= 11 * 60


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_shifts_keep_the_wall_clock_also_across_a_change_of_clocks(zone: str) -> None:
    """29 March 2025, 20:00 in Berlin: the clocks go forward in the night that follows."""
    now = local_minute(from_minute(29_054_700, zone).date(), 20 * 60, zone)
    hospital = generate("ward", 1, now, zone)
    starts = {from_minute(s.start, zone).strftime("%H:%M") for s in hospital.shifts}
    ends = {from_minute(s.end, zone).strftime("%H:%M") for s in hospital.shifts}
    assert starts == ends == {"07:00", "15:00", "23:00"}
    lengths = {shift.end - shift.start for shift in hospital.shifts}
    assert lengths == ({480} if zone == "Asia/Shanghai" else {420, 480})


def test_isolated_people_lie_alone_or_in_a_cohort_and_under_the_right_pressure() -> None:
    hospital = made("city")
    rooms = {room.id: room for room in hospital.rooms}
    room_of = {bed.id: bed.room_id for bed in hospital.beds}
    people = {person.id: person for person in hospital.persons}
    seen: Counter[Isolation] = Counter()
    for stay in hospital.stays:
        for isolation in people[stay.person_id].isolation:
            seen[isolation] += 1
            features = rooms[room_of[stay.bed_id]].features
            if isolation is Isolation.AIRBORNE:
                assert Feature.NEGATIVE_PRESSURE in features
            if isolation is Isolation.PROTECTIVE:
                assert Feature.POSITIVE_PRESSURE in features
    assert all(seen[isolation] > 0 for isolation in Isolation)


def test_about_four_in_a_hundred_beds_are_under_pressure_most_with_an_anteroom() -> None:
    hospital = made("city")
    features = {room.id: room.features for room in hospital.rooms}
    special = [bed for bed in hospital.beds if features[bed.room_id]]
    assert 0.03 <= len(special) / len(hospital.beds) <= 0.06
    assert all(Feature.ANTEROOM in features[bed.room_id] for bed in special)


def test_a_bed_is_occupied_exactly_when_somebody_lies_in_it() -> None:
    hospital = made("district")
    lying = {stay.bed_id for stay in hospital.stays if stay.state is StayState.OCCUPYING}
    marked = {bed.id for bed in hospital.beds if bed.status is OperationalStatus.OCCUPIED}
    assert lying == marked


def test_attached_units_are_those_booked_for_people_and_pinned() -> None:
    hospital = made("district")
    used = {b.unit_id for b in hospital.unit_bookings if b.kind is BookingKind.USE}
    assert used == {unit.id for unit in hospital.units if unit.state is UnitState.ATTACHED}
    assert all(b.pinned == (b.kind is BookingKind.USE) for b in hospital.unit_bookings)
    repaired = {unit.id for unit in hospital.units if unit.state is UnitState.MAINTENANCE}
    assert repaired <= {b.unit_id for b in hospital.unit_bookings if b.kind is BookingKind.MAINTENANCE}


def test_a_wards_unit_serves_elsewhere_only_when_it_may_be_lent() -> None:
    hospital = made("city")
    units = {unit.id: unit for unit in hospital.units}
    for booking in hospital.unit_bookings:
        unit = units[booking.unit_id]
        if booking.kind is BookingKind.USE and unit.owner_ward_id not in (None, booking.ward_id):
            assert unit.lendable
    assert {unit.lendable for unit in hospital.units if unit.owner_ward_id} == {True, False}


def test_the_stock_has_every_handling_class_and_every_fault() -> None:
    hospital = made("city")
    assert {drug.handling for drug in hospital.drugs} == set(HandlingClass)
    assert {lot.state for lot in hospital.lots} == set(LotState)
    assert any(lot.expires <= MORNING for lot in hospital.lots)
    blood = {drug.id for drug in hospital.drugs if drug.handling is HandlingClass.BLOOD}
    assert all((lot.blood_group is not None) == (lot.drug_id in blood) for lot in hospital.lots)


def test_equivalents_share_substance_strength_form_and_route() -> None:
    drugs = {drug.id: drug for drug in made("city").drugs}
    assert any(drug.equivalents for drug in drugs.values())
    for drug in drugs.values():
        for other in (drugs[i] for i in drug.equivalents):
            mine = drug.substance, drug.strength, drug.form, drug.route
            assert mine == (other.substance, other.strength, other.form, other.route)


def test_every_drug_and_type_a_profile_asks_for_exists() -> None:
    hospital = made("ward")
    drugs, types = {drug.id for drug in hospital.drugs}, {item.id for item in hospital.equipment_types}
    for profile in PROFILES.values():
        assert {name for name, _, _ in profile.drugs} <= drugs & {row.id for row in FORMULARY}
        assert {name for name, _, _ in profile.equipment} <= types


def test_stays_met_in_bed_are_longer_than_stays_that_begin() -> None:
    """Length bias: found in bed, a log-normal stay has exp(sigma^2) times the median."""
    profile = PROFILES["elderly_care"]
    hospital = made("region")
    wards = {bed.id for bed in hospital.beds if bed.id.startswith("ELD")}
    lengths = sorted(
        stay.end - stay.start
        for stay in hospital.stays
        if stay.bed_id in wards and stay.state is StayState.OCCUPYING
    )
    median = lengths[len(lengths) // 2] / 1440
    assert median == pytest.approx(profile.stay[0] * 2.718281828 ** (profile.stay[1] ** 2), rel=0.15)


def test_some_beds_are_booked_ahead_and_none_by_software_that_pins() -> None:
    booked = [stay for stay in made("city").stays if stay.state is StayState.BOOKED]
    assert len(booked) >= 10
    assert all(stay.start > MORNING for stay in booked)


def test_mothers_have_babies_beside_them() -> None:
    hospital = made("city")
    stays = {stay.id: stay for stay in hospital.stays}
    room_of = {bed.id: bed.room_id for bed in hospital.beds}
    pairs = [(stay, stays[stay.with_stay_id]) for stay in hospital.stays if stay.with_stay_id]
    assert len(pairs) >= 10
    assert all(room_of[baby.bed_id] == room_of[mother.bed_id] for baby, mother in pairs)


@pytest.mark.parametrize(("size", "occupancy"), [("village", 0.9), ("ward", 1.01), ("ward", -0.1)])
def test_an_unknown_size_or_impossible_occupancy_is_refused(size: str, occupancy: float) -> None:
    with pytest.raises(InvalidInstance, match=r"size|occupancy"):
        generate(size, 1, MORNING, occupancy=occupancy)


def test_every_kind_of_ward_stands_in_some_size() -> None:
    assert {code for size in SIZES.values() for code in size.wards} == set(KINDS)


def test_a_generated_hospital_is_checked() -> None:
    hospital = made("ward")
    assert hospital.checked() is hospital
    with pytest.raises(InvalidInstance):
        replace(hospital, rooms=hospital.rooms[1:]).checked()

"""People: ages, sexes, isolation and exposure in shared rooms, those to be kept apart, mother and baby."""

from __future__ import annotations

import pytest

from solver.hospital import (
    Bed,
    BedKind,
    Care,
    Companion,
    Feature,
    Infection,
    InfectionStatus,
    Isolation,
    Room,
    Sex,
    SexPolicy,
    StayState,
    Ward,
)
from tests.builders import DAY, HOUR, NOW, given, occupant, person, records_of, request, stay, years_before
from tests.policy.sides import amount, broken, kept

MRSA = (Infection("mrsa", InfectionStatus.CONFIRMED),)
MRSA_SUSPECTED = (Infection("mrsa", InfectionStatus.SUSPECTED),)
FLU = (Infection("influenza", InfectionStatus.CONFIRMED),)
CONTACT = frozenset({Isolation.CONTACT})


def beside(neighbour, newcomer=None, *more):
    """Records in which ``neighbour`` lies in B2 beside the newcomer's B1, for a day."""
    return records_of(
        *more, neighbour, newcomer or person("p-new"), occupant("s1", "B2", person_id=neighbour.id)
    )


# --- ward_age -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (years_before(18), 1),
        (years_before(18) + 1, 0),
        (years_before(1), 0),
        (years_before(1) + 1, 1),
        (None, 1),
    ],
)
@broken("ward_age")
@kept("ward_age")
def test_a_ward_takes_people_from_its_first_age_until_before_its_last(born: int | None, expected: int):
    ward = Ward("W", "site", "Ward W", age_from_years=1, age_until_years=18)
    assert amount("ward_age", records_of(ward, person("p-new", born=born))) == expected


@kept("ward_age")
def test_who_has_no_known_age_may_lie_on_a_ward_for_every_age():
    assert amount("ward_age", records_of(person("p-new", born=None))) == 0


@kept("ward_age")
def test_the_age_that_counts_is_that_on_arrival():
    """Still 17 when the bed is needed, 18 a quarter of an hour later, when it is given."""
    ward = Ward("W", "site", "Ward W", age_from_years=18)
    records = records_of(ward, person("p-new", born=years_before(18, NOW + 15)))
    asked = request()
    assert amount("ward_age", records, asked, given(asked, start=0)) == 1
    assert amount("ward_age", records, asked, given(asked, start=15)) == 0


# --- room_sex -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("policy", "sex", "expected"),
    [
        (SexPolicy.FEMALE, Sex.FEMALE, 0),
        (SexPolicy.FEMALE, Sex.MALE, 1),
        (SexPolicy.FEMALE, Sex.UNKNOWN, 1),
        (SexPolicy.MALE, Sex.MALE, 0),
        (SexPolicy.MALE, Sex.FEMALE, 1),
        (SexPolicy.MALE, Sex.UNKNOWN, 1),
        (SexPolicy.FIRST, Sex.UNKNOWN, 0),
        (SexPolicy.MIXED, Sex.UNKNOWN, 0),
    ],
)
@broken("room_sex")
@kept("room_sex")
def test_a_room_for_one_sex_takes_only_that_sex(policy: SexPolicy, sex: Sex, expected: int):
    records = records_of(Room("R", "W", "Bay R", policy), person("p-new", sex=sex))
    assert amount("room_sex", records) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (Sex.FEMALE, Sex.FEMALE, 0),
        (Sex.MALE, Sex.MALE, 0),
        (Sex.FEMALE, Sex.MALE, 1),
        (Sex.MALE, Sex.FEMALE, 1),
        (Sex.UNKNOWN, Sex.FEMALE, 1),
        (Sex.FEMALE, Sex.UNKNOWN, 1),
        (Sex.UNKNOWN, Sex.UNKNOWN, 1),
    ],
)
@broken("room_sex")
@kept("room_sex")
def test_in_a_bay_set_by_the_first_everyone_has_the_sex_of_those_there(
    first: Sex, second: Sex, expected: int
):
    assert amount("room_sex", beside(person("p-s1", sex=first), person("p-new", sex=second))) == expected


@kept("room_sex")
def test_in_a_mixed_room_no_sex_counts():
    room = Room("R", "W", "Bay R", SexPolicy.MIXED)
    assert amount("room_sex", beside(person("p-s1", sex=Sex.MALE), None, room)) == 0


@kept("room_sex")
def test_patients_of_different_sex_may_follow_each_other_in_a_room_but_not_overlap():
    records = records_of(person("p-s1", sex=Sex.MALE), occupant("s1", "B2", end=HOUR))
    asked = request()
    assert amount("room_sex", records, asked, given(asked, start=HOUR)) == 0
    assert amount("room_sex", records, asked, given(asked, start=HOUR - 1)) == 1


@kept("room_sex")
def test_who_accompanies_a_patient_may_be_of_either_sex():
    records = records_of(
        person("p-s1", sex=Sex.MALE),
        occupant("s1", "C1"),
        occupant("carer", "B2", person_id="p-s1", with_stay_id="s1"),
    )
    assert amount("room_sex", records) == 0


@kept("room_sex", "isolation_cohort", "exposure_cohort")
def test_a_transfer_within_a_room_never_meets_the_patients_own_stay():
    records = records_of(
        person("p-new", sex=Sex.UNKNOWN, isolation=CONTACT), occupant("here", "B2", person_id="p-new")
    )
    asked = request(from_stay_id="here")
    for rule_id in ("room_sex", "isolation_cohort", "exposure_cohort"):
        assert amount(rule_id, records, asked, given(asked, start=HOUR)) == 0


def test_a_transfer_out_heals_what_the_patient_broke_where_they_lay():
    records = records_of(
        person("p-new", sex=Sex.MALE), occupant("here", "B2", person_id="p-new"), occupant("s1", "B3")
    )
    asked = request(from_stay_id="here")
    assert amount("room_sex", records, asked, given(asked, "C1", start=0)) == 0
    assert amount("room_sex", records, request(), given(request(), "C1")) == 0
    waiting = records_of(
        person("p-new", sex=Sex.MALE),
        stay("here", "B2", HOUR, DAY, person_id="p-new", state=StayState.BOOKED),
        occupant("s1", "B3"),
    )
    assert amount("room_sex", waiting, asked, given(asked, "C1", start=0)) == -1


# --- isolation_room -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("isolation", "features", "expected"),
    [
        ({Isolation.AIRBORNE}, set(), 1),
        ({Isolation.AIRBORNE}, {Feature.NEGATIVE_PRESSURE}, 0),
        ({Isolation.AIRBORNE}, {Feature.POSITIVE_PRESSURE}, 1),
        ({Isolation.PROTECTIVE}, set(), 1),
        ({Isolation.PROTECTIVE}, {Feature.POSITIVE_PRESSURE}, 0),
        ({Isolation.PROTECTIVE}, {Feature.NEGATIVE_PRESSURE}, 1),
        (
            {Isolation.AIRBORNE, Isolation.PROTECTIVE},
            {Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE},
            1,
        ),
        (
            {Isolation.AIRBORNE, Isolation.PROTECTIVE},
            {Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE, Feature.ANTEROOM},
            0,
        ),
        ({Isolation.AIRBORNE, Isolation.PROTECTIVE}, set(), 3),
        ({Isolation.CONTACT, Isolation.DROPLET}, set(), 0),
        (set(), {Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE, Feature.ANTEROOM}, 0),
    ],
)
@broken("isolation_room")
@kept("isolation_room")
def test_airborne_isolation_has_negative_and_protective_isolation_positive_pressure(
    isolation, features, expected
):
    records = records_of(
        Room("R", "W", "Bay R", features=frozenset(features)),
        person("p-new", isolation=frozenset(isolation)),
    )
    assert amount("isolation_room", records) == expected


def test_a_pressure_feature_of_the_bed_does_not_make_a_room_an_isolation_room():
    records = records_of(
        Bed("B1", "R", features=frozenset({Feature.NEGATIVE_PRESSURE})),
        person("p-new", isolation=frozenset({Isolation.AIRBORNE})),
    )
    assert amount("isolation_room", records) == 1


# --- isolation_cohort ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((CONTACT, MRSA), (CONTACT, MRSA), 0),
        ((CONTACT, MRSA), (frozenset(), MRSA), 0),
        ((CONTACT, MRSA), (CONTACT, FLU), 1),
        ((CONTACT, MRSA), (CONTACT, MRSA + FLU), 1),
        ((CONTACT, MRSA), (CONTACT, MRSA_SUSPECTED), 1),
        ((CONTACT, MRSA_SUSPECTED), (CONTACT, MRSA_SUSPECTED), 1),
        ((CONTACT, ()), (CONTACT, ()), 1),
        ((CONTACT, MRSA), (frozenset(), ()), 1),
        ((frozenset(), ()), (CONTACT, MRSA), 1),
        ((frozenset({Isolation.PROTECTIVE}), MRSA), (frozenset({Isolation.PROTECTIVE}), MRSA), 1),
        ((frozenset(), MRSA), (frozenset(), FLU), 0),
        ((frozenset(), ()), (frozenset(), ()), 0),
    ],
)
@broken("isolation_cohort")
@kept("isolation_cohort")
def test_an_isolated_person_shares_a_room_only_with_the_same_confirmed_organism(one, other, expected):
    records = beside(
        person("p-s1", isolation=one[0], infections=one[1]),
        person("p-new", isolation=other[0], infections=other[1]),
    )
    assert amount("isolation_cohort", records) == expected


@kept("isolation_cohort")
def test_an_isolated_person_may_follow_another_in_a_room():
    records = records_of(person("p-s1", isolation=CONTACT), occupant("s1", "B2", end=0))
    assert amount("isolation_cohort", records) == 0


# --- exposure_cohort ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"norovirus"}, set(), 1),
        (set(), {"norovirus"}, 1),
        ({"norovirus"}, {"influenza"}, 1),
        ({"norovirus"}, {"norovirus", "influenza"}, 1),
        ({"norovirus"}, {"norovirus"}, 0),
        (set(), set(), 0),
    ],
)
@broken("exposure_cohort")
@kept("exposure_cohort")
def test_an_exposure_closes_the_bay_to_all_but_the_equally_exposed(one, other, expected):
    records = beside(person("p-s1", exposed_to=frozenset(one)), person("p-new", exposed_to=frozenset(other)))
    assert amount("exposure_cohort", records) == expected


# --- keep_apart ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("of_one", "of_other", "expected"),
    [({"p-new"}, set(), 1), (set(), {"p-s1"}, 1), ({"p-new"}, {"p-s1"}, 1), ({"p-old"}, set(), 0)],
)
@broken("keep_apart")
@kept("keep_apart")
def test_it_is_enough_that_one_of_two_must_not_be_near_the_other(of_one, of_other, expected):
    records = beside(
        person("p-s1", keep_apart=frozenset(of_one)), person("p-new", keep_apart=frozenset(of_other))
    )
    assert amount("keep_apart", records) == expected


@kept("keep_apart")
def test_people_to_be_kept_apart_may_lie_in_two_rooms_of_a_ward():
    records = records_of(
        Room("S", "W", "Room S"), person("p-s1", keep_apart=frozenset({"p-new"})), occupant("s1", "C1")
    )
    assert amount("keep_apart", records) == 0


# --- companion_place ----------------------------------------------------------------------------------------
COT = Bed("K", "R", BedKind.COT)
CHAIR = Bed("H", "R", BedKind.CHAIR)


@pytest.mark.parametrize(
    ("companion", "place", "expected"),
    [
        (Companion.COT, "K", 0),
        (Companion.COT, None, 1),
        (Companion.COT, "H", 1),
        (Companion.COT, "B2", 1),
        (Companion.COT, "far", 1),
        (Companion.CARER_BED, "H", 0),
        (Companion.CARER_BED, "E", 0),
        (Companion.CARER_BED, "T", 0),
        (Companion.CARER_BED, "K", 1),
        (Companion.CARER_BED, None, 1),
        (Companion.NONE, None, 0),
        (Companion.NONE, "K", 1),
    ],
)
@broken("companion_place")
@kept("companion_place")
def test_mother_and_baby_or_patient_and_carer_are_one_atomic_pair(companion, place, expected):
    extra, trolley = Bed("E", "R", BedKind.EXTRA_BED), Bed("T", "R", BedKind.TROLLEY)
    records = records_of(COT, CHAIR, extra, trolley, Bed("far", "S", BedKind.COT))
    asked = request(companion=companion)
    assert amount("companion_place", records, asked, given(asked, companion_bed_id=place)) == expected


@broken("companion_place")
def test_nobody_accompanies_in_the_patients_own_place():
    records = records_of(Bed("K", "R", BedKind.COT), person("p-new", born=years_before(0)))
    asked = request(companion=Companion.COT)
    assert amount("companion_place", records, asked, given(asked, "K", companion_bed_id="K")) == 1


# --- soft ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("specialities", "expected"), [({"surgery"}, 1), ({"medicine"}, 0), (set(), 0)])
@broken("speciality")
@kept("speciality")
def test_patients_lie_on_a_ward_of_their_speciality(specialities, expected):
    ward = Ward("W", "site", "Ward W", frozenset(specialities))
    assert amount("speciality", records_of(ward), request(care=Care("medicine"))) == expected


@pytest.mark.parametrize(
    ("isolation", "feature", "expected"),
    [
        (set(), Feature.NEGATIVE_PRESSURE, 1),
        (set(), Feature.POSITIVE_PRESSURE, 1),
        ({Isolation.CONTACT}, Feature.NEGATIVE_PRESSURE, 1),
        ({Isolation.AIRBORNE}, Feature.NEGATIVE_PRESSURE, 0),
        ({Isolation.PROTECTIVE}, Feature.POSITIVE_PRESSURE, 0),
        (set(), Feature.ANTEROOM, 0),
        ({Isolation.AIRBORNE}, Feature.ANTEROOM, 0),
    ],
)
@broken("scarce_isolation")
@kept("scarce_isolation")
def test_isolation_rooms_are_kept_for_those_who_need_them(isolation, feature, expected):
    records = records_of(
        Room("R", "W", "Bay R", features=frozenset({feature})),
        person("p-new", isolation=frozenset(isolation)),
    )
    assert amount("scarce_isolation", records) == expected


def single_room(newcomer, *more):
    """Records in which room S has one bed only."""
    return records_of(newcomer, *more, without={Bed: ["C2"]})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1),
        ({"isolation": CONTACT}, 0),
        ({"end_of_life": True}, 0),
        ({"sex": Sex.UNKNOWN}, 0),
        ({"falls_risk": True}, 1),
    ],
)
@broken("scarce_single")
@kept("scarce_single")
def test_single_rooms_are_kept_for_isolation_end_of_life_and_unknown_sex(changes, expected):
    asked = request()
    records = single_room(person("p-new", **changes))
    assert amount("scarce_single", records, asked, given(asked, "C1")) == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [(BedKind.BED, 0), (BedKind.INCUBATOR, 0), (BedKind.COT, 1), (BedKind.CHAIR, 1)]
)
@broken("scarce_single")
@kept("scarce_single")
def test_a_room_is_single_when_one_bed_or_incubator_stands_in_it(kind: BedKind, expected: int):
    asked = request()
    records = single_room(person("p-new"), Bed("more", "S", kind))
    assert amount("scarce_single", records, asked, given(asked, "C1")) == expected


@pytest.mark.parametrize(
    ("end_of_life", "bed_id", "expected"), [(True, "B1", 1), (True, "C1", 0), (False, "B1", 0)]
)
@broken("single_room")
@kept("single_room")
def test_at_the_end_of_life_a_single_room_is_better(end_of_life: bool, bed_id: str, expected: int):
    asked = request()
    records = single_room(person("p-new", end_of_life=end_of_life))
    assert amount("single_room", records, asked, given(asked, bed_id)) == expected

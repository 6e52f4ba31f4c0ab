"""Beds: one person at a time, clean, open, staffed, of the right kind, with what the person needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.hospital import (
    Bed,
    BedKind,
    Block,
    Care,
    Cleaning,
    CleaningTimes,
    Companion,
    Departure,
    Feature,
    Infection,
    InfectionStatus,
    Isolation,
    OperationalStatus,
    Room,
    Site,
    Stay,
    StayState,
    Ward,
    air_clearance_minutes,
)
from solver.hospital.stays import cleaning_after
from tests.builders import DAY, HOUR, NOW, given, occupant, person, records_of, request, stay, years_before
from tests.policy.sides import amount, broken, kept


# --- bed_free -----------------------------------------------------------------------------------------------
@broken("bed_free")
def test_two_people_never_lie_in_one_bed_at_the_same_time():
    assert amount("bed_free", records_of(occupant("s1", "B1", end=1))) == 1


@broken("bed_free")
def test_each_person_met_in_the_bed_counts():
    records = records_of(occupant("s1", "B1", end=HOUR), stay("s2", "B1", 5 * HOUR, 9 * HOUR))
    assert amount("bed_free", records) == 2


@kept("bed_free")
def test_one_person_may_leave_a_bed_the_minute_the_next_arrives_as_far_as_sharing_goes():
    records = records_of(occupant("s1", "B1", end=0), stay("s2", "B1", DAY, 2 * DAY))
    assert amount("bed_free", records) == 0


@broken("bed_free")
def test_a_cot_that_is_taken_is_not_given_to_another_baby():
    records = records_of(
        Bed("K", "R", BedKind.COT), occupant("baby", "K", with_stay_id="s1"), occupant("s1", "B2")
    )
    asked = request(companion=Companion.COT)
    assert amount("bed_free", records, asked, given(asked, companion_bed_id="K")) == 1


# --- bed_clean ----------------------------------------------------------------------------------------------
@broken("bed_clean")
def test_a_bed_is_not_given_a_minute_before_its_discharge_cleaning_ends():
    records = records_of(occupant("s1", "B1", end=0))
    asked = request()
    assert amount("bed_clean", records, asked, given(asked, start=44)) == 1


@kept("bed_clean")
def test_a_bed_is_given_the_minute_its_discharge_cleaning_ends():
    records = records_of(occupant("s1", "B1", end=0))
    asked = request()
    assert amount("bed_clean", records, asked, given(asked, start=45)) == 0


@pytest.mark.parametrize(("start", "expected"), [(90 + 35 - 1, 1), (90 + 35, 0)])
@broken("bed_clean")
@kept("bed_clean")
def test_after_airborne_isolation_the_air_is_cleared_before_terminal_cleaning(start: int, expected: int):
    """At 12 air changes an hour 99.9 % is cleared in 35 minutes (CDC 2003); terminal cleaning takes 90."""
    records = records_of(
        Room("R", "W", "Bay R", air_changes_per_hour=12),
        person("p-s1", isolation=frozenset({Isolation.AIRBORNE})),
        occupant("s1", "B1", end=0),
    )
    asked = request()
    assert amount("bed_clean", records, asked, given(asked, start=start)) == expected


@broken("bed_clean")
def test_who_comes_next_must_find_the_bed_clean_too():
    records = records_of(stay("s2", "B1", DAY + 44, 2 * DAY))
    assert amount("bed_clean", records) == 1


@kept("bed_clean")
def test_who_comes_next_may_come_the_minute_the_bed_is_clean_again():
    assert amount("bed_clean", records_of(stay("s2", "B1", DAY + 45, 2 * DAY))) == 0


@pytest.mark.parametrize(("start", "expected"), [(29, 1), (30, 0)])
@broken("bed_clean")
@kept("bed_clean")
def test_a_bed_being_cleaned_now_is_free_from_the_minute_that_ends(start: int, expected: int):
    records = records_of(Bed("B1", "R", status=OperationalStatus.HOUSEKEEPING, clean_at=NOW + 30))
    asked = request()
    assert amount("bed_clean", records, asked, given(asked, start=start)) == expected
    assert amount("bed_open", records, asked, given(asked, start=start)) == 0


@pytest.mark.parametrize(
    ("leaver", "cleaning"),
    [
        (person("p"), Cleaning.DISCHARGE),
        (person("p", isolation=frozenset({Isolation.CONTACT})), Cleaning.TERMINAL),
        (person("p", isolation=frozenset({Isolation.PROTECTIVE})), Cleaning.DISCHARGE),
        (
            person(
                "p", infections=(Infection("clostridioides", InfectionStatus.CONFIRMED, ultraviolet=True),)
            ),
            Cleaning.ULTRAVIOLET,
        ),
    ],
)
def test_cleaning_depends_on_who_left(leaver, cleaning: Cleaning):
    assert cleaning_after(leaver) is cleaning


@pytest.mark.parametrize(("permille", "minutes"), [(990, 23), (999, 35)])
def test_at_12_air_changes_an_hour_the_air_is_clear_after_23_or_35_minutes(permille: int, minutes: int):
    """CDC 2003, table B.1: 99 % and 99.9 %."""
    assert air_clearance_minutes(12, permille) == minutes


def test_cleaning_times_are_data():
    assert CleaningTimes(terminal=200).minutes(Cleaning.TERMINAL) == 200


# --- bed_open -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [OperationalStatus.CLOSED, OperationalStatus.CONTAMINATED])
@broken("bed_open")
def test_a_closed_or_contaminated_bed_is_not_given(status: OperationalStatus):
    assert amount("bed_open", records_of(Bed("B1", "R", status=status))) == 1


@broken("bed_open")
def test_a_closed_bed_stays_closed_even_when_its_cleaning_ends():
    records = records_of(Bed("B1", "R", status=OperationalStatus.CLOSED, clean_at=NOW))
    assert amount("bed_open", records) == 1


@pytest.mark.parametrize("status", [OperationalStatus.UNOCCUPIED, OperationalStatus.OCCUPIED])
@kept("bed_open")
def test_whether_a_bed_is_occupied_is_told_by_its_stays_and_not_by_its_status(status: OperationalStatus):
    assert amount("bed_open", records_of(Bed("B1", "R", status=status))) == 0


@pytest.mark.parametrize("place", ["bed", "room", "ward"])
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(-HOUR, 0, 0), (-HOUR, 1, 1), (DAY, None, 0), (DAY - 1, None, 1), (-HOUR, None, 1)],
)
@broken("bed_open")
@kept("bed_open")
def test_a_block_of_bed_room_or_ward_counts_when_it_shares_a_minute_with_the_stay(
    place, start, end, expected
):
    blocks = (Block(NOW + start, None if end is None else NOW + end, "outbreak"),)
    closed = {
        "bed": Bed("B1", "R", blocks=blocks),
        "room": Room("R", "W", "Bay R", blocks=blocks),
        "ward": Ward("W", "site", "Ward W", blocks=blocks),
    }
    assert amount("bed_open", records_of(closed[place])) == expected


@pytest.mark.parametrize(
    ("zone", "opens", "closes", "expected"),
    [
        ("UTC", 12 * HOUR, 16 * HOUR, 0),
        ("UTC", 12 * HOUR + 1, 16 * HOUR, 1),
        ("UTC", 12 * HOUR, 16 * HOUR - 1, 1),
        ("Asia/Shanghai", 20 * HOUR, 24 * HOUR, 0),
        ("Asia/Shanghai", 12 * HOUR, 16 * HOUR, 1),
    ],
)
@broken("bed_open")
@kept("bed_open")
def test_a_chair_is_used_within_its_opening_hours_on_the_sites_own_clock(zone, opens, closes, expected):
    """Noon UTC is 20:00 in Shanghai; the stay lasts four hours."""
    chair = Bed("B1", "R", BedKind.CHAIR, opens=opens, closes=closes)
    records = records_of(Site("site", "Site", zone), chair)
    assert amount("bed_open", records, request(duration_minutes=4 * HOUR)) == expected


# --- bed_staffed --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("staffed", "expected"), [(False, 1), (True, 0)])
@broken("bed_staffed")
@kept("bed_staffed")
def test_physical_beds_without_staff_are_not_given(staffed: bool, expected: int):
    assert amount("bed_staffed", records_of(Bed("B1", "R", staffed=staffed))) == expected


# --- bed_kind -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [BedKind.CHAIR, BedKind.TROLLEY, BedKind.LOUNGE_SEAT])
@pytest.mark.parametrize(("minutes", "expected"), [(12 * HOUR, 0), (12 * HOUR + 1, 1)])
@broken("bed_kind")
@kept("bed_kind")
def test_seats_and_trolleys_are_for_twelve_hours_at_most(kind: BedKind, minutes: int, expected: int):
    assert amount("bed_kind", records_of(Bed("B1", "R", kind)), request(duration_minutes=minutes)) == expected


@pytest.mark.parametrize(
    ("kind", "born", "expected"),
    [
        (BedKind.COT, years_before(3) + 1, 0),
        (BedKind.COT, years_before(3), 1),
        (BedKind.COT, None, 1),
        (BedKind.INCUBATOR, years_before(1) + 1, 0),
        (BedKind.INCUBATOR, years_before(1), 1),
        (BedKind.INCUBATOR, None, 1),
        (BedKind.BED, years_before(0), 0),
    ],
)
@broken("bed_kind")
@kept("bed_kind")
def test_cots_are_for_children_under_three_and_incubators_for_those_under_one(kind, born, expected):
    assert amount("bed_kind", records_of(Bed("B1", "R", kind), person("p-new", born=born))) == expected


# --- bed_features, bed_weight, care_level -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("of_bed", "of_room", "expected"),
    [
        (set(), set(), 2),
        ({Feature.OXYGEN}, set(), 1),
        ({Feature.OXYGEN}, {Feature.SUCTION}, 0),
        (set(), {Feature.OXYGEN, Feature.SUCTION}, 0),
        ({Feature.HOIST, Feature.MONITOR, Feature.EN_SUITE}, set(), 2),
        ({Feature.OXYGEN, Feature.SUCTION, Feature.HOIST, Feature.MONITOR}, set(), 0),
    ],
)
@broken("bed_features")
@kept("bed_features")
def test_what_counts_is_each_needed_feature_missing_and_never_one_present_in_excess(
    of_bed, of_room, expected
):
    records = records_of(
        Bed("B1", "R", features=frozenset(of_bed)), Room("R", "W", "Bay R", features=frozenset(of_room))
    )
    asked = request(care=Care("medicine", features=frozenset({Feature.OXYGEN, Feature.SUCTION})))
    assert amount("bed_features", records, asked) == expected


@pytest.mark.parametrize(("weight", "expected"), [(180, 0), (181, 1), (40, 0)])
@broken("bed_weight")
@kept("bed_weight")
def test_a_bed_carries_up_to_its_safe_working_load(weight: int, expected: int):
    assert amount("bed_weight", records_of(person("p-new", weight_kg=weight))) == expected


@pytest.mark.parametrize(("needed", "offered", "expected"), [(3, 1, 2), (2, 1, 1), (1, 1, 0), (0, 3, 0)])
@broken("care_level")
@kept("care_level")
def test_each_level_of_care_below_the_need_counts_and_one_above_does_not(needed, offered, expected):
    records = records_of(Bed("B1", "R", care_level=offered))
    assert amount("care_level", records, request(care=Care("medicine", needed))) == expected


# --- room_excluded ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("room_id", "expected"), [("R", 1), ("S", 0)])
@broken("room_excluded")
@kept("room_excluded")
def test_a_room_the_request_excludes_is_not_given(room_id: str, expected: int):
    asked = request(excluded_room_ids=frozenset({room_id}))
    assert amount("room_excluded", records_of(), asked) == expected


# --- soft: what is scarce -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("needed", "offered", "expected"), [(0, 3, 3), (1, 3, 2), (3, 3, 0), (3, 1, 0)])
@broken("scarce_care_level")
@kept("scarce_care_level")
def test_critical_care_beds_are_kept_for_those_who_need_them(needed: int, offered: int, expected: int):
    records = records_of(Bed("B1", "R", care_level=offered))
    assert amount("scarce_care_level", records, request(care=Care("medicine", needed))) == expected


@pytest.mark.parametrize(
    ("of_bed", "needed", "expected"),
    [
        ({Feature.MONITOR, Feature.HOIST}, set(), 2),
        ({Feature.MONITOR, Feature.HOIST}, {Feature.MONITOR}, 1),
        ({Feature.MONITOR}, {Feature.MONITOR}, 0),
        ({Feature.OXYGEN, Feature.EN_SUITE}, set(), 0),
        (set(), {Feature.MONITOR, Feature.HOIST}, 0),
    ],
)
@broken("scarce_feature")
@kept("scarce_feature")
def test_special_features_are_kept_for_those_who_need_them(of_bed, needed, expected):
    records = records_of(Bed("B1", "R", features=frozenset(of_bed)))
    asked = request(care=Care("medicine", features=frozenset(needed)))
    assert amount("scarce_feature", records, asked) == expected


@pytest.mark.parametrize(
    ("falls", "of_bed", "of_room", "expected"),
    [
        (True, set(), set(), 1),
        (True, {Feature.OBSERVATION}, set(), 0),
        (True, set(), {Feature.OBSERVATION}, 0),
        (False, set(), set(), 0),
        (False, {Feature.OBSERVATION}, set(), 0),
    ],
)
@broken("observation_bed")
@kept("observation_bed")
def test_who_may_fall_lies_where_nurses_see_them(falls, of_bed, of_room, expected):
    records = records_of(
        Bed("B1", "R", features=frozenset(of_bed)),
        Room("R", "W", "Bay R", features=frozenset(of_room)),
        person("p-new", falls_risk=falls),
    )
    assert amount("observation_bed", records) == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [(BedKind.EXTRA_BED, 1), (BedKind.BED, 0), (BedKind.TROLLEY, 0)]
)
@broken("extra_bed")
@kept("extra_bed")
def test_an_extra_bed_is_the_last_resort(kind: BedKind, expected: int):
    assert amount("extra_bed", records_of(Bed("B1", "R", kind))) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (occupant("s1", "B1", end=0), 1),
        (occupant("s1", "B1", end=0, departure=Departure.CONFIRMED), 0),
        (stay("s1", "B1", -HOUR, 0), 0),
        (stay("s1", "B1", -HOUR, 0, state=StayState.IN_TRANSIT), 1),
        (occupant("s1", "B1", end=HOUR), 0),
        (occupant("s1", "B2", end=0), 0),
    ],
)
@broken("predicted_departure")
@kept("predicted_departure")
def test_a_bed_that_waits_for_a_merely_predicted_departure_costs_more(before: Stay, expected: int):
    assert amount("predicted_departure", records_of(before)) == expected


def test_a_patient_already_in_bed_is_no_new_breach_of_a_bed_that_was_closed_around_them():
    """Closing a bed does not count against its occupant, only against what is booked."""
    records = records_of(
        Bed("B2", "R", status=OperationalStatus.CLOSED),
        replace(occupant("s1", "B2"), state=StayState.OCCUPYING),
    )
    assert amount("bed_open", records) == 0

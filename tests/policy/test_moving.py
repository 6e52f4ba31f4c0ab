"""Who is not proposed to be moved, from the words of the policies: one case on each side of every line."""

from __future__ import annotations

import pytest

from solver.hospital import (
    Bed,
    BedKind,
    BookingKind,
    Care,
    Companion,
    Departure,
    Feature,
    Isolation,
    Room,
    Site,
    StayState,
    UnitBooking,
)
from solver.placing.moving import (
    Bar,
    Limits,
    attached_allocations,
    bars,
    by_day,
    is_night,
    lounge_rooms,
    may_sit,
    move_request,
)
from tests.builders import DAY, HOUR, NOW, changed, occupant, person, records_of, stay


def barred(held, *, moves=0, who=None, records=None):
    records = records or records_of(held, *([] if who is None else [who]))
    return list(bars(held, records, Limits(), moves, attached_allocations(records)))


def test_nothing_stands_against_moving_a_plain_patient():
    assert barred(occupant("s", "B1")) == []


@pytest.mark.parametrize(
    ("held", "bar"),
    [
        (stay("s", "B1", state=StayState.IN_TRANSIT), Bar.NOT_LYING),
        (stay("s", "B1", 0, DAY, state=StayState.OCCUPYING), Bar.JUST_CAME),
        (occupant("s", "B1", care=Care("medicine", 2)), Bar.CRITICAL),
        (occupant("s", "B1", care=Care("medicine", 3)), Bar.CRITICAL),
        (occupant("s", "B1", end=4 * HOUR - 1), Bar.LEAVES_SOON),
    ],
)
def test_the_stay_itself_stands_against_it(held, bar):
    assert bar in barred(held)


def test_level_one_and_four_hours_are_on_the_other_side_of_the_line():
    assert barred(occupant("s", "B1", end=4 * HOUR, care=Care("medicine", 1))) == []


@pytest.mark.parametrize(
    ("facts", "bar"), [({"end_of_life": True}, Bar.END_OF_LIFE), ({"one_to_one": True}, Bar.ONE_TO_ONE)]
)
def test_the_person_stands_against_it(facts, bar):
    assert barred(occupant("s", "B1"), who=person("p-s", **facts)) == [bar]


def test_two_moves_within_a_stay_are_enough():
    assert barred(occupant("s", "B1"), moves=1) == []
    assert barred(occupant("s", "B1"), moves=2) == [Bar.MOVED_TOO_OFTEN]


def test_an_attached_unit_keeps_its_patient_where_they_are_and_a_reserved_one_does_not():
    held = occupant("s", "B1", allocation_id="a")
    for pinned, expected in ((True, [Bar.ATTACHED]), (False, [])):
        use = UnitBooking("u", "P1", "W", NOW - HOUR, NOW + HOUR, BookingKind.USE, "a", pinned=pinned)
        assert barred(held, records=records_of(held, use)) == expected


def test_whoever_accompanies_somebody_is_not_moved_alone_and_goes_along():
    mother = occupant("s", "B1", end=2 * DAY)
    cot = Bed("K", "R", kind=BedKind.COT)
    baby = occupant("b", "K", with_stay_id="s", person_id="p-s")
    records = records_of(mother, cot, baby)
    assert Bar.ACCOMPANIES in barred(baby, records=records)
    assert move_request(mother, records, Limits(), "q").companion is Companion.COT


@pytest.mark.parametrize(
    ("clock", "night"), [("21:59", False), ("22:00", True), ("06:59", True), ("07:00", False)]
)
def test_the_night_is_from_22_to_7_on_the_sites_clock(clock, night):
    hours, minutes = (int(part) for part in clock.split(":"))
    midnight = NOW - NOW % DAY
    # Shanghai is eight hours ahead of UTC.
    assert is_night(midnight + hours * 60 + minutes - 8 * HOUR, "Asia/Shanghai") is night


def test_a_move_begins_by_day_and_its_wait_ends_before_the_night():
    midnight = NOW - NOW % DAY
    assert by_day(midnight + 3 * HOUR, "UTC", 240) == (midnight + 7 * HOUR, 240)
    assert by_day(midnight + 20 * HOUR, "UTC", 240) == (midnight + 20 * HOUR, 119)


def test_at_night_a_move_is_asked_for_the_morning():
    held = occupant("s", "B1", end=2 * DAY)
    shanghai = records_of(held, Site("site", "Site", "Asia/Shanghai"))
    shanghai.now = NOW + 3 * HOUR  # 23:00 there
    asked = move_request(held, shanghai, Limits(), "q")
    assert asked.needed_by == NOW + 11 * HOUR
    assert asked.duration_minutes == held.end - asked.needed_by


LEAVING = {"end": 5 * HOUR, "departure": Departure.CONFIRMED}


@pytest.mark.parametrize(
    ("changes", "facts", "sits"),
    [
        ({}, {}, True),
        ({"departure": Departure.PREDICTED}, {}, False),
        ({"end": 13 * HOUR}, {}, False),
        ({"care": Care("medicine", 1)}, {}, False),
        ({"care": Care("medicine", features=frozenset({Feature.OXYGEN}))}, {}, False),
        ({}, {"isolation": frozenset({Isolation.CONTACT})}, False),
        ({}, {"falls_risk": True}, False),
    ],
)
def test_who_may_wait_in_the_lounge(changes, facts, sits):
    held = occupant("s", "B1", **{**LEAVING, **changes})
    assert may_sit(held, records_of(held, person("p-s", **facts))) is sits


def test_who_leaves_soon_is_moved_to_the_lounge_or_not_at_all():
    soon = occupant("s", "B1", **{**LEAVING, "end": 2 * HOUR})
    assert barred(soon) == []
    assert barred(changed(soon, departure=Departure.PREDICTED)) == [Bar.LEAVES_SOON]


def test_the_lounge_is_the_rooms_with_nothing_but_its_seats():
    seat = Bed("L1", "L", kind=BedKind.LOUNGE_SEAT)
    lounge = records_of(Room("L", "V", "Lounge"), seat, Bed("X", "S", kind=BedKind.LOUNGE_SEAT))
    assert lounge_rooms(lounge) == {"L"}
    held = occupant("s", "B1", **LEAVING)
    lounge.put(person("p-s"))
    lounge.put(held)
    asked = move_request(held, lounge, Limits(), "q", rooms=lounge_rooms(lounge))
    assert asked.excluded_room_ids == {"R", "S"}

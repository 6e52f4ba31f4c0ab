"""What the vocabulary computes: time, air, cleaning, blood, cohorts, cover of a shift, ways between wards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from solver.hospital import (
    BloodGroup,
    CleaningTimes,
    DutyKind,
    Feature,
    Infection,
    InfectionStatus,
    Interval,
    Isolation,
    Lot,
    Person,
    Room,
    Shift,
    Site,
    StayState,
    UnitState,
    Ward,
    air_clearance_minutes,
    blood_is_compatible,
    from_minute,
    to_minute,
    transport_minutes,
)
from solver.hospital.stays import turnaround_minutes
from solver.hospital.timegrid import MINUTES_PER_YEAR, age_years, local_day, local_minute

NOW = 29_000_160
CONFIRMED = InfectionStatus.CONFIRMED


@pytest.mark.parametrize(
    ("changes", "permille", "minutes"),
    [(12, 990, 23), (12, 999, 35), (6, 990, 46), (6, 999, 69), (2, 990, 138), (0, 999, 207)],
)
def test_air_is_clear_after_the_minutes_of_the_cdc_table(changes: int, permille: int, minutes: int) -> None:
    assert air_clearance_minutes(changes, permille) == minutes


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person("P"), 45),
        (Person("P", isolation=frozenset({Isolation.PROTECTIVE})), 45),
        (Person("P", isolation=frozenset({Isolation.CONTACT})), 90),
        (Person("P", isolation=frozenset({Isolation.AIRBORNE})), 90 + 35),
        (Person("P", infections=(Infection("cre", ultraviolet=True),)), 120),
    ],
)
def test_cleaning_depends_on_who_left(person: Person, expected: int) -> None:
    room = Room("R", "W", "Room", features=frozenset({Feature.NEGATIVE_PRESSURE}), air_changes_per_hour=12)
    assert turnaround_minutes(person, room, CleaningTimes()) == expected


def test_red_cells_bring_no_antigen_the_recipient_lacks() -> None:
    good = {(donor, recipient) for donor in BloodGroup for recipient in BloodGroup
            if blood_is_compatible(donor, recipient)}  # fmt: skip
    assert len(good) == 27
    assert (BloodGroup.O_NEG, BloodGroup.AB_POS) in good
    assert (BloodGroup.A_POS, BloodGroup.A_NEG) not in good
    assert (BloodGroup.A_NEG, BloodGroup.A_POS) in good
    assert (BloodGroup.AB_NEG, BloodGroup.A_NEG) not in good


def test_an_unknown_recipient_takes_only_o_negative() -> None:
    assert [group for group in BloodGroup if blood_is_compatible(group, None)] == [BloodGroup.O_NEG]


def test_a_lot_may_reserve_what_is_not_reserved_yet() -> None:
    assert Lot("l", "d", 10, NOW, reserved=4).available == 6


def test_only_the_confirmed_have_a_cohort() -> None:
    person = Person("P", infections=(Infection("rsv", CONFIRMED), Infection("mrsa", CONFIRMED)))
    assert person.cohort() == frozenset({"rsv", "mrsa"})
    assert replace(person, infections=(*person.infections, Infection("cre"))).cohort() is None
    assert Person("P").cohort() == frozenset()


def test_age_counts_whole_years_and_changes_on_the_birthday() -> None:
    born = NOW - 16 * MINUTES_PER_YEAR
    assert Person("P", born=born).age_years(NOW) == 16
    assert Person("P", born=born).age_years(NOW - 1) == 15
    assert Person("P").age_years(NOW) is None
    assert age_years(-10 * MINUTES_PER_YEAR, 0) == 10


def test_breaks_and_absence_are_no_cover() -> None:
    shift = Shift("h", "n", "W", NOW, NOW + 480, breaks=(Interval(NOW + 200, NOW + 230),))
    assert shift.on_duty() == (Interval(NOW, NOW + 200), Interval(NOW + 230, NOW + 480))
    assert replace(shift, absent=True).on_duty() == ()


def test_breaks_at_the_ends_and_overlapping_ones_leave_the_rest() -> None:
    pauses = (Interval(NOW + 450, NOW + 480), Interval(NOW, NOW + 30), Interval(NOW + 20, NOW + 60))
    assert Shift("h", "n", "W", NOW, NOW + 480, pauses).on_duty() == (Interval(NOW + 60, NOW + 450),)


def test_on_call_covers_from_the_call_plus_the_way() -> None:
    call = Shift("h", "n", "W", NOW, NOW + 480, kind=DutyKind.ON_CALL, response_minutes=30)
    assert call.on_duty() == ()
    assert replace(call, called_at=NOW + 10).on_duty() == (Interval(NOW + 40, NOW + 480),)
    assert replace(call, called_at=NOW - 60).on_duty() == (Interval(NOW, NOW + 480),)
    assert replace(call, called_at=NOW + 460).on_duty() == ()


def test_touching_intervals_do_not_overlap() -> None:
    assert not Interval(0, 10).overlaps(Interval(10, 20))
    assert Interval(0, 11).overlaps(Interval(10, 20))
    assert Interval(0, 10).contains(0)
    assert not Interval(0, 10).contains(10)
    assert Interval(3, 10).minutes == 7


def test_minutes_and_datetimes_are_two_names_of_one_instant() -> None:
    moment = datetime(2025, 2, 20, 8, 15, tzinfo=UTC)
    assert from_minute(to_minute(moment)) == moment
    assert from_minute(to_minute(moment), "Asia/Shanghai").hour == 16
    assert to_minute(datetime(1969, 12, 31, 23, 59, tzinfo=UTC)) == -1


def test_a_naive_time_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match="offset"):
        to_minute(datetime(2025, 2, 20))  # noqa: DTZ001


def test_a_day_of_clock_change_has_twenty_three_or_twenty_five_hours() -> None:
    def hours(day: date) -> float:
        return (local_minute(day, 1440, "Europe/Berlin") - local_minute(day, 0, "Europe/Berlin")) / 60

    assert hours(date(2025, 3, 30)) == 23
    assert hours(date(2025, 10, 26)) == 25
    assert hours(date(2025, 6, 1)) == 24


def test_the_local_day_changes_at_local_midnight() -> None:
    midnight = local_minute(date(2025, 2, 20), 0, "Asia/Shanghai")
    assert local_day(midnight, "Asia/Shanghai") == date(2025, 2, 20)
    assert local_day(midnight - 1, "Asia/Shanghai") == date(2025, 2, 19)


def test_the_way_between_wards_counts_floors_and_buildings() -> None:
    site = Site("S", "Site", "UTC", 5, 2, 8)
    here, above = Ward("A", "S", "A"), Ward("B", "S", "B", floor=3)
    assert transport_minutes(site, here, here) == 0
    assert transport_minutes(site, here, above) == transport_minutes(site, above, here) == 11
    assert transport_minutes(site, here, replace(above, building=1)) == 19


def test_units_out_of_order_take_no_bookings() -> None:
    usable = {state for state in UnitState if state.usable}
    assert set(UnitState) - usable == {UnitState.BROKEN, UnitState.RECALLED, UnitState.MAINTENANCE}


def test_only_booked_stays_may_be_planned_again() -> None:
    assert [state for state in StayState if not state.pinned] == [StayState.BOOKED]

"""Cover: nurses, skills and the ward's shared supplies at every minute of the horizon."""

from __future__ import annotations

import pytest

from solver.hospital import (
    Bed,
    Care,
    DutyKind,
    Interval,
    NursingRatio,
    PooledCapacity,
    Shift,
    StaffMember,
    Ward,
)
from solver.placing.problem import PlacingOptions
from tests.builders import DAY, HORIZON, HOUR, NOW, given, nurse, occupant, person, records_of, request
from tests.policy.sides import amount, broken, kept


def one_nurse(*more, **changes):
    """Ward W with one nurse only, during the whole horizon unless changed."""
    member, shift = nurse("n1", "W", **changes)
    return records_of(member, shift, *more, without={Shift: ["shift-n2"]})


def full_ward(patients: int, level: int, *more, **changes):
    """Ward W with one nurse and ``patients`` there for the whole horizon; B1 is left for the newcomer."""
    care = Care("medicine", level)
    others = [occupant(f"s{n}", f"B{n + 2}", end=HORIZON, care=care) for n in range(patients)]
    return one_nurse(*more, *others, **changes)


def lacking(rule_id: str, records, level: int = 0, **changes) -> int:
    """What a newcomer of this level, there for an hour from now, adds to the rule."""
    changes.setdefault("care", Care("medicine", level))
    return amount(rule_id, records, request(duration_minutes=HOUR, **changes))


# --- nursing_floor ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("level", "others", "expected"), [(3, 1, 0), (3, 2, 60), (2, 2, 0), (2, 3, 40), (1, 3, 0)]
)
@broken("nursing_floor")
@kept("nursing_floor")
def test_one_nurse_has_two_patients_in_critical_care_three_in_step_down_and_four_in_telemetry(
    level: int, others: int, expected: int
):
    """California Title 22: one patient too many lacks their whole share at each of 60 minutes."""
    assert lacking("nursing_floor", full_ward(others, level), level) == HOUR * expected


@pytest.mark.parametrize(("others", "expected"), [(4, 0), (5, 24)])
@broken("nursing_floor")
@kept("nursing_floor")
def test_one_nurse_has_five_patients_of_medicine_or_surgery(others: int, expected: int):
    beds = ["B2", "B3", "B4", "B5", "B6"][:others]
    extra = [Bed(bed_id, "R") for bed_id in ("B5", "B6")]
    stays = [occupant(f"s{bed_id}", bed_id, end=HORIZON) for bed_id in beds]
    assert lacking("nursing_floor", one_nurse(*extra, *stays)) == HOUR * expected


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 0),
        ({"breaks": (Interval(NOW + 10, NOW + 40),)}, 30),
        ({"breaks": (Interval(NOW + 10, NOW + 40), Interval(NOW + 30, NOW + 50))}, 40),
        ({"start": 20}, 20),
        ({"end": 20}, 40),
        ({"absent": True}, HOUR),
        ({"student": True}, HOUR),
        ({"kind": DutyKind.ON_CALL}, HOUR),
        ({"kind": DutyKind.ON_CALL, "called_at": NOW, "response_minutes": 25}, 25),
        ({"kind": DutyKind.ON_CALL, "called_at": NOW - HOUR, "response_minutes": 25}, 0),
    ],
)
@broken("nursing_floor")
@kept("nursing_floor")
def test_cover_is_counted_at_every_minute_without_breaks_students_absentees_and_calls_not_answered(
    changes, minutes: int
):
    """One patient of level 0 needs 24 shares of 120 at each minute that no nurse is there."""
    assert lacking("nursing_floor", one_nurse(**changes)) == minutes * 24


@pytest.mark.parametrize(("level", "one_to_one", "expected"), [(0, True, 1), (0, False, 0)])
@broken("nursing_floor")
@kept("nursing_floor")
def test_who_needs_a_nurse_alone_takes_a_whole_one(level: int, one_to_one: bool, expected: int):
    records = full_ward(1, 0, person("p-new", one_to_one=one_to_one))
    assert lacking("nursing_floor", records, level) == HOUR * 24 * expected


@kept("nursing_floor")
def test_a_nurse_of_another_ward_is_no_cover():
    """Ward V keeps its own nurse; W without one lacks everything."""
    records = records_of(without={Shift: ["shift-n1", "shift-n2"]})
    asked = request(duration_minutes=HOUR)
    assert amount("nursing_floor", records, asked) == HOUR * 24
    assert amount("nursing_floor", records, asked, given(asked, "C1")) == 0


@broken("nursing_floor")
def test_a_wards_own_ratio_comes_before_the_hospitals():
    ward = Ward("W", "site", "Ward W", ratios=(NursingRatio(0, 1, 1, "ward policy"),))
    assert lacking("nursing_floor", full_ward(1, 0, ward)) == HOUR * 120


@kept("nursing_floor")
def test_cover_is_not_asked_beyond_the_horizon_nor_before_now():
    records = records_of(
        options=PlacingOptions(cover_horizon_minutes=HOUR), without={Shift: ["shift-n1", "shift-n2"]}
    )
    asked = request(duration_minutes=DAY)
    assert amount("nursing_floor", records, asked) == HOUR * 24
    assert amount("nursing_floor", records, asked, given(asked, start=45)) == 15 * 24
    assert amount("nursing_floor", records, asked, given(asked, start=HOUR)) == 0


@kept("nursing_floor")
def test_who_accompanies_adds_no_nursing_load():
    records = full_ward(1, 3, occupant("mother", "C1"), occupant("baby", "B4", with_stay_id="mother"))
    assert lacking("nursing_floor", records, 3) == 0


def test_what_is_lacking_already_is_not_charged_to_the_newcomer():
    """Three critical patients lack half a nurse already; the fourth adds half a nurse, not a whole."""
    assert lacking("nursing_floor", full_ward(3, 3), 3) == HOUR * 60


# --- skill_on_duty ------------------------------------------------------------------------------------------
VENTILATED = Care("medicine", 3, skills=frozenset({"ventilation"}))
VENTILATION = frozenset({"ventilation"})


@pytest.mark.parametrize(
    ("skills", "others", "expected"),
    [
        (VENTILATION, 0, 0),
        (VENTILATION, 1, 0),
        (VENTILATION, 2, 60),
        (frozenset(), 0, 60),
        (frozenset({"chemotherapy"}), 0, 60),
        (VENTILATION | {"chemotherapy"}, 1, 0),
    ],
)
@broken("skill_on_duty")
@kept("skill_on_duty")
def test_ventilated_patients_have_nurses_trained_for_it(skills, others: int, expected: int):
    stays = [occupant(f"s{n}", f"B{n + 2}", end=HORIZON, care=VENTILATED) for n in range(others)]
    records = records_of(StaffMember("n1", "W", skills), *stays)
    assert lacking("skill_on_duty", records, care=VENTILATED) == HOUR * expected


@kept("skill_on_duty")
def test_patients_who_do_not_need_a_skill_take_nothing_of_it():
    stays = [occupant(f"s{n}", f"B{n + 2}", end=HORIZON, care=Care("medicine", 3)) for n in range(3)]
    records = records_of(StaffMember("n1", "W", VENTILATION), *stays)
    assert lacking("skill_on_duty", records, care=VENTILATED) == 0


@broken("skill_on_duty")
def test_a_student_who_has_the_skill_is_no_cover_for_it():
    records = records_of(StaffMember("n1", "W", VENTILATION, student=True))
    assert lacking("skill_on_duty", records, care=VENTILATED) == HOUR * 60


# --- ward_pool ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("pool", ["telemetry_channels", "dialysis_points", "oxygen_flow"])
@pytest.mark.parametrize(("capacity", "expected"), [(5, 0), (4, 1), (2, 3), (0, 3)])
@broken("ward_pool")
@kept("ward_pool")
def test_what_a_ward_shares_suffices_at_every_minute(pool: str, capacity: int, expected: int):
    """Two are drawn already, the newcomer draws three; what was lacking before is not charged again."""
    ward = Ward("W", "site", "Ward W", pooled=PooledCapacity(**{pool: capacity}))
    there = occupant("s1", "B2", end=HORIZON, care=Care("medicine", pooled=PooledCapacity(**{pool: 2})))
    asked = Care("medicine", pooled=PooledCapacity(**{pool: 3}))
    assert lacking("ward_pool", records_of(ward, there), care=asked) == HOUR * expected


@kept("ward_pool")
def test_a_plentiful_pool_does_not_make_up_for_another():
    ward = Ward("W", "site", "Ward W", pooled=PooledCapacity(telemetry_channels=9))
    asked = Care("medicine", pooled=PooledCapacity(dialysis_points=1))
    assert lacking("ward_pool", records_of(ward), care=asked) == HOUR
    asked = Care("medicine", pooled=PooledCapacity(telemetry_channels=1))
    assert lacking("ward_pool", records_of(ward), care=asked) == 0


# --- soft: target and balance -------------------------------------------------------------------------------
TARGET = Ward("W", "site", "Ward W", ratios=(NursingRatio(0, 5, 3, "ward policy"),))


@pytest.mark.parametrize(("others", "floor", "target"), [(2, 0, 0), (3, 0, 40)])
@broken("nursing_target")
@kept("nursing_target")
def test_the_target_costs_where_the_floor_still_holds(others: int, floor: int, target: int):
    records = full_ward(others, 0, TARGET)
    assert lacking("nursing_floor", records) == HOUR * floor
    assert lacking("nursing_target", records) == HOUR * target


@pytest.mark.parametrize(
    ("start", "minutes", "full_hours"),
    [(0, HOUR, 1), (1, HOUR - 1, 0), (0, HOUR + 1, 2), (1, HOUR, 1), (HOUR, 1, 1)],
)
@broken("nursing_balance")
@kept("nursing_balance")
def test_load_above_four_fifths_of_those_on_duty_counts_at_full_hours(start, minutes, full_hours):
    """Three patients at 1:3 need 120 shares; four fifths of one nurse are 96."""
    asked = request(duration_minutes=minutes)
    assert (
        amount("nursing_balance", full_ward(2, 0, TARGET), asked, given(asked, start=start))
        == full_hours * 24
    )


@kept("nursing_balance")
def test_load_up_to_four_fifths_costs_nothing():
    """Two patients at 1:3 need 80 shares of 96."""
    assert lacking("nursing_balance", full_ward(1, 0, TARGET)) == 0

"""The roster problem of a live ward: rest across midnight, cover by census, what was worked before, fairness."""

import json
from dataclasses import replace

import pytest

from solver.hospital import StaffMember
from solver.hospital.staff import NURSE_SHARES
from solver.rostering import rules
from solver.rostering.census import forecast, nurses_needed, weekday
from solver.rostering.cover import Burden
from solver.rostering.formats_json import from_json, from_rows, rows, to_json
from solver.rostering.past import Edition, Past, burdens
from solver.rostering.problem import Assignment, Contract, History, Limits, Wish
from solver.rostering.referee import recount
from solver.rostering.terms import FixedCover, Terms, WardShift
from solver.rostering.ward import Known, midnight, span, ward_problem

MONDAY = 20_521
"""2026-03-09."""
NIGHT = WardShift("night", 19 * 60, 720, night=True)
TERMS = Terms(
    weeks=1,
    rest_minutes=660,
    shifts=(WardShift("day", 7 * 60, 720, ((300, 30),)), WardShift("late", 13 * 60, 480), NIGHT),
    contracts=(Contract("full", shifts=Limits(most=5)),),
    people={"a": "full", "b": "full", "student": "full"},
)
STAFF = (
    StaffMember("a", "W", frozenset({"iv", "other"})),
    StaffMember("b", "W"),
    StaffMember("student", "W", student=True),
    StaffMember("unrostered", "W"),
)


def problem(terms=TERMS, wishes=(), **known):
    return ward_problem("W", terms, MONDAY, Known(STAFF, "UTC", MONDAY - 7, **known), wishes)


def cell(found, day, shift, skill=""):
    [one] = [c for c in found.cover if (c.day, c.shift, c.skill) == (day, shift, skill)]
    return one.least, one.wanted


def test_a_shift_may_not_follow_before_the_rest_is_over_and_breaks_are_no_work():
    day, late, night = problem().shifts
    assert (day.minutes, late.minutes, night.minutes) == (690, 480, 720)
    # A night ends at seven: eleven hours on, the late shift at one has begun, and so has the day.
    assert night.never_before == {"day", "late"}
    assert late.never_before == {"day"}, "ten hours, from nine in the evening to seven"
    assert day.never_before == frozenset()
    shorter = replace(TERMS, rest_minutes=600)
    assert problem(shorter).shifts[1].never_before == frozenset(), (
        "ten hours are enough where ten are asked for"
    )


def test_shifts_cross_midnight_and_the_change_of_clocks():
    saturday = MONDAY + 19  # 2026-03-28: clocks go forward in the night
    start, end = span(NIGHT, saturday, "Europe/Berlin")
    assert end - start == 660
    assert span(NIGHT, saturday - 1, "Europe/Berlin")[0] == midnight(saturday - 1, "Europe/Berlin") + 19 * 60


def test_students_and_who_has_no_contract_are_not_rostered():
    assert [employee.id for employee in problem().employees] == ["a", "b"]


def test_skilled_people_count_towards_those_wanted_and_nobody_is_wanted_who_is_not_there():
    cover = (
        FixedCover("day", 1, 1, "iv"),
        FixedCover("day", 0, 9),
        FixedCover("night", 1, 1, "", frozenset({5})),
    )
    found = problem(replace(TERMS, cover=cover))
    assert found.skills == ("iv",)
    assert cell(found, 0, "day", "iv") == (1, 1)
    assert cell(found, 0, "day") == (0, 2)
    assert [cell(found, day, "night") for day in (4, 5)] == [(0, 0), (1, 1)]


def test_nurses_are_wanted_by_the_most_that_patients_need_at_once():
    half = NURSE_SHARES // 2
    lay = [(0, 100, half), (50, 150, half), (100, 200, half), (140, 160, 1)]
    assert nurses_needed(lay, 0, 140) == 1
    assert nurses_needed(lay, 0, 150) == 2, "a little more than one nurse is two"
    assert nurses_needed(lay, 200, 300) == 0


def test_the_census_of_such_days_is_the_forecast_and_who_is_booked_comes_on_top():
    busy = [day for day in range(MONDAY - 63, MONDAY - 7) if weekday(day) == 0]
    lay = [(midnight(day, "UTC"), midnight(day + 1, "UTC"), 2 * NURSE_SHARES) for day in busy]
    known = {"first_seen": MONDAY - 63, "lay": lay}
    found = problem(replace(TERMS, confidence=0.75), **known)
    assert [cell(found, day, "day")[1] for day in range(3)] == [2, 0, 0]
    booked = [*lay, (midnight(MONDAY + 1, "UTC"), midnight(MONDAY + 2, "UTC"), NURSE_SHARES)]
    found = problem(replace(TERMS, confidence=0.75), first_seen=MONDAY - 63, lay=booked)
    assert [cell(found, day, "day")[1] for day in range(3)] == [2, 1, 0]
    assert [cell(problem(**known), day, "day")[1] for day in range(3)] == [0, 0, 0], "not unless asked for"


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.5, 2), (0.51, 3), (1.0, 4)], ids=["half", "a little more", "all"]
)
def test_as_many_are_wanted_as_were_enough_on_that_share_of_days(share, wanted):
    lay = [(10 * n, 10 * n + 1, n * NURSE_SHARES) for n in (1, 2, 3, 4)]
    found = forecast(
        lay, [7 * n for n in (1, 2, 3, 4)], lambda day: (day // 7 * 10, day // 7 * 10 + 5), share
    )
    assert set(found.values()) == {wanted}
    assert forecast(lay, [], lambda day: (0, 1), share) == {}


def edition(first_day, *worked, **more):
    return Edition(first_day, first_day + 7, tuple(Assignment(*one) for one in worked), **more)


def test_people_come_into_a_roster_from_what_was_published_last():
    first = edition(MONDAY - 7, ("a", 4, "day"), ("a", 5, "night"), ("a", 6, "night"), ("b", 6, "day"))
    past = Past.of([first, edition(MONDAY - 7, *[("a", day, "night") for day in (4, 5, 6)], ("b", 3, "day"))])
    assert past.history("a", MONDAY) == History("night", 3, 3)
    assert past.history("b", MONDAY) == History(off_run=3)
    assert Past.of([first]).history("a", MONDAY) == History("night", 2, 3)
    assert past.history("a", MONDAY + 7) is None
    [employee, _] = problem(past=past).employees
    assert employee.history == History("night", 3, 3)


def test_who_worked_more_nights_and_weekends_is_spared_them_at_a_price():
    worked = [("a", 5, "night"), ("a", 6, "night"), ("b", 1, "day")]
    editions = [edition(MONDAY - 7, *worked, refused={"b": 2}), edition(MONDAY, stepped_in={"a": 1})]
    carried = burdens(editions, Past.of(editions), TERMS.nights, MONDAY - 7, MONDAY)
    assert carried == {"a": Burden(nights=2, weekends=1, stepped_in=1), "b": Burden(refused=2)}
    found = problem(burdens=carried, wishes=(Wish("b", 0, None, False, 7),))
    assert found.wishes[0] == Wish("b", 0, None, False, 7)
    assert {(w.employee, w.shift, w.price, w.on) for w in found.wishes[1:]} == {
        ("a", "night", 10, False),
        ("a", None, 10, False),
    }
    assert {w.day for w in found.wishes[1:] if w.shift is None} == {5, 6}


def test_problems_and_rosters_come_back_from_json_as_they_were():
    past = Past.of([edition(MONDAY - 7, ("a", 6, "night"))])
    cover = (FixedCover("day", 1, 1, "iv"),)
    found = problem(replace(TERMS, cover=cover), wishes=(Wish("b", 0, "day", True, 7),), past=past)
    again = from_json(json.loads(json.dumps(to_json(found))))
    assert again == found
    roster = from_rows([["a", 0, "day", "iv"], ["b", 1, "late", ""]])
    assert from_rows(json.loads(json.dumps(rows(roster)))) == roster
    # The night before the roster leaves no rest.
    assert recount(again, roster).of(rules.SUCCESSION).count == 1

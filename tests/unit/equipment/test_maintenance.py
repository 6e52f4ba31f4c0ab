"""Maintenance that is due, placed among the bookings where it hurts least, by technicians in their hours."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget, Status
from solver.equipment.formats import booking_from_json, write_bookings
from solver.equipment.maintenance import Due, with_maintenance
from solver.equipment.problem import BookingPlan, BookingProblem, BookingRequest, PlannedUnit, Served
from solver.equipment.referee import recount_bookings
from solver.equipment.solve import solve

UNITS = (PlannedUnit("U", "pump", "A"), PlannedUnit("V", "pump", "A"))
DAY = 1440


def use(id_: str, start: int, minutes: int, wait: int = 0) -> BookingRequest:
    return BookingRequest(id_, ("pump",), "A", start, start + wait, minutes)


def technician(*away: tuple[int, int], id_: str = "T") -> PlannedUnit:
    return PlannedUnit(id_, "technician", "A", away)


def problem(*requests: BookingRequest, units: tuple[PlannedUnit, ...] = UNITS[:1]) -> BookingProblem:
    return BookingProblem(("A", "B"), ((0, 10), (10, 0)), units, requests, horizon=DAY)


def solved(asked: BookingProblem) -> dict[str, tuple[str, int]]:
    found = solve(asked, Budget(seconds=20.0), 1)
    assert found.verified
    assert found.status is Status.OPTIMAL
    return {one.request_id: (one.unit_id, one.start) for one in found.plan.served}


def test_work_goes_where_no_booking_waits_for_it_though_it_could_be_earlier():
    bookings = problem(use("a", 0, 100, 300), use("b", 110, 100, 300), use("c", 280, 100, 300))
    told = solved(with_maintenance(bookings, [Due("M", "U", 0, 900, 60)], []))
    assert {one: start for one, (_, start) in told.items() if one != "M/1"} == {"a": 0, "b": 110, "c": 280}
    assert 210 <= told["M/1"][1] <= 220 or told["M/1"][1] >= 380


def test_work_is_done_on_the_very_unit_that_it_is_due_on():
    told = solved(with_maintenance(problem(units=UNITS), [Due("M", "V", 0, 10, 60)], []))
    assert told == {"M/1": ("V", told["M/1"][1])}


def test_a_technician_does_one_work_at_a_time_within_their_hours():
    due = [Due("M", "U", 0, 400, 60), Due("N", "V", 0, 400, 60)]
    told = solved(with_maintenance(problem(units=UNITS), due, [technician((0, 100), (220, DAY))]))
    assert sorted(start for one, (_, start) in told.items() if one.endswith("/1")) == [100, 160]
    both = solved(with_maintenance(problem(units=UNITS), due, [technician((0, 100), (200, DAY))]))
    assert len(both) == 2, "there are hours for one of them, and no half of the other is done"


def test_technicians_walk_between_wards():
    units = (UNITS[0], replace(UNITS[1], home="B"))
    due = [Due("M", "U", 0, 400, 60), Due("N", "V", 0, 400, 60)]
    enough = with_maintenance(problem(units=units), due, [technician((130, DAY))])
    assert len(solved(enough)) == 4
    short = with_maintenance(problem(units=units), due, [technician((129, DAY))])
    assert len(solved(short)) == 2


def test_work_that_is_due_is_worth_some_bookings_but_not_any_number():
    taken = problem(*(use(f"r{n}", 100, 60) for n in range(1)))
    told = solved(with_maintenance(taken, [Due("M", "U", 90, 110, 60)], []))
    assert set(told) == {"M/1"}
    told = solved(with_maintenance(taken, [Due("M", "U", 90, 110, 60, priority=1)], []))
    assert len(told) == 1
    urgent = problem(replace(use("r", 100, 60), priority=11))
    assert set(solved(with_maintenance(urgent, [Due("M", "U", 90, 110, 60)], []))) == {"r"}


def test_work_on_a_unit_that_is_not_there_is_refused():
    with pytest.raises(InvalidInstance, match="'Z'"):
        with_maintenance(problem(), [Due("M", "Z", 0, 10, 60)], [])


def test_a_document_with_work_and_technicians_says_the_same():
    document = {
        **json.loads(write_bookings(problem(use("a", 0, 100, 300)))),
        "maintenance": [{"id": "M", "device": "U", "earliest": 0, "latest_start": 900, "duration": 60}],
        "technicians": [{"id": "T", "home": "A", "unavailable": [[500, 1440]]}],
    }
    read = booking_from_json(json.dumps(document))
    made = with_maintenance(
        problem(use("a", 0, 100, 300)), [Due("M", "U", 0, 900, 60)], [technician((500, DAY))]
    )
    assert replace(read, name=made.name) == made
    assert booking_from_json(write_bookings(read)) == read


@pytest.mark.parametrize(
    ("field", "wrong", "where"),
    [
        ("maintenance", {"id": "M", "device": "U", "earliest": 0, "duration": 60}, "latest_start"),
        ("maintenance", {"id": "M", "unit": "U", "earliest": 0, "latest_start": 9, "duration": 60}, "unit"),
        ("technicians", {"id": "T", "home": "Z"}, "home"),
        ("technicians", {"id": "T", "home": "A", "type": "pump"}, "type"),
    ],
    ids=["no window", "a key misspelt", "an unknown ward", "a type"],
)
def test_what_is_wrong_with_work_or_technicians_is_named(field, wrong, where):
    document = {**json.loads(write_bookings(problem())), field: [wrong]}
    with pytest.raises(InvalidInstance, match=where):
        booking_from_json(json.dumps(document))


def test_a_booking_that_names_its_units_is_served_by_no_other_and_its_wait_may_be_free():
    named = replace(use("a", 0, 60, 100), only=("V",), waits=False)
    asked = problem(named, units=UNITS)
    wrong = recount_bookings(asked, BookingPlan((Served("a", "U", 50),)))
    assert wrong.broken == 1
    right = recount_bookings(asked, BookingPlan((Served("a", "V", 50),)))
    assert (right.broken, right.cost) == (0, 0)
    with pytest.raises(InvalidInstance, match="only"):
        problem(replace(named, only=("W",)), units=UNITS)


WORKS = st.lists(st.tuples(st.sampled_from("UV"), st.integers(0, 300), st.integers(0, 200)), max_size=3)
USES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100), st.integers(5, 120)), max_size=5)


@settings(max_examples=25, deadline=None)
@given(USES, WORKS, st.integers(0, 2))
def test_search_is_counted_by_the_referee_as_it_counts_itself(uses, works, crew):
    bookings = problem(*(use(f"r{n}", s, d, w) for n, (s, w, d) in enumerate(uses)), units=UNITS)
    due = [Due(f"M{n}", unit, start, start + wait, 60) for n, (unit, start, wait) in enumerate(works)]
    asked = with_maintenance(bookings, due, [technician((0, 60), id_=f"T{n}") for n in range(crew)])
    found = solve(asked, Budget(iterations=300), 1)
    assert found.verified

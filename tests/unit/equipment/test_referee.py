"""The referee, part by part: each rule with a plan on either side of its line."""

from __future__ import annotations

from dataclasses import replace

from solver.engine.result import Budget, Status
from solver.equipment import rules
from solver.equipment.problem import (
    BookingPlan,
    BookingProblem,
    BookingRequest,
    BookingWeights,
    FleetPlan,
    FleetProblem,
    PlannedUnit,
    Served,
)
from solver.equipment.referee import recount_bookings, recount_fleet
from solver.equipment.solve import solve

PROBLEM = BookingProblem(
    ("A", "B"),
    ((0, 10), (7, 0)),
    (PlannedUnit("U", "pump", "A", ((200, 300),)), PlannedUnit("V", "scanner", "B")),
    (
        BookingRequest("first", ("pump",), "A", 0, 100, 30, 5, 2),
        BookingRequest("second", ("pump", "scanner"), "B", 40, 300, 60, 0, 3),
    ),
    BookingWeights(300, 2, 5),
)


def count(rule, *served, problem=PROBLEM):
    score = recount_bookings(problem, BookingPlan(tuple(Served(*one) for one in served)))
    return next((one.count, one.cost) for one in score.counts if one.rule is rule)


def test_the_next_booking_begins_after_use_cleaning_and_the_way_and_not_a_minute_sooner():
    first = ("first", "U", 0)
    assert count(rules.UNIT_FREE, first, ("second", "U", 45)) == (0, 0)
    assert count(rules.UNIT_FREE, first, ("second", "U", 44)) == (1, 0)


def test_the_first_booking_waits_for_the_way_from_home():
    problem = replace(PROBLEM, units=(replace(PROBLEM.units[0], home="B"), PROBLEM.units[1]))
    assert count(rules.UNIT_FREE, ("first", "U", 7), problem=problem) == (0, 0)
    assert count(rules.UNIT_FREE, ("first", "U", 6), problem=problem) == (1, 0)


def test_the_way_there_is_not_the_way_back():
    """From A to B 10 minutes, from B to A 7."""
    back = replace(PROBLEM.requests[0], earliest=0, latest_start=300)
    problem = replace(PROBLEM, requests=(back, PROBLEM.requests[1]))
    served = ("second", "U", 40), ("first", "U", 107)
    assert count(rules.UNIT_FREE, *served, problem=problem) == (0, 0)
    assert count(rules.UNIT_TRANSPORT, *served, problem=problem) == (17, 85)


def test_a_request_is_served_once():
    assert count(rules.UNIT_FREE, ("second", "U", 40), ("second", "V", 40)) == (1, 0)


def test_two_bookings_of_one_minute_on_one_unit_are_one_clash():
    assert count(rules.UNIT_FREE, ("first", "U", 50), ("second", "U", 50)) == (1, 0)


def test_use_and_cleaning_keep_out_of_maintenance():
    assert count(rules.UNIT_MAINTAINED, ("second", "U", 140)) == (0, 0)
    assert count(rules.UNIT_MAINTAINED, ("second", "U", 141)) == (1, 0)
    assert count(rules.UNIT_MAINTAINED, ("second", "U", 299)) == (1, 0)
    assert count(rules.UNIT_MAINTAINED, ("second", "U", 300)) == (0, 0)
    cleaning = replace(PROBLEM.requests[1], clean=1)
    problem = replace(PROBLEM, requests=(PROBLEM.requests[0], cleaning))
    assert count(rules.UNIT_MAINTAINED, ("second", "U", 140), problem=problem) == (1, 0)


def test_a_unit_is_of_a_type_that_the_request_accepts():
    assert count(rules.UNIT_TYPE, ("second", "V", 40)) == (0, 0)
    assert count(rules.UNIT_TYPE, ("first", "V", 40)) == (1, 0)


def test_both_ends_of_the_window_belong_to_it():
    assert count(rules.BOOKING_WINDOW, ("second", "V", 40), ("first", "U", 100)) == (0, 0)
    assert count(rules.BOOKING_WINDOW, ("second", "V", 39), ("first", "U", 101)) == (2, 0)


def test_a_booking_ends_by_the_horizon_whatever_its_window_says():
    problem = replace(PROBLEM, horizon=110)
    assert count(rules.BOOKING_WINDOW, ("first", "U", 80), problem=problem) == (0, 0)
    assert count(rules.BOOKING_WINDOW, ("first", "U", 81), problem=problem) == (1, 0)


def test_no_plan_runs_beyond_the_horizon():
    """Both want the one pump at minute 0; the second would fit in its window and not in the plan's time."""
    asked = [BookingRequest(name, ("pump",), "A", 0, 5000, 60) for name in ("first", "second")]
    problem = BookingProblem(("A",), ((0,),), (PlannedUnit("U", "pump", "A"),), tuple(asked), horizon=100)
    result = solve(problem, Budget(seconds=20.0), 1)
    assert len(result.plan.served) == 1
    assert (result.status, result.verified) == (Status.OPTIMAL, True)


def test_who_is_not_served_costs_by_priority():
    assert count(rules.BOOKING_SERVED) == (5, 1500)
    assert count(rules.BOOKING_SERVED, ("first", "U", 0)) == (3, 900)


def test_a_wait_costs_by_minute_and_priority():
    assert count(rules.BOOKING_WAIT, ("first", "U", 4), ("second", "V", 50)) == (2 * 4 + 3 * 10, 76)


def test_a_unit_that_stays_is_not_carried_and_the_way_home_is_free():
    assert count(rules.UNIT_TRANSPORT, ("first", "U", 0), ("second", "V", 40)) == (0, 0)
    assert count(rules.UNIT_TRANSPORT, ("second", "U", 40)) == (10, 50)


FLEET = FleetProblem(((0, 4), (3, 6), (4, 8)), ((0, 2), (1, 2), (0, 1, 2)))


def fleet(*unit_of):
    score = recount_fleet(FLEET, FleetPlan(unit_of))
    return {one.rule.id: one.count for one in score.counts}, score.broken, score.cost


def test_a_fleet_counts_its_units_clashes_strangers_and_who_is_left_out():
    assert fleet(0, 1, 0) == (
        {"unit_free": 0, "unit_type": 0, "every_booking_served": 0, "fleet_size": 2},
        0,
        2,
    )
    assert fleet(2, 2, 2)[0]["unit_free"] == 2
    assert fleet(1, 1, 0)[0]["unit_type"] == 1
    assert fleet(0, -1, 0)[0]["every_booking_served"] == 1
    assert fleet(0, -1, 0)[1:] == (1, 1)


def test_bookings_that_touch_do_not_clash():
    assert fleet(2, 1, 2)[1] == 0


def test_every_rule_of_a_plan_speaks_both_languages_and_has_its_own_id():
    every = {rule.id: rule for rule in (*rules.PLAN_RULES, *rules.FLEET_RULES)}
    assert len(every) == len({*rules.PLAN_RULES, *rules.FLEET_RULES})
    for rule in every.values():
        assert rule.source
        assert rule.english.endswith(".")
        assert rule.chinese.endswith("。")

"""Making rosters: lawful, repeatable, as good as is proven, and plain about what cannot be."""

import dataclasses

import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget, Status
from solver.rostering import formats_curtois, formats_inrc2, rules, search
from solver.rostering.arrays import compiled
from solver.rostering.collisions import collisions
from solver.rostering.problem import (
    Contract,
    Cover,
    Employee,
    History,
    Limits,
    RosterProblem,
    ShiftType,
    Wish,
)
from solver.rostering.referee import recount
from solver.rostering.solve import solve
from tests.roster_cases import public, ward, week


def test_a_ward_with_people_enough_misses_nobody():
    result = solve(ward(6), Budget(iterations=400), 1)
    assert result.verified
    counted = recount(ward(6), result.plan)
    assert counted.of(rules.UNDER_COVER).count == 0
    assert counted.cost == result.cost


def test_the_smallest_public_instance_is_solved_to_its_proven_optimum():
    problem = formats_curtois.read(public("shift_scheduling", "Instance1.txt"))
    result = solve(problem, Budget(iterations=1500), 1)
    assert (result.cost, result.verified) == (607, True)


def test_a_competition_instance_is_covered_at_least():
    problem = formats_inrc2.read(public("inrc2"), "n005w4_1_6-2-9-1")
    result = solve(problem, Budget(iterations=1500), 1)
    assert result.verified


def test_the_same_seed_gives_the_same_roster_and_another_seed_another():
    one, same, other = (solve(ward(), Budget(iterations=60), seed) for seed in (3, 3, 4))
    assert one.plan == same.plan
    assert one.plan != other.plan


@pytest.mark.parametrize("workers", [1, 2])
def test_who_has_no_schedule_when_the_time_to_begin_is_over_gets_a_lawful_one_later(monkeypatch, workers):
    """As on a year of a hundred people, whose first schedules take most of a minute."""
    monkeypatch.setattr(search, "BEGINNING", 0.0)
    monkeypatch.setattr(search, "FEWEST_SECONDS", 0.0)
    assert solve(ward(6), Budget(seconds=0.5), 1, workers=workers).verified
    assert solve(ward(6), Budget(seconds=1e-6), 1, workers=workers).verified


def test_two_workers_give_a_lawful_roster():
    result = solve(ward(), Budget(iterations=150), 1, workers=2)
    assert result.verified


def test_costs_fall_along_the_trace():
    costs = [point.cost for point in solve(ward(), Budget(iterations=300), 2).trace]
    assert costs == sorted(costs, reverse=True)
    assert len(costs) > 1


def test_a_limit_of_one_shift_type_is_kept_though_only_priced():
    """The programme counts days of one type only; those of a second are kept down by prices."""
    problem = ward(5)
    most = {"D": 3, "N": 4}
    limited = tuple(
        dataclasses.replace(one, contract=dataclasses.replace(one.contract, most_of_shift=most))
        for one in problem.employees
    )
    result = solve(dataclasses.replace(problem, employees=limited), Budget(iterations=200), 1)
    assert result.verified


IMPOSSIBLE = Contract("c", minutes=Limits(6000), worked_run=Limits(None, 5), off_run=Limits(3))


def test_a_contract_nobody_can_keep_is_answered_with_what_collides_and_the_cheapest_way_out():
    problem = week(IMPOSSIBLE, days_off=frozenset([0, 1, 2, 3, 4]))
    assert solve(problem, Budget(iterations=10), 1).status is Status.INFEASIBLE
    [collision] = collisions(problem)
    assert collision.employee == "e"
    assert collision.cheapest is not None
    alone = {rule for way in collision.alone for rule, _ in way.units}
    assert "minutes" in alone
    assert "weekends" not in alone
    assert "minutes of work by" in collision.sentence()


def test_a_lawful_contract_collides_with_nothing():
    assert collisions(ward()) == ()


def test_a_limit_of_a_second_shift_type_is_kept_whatever_the_cover_is_worth():
    """Prices that rise by fixed steps gave up at a cover worth ten times as much, and called the roster infeasible."""
    shifts = (ShiftType("E", 480), ShiftType("L", 480))
    contract = Contract("c", most_of_shift={"E": 3, "L": 3})
    for price in (100, 1_000, 100_000):
        cover = tuple(Cover(day, shift, "", 0, 1, price, 1) for day in range(7) for shift in "EL")
        problem = RosterProblem("two", 7, shifts, (), (Employee("e", contract),), (), cover)
        result = solve(problem, Budget(iterations=50), 1)
        assert (result.verified, result.cost) == (True, 8 * price)


def test_the_least_cover_is_never_bought_with_a_wish():
    shifts = (ShiftType("D", 480),)
    wish, cover = Wish("e", 2, None, False, 10_000), Cover(2, "D", "", 1, 1, 100, 1)
    problem = RosterProblem("floor", 7, shifts, (), (Employee("e", Contract("c")),), (wish,), (cover,))
    result = solve(problem, Budget(iterations=50), 1)
    assert (result.verified, result.cost) == (True, 10_000)


def test_work_before_day_0_is_not_counted_in_minutes():
    history = History(off_run=2, shifts=40)
    problem = week(Contract("c", minutes=Limits(480, 2400)), history=history)
    assert solve(problem, Budget(iterations=20), 1).verified


def test_a_problem_that_memory_cannot_hold_says_so():
    contract = Contract("c", minutes=Limits(0, 100_000), weekends=Limits(None, 26))
    shifts = (ShiftType("A", 479), ShiftType("B", 480))
    problem = RosterProblem("year", 364, shifts, (), (Employee("e", contract),), (), ())
    with pytest.raises(InvalidInstance, match="Round the lengths of shifts"):
        compiled(problem)


def test_with_seconds_there_is_a_bound_and_a_small_ward_is_proven_best():
    # It ends with the proof; the limit is for a machine that never comes to it.
    result = solve(ward(5), Budget(seconds=60), 1)
    assert result.bound is not None
    assert result.status is Status.OPTIMAL
    assert result.cost == result.bound


def test_no_bound_lies_above_what_a_public_instance_is_known_to_cost():
    """607, 828 and 1716 are proven optima; the bounds are ours."""
    for number, best in ((1, 607), (2, 828), (4, 1716)):
        problem = formats_curtois.read(public("shift_scheduling", f"Instance{number}.txt"))
        result = solve(problem, Budget(seconds=1.5), 1)
        assert result.bound is None or result.bound <= best <= result.cost


def test_work_measured_in_minutes_and_in_shifts_is_refused():
    contract = Contract("c", minutes=Limits(0, 4800), shifts=Limits(0, 8))
    with pytest.raises(InvalidInstance, match="work limited in minutes, or in shifts"):
        compiled(week(contract))


def test_runs_of_a_shift_need_a_history():
    problem = week()
    bound = dataclasses.replace(problem, shifts=(ShiftType("early", 480, run=Limits(2)), problem.shifts[1]))
    with pytest.raises(InvalidInstance, match="a history"):
        compiled(bound)

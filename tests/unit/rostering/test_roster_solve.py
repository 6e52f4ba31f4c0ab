"""Making rosters: lawful, repeatable, as good as is proven, and plain about what cannot be."""

import dataclasses

import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget, Status
from solver.rostering import formats_curtois, formats_inrc2, rules
from solver.rostering.arrays import compiled
from solver.rostering.collisions import collisions
from solver.rostering.problem import Contract, Limits, ShiftType
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


def test_work_measured_twice_in_shifts_of_different_length_is_refused():
    contract = Contract("c", minutes=Limits(0, 4800), shifts=Limits(0, 8))
    with pytest.raises(InvalidInstance, match="limits of minutes or of shifts"):
        compiled(week(contract))


def test_runs_of_a_shift_need_a_history():
    problem = week()
    bound = dataclasses.replace(problem, shifts=(ShiftType("early", 480, run=Limits(2)), problem.shifts[1]))
    with pytest.raises(InvalidInstance, match="a history"):
        compiled(bound)

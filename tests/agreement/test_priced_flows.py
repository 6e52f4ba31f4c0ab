"""Flows under prices: their bound against optima found by trying everything, their routes against the referee."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.quality.equipment_cases import generated
from solver.engine.result import Budget
from solver.equipment.bound import flow_bound
from solver.equipment.priced_flows import PricedFlows, on_units
from solver.equipment.referee import recount_bookings
from solver.equipment.search import Search
from solver.equipment.solve import solve
from tests.booking_instances import bookings, least_cost, plan_from, with_kits

CROWDED = generated(400, 40, 2, 3, types=4)
"""More bookings than routes can be listed for, one in three of which accepts two types."""


@pytest.mark.parametrize("seed", range(40))
def test_no_round_tells_a_bound_above_the_optimum(seed: int):
    problem = bookings(seed, requests=7, units=2 + seed % 3, types=2 + seed % 2)
    optimum = least_cost(problem)
    flows = PricedFlows(problem, problem.compiled())
    for turn in range(12):
        flows.round(one_by_one=turn < 3)
        assert flows.best <= optimum


@pytest.mark.parametrize("seed", range(24))
def test_nor_above_a_plan_with_kits_and_ways_from_home_that_the_referee_accepts(seed: int):
    problem = replace(with_kits(bookings(seed, 16, units=4), seed), from_home=seed % 2 == 1)
    flows = PricedFlows(problem, problem.compiled())
    flows.go_on(lambda: False)
    search = Search(problem, seed, 1)
    search.construct()
    search.lay(on_units(problem, search.arrays, flows.paths()))
    found = search.improve(Budget(iterations=2000).start(), lambda _: None, lambda: False)
    score = recount_bookings(problem, plan_from(problem, found.unit, found.begins))
    assert (score.broken, score.cost) == (0, found.cost)
    assert flows.best <= score.cost


@pytest.mark.parametrize("seed", range(10))
def test_where_each_booking_accepts_one_type_the_bound_is_that_of_the_joint_flow(seed: int):
    problem = bookings(seed, requests=20, units=4)
    alone = tuple(replace(one, type_ids=one.type_ids[:1]) for one in problem.requests)
    problem = replace(problem, requests=alone)
    flows = PricedFlows(problem, problem.compiled())
    assert not flows.round(one_by_one=False)
    assert flows.best == flow_bound(problem, problem.compiled())


def test_prices_raise_the_bound_above_that_of_flows_that_may_change_their_type():
    flows = PricedFlows(CROWDED, CROWDED.compiled())
    flows.go_on(lambda: False)
    assert flows.best > 1.05 * flow_bound(CROWDED, CROWDED.compiled())


def test_a_bound_is_told_even_if_there_is_no_time():
    flows = PricedFlows(CROWDED, CROWDED.compiled())
    flows.go_on(lambda: True)
    assert flows.best > 0
    assert flows.rounds == 1


def test_routes_of_flows_name_no_unit_and_no_booking_twice_and_are_laid_as_the_referee_counts():
    search = Search(CROWDED, 1, 1)
    constructed = search.construct()
    flows = PricedFlows(CROWDED, search.arrays)
    flows.go_on(lambda: False)
    paths = on_units(CROWDED, search.arrays, flows.paths())
    units = [unit for unit, _ in paths]
    served = [booking for _, several in paths for booking in several]
    assert len(set(units)) == len(units)
    assert len(set(served)) == len(served) > 250
    for unit, several in paths:
        assert all(unit in _may(search, booking) for booking in several)
    laid = search.lay(paths)
    score = recount_bookings(CROWDED, plan_from(CROWDED, laid.unit, laid.begins))
    assert (score.broken, score.cost) == (0, laid.cost)
    assert laid.cost < constructed.cost


def test_routes_that_are_dearer_than_the_plan_are_not_laid():
    search = Search(CROWDED, 1, 1)
    search.construct()
    found = search.improve(Budget(iterations=5000).start(), lambda _: None, lambda: False)
    kept = [array.copy() for array in search._runs[0].plan]
    assert search.lay([]).cost == found.cost
    for array, before in zip(search._runs[0].plan, kept, strict=True):
        assert (array == before).all()


def test_a_solve_by_steps_lays_routes_first_and_repeats_itself():
    first, second = (solve(CROWDED, Budget(iterations=3000), 7) for _ in range(2))
    assert first.plan == second.plan
    assert first.bound == second.bound > 0
    assert first.verified
    assert (first.gap or 1.0) < 0.4, "without routes from flows: 0.48"


def _may(search: Search, booking: int) -> list[int]:
    arrays = search.arrays
    return arrays.units_of[arrays.units_ptr[booking] : arrays.units_ptr[booking + 1]].tolist()

"""Bounds and proofs against optima found by trying everything."""

from __future__ import annotations

import pytest

from solver.engine.result import Budget, Status
from solver.equipment.bound import flow_bound
from solver.equipment.fleet_bound import busiest, price_bound
from solver.equipment.solve import solve
from tests.booking_instances import bookings, fewest_units, fixed_bookings, least_cost


@pytest.mark.parametrize("seed", range(40))
def test_the_optimum_is_found_and_proven_and_no_bound_lies_above_it(seed: int):
    problem = bookings(seed, requests=7, units=1 + seed % 3)
    optimum = least_cost(problem)
    assert flow_bound(problem, problem.compiled()) <= optimum
    result = solve(problem, Budget(seconds=20.0), seed)
    assert (result.cost, result.bound, result.status) == (optimum, optimum, Status.OPTIMAL)
    assert result.verified


@pytest.mark.parametrize("seed", range(40))
def test_a_fleets_bounds_never_lie_above_the_fewest_units(seed: int):
    problem = fixed_bookings(seed)
    fewest = fewest_units(problem)
    arrays = problem.compiled()
    assert busiest(arrays) <= (fewest or 99)
    assert price_bound(arrays, 5.0, lambda: False) <= (fewest or 99)
    result = solve(problem, Budget(iterations=3000), seed)
    assert result.cost == fewest
    assert (result.status is Status.INFEASIBLE) <= (fewest is None)

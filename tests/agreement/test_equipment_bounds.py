"""Bounds and proofs against optima found by trying everything."""

from __future__ import annotations

import numpy as np
import pytest

from solver.engine.result import Budget, Status
from solver.equipment.bound import flow_bound
from solver.equipment.fleet_bound import busiest, price_bound
from solver.equipment.maintenance import Due, with_maintenance
from solver.equipment.solve import solve
from tests.booking_instances import bookings, fewest_units, fixed_bookings, least_cost


@pytest.mark.parametrize("seed", range(40))
def test_the_optimum_is_found_and_proven_and_no_bound_lies_above_it(seed: int):
    problem = bookings(seed, requests=7, units=1 + seed % 3)
    optimum = least_cost(problem)
    assert flow_bound(problem, problem.compiled()) <= optimum
    result = solve(problem, Budget(seconds=60.0), seed)
    assert (result.cost, result.bound, result.status) == (optimum, optimum, Status.OPTIMAL)
    assert result.verified


@pytest.mark.parametrize("seed", range(30))
def test_so_it_is_where_work_is_due_on_units(seed: int):
    draw = np.random.default_rng(seed)
    plain = bookings(seed, requests=5, units=2)
    due = []
    for number, unit in enumerate(plain.units):
        start, wait, minutes, priority = (int(draw.integers(1, most)) for most in (300, 200, 90, 4))
        due.append(Due(f"M{number}", unit.id, start, start + wait, minutes, priority))
    problem = with_maintenance(plain, due, [])
    optimum = least_cost(problem)
    assert flow_bound(problem, problem.compiled()) <= optimum
    result = solve(problem, Budget(seconds=60.0), seed)
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

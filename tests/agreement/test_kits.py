"""Kits, and units that are carried from home: search, the whole model and the referee agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.engine.cpsat import Parameters
from solver.engine.result import Budget, Status
from solver.equipment.bound import flow_bound
from solver.equipment.cpsat import solve_whole
from solver.equipment.referee import recount_bookings
from solver.equipment.search import Search
from solver.equipment.solve import solve
from tests.booking_instances import bookings, plan_from, with_kits


def instance(seed: int, requests: int = 7):
    problem = bookings(seed, requests, units=2 + seed % 3)
    if seed % 4:
        problem = with_kits(problem, seed)
    return replace(problem, from_home=seed % 2 == 1)


@pytest.mark.parametrize("seed", range(24))
def test_the_whole_model_costs_what_the_referee_counts_and_no_bound_or_plan_contradicts_it(seed: int):
    problem = instance(seed)
    arrays = problem.compiled()
    proven = solve_whole(arrays, None, Parameters())
    assert proven.found is not None
    score = recount_bookings(problem, plan_from(problem, proven.found.unit, proven.found.begins))
    assert (score.broken, score.cost, proven.bound) == (0, proven.found.cost, proven.found.cost)
    assert flow_bound(problem, arrays) <= score.cost
    result = solve(problem, Budget(seconds=60.0), seed)
    assert (result.cost, result.bound, result.status) == (score.cost, score.cost, Status.OPTIMAL)
    assert result.verified


@pytest.mark.parametrize("seed", range(24))
def test_a_search_with_kits_costs_what_the_referee_counts_and_tears_none(seed: int):
    problem = instance(seed, requests=16)
    search = Search(problem, seed, 1)
    constructed = search.construct()
    found = search.improve(Budget(iterations=400).start(), lambda _: None, lambda: False)
    for one in (constructed, found):
        score = recount_bookings(problem, plan_from(problem, one.unit, one.begins))
        assert (score.broken, score.cost) == (0, one.cost)

"""Engines and referee agree: every insertion's change in cost, every plan a search ends with."""

from __future__ import annotations

import time

import numpy as np
import pytest

from benchmarks.quality.equipment_cases import generated
from solver.engine.kernels_random import random_state
from solver.engine.result import Budget
from solver.equipment.kernels_booking import NOWHERE, best_insertion
from solver.equipment.referee import recount_bookings, recount_fleet
from solver.equipment.search import Search
from solver.equipment.solve import solve
from tests.booking_instances import bookings, fixed_bookings, plan_from


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_of_the_search_costs_what_the_referee_counts_and_breaks_nothing(seed: int):
    problem = bookings(seed, requests=12, units=3)
    search = Search(problem, seed, 1)
    constructed = search.construct()
    found = search.improve(Budget(iterations=300).start(), lambda _: None, lambda: False)
    for one in (constructed, found):
        score = recount_bookings(problem, plan_from(problem, one.unit, one.begins))
        assert (score.broken, score.cost) == (0, one.cost)
    assert found.cost <= constructed.cost


@pytest.mark.parametrize("seed", range(30))
def test_an_insertions_change_is_the_referees_recount_and_no_place_is_cheaper(seed: int):
    """The booking is taken out of a plan and put back; every unit and place is tried by hand."""
    problem = bookings(seed, requests=14, units=2)
    search = Search(problem, seed, 1)
    search.construct()
    [run] = search._runs
    plan, arrays = run.plan, search.arrays
    waiting = np.flatnonzero(plan.unit < 0)
    assert waiting.size
    before = recount_bookings(problem, plan_from(problem, plan.unit, plan.begins)).cost
    for booking in waiting:
        change = best_insertion(arrays, plan, booking, search.slack, 0.0, random_state(1), run.place)
        by_hand = [NOWHERE]
        for unit in range(len(problem.units)):
            if problem.units[unit].type_id in problem.requests[booking].type_ids:
                by_hand += _tried(problem, plan, unit, int(booking))
        cheapest = min(by_hand)
        assert change - arrays.unserved_price[booking] + before == cheapest or cheapest == change == NOWHERE


def _tried(problem, plan, unit, booking):
    """Costs of the plans with the booking at each place of the unit's route; those that break a rule left out."""
    route = [int(one) for one in plan.route[unit, : plan.length[unit]]]
    others = [place for place in range(len(problem.requests)) if plan.unit[place] not in (-1, unit)]
    for place in range(len(route) + 1):
        unit_of, begins = np.full(plan.unit.size, -1), plan.begins.copy()
        unit_of[others] = plan.unit[others]
        one = problem.units[unit]
        free, here = 0, one.home
        for each in (*route[:place], booking, *route[place:]):
            request = problem.requests[each]
            way = problem.transport[problem.wards.index(here)][problem.wards.index(request.ward)]
            start = max(request.earliest, free + way)
            while any(a < start + request.span and start < b for a, b in one.unavailable):
                start += 1
            unit_of[each], begins[each] = unit, start
            free, here = start + request.span, request.ward
        score = recount_bookings(problem, plan_from(problem, unit_of, begins))
        if not score.broken:
            yield score.cost


def test_with_iterations_alone_the_same_seed_gives_the_same_plan():
    problem = bookings(3, requests=20, units=4)
    first, again = (solve(problem, Budget(iterations=500), 7) for _ in range(2))
    assert first.plan == again.plan
    assert first.verified


@pytest.mark.parametrize("seed", range(12))
def test_a_fleet_is_verified_and_repeatable(seed: int):
    problem = fixed_bookings(seed, jobs=24, units=16)
    budget = Budget(iterations=4000)
    first, again = (solve(problem, budget, 5) for _ in range(2))
    assert first.plan == again.plan
    if first.plan is not None:
        score = recount_fleet(problem, first.plan)
        assert (score.broken, score.cost, first.verified) == (0, first.cost, True)


def test_one_booking_is_inserted_into_a_plan_of_five_thousand_on_a_thousand_units_within_a_millisecond():
    """Processor time, the middle of many, with every one of the thousand units able to serve it."""
    problem = generated(5000, 1000, 3, 1, types=1)
    search = Search(problem, 1, 1)
    search.construct()
    [run] = search._runs
    assert (run.plan.unit >= 0).all()
    took = []
    for booking in range(0, 5000, 25):
        began = time.process_time()
        best_insertion(search.arrays, run.plan, booking, search.slack, 0.0, run.state, run.place)
        took.append(time.process_time() - began)
    assert np.median(took) < 0.001

"""Units fail: who lost one gets another, no more others change than may, and what has begun stays."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget
from solver.equipment.problem import (
    BookingPlan,
    BookingProblem,
    BookingRequest,
    BookingWeights,
    PlannedUnit,
    Served,
)
from solver.equipment.referee import recount_bookings
from solver.equipment.repair import Outage, joined, repair
from solver.equipment.search import Search
from tests.booking_instances import bookings, plan_from, with_kits

STEPS = Budget(iterations=300)


def request(id_: str, earliest: int, latest: int, types=("pump",), **rest) -> BookingRequest:
    return BookingRequest(id_, types, "A", earliest, latest, 50, **rest)


UNITS = tuple(PlannedUnit(f"D{n}", "pump", "A") for n in range(2))


def planned(*requests: BookingRequest, served: str) -> tuple[BookingProblem, BookingPlan]:
    """``served``: "R0 D0 10, ..."."""
    plan = tuple(Served(a, b, int(c)) for a, b, c in (one.split() for one in served.split(", ")))
    return BookingProblem(("A",), ((0,),), UNITS, requests, horizon=1000), BookingPlan(plan)


TIGHT = planned(
    request("R0", 100, 100),
    request("R1", 100, 200),
    request("R2", 300, 400),
    served="R0 D0 100, R1 D1 100, R2 D0 300",
)
"""R0 can only begin when R1 uses the other unit."""


def test_without_a_change_who_fits_nowhere_is_lost_and_nobody_else_is_touched():
    done = repair(*TIGHT, [Outage("D0", 0, 1000)], 0, 0, 5, 1, STEPS)
    assert (done.lost, done.moved, done.changed, done.verified) == (("R0",), ("R2",), (), True)
    assert Served("R1", "D1", 100) in done.plan.served
    assert done.cost == 300


def test_one_change_lets_another_wait_and_nobody_is_lost():
    done = repair(*TIGHT, [Outage("D0", 0, 1000)], 0, 1, 5, 1, STEPS)
    assert (done.lost, done.moved, done.changed, done.verified) == ((), ("R0", "R2"), ("R1",), True)
    assert done.cost == 50


def test_what_has_begun_stays_unless_its_own_unit_fails():
    done = repair(*TIGHT, [Outage("D0", 120, 1000)], 120, 1, 5, 1, STEPS)
    assert Served("R1", "D1", 100) in done.plan.served
    assert (done.lost, done.moved, done.changed) == (("R0",), ("R2",), ())
    assert done.verified


def test_nothing_that_is_planned_anew_begins_before_now():
    problem, plan = planned(request("R0", 100, 300), served="R0 D0 180")
    done = repair(problem, plan, [Outage("D0", 150, 1000)], 150, 0, 0, 1, STEPS)
    assert (done.plan.served, done.cost, done.verified) == ((Served("R0", "D1", 150),), 50, True)


def test_what_may_not_change_stays_though_waiting_costs_nothing():
    problem, plan = TIGHT
    problem = replace(problem, weights=BookingWeights(wait=0))
    done = repair(problem, plan, [Outage("D0", 0, 1000)], 0, 0, 0, 1, STEPS)
    assert (done.lost, done.changed, done.verified) == (("R0",), (), True)


def test_the_parts_of_a_kit_move_together():
    units = (*UNITS, PlannedUnit("S", "stand", "A"))
    problem = BookingProblem(
        ("A",),
        ((0,),),
        units,
        (
            request("R0", 100, 300, kit="K"),
            request("R1", 100, 300, ("stand",), kit="K"),
            request("R2", 100, 100),
        ),
        horizon=1000,
    )
    plan = BookingPlan((Served("R0", "D0", 100), Served("R1", "S", 100), Served("R2", "D1", 100)))
    done = repair(problem, plan, [Outage("D0", 0, 1000)], 0, 0, 0, 1, STEPS)
    assert set(done.plan.served) == {Served("R0", "D1", 150), Served("R1", "S", 150), Served("R2", "D1", 100)}
    assert (done.moved, done.changed) == (("R0", "R1"), ())


@pytest.mark.parametrize("seed", range(12))
def test_no_rule_breaks_no_more_change_than_may_and_more_changes_never_cost_more(seed: int):
    problem = bookings(seed, requests=12, units=4)
    # One place, so that leaving one booking out of a route lengthens no way.
    problem = with_kits(problem, seed) if seed % 2 else problem
    size = len(problem.wards)
    problem = BookingProblem(
        problem.wards,
        ((0,) * size,) * size,
        problem.units,
        problem.requests,
        problem.weights,
        problem.horizon,
    )
    search = Search(problem, seed, 1)
    search.construct()
    found = search.improve(STEPS.start(), lambda _: None, lambda: False)
    plan = plan_from(problem, found.unit, found.begins)
    now = 100
    outages = [Outage(problem.units[seed % 4].id, now + 20, 700)]
    costs = []
    for changes in (0, 2):
        done = repair(problem, plan, outages, now, changes, 4, seed, STEPS)
        assert done.verified
        assert recount_bookings(done.problem, done.plan).broken == 0
        assert len(done.changed) <= changes
        told = {*done.moved, *done.lost, *done.changed}
        after = {one.request_id: one for one in done.plan.served}
        different = {one.request_id for one in plan.served if after.get(one.request_id) != one}
        assert told == different, "all who are affected are told, and nobody else"
        costs.append(done.cost)
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize(
    ("outage", "told"),
    [
        pytest.param(Outage("D9", 0, 5), "a device of the instance", id="no device"),
        pytest.param(Outage("D0", 9, 9), "from < until", id="of no length"),
        pytest.param(Outage("D0", -5, 9), "from < until", id="in the past"),
    ],
)
def test_an_outage_that_cannot_be_is_refused(outage, told):
    with pytest.raises(InvalidInstance, match=told):
        repair(*TIGHT, [outage], 0, 0, 0, 1, STEPS)


def test_a_plan_that_is_broken_already_is_refused():
    problem, plan = TIGHT
    overlapping = BookingPlan((*plan.served[:1], Served("R1", "D0", 100)))
    with pytest.raises(InvalidInstance, match="breaks no rule"):
        repair(problem, overlapping, [], 0, 0, 0, 1, STEPS)


def test_windows_that_touch_or_overlap_become_one():
    draw = np.random.default_rng(1)
    for _ in range(50):
        windows = [(int(a), int(a) + int(b)) for a, b in draw.integers(1, 20, (4, 2))]
        found = list(joined(windows))
        covered = {minute for a, b in windows for minute in range(a, b)}
        assert {minute for a, b in found for minute in range(a, b)} == covered
        assert all(left[1] < right[0] for left, right in itertools.pairwise(found))

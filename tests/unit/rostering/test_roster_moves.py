"""Small moves keep their sums true, and stop when told."""

import numpy as np
import pytest

from solver.engine.kernels_random import random_state
from solver.engine.result import Budget
from solver.rostering import formats_curtois, formats_inrc2
from solver.rostering.arrays import SCALE, compiled, is_lenient
from solver.rostering.kernels_moves import anneal_moves
from solver.rostering.kernels_rows import row_cost
from solver.rostering.moves import anneal
from solver.rostering.referee import recount
from solver.rostering.search import empty_plan
from solver.rostering.solve import solve
from tests.roster_cases import public


def _inrc2():
    return formats_inrc2.read(public("inrc2"), "n005w4_1_6-2-9-1")


@pytest.fixture(scope="module")
def moved():
    """The competition's smallest instance, from nobody working, after some thousand moves."""
    problem = _inrc2()
    arrays = compiled(problem)
    plan, best = empty_plan(arrays), empty_plan(arrays)
    rows = np.zeros((2, problem.days), np.int64)
    tally = np.zeros(len(problem.shifts), np.int64)
    for p in range(len(plan.personal)):
        _start(arrays, p, plan, tally)
    state = random_state(3)
    for heat in (30.0, 10.0, 3.0):
        anneal_moves(arrays.tables, 20_000, heat * SCALE, plan, best, rows, tally, state)
    return problem, arrays, plan, best


def _start(arrays, p, plan, tally):
    """What days off alone cost a person."""

    plan.personal[p] = row_cost(arrays.tables, p, plan.duty[p], tally)
    plan.total[0] += plan.personal[p]


@pytest.mark.parametrize("which", ["plan", "best"])
def test_what_moves_say_that_a_roster_costs_is_what_the_referee_counts(moved, which):
    problem, arrays, plan, best = moved
    shown = plan if which == "plan" else best
    counted = recount(problem, arrays.roster(shown.duty))
    assert counted.broken == int(shown.total[1])
    missing = int(shown.total[1] * arrays.tables.size[3])
    assert counted.cost == arrays.in_units(int(shown.total[0]) - missing)


def test_moves_count_how_many_are_on_each_duty(moved):
    _, _, plan, _ = moved
    for day, duty in np.ndindex(*plan.staffed.shape):
        assert plan.staffed[day, duty] == (plan.duty[:, day] == duty).sum()


def test_moves_end_when_their_time_is_over(moved):
    _, arrays, plan, best = moved
    looks = iter([0.0, 0.5, 1.0, 2.0])
    anneal(arrays.tables, plan, best, 5.0, lambda: next(looks), random_state(1))
    assert next(looks) == 2.0


def test_only_where_runs_have_prices_small_moves_are_made():
    hard = formats_curtois.read(public("shift_scheduling", "Instance1.txt"))
    assert is_lenient(compiled(_inrc2()).tables)
    assert not is_lenient(compiled(hard).tables)


def test_a_bound_is_rounded_up_to_the_next_cost_there_can_be():
    """All prices of the competition are multiples of five."""
    arrays = compiled(_inrc2())
    assert arrays.step == 5 * SCALE
    assert arrays.at_least(1511 * SCALE) == 1515
    assert arrays.at_least(1515 * SCALE) == 1515


def test_the_smallest_public_instance_is_proven():
    problem = formats_curtois.read(public("shift_scheduling", "Instance1.txt"))
    # It ends with the proof; the limit is for a machine that never comes to it.
    result = solve(problem, Budget(seconds=60), 1)
    assert (result.cost, result.bound) == (607, 607)

"""A part of a roster decided anew: what it costs is what the whole then costs, and no rule is broken at its borders."""

import time

import numpy as np
import pytest

from solver.engine.kernels_random import random_state
from solver.rostering import formats_curtois, formats_inrc2
from solver.rostering.arrays import Compiled, compiled, new_trial, room
from solver.rostering.kernels_search import respond
from solver.rostering.layout import Plan
from solver.rostering.neighbourhoods import Parts
from solver.rostering.problem import RosterProblem
from solver.rostering.referee import recount
from solver.rostering.search import empty_plan
from tests.roster_cases import public


def _curtois() -> RosterProblem:
    return formats_curtois.read(public("shift_scheduling", "Instance16.txt"))


def _half_a_year() -> RosterProblem:
    return formats_curtois.read(public("shift_scheduling", "Instance20.txt"))


def _inrc2() -> RosterProblem:
    return formats_inrc2.read(public("inrc2"), "n005w4_1_6-2-9-1")


def _begun(arrays: Compiled) -> Plan:
    """Everybody's schedule once, each the best for those before."""
    plan, trial, work = empty_plan(arrays), new_trial(arrays.tables, 3), room(arrays.tables)
    state = random_state(1)
    for person in range(len(plan.personal)):
        assert respond(arrays.tables, person, 0, plan, trial, work, state)
    return plan


@pytest.mark.parametrize("read", [_curtois, _inrc2], ids=["curtois", "inrc2"])
def test_what_a_part_saves_is_what_the_referee_counts(read):
    problem = read()
    arrays = compiled(problem)
    plan = _begun(arrays)
    parts = Parts(arrays.tables, arrays.step, time.process_time, lambda: 100.0, np.random.default_rng(1))
    before = int(plan.total[0])
    for _ in range(12):
        parts.improve(plan, None)
        counted = recount(problem, arrays.roster(plan.duty))
        assert counted.broken == int(plan.total[1])
        if not counted.broken:
            assert counted.cost == arrays.in_units(int(plan.total[0]))
    assert parts.won > 0
    assert int(plan.total[0]) < before

"""What small moves add up is what recounting the roster gives, after any number of them at any temperature."""

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from solver.engine.kernels_random import random_state
from solver.rostering import formats_inrc2
from solver.rostering.arrays import SCALE, compiled
from solver.rostering.kernels_moves import anneal_moves, count_rows
from solver.rostering.kernels_rows import row_cost
from solver.rostering.layout import Plan
from solver.rostering.moves import new_sums, softened
from solver.rostering.referee import recount
from solver.rostering.search import empty_plan
from tests.roster_cases import public


@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.sampled_from([0.5, 5.0, 50.0]))
def test_costs_and_sums_kept_by_moves_are_those_of_the_roster(seed, steps, heat):
    problem = formats_inrc2.read(public("inrc2"), "n005w4_1_6-2-9-1")
    arrays = compiled(problem)
    tables, sums, plan = softened(arrays.tables), new_sums(arrays.tables), empty_plan(arrays)
    room = np.zeros(len(tables.unit), np.int64)
    plan.personal[:] = [row_cost(tables, p, row, room) for p, row in enumerate(plan.duty)]
    plan.total[0] += plan.personal.sum()
    best = Plan(*(array.copy() for array in plan))
    count_rows(tables, plan, sums)
    anneal_moves(tables, steps, heat * SCALE, 30 * SCALE, plan, best, sums, random_state(seed))
    for shown in (plan, best):
        counted, missing = recount(problem, arrays.roster(shown.duty)), int(shown.total[1])
        assert counted.broken == missing
        assert counted.cost == arrays.in_units(int(shown.total[0]) - missing * int(tables.size[3]))
    fresh = new_sums(arrays.tables)
    count_rows(tables, plan, fresh)
    for kept, again in zip(sums[:3], fresh[:3], strict=True):
        assert (kept == again).all()

"""What a cost is made of: as the referee counts it, told with every better plan."""

from __future__ import annotations

import pytest

from solver.admissions.arrays import compiled
from solver.admissions.formats import read_problem
from solver.admissions.parts import parts
from solver.admissions.referee import recount
from solver.admissions.search import search
from solver.admissions.starting import first_plan
from solver.engine.result import Budget, Unobserved
from tests.admission_cases import public, told_before


@pytest.mark.parametrize("changed", [lambda problem: problem, told_before], ids=["as_given", "told_before"])
def test_the_parts_are_what_the_referee_counts(changed) -> None:
    arrays = compiled(changed(read_problem(public("i02.json"))))
    found = search(arrays, Budget(iterations=100_000).start(), 1, Unobserved(), 1)
    for plan in (first_plan(arrays, 1), found.plan):
        counted = recount(arrays.problem, arrays.plan(plan.day, plan.room, plan.theatre, plan.nurse))
        assert parts(arrays, plan) == {tally.rule.id: tally.cost for tally in counted.tallies if tally.cost}


def test_every_plan_that_is_told_comes_with_parts_that_add_up() -> None:
    arrays = compiled(read_problem(public("i02.json")))
    found = search(arrays, Budget(iterations=100_000).start(), 1, Unobserved(), 1)
    assert len(found.trace) > 1
    assert all(point.parts and sum(point.parts.values()) == point.cost for point in found.trace)

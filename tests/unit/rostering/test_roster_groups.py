"""Groups that share no duty: problems of their own, whose costs and bounds add up to those of the whole."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from solver.engine.result import Budget, Status
from solver.rostering import neighbourhoods
from solver.rostering.arrays import compiled
from solver.rostering.columns import Generation, personal_costs
from solver.rostering.groups import cover_cost, group_of, groups
from solver.rostering.kernels_pricing import FREE
from solver.rostering.neighbourhoods import Parts
from solver.rostering.pool import Relaxation, pooled
from solver.rostering.problem import RosterProblem, Wish
from solver.rostering.referee import recount
from solver.rostering.search import empty_plan
from solver.rostering.solve import solve
from tests.roster_cases import ward


def _wards(*sizes: int) -> RosterProblem:
    """Wards of so many people each with a skill of its own; everybody wishes to be off on day 0."""
    shifts, employees, cover = ward().shifts, [], []
    for number, size in enumerate(sizes):
        skill = f"skill {number}"
        for one in ward(size).employees:
            employees.append(dataclasses.replace(one, id=f"{skill}, {one.id}", skills=frozenset([skill])))
        cover += [dataclasses.replace(cell, skill=skill) for cell in ward().cover]
    skills = tuple(f"skill {number}" for number in range(len(sizes)))
    wishes = tuple(Wish(one.id, 0, None, False, 3) for one in employees)
    return RosterProblem("wards", 14, shifts, skills, tuple(employees), wishes, tuple(cover))


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=8)))
def test_a_group_is_whoever_is_reached_over_shared_duties(able):
    shared = (able.astype(int) @ able.T.astype(int) > 0) | np.eye(len(able), dtype=bool)
    reached = np.linalg.matrix_power(shared.astype(int), len(able)) > 0
    assert group_of(able).tolist() == reached.argmax(axis=1).tolist()


def test_the_smallest_group_comes_first_and_wants_nobody_with_the_skills_of_others():
    tables = compiled(_wards(4, 2)).tables
    few, many = groups(tables)
    assert (few.people.tolist(), many.people.tolist()) == ([4, 5], [0, 1, 2, 3])
    assert not (few.duties & many.duties).any()
    for group in (few, many):
        assert (group.tables.wanted > 0).any(axis=0).tolist() == group.duties.tolist()
        assert (group.tables.able == tables.able[group.people]).all()


def test_people_who_share_duties_are_one_group_with_the_tables_of_the_whole():
    tables = compiled(ward()).tables
    (group,) = groups(tables)
    assert all((ours == whole).all() for ours, whole in zip(group.tables, tables, strict=True))


@given(st.integers(0, 2**32 - 1))
def test_costs_of_groups_add_up_to_what_the_referee_counts(seed):
    problem = _wards(3, 2)
    compilation = compiled(problem)
    tables, random = compilation.tables, np.random.default_rng(seed)
    # Five days on, two off keep every hard rule of the contract; half of them by night.
    duties = np.full((5, 14), -1)
    for p, able in enumerate(tables.able):
        for first in (0, 7):
            duties[p, first : first + 5] = random.choice(np.flatnonzero(able))
    cost = 0
    for group in groups(tables):
        mine = duties[group.people]
        there = np.zeros_like(tables.wanted)
        for row in mine:
            there[np.flatnonzero(row >= 0), row[row >= 0]] += 1
        cost += int(personal_costs(group.tables, mine).sum()) + cover_cost(group.tables, there)
    counted = recount(problem, compilation.roster(duties))
    assert counted.broken == 0
    assert compilation.in_units(cost) == counted.cost


def test_the_bound_of_several_groups_is_that_of_each_together():
    """With the proof the search ends; the limit is for a machine that never comes to it."""
    alone = [solve(_wards(size), Budget(seconds=60), 1) for size in (5, 6)]
    together = solve(_wards(5, 6), Budget(seconds=60), 1)
    assert together.status is Status.OPTIMAL
    assert together.cost == together.bound == sum(one.cost for one in alone) > 0


@pytest.fixture
def chosen(monkeypatch):
    """Who was chosen for each part, none of which is decided anew."""
    seen = []

    def recorded(tables, plan, people, begin, end):
        seen.append(set(people.tolist()))
        raise StopIteration

    monkeypatch.setattr(neighbourhoods, "window", recorded)
    return seen


def _choose_parts(compilation, seed, pool):
    random = np.random.default_rng(seed)
    parts = Parts(compilation.tables, compilation.step, lambda: 0.0, lambda: 1.0, random)
    for _ in range(20):
        with pytest.raises(StopIteration):
            parts.improve(empty_plan(compilation), pool)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_part_has_people_of_one_group(chosen, seed):
    compilation = compiled(_wards(5, 4))
    _choose_parts(compilation, seed, None)
    assert all(people <= set(range(5)) or people <= set(range(5, 9)) for people in chosen)
    assert {min(people) // 5 for people in chosen} == {0, 1}


def test_where_some_groups_were_relaxed_parts_have_their_people(chosen):
    compilation = compiled(_wards(5, 4))
    few, _ = groups(compilation.tables)
    free = np.full((4, 14), FREE)
    columns = Generation(few.tables, np.zeros_like(few.tables.wanted), free, lambda: 60.0)
    relaxed = columns.generate()
    assert relaxed is not None
    pool = pooled(compilation.tables, [Relaxation(few, columns.master.columns, relaxed)])
    _choose_parts(compilation, 1, pool)
    assert chosen
    assert all(people <= set(few.people.tolist()) for people in chosen)

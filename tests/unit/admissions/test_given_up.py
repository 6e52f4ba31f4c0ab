"""What the search knows of a move before it carries it out is what carrying it out says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from solver.admissions.arrays import compiled, new_plan, new_trial
from solver.admissions.formats import read_problem
from solver.admissions.kernels import relief, relieve
from solver.admissions.kernels_moves import propose, propose_nurses
from solver.admissions.kernels_search import anneal, build, hopeless, move_people, worth
from solver.admissions.layout import NURSE, PATIENT_KINDS, SOFT
from solver.admissions.problem import AdmissionProblem
from solver.admissions.starting import first_plan
from solver.engine.jit import kernel
from solver.engine.kernels_random import below, random_state, uniform
from tests.admission_cases import public, told_before

ANYTHING = 1e15
"""More than any move costs."""


@kernel
def audit(tables: Any, plan: Any, trial: Any, rounds: int, found: Any, state: Any) -> int:
    """Carry out and take back what is given up; found int64 (3,): given up, of these wrongly, and shifts of nurses that
    cost something else than was told before."""
    for _ in range(rounds):
        if propose_nurses(tables, plan, trial, NURSE, state) == 1:
            r, s, n = trial.changes[0, 0], trial.changes[0, 1], trial.changes[0, 2]
            told = plan.total[SOFT] + relief(tables, plan, r, s, n)
            relieve(tables, plan, r, s, n)
            found[2] += 1 if plan.total[SOFT] != told else 0
        limit = -8.0 * np.log(1.0 - uniform(state))
        count = propose(tables, plan, trial, below(state, PATIENT_KINDS), state)
        if count == 0:
            continue
        if not hopeless(tables, plan, trial, count, limit):
            move_people(tables, plan, trial, count, limit)
            continue
        found[0] += 1
        before = worth(plan, trial)
        if move_people(tables, plan, trial, count, ANYTHING):
            found[1] += 1 if worth(plan, trial) - before <= limit else 0
            for i in range(count):
                for part in range(3):
                    trial.target[i, part] = trial.source[i, part]
            move_people(tables, plan, trial, count, ANYTHING)
    return int(found[0])


def nurses_alone(problem: AdmissionProblem) -> AdmissionProblem:
    """The problem in which nothing but nurses and days has a price, so that no other rule hides a saving forgotten."""
    weights = replace(problem.weights, room_mixed_age=0, open_theatre=0, surgeon_transfer=0)
    return replace(problem, weights=weights)


@pytest.mark.parametrize("changed", [nurses_alone, told_before])
def test_a_move_is_given_up_only_if_it_would_be_too_dear_and_a_nurses_shift_costs_what_was_told(
    changed,
) -> None:
    arrays = compiled(changed(read_problem(public("i08.json"))))
    plan, best, trial, state = new_plan(arrays), new_plan(arrays), new_trial(arrays), random_state(3)
    build(arrays.tables, plan, trial, first_plan(arrays, 3, 0.1))
    anneal(arrays.tables, plan, best, trial, 100_000, 0.5, np.array([8.0, 60.0, 2.0, 2.0]), state)
    found = np.zeros(3, np.int64)
    audit(arrays.tables, plan, trial, 20_000, found, state)
    assert found[0] > 4_000
    assert found[1:].tolist() == [0, 0]

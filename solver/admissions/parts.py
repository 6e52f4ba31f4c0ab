"""What the cost of a plan is made of, read from the counts that the search keeps of it."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.admissions import rules
from solver.admissions.arrays import Compiled, new_plan, new_trial
from solver.admissions.kernels_search import build
from solver.admissions.layout import SOFT, Plan, Tables
from solver.engine.rule import Level
from solver.engine.types import Int64

SOFT_RULES: Final = tuple(rule.id for rule in rules.CATALOGUE if rule.level is Level.SOFT)
"""In the order of ``Weights``."""


def parts(compiled: Compiled, given: Plan) -> dict[str, int]:
    """Cost by rule, of those rules that cost something; their sum is the plan's cost. Of ``given`` only the decisions
    are read."""
    plan = new_plan(compiled)
    build(compiled.tables, plan, new_trial(compiled), given)
    found = dict(
        zip(SOFT_RULES, map(int, compiled.tables.weights * _counts(compiled.tables, plan)), strict=True)
    )
    found[rules.MOVED.id] = int(plan.total[SOFT]) - sum(found.values())
    return {rule: cost for rule, cost in found.items() if cost}


def _counts(tables: Tables, plan: Plan) -> Int64:
    """How often each soft rule is broken, int64 (8,), in the order of ``Weights``."""
    patients = int(tables.size[0])
    admitted = plan.day[:patients] >= 0
    ages, last = plan.ages > 0, plan.ages.shape[2] - 1
    spread = last - ages[:, :, ::-1].argmax(axis=2) - ages.argmax(axis=2)
    skill = tables.nurse_skill[plan.nurse][:, :, np.newaxis]
    counts = (
        spread[ages.any(axis=2)].sum(),
        np.take_along_axis(plan.lack, skill, axis=2).sum(),
        (plan.met > 0).sum(),
        np.maximum(0, plan.load - tables.most_load).sum(),
        (plan.theatre_cases > 0).sum(),
        np.maximum(0, (plan.pair_cases > 0).sum(axis=2) - 1).sum(),
        (plan.day[:patients] - tables.need[:patients, 3])[admitted].sum(),
        patients - admitted.sum(),
    )
    return np.array(counts, np.int64)

"""The kernels of rostering compiled, or read from their cache, before somebody waits for a roster."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.engine.kernels_random import random_state
from solver.engine.result import Budget
from solver.rostering import moves
from solver.rostering.agreeing import Agreeing
from solver.rostering.arrays import compiled
from solver.rostering.problem import Contract, Cover, Employee, Limits, RosterProblem, ShiftType
from solver.rostering.proof import candidates
from solver.rostering.search import empty_plan
from solver.rostering.solve import solve

SECONDS: Final = 60.0


def warm_up() -> None:
    """Make a roster of one person and one week; then what a search of one round does not come to: prices and a sweep,
    a millisecond of small moves, and the list of that person's schedules."""
    contract = Contract("full", shifts=Limits(1, 5))
    cover = (Cover(0, "day", "", 0, 1, 1, 1),)
    nobody = Employee("nobody", contract)
    problem = RosterProblem("warm", 7, (ShiftType("day", 480),), (), (nobody,), (), cover)
    solve(problem, Budget(iterations=1), 0)
    arrays = compiled(problem)
    plan, best, done = empty_plan(arrays), empty_plan(arrays), iter((0.0, 1.0))
    agreeing, swept = Agreeing(arrays.tables, 1.0), iter((0.0, 0.0, 1.0))
    agreeing.climb(1, lambda: next(swept))
    agreeing.sweep(plan, best, lambda: next(swept), np.random.default_rng(0))
    moves.anneal(arrays.tables, plan, best, moves.Heat(10.0, 1.0), lambda: next(done), random_state(0))
    worth = np.zeros(arrays.tables.wanted.shape, np.int64)
    candidates(arrays.tables, worth, 0, 0, lambda: SECONDS)

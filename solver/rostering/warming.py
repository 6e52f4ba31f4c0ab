"""The kernels of rostering compiled, or read from their cache, before somebody waits for a roster."""

from __future__ import annotations

from solver.engine.result import Budget
from solver.rostering.problem import Contract, Cover, Employee, Limits, RosterProblem, ShiftType
from solver.rostering.solve import solve


def warm_up() -> None:
    """Make a roster of one person and one week."""
    contract = Contract("full", shifts=Limits(1, 5))
    cover = (Cover(0, "day", "", 0, 1, 1, 1),)
    nobody = Employee("nobody", contract)
    solve(
        RosterProblem("warm", 7, (ShiftType("day", 480),), (), (nobody,), (), cover), Budget(iterations=1), 0
    )

"""The linear relaxation of choosing routes: each row is covered once, or paid for; each group gives one route
at most.

min sum of column costs + sum of penalties of rows left open. Columns are added as they are found; each solve
starts from the last basis (GLOP's dual or primal simplex).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from solver.engine.types import Float64


class Master:
    """``rows``: right sides; ``penalties``: what leaving a row open costs; ``groups``: how many give one route
    each."""

    def __init__(self, rows: Sequence[float], penalties: Sequence[float], groups: int) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        self._rows = [self._solver.Constraint(side, side) for side in rows]
        self._groups = [self._solver.Constraint(-self._solver.infinity(), 1.0) for _ in range(groups)]
        self.columns: list[pywraplp.Variable] = []
        for row, penalty in zip(self._rows, penalties, strict=True):
            row.SetCoefficient(self._variable(penalty), 1.0)

    def _variable(self, cost: float) -> pywraplp.Variable:
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(variable, cost)
        return variable

    def add(self, cost: float, rows: Iterable[int], group: int) -> None:
        """A route of a group that covers ``rows``."""
        variable = self._variable(cost)
        for row in rows:
            self._rows[int(row)].SetCoefficient(variable, 1.0)
        self._groups[group].SetCoefficient(variable, 1.0)
        self.columns.append(variable)

    def solve(self, seconds: float) -> tuple[Float64, Float64, float] | None:
        """Prices of the rows, rents of the groups (0 or less), and the cost of the relaxation so far; None if
        ``seconds`` of wall time did not suffice."""
        self._solver.SetTimeLimit(max(1, int(seconds * 1000)))
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        prices = np.array([row.dual_value() for row in self._rows], np.float64)
        rents = np.array([group.dual_value() for group in self._groups], np.float64)
        return prices, rents, float(self._objective.Value())

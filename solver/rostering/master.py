"""The linear relaxation of choosing one schedule per person; schedules are added as they are found.

min sum of schedule costs + prices of people missing or too many. Rows: people on each duty of each day; one schedule
for everybody. Each solve starts from the last basis (GLOP). Where people's rules have prices preprocessing is left out:
without it 96 solves for 30 people of INRC-II and four weeks took 3.4 s instead of 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from solver.engine.types import Float64, Int64
from solver.rostering.arrays import is_lenient
from solver.rostering.kernels_pricing import FREE
from solver.rostering.layout import Tables

NOBODY = 50
"""Price of a person without a schedule, in people missing below the least cover: only while a dive has none to give."""


@dataclass(frozen=True, slots=True)
class Column:
    """A schedule of employee ``person``: duties int64 (days,), -1 for a day off; its personal cost in the arrays'
    units; the master's variable of it."""

    person: int
    duties: Int64
    cost: int
    variable: pywraplp.Variable


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Prices float64 (days, n_duties) of one person more, rents float64 (n_employees,), and the cost so far."""

    prices: Float64
    rents: Float64
    cost: float


class Master:
    """``staffed`` int64 (days, n_duties): people who are there whatever is chosen."""

    def __init__(self, tables: Tables, staffed: Int64) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        if is_lenient(tables):
            self._solver.SetSolverSpecificParametersAsString("use_preprocessing: false")
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        days, duties = tables.wanted.shape
        broken = int(tables.size[3])
        self._people = [self._solver.Constraint(1.0, 1.0) for _ in range(len(tables.terms))]
        self._rows = [
            [self._row(tables, day, duty, int(staffed[day, duty])) for duty in range(duties)]
            for day in range(days)
        ]
        self.columns: list[list[Column]] = [[] for _ in self._people]
        self._known: set[tuple[int, bytes]] = set()
        for person in self._people:
            self._objective.SetCoefficient(nobody := self._solver.NumVar(0.0, 1.0, ""), NOBODY * broken)
            person.SetCoefficient(nobody, 1.0)

    def _row(self, tables: Tables, day: int, duty: int, there: int) -> pywraplp.Constraint:
        wanted, least = int(tables.wanted[day, duty]), int(tables.least[day, duty])
        row = self._solver.Constraint(wanted - there, wanted - there)
        for price, most, sign in (
            (int(tables.under[day, duty]), max(0, wanted - max(least, there)), 1.0),
            (int(tables.size[3]), max(0, least - there), 1.0),
            (int(tables.over[day, duty]), max(0, there - wanted) + len(self._people), -1.0),
        ):
            variable = self._solver.NumVar(0.0, most, "")
            self._objective.SetCoefficient(variable, price)
            row.SetCoefficient(variable, sign)
        return row

    def add(self, person: int, duties: Int64, cost: int) -> bool:
        """One more schedule; whether it was not there already."""
        key = person, duties.tobytes()
        if key in self._known:
            return False
        self._known.add(key)
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(variable, cost)
        self._people[person].SetCoefficient(variable, 1.0)
        for day in np.flatnonzero(duties >= 0).tolist():
            self._rows[day][int(duties[day])].SetCoefficient(variable, 1.0)
        self.columns[person].append(Column(person, duties.copy(), cost, variable))
        return True

    def keep(self, person: int, fixed: Int64) -> None:
        """Leave a person the schedules that agree with ``fixed`` int64 (days,): ``FREE``, -1 for off, or a duty."""
        bound = fixed != FREE
        for column in self.columns[person]:
            if not np.array_equal(column.duties[bound], fixed[bound]):
                column.variable.SetUb(0.0)

    def solve(self, seconds: float) -> Relaxed | None:
        """None if ``seconds`` of wall time did not suffice."""
        self._solver.SetTimeLimit(max(1, int(seconds * 1000)))
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        prices = np.array([[row.dual_value() for row in rows] for rows in self._rows], np.float64)
        rents = np.array([row.dual_value() for row in self._people], np.float64)
        return Relaxed(prices, rents, float(self._objective.Value()))

    def share(self, column: Column) -> float:
        """How much of a schedule the last relaxation chose."""
        return float(column.variable.solution_value())

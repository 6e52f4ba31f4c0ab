"""Solving the program: a linear relaxation for the bound, then CP-SAT on the variables that still matter.

For any multipliers m of the rows, weak duality gives a bound for every assignment:

    cost >= constant + sum_i (m_i low_i if m_i > 0 else m_i high_i) + sum_j min(r_j lower_j, r_j upper_j)
    r = cost - m' matrix

It is computed here, from the multipliers HiGHS returns, so a wrong claim of the engine cannot pass. With that
bound L, every assignment with variable j above its lower limit costs at least L + r_j. So with a margin d all
variables with r_j > d are left out: CP-SAT's bound b for the rest makes min(b, L + d) a bound for all, and
an optimum of at most L + d is the optimum of all (reduced-cost fixing: Wolsey, Integer Programming, 2nd
edition 2020, section 7.6).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from solver.engine import cpsat
from solver.engine.errors import EngineError
from solver.engine.result import Observer, Status
from solver.engine.types import Int64
from solver.placing.cpsat.linear import INFINITE, Program

Float64 = npt.NDArray[np.float64]

SCALE: Final = 1000.0
"""Costs are divided by this for the relaxation: prices then lie between 1 and 10^5, as engines like them."""

SAFETY: Final = 1e-9
"""Share of the sum of absolute terms taken off the bound for rounding: float64 errs by 10^-16 a term."""

FIRST_MARGIN: Final = 2e-6
"""Share of the bound that the first margin is. Measured on three districts with 200 requests: 1,000 to 2,000 of
35,000 places are left, and the optimum of all lies among them."""

MARGIN_GROWTH: Final = 10
"""By how much the margin grows while the optimum may lie outside."""

HIGHS_SHARE: Final = 0.4
"""Share of the time left that HiGHS may take before CP-SAT: on the same districts it needs 2 s where CP-SAT
needs 4 to 20 s, but it cannot start from a plan."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """``bound``: no assignment costs less. ``reduced``: by how much each variable's next unit raises it."""

    bound: int
    reduced: Float64


def relax(program: Program, seconds: float) -> Relaxation | None:
    """Solve the linear relaxation; None if there was no time."""
    equal = program.low == program.high
    upper_rows = ~equal & (program.high < INFINITE)
    if (~equal & (program.low > -INFINITE)).any():
        raise EngineError("A row of the joint model has a lower limit; rows are equations or have an upper one.")
    matrix = program.matrix.astype(np.float64)
    answer = linprog(
        program.cost / SCALE,
        A_ub=matrix[upper_rows],
        b_ub=program.high[upper_rows].astype(np.float64),
        A_eq=matrix[equal],
        b_eq=program.low[equal].astype(np.float64),
        bounds=np.stack([program.lower, program.upper], axis=1).astype(np.float64),
        method="highs",
        options={"time_limit": max(0.01, seconds)},
    )
    if answer.status != 0:
        return None
    multipliers = np.zeros(len(program.low))
    multipliers[upper_rows] = np.minimum(answer.ineqlin.marginals, 0.0) * SCALE
    multipliers[equal] = answer.eqlin.marginals * SCALE
    return dual_bound(program, multipliers)


def dual_bound(program: Program, multipliers: Float64) -> Relaxation:
    """The bound that any multipliers give (see above); those that would need an infinite limit count as 0."""
    m = multipliers.copy()
    m[(m > 0) & (program.low <= -INFINITE)] = 0.0
    m[(m < 0) & (program.high >= INFINITE)] = 0.0
    reduced = program.cost - program.matrix.T @ m
    of_rows = np.where(m > 0, m * program.low, m * program.high)
    of_rows[m == 0] = 0.0
    of_variables = np.where(reduced > 0, reduced * program.lower, reduced * program.upper)
    terms = np.concatenate([of_rows, of_variables])
    total = program.constant + math.fsum(terms) - SAFETY * math.fsum(np.abs(terms))
    return Relaxation(math.ceil(total), reduced)


@dataclass(frozen=True, slots=True)
class Answer:
    """The best assignment, its cost, a bound for all, and whose bound it is."""

    values: Int64
    cost: int
    bound: int
    bound_from: str


class Search:
    """One search over one program; ``hint`` is feasible; ``choices`` may all be 0 in a feasible plan.

    ``gap``: the share of the cost that may stay unproven; 0 asks for proof.
    """

    def __init__(
        self, program: Program, choices: Int64, hint: Int64, parameters: cpsat.Parameters, gap: float,
        observer: Observer | None = None, timer: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._program = program
        self._choices = choices
        self._parameters = parameters
        self._gap = gap
        self._observer = observer
        self._timer = timer
        self._best = Answer(hint, program.objective(hint), _least(program), "prices")

    def run(self, seconds: float) -> Answer:
        """The best assignment the time allows."""
        ends = self._timer() + seconds
        relaxation = relax(self._program, seconds * 0.6)
        if relaxation is None:
            self._cp_sat(self._program.upper, None, ends)
            return self._best
        self._prove(relaxation.bound, "highs")
        margin = max(1000, math.ceil(abs(relaxation.bound) * FIRST_MARGIN))
        while not self._is_done() and self._timer() < ends:
            reach = relaxation.bound + margin
            upper = self._program.upper.copy()
            upper[self._choices[relaxation.reduced[self._choices] > margin]] = 0
            self._highs(upper, (ends - self._timer()) * HIGHS_SHARE)
            complete = self._is_done() or self._cp_sat(upper, reach, ends)
            if not complete or self._best.cost <= reach:
                break
            margin = min(margin * MARGIN_GROWTH, self._best.cost - relaxation.bound)
        return self._best

    def _is_done(self) -> bool:
        return self._best.cost - self._best.bound <= self._gap * abs(self._best.cost)

    def _prove(self, bound: int, bound_from: str) -> None:
        if bound > self._best.bound:
            self._best = replace(self._best, bound=min(bound, self._best.cost), bound_from=bound_from)

    def _offer(self, values: Int64) -> None:
        cost = self._program.objective(values)
        if cost < self._best.cost and self._program.is_kept(values):
            self._best = replace(self._best, values=values, cost=cost, bound=min(cost, self._best.bound))

    def _highs(self, upper: Int64, seconds: float) -> None:
        """A plan by HiGHS, believed only if it keeps every row in whole numbers; its bound is not used."""
        program = self._program
        answer = milp(
            program.cost / SCALE,
            constraints=LinearConstraint(
                program.matrix.astype(np.float64), _endless(program.low), _endless(program.high)
            ),
            bounds=Bounds(program.lower.astype(np.float64), upper.astype(np.float64)),
            integrality=np.ones(len(upper)),
            options={"time_limit": max(0.01, seconds), "mip_rel_gap": self._gap},
        )
        if answer.x is not None:
            self._offer(program.complete(np.rint(answer.x).astype(np.int64)))

    def _cp_sat(self, upper: Int64, reach: int | None, ends: float) -> bool:
        """CP-SAT on what the limits leave; whether it proved its best. Beyond them nothing costs less than
        ``reach``."""
        program = self._program
        left = replace(self._parameters, seconds=max(0.1, ends - self._timer()))
        hint = self._best.values if (self._best.values <= upper).all() else None
        outcome = cpsat.solve_twice(lambda: program.cp_model(hint, upper), left, self._observer, True)
        if outcome.status is Status.INFEASIBLE:
            raise EngineError("CP-SAT calls the joint model infeasible, yet placing nobody is a plan.")
        if outcome.status.has_plan:
            self._offer(np.array(outcome.solver.response_proto.solution, np.int64))
        if outcome.bound is not None:
            self._prove(outcome.bound if reach is None else min(outcome.bound, reach), "cp-sat")
        return outcome.status is Status.OPTIMAL


def _least(program: Program) -> int:
    """What no assignment costs less than, by prices alone."""
    least = np.where(program.cost > 0, program.cost * program.lower, program.cost * program.upper)
    return program.constant + int(least.sum())


def _endless(limits: Int64) -> Float64:
    found = limits.astype(np.float64)
    found[limits >= INFINITE] = np.inf
    found[limits <= -INFINITE] = -np.inf
    return found

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
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

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

FIRST_MARGIN: Final = 0.003
"""Share of the bound that the first margin is, when no plan is known: measured gaps are below 0.1 %."""


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


def best(
    program: Program, choices: Int64, hint: Int64, parameters: cpsat.Parameters, seconds: float,
    observer: Observer | None = None, timer: Callable[[], float] = time.monotonic,
) -> Answer:  # fmt: skip
    """Solve as well as the time allows. ``hint`` is feasible; ``choices`` may all be 0 in a feasible plan."""
    ends = timer() + seconds
    relaxation = relax(program, seconds * 0.6)
    answer = Answer(hint, program.objective(hint), *_first_bound(program, relaxation))
    margin = _first_margin(answer, relaxation)
    while answer.cost > answer.bound and timer() < ends:
        upper = program.upper.copy()
        if relaxation is not None:
            upper[choices[relaxation.reduced[choices] > margin]] = 0
        answer, complete = _improved(program, upper, answer, parameters, ends - timer(), relaxation, margin, observer)
        if relaxation is None or not complete or answer.cost <= relaxation.bound + margin:
            break
        margin = answer.cost - relaxation.bound
    return answer


def _first_bound(program: Program, relaxation: Relaxation | None) -> tuple[int, str]:
    if relaxation is not None:
        return relaxation.bound, "highs"
    least = np.where(program.cost > 0, program.cost * program.lower, program.cost * program.upper)
    return program.constant + int(least.sum()), "prices"


def _first_margin(answer: Answer, relaxation: Relaxation | None) -> int:
    known = answer.cost - answer.bound
    if relaxation is None:
        return known
    return min(known, max(1000, math.ceil(abs(relaxation.bound) * FIRST_MARGIN)))


def _improved(
    program: Program, upper: Int64, answer: Answer, parameters: cpsat.Parameters, seconds: float,
    relaxation: Relaxation | None, margin: int, observer: Observer | None,
) -> tuple[Answer, bool]:  # fmt: skip
    """CP-SAT on what the margin leaves; whether it proved its best."""
    hint = answer.values if (answer.values <= upper).all() else None
    built = [program.cp_model(hint, upper)]
    settings = _with_seconds(parameters, seconds)
    outcome = cpsat.solve_twice(lambda: built.pop() if built else program.cp_model(None, upper), settings, observer, True)
    if outcome.status is Status.INFEASIBLE:
        raise EngineError("CP-SAT calls the joint model infeasible, yet leaving every request unplaced is a plan.")
    bound, bound_from = answer.bound, answer.bound_from
    if outcome.bound is not None:
        reach = outcome.bound if relaxation is None else min(outcome.bound, relaxation.bound + margin)
        if reach > bound:
            bound, bound_from = reach, "cp-sat"
    if outcome.status.has_plan:
        values = np.array(outcome.solver.response_proto.solution, np.int64)
        cost = program.objective(values)
        if program.is_kept(values) and cost < answer.cost:
            answer = Answer(values, cost, bound, bound_from)
    complete = outcome.status is Status.OPTIMAL
    return Answer(answer.values, answer.cost, min(bound, answer.cost), bound_from), complete


def _with_seconds(parameters: cpsat.Parameters, seconds: float) -> cpsat.Parameters:
    return cpsat.Parameters(parameters.workers, parameters.seed, max(0.1, seconds))



"""The linear relaxation: a bound for every plan, and what each place would add to it.

For any multipliers m of the rows, weak duality gives a bound for every assignment:

    cost >= constant + sum_i (m_i low_i if m_i > 0 else m_i high_i) + sum_j min(r_j lower_j, r_j upper_j)
    r = cost - m' matrix

It is computed here, from the multipliers HiGHS returns, so a wrong claim of the engine cannot pass. HiGHS is
the one inside scipy: highspy and OR-Tools each bring a shared library of the same name, and whichever is
imported second fails to load.

Most places matter to nobody: a bed that is dear, or a late start where an early one is free. So the relaxation
begins with few and adds those whose reduced cost r_j is below 0 until there are none (sifting: Bixby et al.,
Very large-scale linear programming, Operations Research 40(5), 1992). Each round gives a bound for all
places: a request takes one, so its multiplier is lowered by its least r_j if that is below 0. Cover
inequalities that a relaxed plan breaks (``covers.py``) join the program on the way.
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

from solver.engine.errors import EngineError
from solver.engine.types import Bool, Int64
from solver.placing.cpsat.covers import broken_covers, knapsacks_of
from solver.placing.cpsat.linear import INFINITE, Program

Float64 = npt.NDArray[np.float64]

SCALE: Final = 1000.0
"""Costs are divided by this for HiGHS: prices then lie between 1 and 10^5, as engines like them."""

SAFETY: Final = 1e-9
"""Share of the sum of absolute terms taken off the bound for rounding: float64 errs by 10^-16 a term."""

CLOSE: Final = 1e-4
"""Sifting ends when the bound is this near to the relaxation of the places looked at."""

USED: Final = 1e-6
"""Values below are rounding."""

FIRST_PLACES: Final = 100
"""Cheapest places of each request that sifting begins with, besides the earliest start in every bed."""

NEARLY: Final = 200_000.0
"""Places with less reduced cost come along once one is below 0: the next multipliers may want them."""

STEPS: Final = (1.0, 0.75, 0.5, 0.25, 0.1, 0.0)
"""Shares of the way from the best multipliers so far to new ones at which a bound is taken."""

MORE_PLACES: Final = 30_000
"""Places added in one round at most."""


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The variables of places; arrays (n_places,). Row i of the program is the equation of request i."""

    variable: Int64
    request: Int64
    bed: Int64
    start: Int64
    price: Int64


@dataclass(frozen=True, slots=True)
class Relaxation:
    """``bound``: no assignment costs less. ``reduced``: by how much each variable's next unit raises it.
    ``used``: variables above 0 in the relaxation solved last."""

    bound: int
    reduced: Float64
    used: Bool


class Sifting:
    """Solves the relaxation round by round; may be left and taken up again."""

    def __init__(
        self, program: Program, places: PlaceColumns, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.program = program
        self._places = places
        self._knapsacks = knapsacks_of(program, places.variable, places.request)
        self._timer = timer
        self._wanted = _first(places)
        self._barred = np.zeros(len(places.variable), bool)
        self._center = np.zeros(len(program.low))
        self.best: Relaxation | None = None
        self.is_finished = False

    def run(self, until: float, cutoff: int) -> Relaxation | None:
        """The best bound by a time; None if there is none yet. Plans that cost more than ``cutoff`` are of no
        interest: places that only such plans take are barred."""
        while not self.is_finished and (left := until - self._timer()) > 0:
            upper = self.program.upper.copy()
            upper[self._places.variable[~self._wanted | self._barred]] = 0
            solved = _solved(self.program, upper, left)
            if solved is None:
                break
            self._look(solved, cutoff)
        return self.best

    def _look(self, solved: _Solved, cutoff: int) -> None:
        """Improve the bound by one solved relaxation, and choose the places of the next."""
        places = self._places
        self._center, bound, at_center = _best_between(self.program, places, self._center, solved.multipliers)
        self.best = Relaxation(bound, at_center, solved.values > USED)
        self._barred |= bound + at_center[places.variable] > cutoff
        reduced = (self.program.cost - self.program.matrix.T @ solved.multipliers)[places.variable]
        nearest = np.minimum(reduced, at_center[places.variable])
        worth = ~self._wanted & ~self._barred & (nearest < NEARLY)
        close = solved.least - bound <= CLOSE * abs(solved.least)
        converged = close or not (reduced[worth] < -1.0).any()
        self._wanted[_least_of(reduced, worth)] = True
        self.is_finished = not self._tighten(solved.values) and converged

    def _tighten(self, values: Float64) -> bool:
        """Add the cover inequalities that relaxed values break; whether there are any."""
        found = list(broken_covers(self._knapsacks, values))
        if found:
            self.program = self.program.with_rows(found)
            self._center = np.append(self._center, np.zeros(len(found)))
        return bool(found)


def _best_between(
    program: Program, places: PlaceColumns, center: Float64, multipliers: Float64
) -> tuple[Float64, int, Float64]:
    """The best point, its bound and reduced costs, on the way from the best multipliers so far to new ones.

    The bound is a concave function of the multipliers, and those of few places jump about: points in between
    are better than either end (Pessoa et al., Automation and combination of linear-programming based
    stabilization techniques in column generation, INFORMS Journal on Computing 30(2), 2018).
    """
    tried = []
    for share in STEPS:
        point = _lowered(program, places, center + share * (multipliers - center))
        tried.append((point, *dual_bound(program, point)))
    return max(tried, key=lambda one: one[1])


def _first(places: PlaceColumns) -> Bool:
    """The cheapest places of each request, and its earliest start in each bed."""
    wanted = np.zeros(len(places.variable), bool)
    order = np.lexsort((places.price, places.request))
    firsts = np.searchsorted(places.request[order], places.request[order])
    wanted[order[np.arange(len(order)) - firsts < FIRST_PLACES]] = True
    order = np.lexsort((places.start, places.bed, places.request))
    pair = np.stack([places.request[order], places.bed[order]])
    wanted[order[np.append(True, (np.diff(pair, axis=1) != 0).any(axis=0))[: len(order)]]] = True
    return wanted


def _least_of(reduced: Float64, worth: Bool) -> Int64:
    some = np.flatnonzero(worth)
    return some[np.argsort(reduced[some], kind="stable")[:MORE_PLACES]]


@dataclass(frozen=True, slots=True)
class _Solved:
    """Least cost of a relaxation, a multiplier per row of the program, and the value of each variable."""

    least: float
    multipliers: Float64
    values: Float64


def _solved(program: Program, upper: Int64, seconds: float) -> _Solved | None:
    """Solve with some variables left out; None if there was no time."""
    part = program.part(upper)
    small = part.program
    equal = small.low == small.high
    if (~equal & (small.low > -INFINITE)).any():
        raise EngineError(
            "A row of the joint model has a lower limit; rows are equations or have an upper one."
        )
    matrix = small.matrix.astype(np.float64)
    answer = linprog(
        small.cost / SCALE,
        A_ub=matrix[~equal],
        b_ub=small.high[~equal].astype(np.float64),
        A_eq=matrix[equal],
        b_eq=small.low[equal].astype(np.float64),
        bounds=np.stack([small.lower, small.upper], axis=1).astype(np.float64),
        method="highs",
        options={"time_limit": max(0.01, seconds)},
    )
    if answer.status != 0:
        return None
    of_part = np.zeros(len(small.low))
    of_part[~equal] = np.minimum(answer.ineqlin.marginals, 0.0) * SCALE
    of_part[equal] = answer.eqlin.marginals * SCALE
    multipliers = np.zeros(len(program.low))
    multipliers[part.rows] = of_part
    values = np.zeros(len(program.cost))
    values[part.columns] = answer.x
    return _Solved(answer.fun * SCALE + program.constant, multipliers, values)


def _lowered(program: Program, places: PlaceColumns, multipliers: Float64) -> Float64:
    """Multipliers under which no place has a reduced cost below 0."""
    reduced = (program.cost - program.matrix.T @ multipliers)[places.variable]
    least = np.zeros(len(multipliers))
    np.minimum.at(least, places.request, reduced)
    return multipliers + least


def dual_bound(program: Program, multipliers: Float64) -> tuple[int, Float64]:
    """The bound that any multipliers give (see above), and the reduced costs; multipliers that would need an
    infinite limit count as 0."""
    m = multipliers.copy()
    m[(m > 0) & (program.low <= -INFINITE)] = 0.0
    m[(m < 0) & (program.high >= INFINITE)] = 0.0
    reduced = program.cost - program.matrix.T @ m
    of_rows = np.where(m > 0, m * program.low, m * program.high)
    of_rows[m == 0] = 0.0
    of_variables = np.where(reduced > 0, reduced * program.lower, reduced * program.upper)
    terms = np.concatenate([of_rows, of_variables])
    total = program.constant + math.fsum(terms) - SAFETY * math.fsum(np.abs(terms))
    return math.ceil(total), reduced

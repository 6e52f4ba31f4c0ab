"""Solving the program: the relaxation for a bound, then plans and proof among the places that still matter.

With the bound L of the relaxation, every assignment with variable j above its lower limit costs at least
L + r_j. So with a margin d all variables with r_j > d are left out: CP-SAT's bound b for the rest makes
min(b, L + d) a bound for all, and an optimum of at most L + d is the optimum of all (reduced-cost fixing:
Wolsey, Integer Programming, 2nd edition 2020, section 7.6). HiGHS looks for plans within a margin that begins
small and grows; CP-SAT proves, within the margin that the best plan leaves.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from solver.engine import cpsat
from solver.engine.errors import Contradiction
from solver.engine.result import Observer, Status
from solver.engine.types import Int64
from solver.placing.cpsat.linear import INFINITE, Program
from solver.placing.cpsat.relaxation import SCALE, Float64, PlaceColumns, Relaxation, Sifting

FIRST_MARGIN: Final = 2e-5
"""Share of the bound that the first margin is: 5,000 to 15,000 of 340,000 places of a half-empty district with 200
requests are left."""

MARGIN_GROWTH: Final = 5
"""By how much the margin grows while the optimum may lie outside."""

RELAXATION_SHARES: Final = (0.3, 0.7)
"""Shares of the time after which the relaxation is looked at."""

USED_SHARE: Final = 0.1
"""Share of the time to find a first plan among what the relaxation uses."""

HIGHS_SHARE: Final = 0.6
"""Share of the time left that HiGHS may take for one margin: it finds plans sooner than CP-SAT (2 s against 4 to
20 s on full districts), but cannot start from one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The best assignment, its cost, a bound for all, and whose bound it is.

    ``false_infeasible``: how often CP-SAT called infeasible what this very search holds a plan for.
    """

    values: Int64
    cost: int
    bound: int
    bound_from: str
    false_infeasible: int = 0


class Search:
    """One search over one program; ``hint`` is feasible; ``choices`` may all be 0 in a feasible plan; ``places``
    are the choices that the relaxation is sifted by.

    ``gap``: the share of the cost that may stay unproven; 0 asks for proof.
    """

    def __init__(
        self,
        program: Program,
        choices: Int64,
        places: PlaceColumns,
        hint: Int64,
        parameters: cpsat.Parameters,
        gap: float,
        observer: Observer | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._program = program
        self._choices = choices
        self._places = places
        self._parameters = parameters
        self._gap = gap
        self._observer = observer
        self._timer = timer
        self._best = Answer(hint, program.objective(hint), _least(program), "prices")

    def run(self, seconds: float) -> Answer:
        """The best assignment the time allows."""
        if self._best.cost == self._best.bound:
            return self._best
        began = self._timer()
        relaxation = self._relaxed(began, seconds)
        ends = began + seconds
        if relaxation is None:
            self._cp_sat(self._program.upper, None, ends)
            return self._best
        self._widen(relaxation, ends)
        while not self._is_done() and self._timer() < ends:
            reach = self._best.cost
            upper = self._near(relaxation, reach - relaxation.bound)
            if not self._cp_sat(upper, reach, ends):
                break
        return self._best

    def _widen(self, relaxation: Relaxation, ends: float) -> None:
        """Plans by HiGHS among more and more choices, until those left out cannot make a cheaper one."""
        margin = max(1000, math.ceil(abs(relaxation.bound) * FIRST_MARGIN))
        while not self._is_done() and self._timer() < ends:
            complete = self._highs(self._near(relaxation, margin), (ends - self._timer()) * HIGHS_SHARE)
            if not complete or self._best.cost <= relaxation.bound + margin:
                break
            margin = min(margin * MARGIN_GROWTH, self._best.cost - relaxation.bound)

    def _near(self, relaxation: Relaxation, margin: int) -> Int64:
        """Upper limits that leave out every choice which costs more than a margin above the relaxation."""
        upper = self._program.upper.copy()
        upper[self._choices[relaxation.reduced[self._choices] > margin]] = 0
        return upper

    def _relaxed(self, began: float, seconds: float) -> Relaxation | None:
        """The relaxation, with a first plan as soon as half of its time has passed: a plan bars many places."""
        sifting = Sifting(self._program, self._places, self._timer)
        for share in RELAXATION_SHARES:
            relaxation = sifting.run(began + seconds * share, self._best.cost)
            if relaxation is not None and not self._is_done():
                self._prove(relaxation.bound, "highs")
                self._try_used(relaxation, seconds * USED_SHARE)
            if sifting.is_finished:
                break
        self._program = sifting.program
        return sifting.best

    def _try_used(self, relaxation: Relaxation, seconds: float) -> None:
        """A plan among the places, units and lots that the relaxation uses."""
        upper = self._program.upper.copy()
        upper[self._choices[~relaxation.used[self._choices]]] = 0
        self._highs(upper, seconds)

    def _is_done(self) -> bool:
        """Near enough, or told to stop; HiGHS itself cannot be stopped, so it gets small shares of the time."""
        if self._observer is not None and self._observer.stop_requested():
            return True
        return self._best.cost - self._best.bound <= self._gap * abs(self._best.cost)

    def _prove(self, bound: int, bound_from: str) -> None:
        if bound > self._best.bound:
            self._best = replace(self._best, bound=min(bound, self._best.cost), bound_from=bound_from)

    def _offer(self, values: Int64) -> None:
        cost = self._program.objective(values)
        if cost < self._best.cost and self._program.is_kept(values):
            self._best = replace(self._best, values=values, cost=cost, bound=min(cost, self._best.bound))

    def _highs(self, upper: Int64, seconds: float) -> bool:
        """A plan by HiGHS, believed only if it keeps every row in whole numbers; its bound is not used. Whether it
        came to an end in time."""
        part = self._program.part(upper)
        small = part.program
        rows = LinearConstraint(small.matrix.astype(np.float64), _endless(small.low), _endless(small.high))
        answer = milp(
            small.cost / SCALE,
            constraints=rows,
            bounds=Bounds(small.lower.astype(np.float64), small.upper.astype(np.float64)),
            integrality=np.ones(len(small.cost)),
            options={"time_limit": max(0.01, seconds), "mip_rel_gap": self._gap},
        )
        if answer.x is not None:
            self._offer(self._program.complete(part.lifted(np.rint(answer.x).astype(np.int64))))
        return bool(answer.status == 0)

    def _cp_sat(self, upper: Int64, reach: int | None, ends: float) -> bool:
        """CP-SAT on what the limits leave; whether it proved its best. Beyond them nothing costs less than
        ``reach``."""
        part = self._program.part(upper)
        left = replace(self._parameters, seconds=max(0.1, ends - self._timer()))
        hint = self._best.values[part.columns] if (self._best.values <= upper).all() else None
        try:
            outcome = cpsat.solve_twice(lambda: part.program.cp_model(hint), left, self._observer, True)
        except Contradiction:
            # The plan we hold keeps every row of this program, so it is CP-SAT that errs: plan and bound stand.
            self._count_false_infeasible()
            return False
        if outcome.overruled:
            self._count_false_infeasible()
        if outcome.status.has_plan:
            values = part.lifted(np.array(outcome.solver.response_proto.solution, np.int64))
            self._offer(self._program.complete(values))
        if outcome.bound is not None:
            self._prove(outcome.bound if reach is None else min(outcome.bound, reach), "cp-sat")
        return outcome.status is Status.OPTIMAL

    def _count_false_infeasible(self) -> None:
        self._best = replace(self._best, false_infeasible=self._best.false_infeasible + 1)


def _least(program: Program) -> int:
    """What no assignment costs less than, by prices alone."""
    least = np.where(program.cost > 0, program.cost * program.lower, program.cost * program.upper)
    return program.constant + int(least.sum())


def _endless(limits: Int64) -> Float64:
    found = limits.astype(np.float64)
    found[limits >= INFINITE] = np.inf
    found[limits <= -INFINITE] = -np.inf
    return found

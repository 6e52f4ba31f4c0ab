"""The one way in: a plan of bookings with its cost, a proven bound, and the referee's word.

Bookings with windows: constructed, bounded by flows of units, improved by ruin and recreate; where each unit may
serve few bookings, an exact method then proves the plan optimal or finds the optimal one; with kits that is CP-SAT on
the whole model. Bookings of fixed times: see ``fleet``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, overload

import numpy as np

from solver.engine.cpsat import Parameters
from solver.engine.result import Budget, Countdown, Observer, Result, Status, TracePoint, Unobserved
from solver.equipment import cpsat
from solver.equipment.bound import flow_bound
from solver.equipment.fleet import solve_fleet
from solver.equipment.priced_flows import PricedFlows, on_units
from solver.equipment.pricing import prove, suits
from solver.equipment.problem import BookingPlan, BookingProblem, FleetPlan, FleetProblem, Served
from solver.equipment.referee import recount_bookings
from solver.equipment.search import Found, Search

SEARCH_FIRST: Final = 0.1
SEARCH_SECONDS: Final = 0.02
"""Search before the proof: a share of the budget, at most so many seconds per booking. Instances of 50 bookings are at
the optimum within 0.1 s of processor time."""

PRICING: Final = 0.4
"""Share of the seconds after which prices between flows move no more."""

METHOD: Final = "ruin and recreate"
EXACT: Final = "column generation"
WHOLE: Final = "CP-SAT on the whole model"

CLOSING: Final = 0.4
"""Share of what is left after column generation that the whole model gets, where kits keep routes from proving."""


@overload
def solve(
    problem: BookingProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[BookingPlan]: ...


@overload
def solve(
    problem: FleetProblem, budget: Budget, seed: int, observer: Observer | None = None, workers: int = 1
) -> Result[FleetPlan]: ...


def solve(
    problem: BookingProblem | FleetProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[BookingPlan] | Result[FleetPlan]:
    """Plan the bookings within the budget. ``workers``: threads of search, then of CP-SAT.

    With iterations alone in the budget and one worker, the same seed gives the same plan, from search alone. A
    plan of bookings with windows always exists, since any may stay unserved at its price.
    """
    if isinstance(problem, FleetProblem):
        return solve_fleet(problem, budget, seed, observer, workers)
    return _Solve(problem, budget, seed, observer or Unobserved(), workers).result()


class _Solve:
    """One solve: what is known so far, and who is told."""

    def __init__(
        self, problem: BookingProblem, budget: Budget, seed: int, observer: Observer, workers: int
    ) -> None:
        self.problem, self.seed, self.workers, self.observer = problem, seed, workers, observer
        self.budget, self.countdown = budget, budget.start()
        self.search = Search(problem, seed, workers)
        self.trace: list[TracePoint] = []
        self.bound = 0
        self.method = METHOD
        self.best = self.search.construct()
        self._tell(self.best)

    def result(self) -> Result[BookingPlan]:
        """Bound, improve, prove; then the referee."""
        few = suits(self.search.arrays)
        exact = self.budget.seconds is not None and few
        if few:
            self._raise(flow_bound(self.problem, self.search.arrays))
        else:
            self._price()
        if not self._is_over():
            self._improve(SEARCH_FIRST if exact else 1.0)
        if exact and not self._is_over():
            self._prove()
            if not self._is_over() and self.problem.kits and cpsat.suits(self.search.arrays):
                self._close()
            if not self._is_over():
                self._improve(1.0)
        return self._judged()

    def _is_over(self) -> bool:
        return self._is_enough() or self.countdown.is_over(self.search.steps)

    def _is_enough(self) -> bool:
        return self.best.cost <= self.bound or self.observer.stop_requested()

    def _price(self) -> None:
        """Bound by flows that prices keep apart, and go on from the routes that they tell."""
        flows, seconds = PricedFlows(self.problem, self.search.arrays), self.budget.seconds

        def is_over() -> bool:
            return self._is_enough() or (seconds is not None and self.countdown.elapsed() > PRICING * seconds)

        flows.go_on(is_over)
        self._raise(flows.best)
        if not self._is_over():
            self._keep(self.search.lay(on_units(self.problem, self.search.arrays, flows.paths())))

    def _improve(self, share: float) -> None:
        """Search for a share of what is left of the seconds, or for the budget's iterations."""
        left, budget = self.countdown.remaining(), self.budget
        if left is not None:
            seconds = max(
                1e-3, left if share == 1.0 else min(share * left, SEARCH_SECONDS * len(self.problem.requests))
            )
            budget = replace(budget, seconds=seconds)
        self._keep(self.search.improve(budget.start(), self._tell, self._is_enough))

    def _prove(self) -> None:
        left = self.countdown.remaining() or 1e-3
        countdown: Countdown = replace(self.budget, seconds=left).start()
        proof = prove(
            self.search.arrays,
            self.best,
            countdown,
            self._is_over,
            self.seed,
            self.workers,
            self._raise,
            self.observer,
        )
        if proof.found is not None and proof.found.cost < self.best.cost:
            self.method = EXACT
            self._tell(proof.found)
        self._raise(proof.bound)

    def _close(self) -> None:
        """Where kits tie routes together: the whole model, begun at the best plan."""
        left = self.countdown.remaining() or 1e-3
        parameters = Parameters(self.workers, self.seed % 2**31, max(0.1, CLOSING * left))
        proven = cpsat.solve_whole(self.search.arrays, self.best, parameters, _Quiet(self._is_over))
        if proven.found is not None and proven.found.cost < self.best.cost:
            self.method = WHOLE
            self._tell(proven.found)
        self._raise(proven.bound or 0)

    def _tell(self, found: Found) -> None:
        """A plan was found; it is kept if none was as cheap."""
        if not self.trace or found.cost < self.best.cost:
            self.best = found
            self._note()
            self.observer.incumbent(self.trace[-1])

    def _keep(self, found: Found) -> None:
        if found.cost < self.best.cost:
            self._tell(found)

    def _raise(self, bound: int) -> None:
        """A bound was proven. Solvers have returned false ones: none above a plan that is known is taken."""
        if self.bound < bound <= self.best.cost:
            self.bound = bound
            self._note()
            self.observer.bound(self.trace[-1])

    def _note(self) -> None:
        seconds, steps = self.countdown.elapsed(), self.search.steps
        self.trace.append(TracePoint(seconds, steps, self.best.cost, self.bound))

    def _judged(self) -> Result[BookingPlan]:
        plan = plan_of(self.problem, self.best)
        score = recount_bookings(self.problem, plan)
        return Result(
            status=Status.OPTIMAL if score.cost == self.bound else Status.FEASIBLE,
            plan=plan,
            cost=score.cost,
            bound=min(self.bound, score.cost),
            verified=score.broken == 0 and score.cost == self.best.cost,
            method=self.method,
            trace=tuple(self.trace),
        )


class _Quiet(Unobserved):
    """Tells nobody of the model's own plans; ends when the solve does."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over

    def stop_requested(self) -> bool:
        return self._is_over()


def plan_of(problem: BookingProblem, found: Found) -> BookingPlan:
    """What search found, by ids, in order of start."""
    served = np.flatnonzero(found.unit >= 0)
    order = served[np.lexsort((found.unit[served], found.begins[served]))]
    return BookingPlan(
        tuple(
            Served(problem.requests[one].id, problem.units[found.unit[one]].id, int(found.begins[one]))
            for one in order
        )
    )

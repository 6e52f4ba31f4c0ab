"""The one way in: lots for a batch of requests."""

from __future__ import annotations

from solver.engine.errors import EngineError
from solver.engine.result import Budget, Countdown, Observer, Result, Status, TracePoint, Unobserved
from solver.pharmacy.construct import earliest_expiry_first
from solver.pharmacy.flow import optimal
from solver.pharmacy.plan import SupplyPlan
from solver.pharmacy.problem import SupplyProblem
from solver.pharmacy.referee import Recount, recount


def solve(
    problem: SupplyProblem, budget: Budget | None = None, seed: int = 0, observer: Observer | None = None
) -> Result[SupplyPlan]:
    """Earliest expiry first at once, then the optimum with its proof; nothing leaves that the referee did not recount.

    ``seed`` changes nothing: there is no chance here. When the budget is over or the observer asks to stop before the
    optimum is begun, the first plan stays. Raises EngineError if a plan breaks a hard rule.
    """
    observer = observer or Unobserved()
    countdown = (budget or Budget(seconds=60)).start()
    first = earliest_expiry_first(problem)
    counted = _clean(problem, first)
    trace = [TracePoint(countdown.elapsed(), 0, counted.cost, None)]
    observer.incumbent(trace[0])
    if observer.stop_requested() or countdown.is_over(1):
        return Result(Status.FEASIBLE, first, counted.cost, None, True, "earliest-expiry-first", tuple(trace))
    return _optimum(problem, countdown, observer, trace)


def _optimum(
    problem: SupplyProblem, countdown: Countdown, observer: Observer, trace: list[TracePoint]
) -> Result[SupplyPlan]:
    best = optimal(problem)
    counted = _clean(problem, best)
    trace.append(TracePoint(countdown.elapsed(), 1, counted.cost, counted.bound))
    observer.incumbent(trace[-1])
    observer.bound(trace[-1])
    proven = Status.OPTIMAL if counted.bound == counted.cost else Status.FEASIBLE
    return Result(proven, best, counted.cost, counted.bound, True, "min-cost-flow", tuple(trace))


def _clean(problem: SupplyProblem, plan: SupplyPlan) -> Recount:
    counted = recount(problem, plan)
    if not counted.clean:
        raise EngineError(f"A plan for drugs breaks hard rules: {dict(counted.counts)}.")
    return counted

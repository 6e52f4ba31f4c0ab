"""The one way in: a plan of admissions for a problem, recounted by the referee before anyone sees it."""

from __future__ import annotations

from solver.admissions.arrays import compiled
from solver.admissions.bound import lower_bound
from solver.admissions.door import checked
from solver.admissions.layout import SOFT
from solver.admissions.problem import AdmissionPlan, AdmissionProblem
from solver.admissions.referee import recount
from solver.admissions.search import search
from solver.engine.errors import EngineError
from solver.engine.result import Budget, Observer, Result, Status, TracePoint, Unobserved

METHOD = "integrated annealing"


def solve(
    problem: AdmissionProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[AdmissionPlan]:
    """The best plan found; ``workers`` threads search side by side and exchange their plans.

    With iterations alone and one worker the same seed gives the same plan. A hard rule may stay broken where nothing
    better was found; then the result is not verified and has no bound. Raises InvalidInstance for a problem that
    contradicts itself.
    """
    arrays, observer, countdown = compiled(checked(problem)), observer or Unobserved(), budget.start()
    bound = lower_bound(arrays.tables)
    if bound is not None:
        observer.bound(TracePoint(countdown.elapsed(), None, None, bound))
    found = search(arrays, countdown, seed, observer, workers)
    plan = arrays.plan(found.plan.day, found.plan.room, found.plan.theatre, found.plan.nurse)
    counted = recount(problem, plan)
    said = int(found.plan.total[SOFT])
    if counted.broken:
        return Result(Status.FEASIBLE, plan, counted.cost, None, False, METHOD, found.trace)
    if counted.cost != said:
        raise EngineError(f"The search says that its plan costs {said}, the referee says {counted.cost}.")
    status = Status.OPTIMAL if counted.cost == bound else Status.FEASIBLE
    return Result(status, plan, counted.cost, bound, True, METHOD, found.trace)

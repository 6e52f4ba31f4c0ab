"""The one way in: a plan of admissions for a problem, recounted by the referee before anyone sees it."""

from __future__ import annotations

from solver.admissions.arrays import compiled
from solver.admissions.door import checked
from solver.admissions.layout import SOFT
from solver.admissions.problem import AdmissionPlan, AdmissionProblem
from solver.admissions.referee import recount
from solver.admissions.search import search
from solver.engine.errors import EngineError
from solver.engine.result import Budget, Observer, Result, Status, Unobserved

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
    better was found; then the result is not verified. There is no bound yet. Raises InvalidInstance for a problem that
    contradicts itself.
    """
    arrays = compiled(checked(problem))
    found = search(arrays, budget.start(), seed, observer or Unobserved(), workers)
    plan = arrays.plan(found.plan.day, found.plan.room, found.plan.theatre, found.plan.nurse)
    counted = recount(problem, plan)
    said = int(found.plan.total[SOFT])
    if counted.broken == 0 and counted.cost != said:
        raise EngineError(f"The search says that its plan costs {said}, the referee says {counted.cost}.")
    return Result(Status.FEASIBLE, plan, counted.cost, None, counted.broken == 0, METHOD, found.trace)

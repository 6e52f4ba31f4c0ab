"""The one way in: a roster for a problem, recounted by the referee before anyone sees it."""

from __future__ import annotations

from solver.engine.errors import EngineError
from solver.engine.result import Budget, Observer, Result, Status, Unobserved
from solver.rostering.arrays import compiled
from solver.rostering.door import checked
from solver.rostering.problem import Roster, RosterProblem
from solver.rostering.referee import recount
from solver.rostering.search import Unbuildable, search

METHOD = "ruin and exact recreation"


def solve(
    problem: RosterProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[Roster]:
    """The best roster found. ``workers`` threads search side by side and exchange their plans.

    With iterations alone and one worker the same seed gives the same roster. Least cover may stay broken where nothing
    better was found; then the result is not verified. Raises InvalidInstance for a problem that contradicts itself.
    """
    arrays = compiled(checked(problem))
    watcher = observer or Unobserved()
    try:
        found = search(arrays, budget.start(), seed, watcher, workers)
    except Unbuildable:
        return Result(Status.INFEASIBLE, None, None, None, False, METHOD)
    roster = arrays.roster(found.duties)
    counted = recount(problem, roster)
    if counted.broken == 0 and counted.cost != found.cost:
        raise EngineError(
            f"The search says that its roster costs {found.cost}, the referee says {counted.cost}."
        )
    verified = counted.broken == 0
    return Result(Status.FEASIBLE, roster, counted.cost, None, verified, METHOD, found.trace)

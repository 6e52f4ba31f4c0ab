"""The one way in: a roster for a problem, recounted by the referee before anyone sees it."""

from __future__ import annotations

from solver.engine.errors import EngineError
from solver.engine.result import Budget, Observer, Result, Status, Unobserved
from solver.rostering.arrays import compiled
from solver.rostering.collisions import collisions
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

    With seconds in the budget the result carries a bound, unless the problem is too large for it. With iterations alone
    there is none, and with one worker the same seed gives the same roster. Least cover may stay broken where nothing
    better was found; then the result is not verified. Raises InvalidInstance for a problem that contradicts itself.
    """
    arrays = compiled(checked(problem))
    watcher = observer or Unobserved()
    try:
        found = search(arrays, budget.start(), seed, watcher, workers)
    except Unbuildable:
        status = Status.INFEASIBLE if collisions(problem) else Status.OUT_OF_TIME
        return Result(status, None, None, None, False, METHOD)
    roster = arrays.roster(found.duties)
    counted = recount(problem, roster)
    if counted.broken == 0 and counted.cost != found.cost:
        raise EngineError(
            f"The search says that its roster costs {found.cost}, the referee says {counted.cost}."
        )
    verified = counted.broken == 0
    status = Status.OPTIMAL if verified and found.bound == counted.cost else Status.FEASIBLE
    bound = found.bound if verified else None
    return Result(status, roster, counted.cost, bound, verified, METHOD, found.trace)

"""Stays planned with everybody known; recounted by the referee before anyone sees the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from solver.admissions.stays import assignment
from solver.admissions.stays.arrays import Compiled, compiled, first_plan, with_promising
from solver.admissions.stays.bound import bound
from solver.admissions.stays.door import checked
from solver.admissions.stays.layout import HARD, SOFT
from solver.admissions.stays.problem import StayPlan, StayProblem
from solver.admissions.stays.reassigning import reassigned
from solver.admissions.stays.referee import recount
from solver.admissions.stays.search import Cooling, Found, search
from solver.engine.errors import EngineError
from solver.engine.result import Budget, Countdown, Observer, Result, Status, TracePoint, Unobserved

METHOD: Final = "annealing of stays"
ASSIGNING: Final = "annealing of stays, rooms of many assigned at once"
TENTHS: Final = Cooling(40.0, 4.0, 0.5, 5.0)
"""For prices in tenths, as those of PAS."""
THEATRES: Final = Cooling(60.0, 3.0, 0.03, 8.0)
"""Where minutes of theatres have a price: at first rules are nearly free, or surgery stays where it was put first."""
YEAR: Final = Cooling(15.0, 1.0, 0.5, 20.0)
"""Where days alone and transfers count."""
QUICK_MOVES: Final = 200_000
"""For a first cost, from which the length of the steps towards the bound is told."""
ANNEALED: Final = 0.4
"""Of the seconds, for annealing, where rooms can be assigned by integer programming afterwards."""
BOUND_SHARE: Final = 0.1
"""Of the seconds, at most, for the bound."""


def cooling_of(problem: StayProblem) -> Cooling:
    """Temperatures for the prices of a problem."""
    if problem.prices.mixed is None:
        return YEAR
    return THEATRES if problem.theatre.slots else TENTHS


def solve(
    problem: StayProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[StayPlan]:
    """The best plan found; ``workers`` threads search side by side and exchange their plans.

    As few patients as possible are left out, then the cost is low. With iterations alone and one worker the same seed
    gives the same plan. Where days are fixed and everybody can be in there is a bound. A hard rule may stay broken, as
    when somebody is left out; then the result is not verified. Raises InvalidInstance for a problem that contradicts
    itself.
    """
    arrays, countdown, watching = compiled(checked(problem)), budget.start(), observer or Unobserved()
    proof = _prove(arrays, countdown, watching)
    found, method = _found(arrays, proof, countdown, seed, watching, workers)
    plan = arrays.plan(found.plan.start, found.plan.place)
    referee = recount(problem, plan)
    said = int(found.plan.total[SOFT])
    if referee.broken == len(referee.left_out) and referee.cost != said:
        raise EngineError(f"The search says that its plan costs {said}, the referee says {referee.cost}.")
    status = Status.FEASIBLE
    proven = None if referee.broken else proof.cost
    if proven is not None and referee.cost == proven:
        status = Status.OPTIMAL
    return Result(status, plan, referee.cost, proven, referee.broken == 0, method, found.trace)


@dataclass(frozen=True, slots=True)
class _Proof:
    """``arrays`` with rooms in the order that the prices of the bound suggest; ``cost`` None without a bound."""

    arrays: Compiled
    cost: int | None


def _found(
    arrays: Compiled, proof: _Proof, countdown: Countdown, seed: int, observer: Observer, workers: int
) -> tuple[Found, str]:
    """What annealing finds and, where rooms can be assigned and seconds alone count, that betters; and its name."""
    budget, given, cooling = countdown.budget, first_plan(arrays), cooling_of(arrays.problem)
    if budget.seconds is None or budget.iterations is not None or not assignment.suits(arrays):
        return search(proof.arrays, given, cooling, countdown, seed, observer, workers), METHOD
    annealing = Countdown(Budget(ANNEALED * budget.seconds, timer=budget.timer), countdown.began)
    found = search(proof.arrays, given, cooling, annealing, seed, observer, workers)
    if found.plan.total[HARD] > 0:
        return found, METHOD
    return reassigned(arrays, found, countdown, seed, observer, workers), ASSIGNING


def _prove(arrays: Compiled, countdown: Countdown, observer: Observer) -> _Proof:
    problem = arrays.problem
    if len(arrays.chosen) < len(problem.patients) or any(one.latest > one.first for one in problem.patients):
        return _Proof(arrays, None)
    quick = Budget(iterations=QUICK_MOVES).start()
    enough = search(arrays, first_plan(arrays), cooling_of(problem), quick, 0, Unobserved()).plan.total[SOFT]
    seconds = countdown.budget.seconds

    def is_over() -> bool:
        late = seconds is not None and countdown.elapsed() > BOUND_SHARE * seconds
        return late or observer.stop_requested()

    proven = bound(arrays, float(enough), is_over)
    observer.bound(TracePoint(countdown.elapsed(), 0, None, proven.cost))
    return _Proof(with_promising(arrays, proven.reduced), proven.cost)

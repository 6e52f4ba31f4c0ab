"""The one way in for a batch on a frozen hospital: search first, then bound and improve by integer programming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.engine.result import Budget, Observer, Result, Status, TracePoint, Unobserved
from solver.hospital import Allocation, Request
from solver.placing.cpsat import JointPlan, TooLarge, solve_jointly
from solver.placing.least import least_cost
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method, PlacingProblem
from solver.placing.records import Records

SEARCH_SHARE: Final = 0.2
"""Share of the seconds given to search; the rest goes to the bound, which starts from what search found."""


@dataclass(frozen=True, slots=True)
class PlacingPlan:
    """A decision per request, in the problem's order.

    Defects of the joint model's engines, to be reported: ``false_infeasible``, how often CP-SAT called infeasible what
    a plan was known for; ``disagreed``, how many hard rules the referee found broken in plans that were thrown away.
    """

    decisions: tuple[Decision, ...]
    false_infeasible: int = 0
    disagreed: int = 0

    def allocations(self) -> dict[str, Allocation | None]:
        """What each request was given, by request id."""
        return {decision.request.id: decision.allocation for decision in self.decisions}


def solve(
    problem: PlacingProblem,
    budget: Budget,
    seed: int,
    observer: Observer | None = None,
    workers: int = 1,
) -> Result[PlacingPlan]:
    """Decide every request of the problem jointly.

    With seconds in the budget the result carries a bound; with iterations alone it is search only, without a
    bound, and the same seed gives the same plan. Without a bound too if somebody moves who is accompanied: the
    joint model does not know that a companion leaves with them. ``workers``: searches side by side, then threads of
    the joint model. Infeasible cannot happen: any request may stay
    unplaced, at its price. Raises InvalidInstance for a hospital, profile or request that contradicts itself.
    """
    live = LiveHospital(Records.of(problem.hospital.checked(), problem.now, problem.profile, problem.options))
    watcher = observer or Unobserved()
    countdown = budget.start()
    ids = [f"allocation-{request.id}" for request in problem.requests]
    searching = budget
    if budget.seconds is not None:
        searching = replace(budget, seconds=budget.seconds * SEARCH_SHARE)
    decisions = live.decide_batch(problem.requests, ids, searching, seed, observer=watcher, workers=workers)
    found = _result(decisions, None, TracePoint(countdown.elapsed(), None, _cost(decisions), None))
    left = countdown.remaining()
    if not left or watcher.stop_requested() or _company_moves(problem.requests, live.records):
        return found
    assert found.plan is not None
    joint: JointPlan | None
    try:
        joint = solve_jointly(
            live.records,
            problem.requests,
            seconds=left,
            workers=workers,
            seed=seed,
            hint=found.plan.allocations(),
            observer=watcher,
        )
    except TooLarge:
        joint = None
    return _better(found, joint, live, countdown.elapsed())


def _company_moves(requests: Sequence[Request], records: Records) -> bool:
    """Whether a request continues a stay that another one accompanies."""
    left = (request.from_stay_id for request in requests if request.from_stay_id is not None)
    return any(len(records.with_companions(stay_id)) > 1 for stay_id in left)


def _cost(decisions: list[Decision]) -> int:
    return sum(decision.cost for decision in decisions)


def _result(decisions: list[Decision], bound: int | None, point: TracePoint) -> Result[PlacingPlan]:
    cost = _cost(decisions)
    return Result(
        status=Status.OPTIMAL if bound == cost else Status.FEASIBLE,
        plan=PlacingPlan(tuple(decisions)),
        cost=cost,
        bound=bound,
        verified=all(decision.verified for decision in decisions),
        method="+".join(sorted({decision.method.value for decision in decisions})) or Method.BATCH.value,
        trace=(point,),
    )


def _better(
    found: Result[PlacingPlan], joint: JointPlan | None, live: LiveHospital, seconds: float
) -> Result[PlacingPlan]:
    """The cheaper of two plans, with the joint model's bound or the quick one, whichever is higher; ``joint`` None: the
    batch was too large for the model."""
    assert found.plan is not None
    assert found.cost is not None
    decisions = list(found.plan.decisions)
    quick = least_cost(live, [decision.request for decision in decisions])
    if joint is not None and joint.cost < found.cost:
        decisions = _judged(joint, decisions, live)
    # Solvers have returned false bounds; a plan the referee has counted is proof against one.
    claimed = (quick, None if joint is None else joint.bound)
    bound = max((one for one in claimed if one is not None and one <= _cost(decisions)), default=None)
    point = TracePoint(seconds, None, _cost(decisions), bound)
    errors = (0, 0) if joint is None else (joint.false_infeasible, len(joint.disagreed))
    plan = PlacingPlan(tuple(decisions), *errors)
    return replace(_result(decisions, bound, point), plan=plan, trace=(*found.trace, point))


def _judged(joint: JointPlan, before: list[Decision], live: LiveHospital) -> list[Decision]:
    """The joint plan as decisions, each counted by the referee after those before it."""
    decisions = []
    with live.trial():
        for old in before:
            allocation = joint.allocations[old.request.id]
            if allocation is not None:
                allocation = replace(allocation, id=f"allocation-{old.request.id}")
            decision = live.judged(old.request, allocation, Method.CPSAT)
            if decision.allocation is None:
                decision = replace(decision, why_not=live.why_not(old.request))
            live.apply(decision)
            decisions.append(decision)
    return decisions

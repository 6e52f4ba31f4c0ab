"""What one unit more or one fewer of a type does to waits and refusals of the same bookings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.result import Budget
from solver.equipment import rules
from solver.equipment.problem import (
    BookingPlan,
    BookingProblem,
    BookingRequest,
    BookingWeights,
    PlannedUnit,
)
from solver.equipment.referee import recount_bookings
from solver.equipment.solve import solve


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """With ``units`` of the type: bookings left out, minutes of wait times priority, cost, and what no plan beats."""

    units: int
    unserved: int
    weighted_wait: int
    cost: int
    bound: int


def ask_fleet(
    problem: BookingProblem,
    type_id: str,
    changes: Sequence[int],
    budget: Budget,
    seed: int,
    workers: int = 1,
) -> Iterator[FleetAnswer]:
    """One answer per change (such as -1, 0, 1) of the number of units of a type; each solve gets the budget.

    Fewer: the units listed last go. More: each is like the one listed first, without its maintenance. Fewer than
    there are means none left. Raises InvalidInstance for a type that no unit has.
    """
    mine = [unit for unit in problem.units if unit.type_id == type_id]
    if not mine:
        known = ", ".join(sorted({unit.type_id for unit in problem.units}))
        raise InvalidInstance([Problem("type", type_id, f"one of {known}", "Name a type that a device has.")])
    for change in changes:
        varied = _varied(problem, mine, change)
        result = solve(varied, budget, seed, workers=workers)
        assert result.plan is not None
        yield _answer(problem, varied, result.plan, max(0, len(mine) + change), result.bound or 0)


def _varied(problem: BookingProblem, mine: list[PlannedUnit], change: int) -> BookingProblem:
    """The problem with more or fewer units; who accepted only types that are gone is left out of it,
    the rest of its kit too."""
    taken = {unit.id for unit in problem.units}
    fresh = (f"{mine[0].id}+{number}" for number in range(1, change + len(taken) + 1))
    added = [replace(mine[0], id=id_, unavailable=()) for id_ in fresh if id_ not in taken][: max(0, change)]
    gone = {unit.id for unit in mine[len(mine) + change :]} if -len(mine) < change < 0 else set()
    if change <= -len(mine):
        gone = {unit.id for unit in mine}
    units = (*(unit for unit in problem.units if unit.id not in gone), *added)
    left = [_accepting(one, units) for one in problem.requests]
    torn = {one.kit for one, kept in zip(problem.requests, left, strict=True) if one.kit and kept is None}
    requests = tuple(one for one in left if one is not None and one.kit not in torn)
    return replace(problem, units=units, requests=requests)


def _accepting(request: BookingRequest, units: Sequence[PlannedUnit]) -> BookingRequest | None:
    """The request with those of its types and units that there are; None if nothing can serve it."""
    types, ids = {unit.type_id for unit in units}, {unit.id for unit in units}
    accepted = tuple(one for one in request.type_ids if one in types)
    named = tuple(one for one in request.only if one in ids)
    if not accepted or (request.only and not named):
        return None
    return replace(request, type_ids=accepted, only=named)


def _answer(
    asked: BookingProblem, varied: BookingProblem, plan: BookingPlan, units: int, bound: int
) -> FleetAnswer:
    """Those who were left out of the problem count as unserved, in cost and bound alike."""
    kept = {request.id for request in varied.requests}
    weights: BookingWeights = asked.weights
    lost = sum(weights.unserved * request.priority for request in asked.requests if request.id not in kept)
    score = recount_bookings(varied, plan)
    waits = next(one.count for one in score.counts if one.rule is rules.BOOKING_WAIT)
    unserved = len(asked.requests) - len(plan.served)
    return FleetAnswer(units, unserved, waits, score.cost + lost, bound + lost)

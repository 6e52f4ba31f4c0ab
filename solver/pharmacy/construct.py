"""A plan at once: requests in the committee's order, each from the lots that expire first."""

from __future__ import annotations

from solver.pharmacy.flow import servable
from solver.pharmacy.plan import Given, SupplyPlan
from solver.pharmacy.problem import SupplyProblem


def earliest_expiry_first(problem: SupplyProblem) -> SupplyPlan:
    """What a careful person would do by hand: never breaks a hard rule, and is fair to nobody but the first."""
    left = problem.compiled.lots.available.copy()
    ordered = sorted(
        range(len(problem.requests)),
        key=lambda n: (
            problem.rank(problem.requests[n]),
            problem.requests[n].asked_at,
            problem.requests[n].id,
        ),
    )
    given = []
    for number in ordered:
        request = problem.requests[number]
        missing = request.quantity
        for lot, _ in servable(problem, request):
            quantity = min(missing, int(left[lot]))
            if quantity > 0:
                given.append(Given(request.id, problem.lots[lot].id, quantity))
                left[lot] -= quantity
                missing -= quantity
    order = problem.rationing
    return SupplyPlan(tuple(given), order.committee, order.version)

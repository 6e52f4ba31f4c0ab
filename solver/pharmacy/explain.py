"""Why a request was given nothing, or less than it asked for: each lot with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from solver.engine.rule import Rule
from solver.hospital import Lot
from solver.pharmacy import rules
from solver.pharmacy.plan import SupplyPlan
from solver.pharmacy.problem import SupplyProblem, SupplyRequest
from solver.pharmacy.referee import refused


@dataclass(frozen=True, slots=True)
class LotReason:
    """One lot of the drug or of an equivalent, and the first rule that keeps it from the request: hard rules first; of
    a lot that is empty ``lot_quantity``; of one given to others ``committees_order``."""

    lot_id: str
    drug_id: str
    rule: Rule
    left: int


def why_short(problem: SupplyProblem, plan: SupplyPlan, request_id: str) -> tuple[LotReason, ...]:
    """A reason for every lot that might have served, by expiry; empty for a request that is served in full."""
    request = problem.request_of[request_id]
    if sum(each.quantity for each in plan.of_request(request_id)) >= request.quantity:
        return ()
    taken: Counter[str] = Counter()
    for each in plan.given:
        taken[each.lot_id] += each.quantity
    return tuple(
        LotReason(lot.id, lot.drug_id, rule or rules.COMMITTEES_ORDER, lot.available - taken[lot.id])
        for lot, rule in against(problem, request)
    )


def against(problem: SupplyProblem, request: SupplyRequest) -> Iterator[tuple[Lot, Rule | None]]:
    """Every lot of the drug and of its equivalents, by expiry, with the first rule that keeps it from the request: hard
    rules first, then that it is empty; None for a lot that may serve."""
    drugs = (request.drug_id, *problem.drug_of[request.drug_id].equivalents)
    for lot in sorted(problem.lots, key=lambda lot: (lot.expires, lot.id)):
        if lot.drug_id in drugs:
            yield (
                lot,
                next(refused(problem, request, lot), rules.LOT_QUANTITY if lot.available == 0 else None),
            )

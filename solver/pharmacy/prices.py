"""What a unit costs under each soft rule of a batch.

The committee's order is lexicographic: no saving elsewhere pays for a unit short in a class that precedes. Served
demands are independent sets of a matroid (whoever is served instead of another takes the place of one unit, never of
two), so that prices that only fall from class to class give that order, as long as a step is more than any exchange can
save. An exchange is a simple cycle of the flow network: it passes each request once at most, where it saves one unit's
dearest soft price, and the source once, where it changes two shortages by one unit each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.pharmacy import rules
from solver.pharmacy.rules_of_lots import counts_as_stock

if TYPE_CHECKING:
    from solver.pharmacy.problem import SupplyProblem

BANDS = 10
"""A ward's shortage is shared in tenths of what it asked for."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Integer prices of one unit. ``passed``: per lot passed over. ``later``: per request asked later, for one that
    goes short. ``tenth``: per tenth of the ward's demand short already. ``step``: per class that comes after."""

    passed: int
    substitute: int
    safety: int
    later: int
    tenth: int
    step: int
    classes: int

    @staticmethod
    def of(problem: SupplyProblem) -> Prices:
        """Those of the profile, and steps above all they could save."""
        weight = problem.profile.weight
        passed = weight(rules.EARLIEST_EXPIRY_FIRST)
        substitute = weight(rules.SUBSTITUTED_UNIT)
        safety = weight(rules.SAFETY_STOCK)
        later = weight(rules.FIRST_ASKED)
        usable = Counter(lot.drug_id for lot in problem.lots if counts_as_stock(lot, problem.now))
        most_lots = max(usable.values(), default=0)
        requests = len(problem.requests)
        swing = (requests + 1) * (passed * most_lots + substitute + safety + later * requests) + 1
        tenth = weight(rules.FAIR_BETWEEN_WARDS) * swing
        step = weight(rules.COMMITTEES_ORDER) * (swing + 2 * BANDS * tenth)
        return Prices(passed, substitute, safety, later, tenth, step, problem.rationing.classes)

    def short(self, rank: int) -> int:
        """A unit short in a class."""
        return self.step * (self.classes - rank)

    def dearest(self, problem: SupplyProblem) -> int:
        """No less than what all units together cost, and than what any path through the flow network does."""
        units = sum(request.quantity for request in problem.requests)
        nodes = 2 * len(problem.requests) + len(problem.lots) + len(problem.drugs) + 1
        soft = self.passed * len(problem.lots) + self.substitute + self.safety
        unit = self.short(0) + BANDS * self.tenth + self.later * len(problem.requests) + soft
        return unit * max(units, nodes)

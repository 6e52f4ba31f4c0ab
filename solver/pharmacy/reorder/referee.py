"""Counts what an order is held to, plainly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from solver.engine.rule import Level
from solver.pharmacy import rules
from solver.pharmacy.reorder.problem import ReorderProblem


@dataclass(frozen=True, slots=True)
class OrderCount:
    """Units of each broken rule by its id; ``clean``: no hard one."""

    counts: Counter[str]

    @property
    def clean(self) -> bool:
        """Whether every hard rule is kept."""
        hard = (rule.id for rule in rules.ORDER_RULES if rule.level is not Level.SOFT)
        return not any(self.counts[rule_id] for rule_id in hard)

    @property
    def cost(self) -> int:
        """Price of the soft ones."""
        return sum(self.counts[rule.id] * rule.weight for rule in rules.ORDER_RULES)


def recount(
    problem: ReorderProblem, ordered: Mapping[str, int], proposed: Mapping[str, int] | None = None
) -> OrderCount:
    """Quantities by item. ``proposed``: what the policies asked for, where a person may have changed it since."""
    items = {item.id: item for item in problem.items}
    counts: Counter[str] = Counter()
    for item_id, quantity in ordered.items():
        item = items.get(item_id)
        if item is None:
            counts[rules.ORDER_KNOWN_ITEM.id] += 1
            continue
        counts[rules.ORDER_IN_PACKS.id] += int(quantity % item.pack != 0 or quantity < 0)
        if item.largest_order is not None:
            counts[rules.ORDER_WITHIN_LARGEST.id] += max(0, quantity - item.largest_order)
        if proposed is not None:
            counts[rules.ORDER_AS_PROPOSED.id] += abs(quantity - proposed.get(item_id, 0))
    counts[rules.ORDER_EVERY_ITEM.id] += len(items.keys() - ordered.keys())
    return OrderCount(+counts)

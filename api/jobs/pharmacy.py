"""Orders of a pharmacy as jobs: each piece tunes the policies of some items.

An item's chance depends on its id and the seed alone, so the result does not depend on how many workers there were.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

from api.jobs.kinds import Document, Observer
from solver.pharmacy.perishable.policies import Policy
from solver.pharmacy.reorder.formats import policy_name, read_stock
from solver.pharmacy.reorder.problem import ReorderProblem
from solver.pharmacy.reorder.referee import recount
from solver.pharmacy.reorder.tuning import Choice, choose
from solver.pharmacy.reorder.watch import Outlook, outlook

PIECE: Final = 25
"""Items of a piece: some seconds of work."""


class PharmacyPlan:
    """The kind of job. ``spec``: ``stock`` (a document as docs/pharmacy.md tells it) and ``seed``."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """All of them at once: nothing follows from anything."""
        if done:
            return []
        count = len(_problem(spec["stock"]).items)
        return [{"first": first, "end": min(first + PIECE, count)} for first in range(0, count, PIECE)]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """The lines of some items; a stopped piece keeps those that are done."""
        lines: list[Document] = []
        for item in _problem(spec["stock"]).items[piece["first"] : piece["end"]]:
            if observer.stopped():
                break
            choice = choose(item, spec["seed"])
            lines.append(_line(item.id, choice, outlook(item, choice.demand.mean)))
            observer.tell({"items": piece["first"] + len(lines)})
        return {"lines": lines}

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """Every line there is; ``without``: items that were not looked at because the job was stopped."""
        problem = _problem(spec["stock"])
        lines = [line for part in done for line in part["lines"]]
        counted = recount(problem, {line["item_id"]: line["quantity"] for line in lines})
        missing = {item.id for item in problem.items} - {line["item_id"] for line in lines}
        return {"lines": lines, "without": sorted(missing), "seed": spec["seed"], "verified": counted.clean}


@functools.lru_cache(maxsize=2)
def _problem(stock: str) -> ReorderProblem:
    """Read once by a process that does many pieces of one job."""
    return read_stock(stock)


def _line(item_id: str, choice: Choice, stands: Outlook) -> Document:
    expected = choice.expected
    cover = stands.days_of_cover
    return {
        "item_id": item_id,
        "quantity": choice.order,
        "policy": {"name": policy_name(choice), **_parameters(choice.policy)},
        "daily_demand": round(choice.demand.mean, 3),
        "expected": {
            "daily_cost": round(expected.daily_cost, 4),
            "service": round(expected.service, 5),
            "waste": round(expected.waste, 5),
            "short_days": round(expected.short_days, 5),
        },
        "curve": [
            {"level": round(p.level, 2), "service": round(p.service, 5), "waste": round(p.waste, 5)}
            for p in choice.curve
        ],
        "on_hand": stands.on_hand,
        "days_of_cover": round(cover, 1) if cover < 1e6 else None,
        "days_to_next_delivery": stands.next_delivery,
        "alerts": [
            {"kind": e.kind.value, "quantity": e.quantity, "in_days": e.in_days, "lot_id": e.lot_id}
            for e in stands.events
        ],
    }


def _parameters(policy: Policy) -> dict[str, Any]:
    """Numbers of a policy; what does not bind is null."""
    below = round(policy.below, 2) if policy.below < 1e12 else None
    return {"below": below, "level": round(policy.level, 2), "largest_order": policy.most}

"""What came of a search as JSON, whatever was planned: the frame that rosters and plans of admissions fill."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from api.jobs.kinds import Document
from solver.engine.result import Result, Status
from solver.engine.rule import Rule


class Tally(Protocol):
    """How often a referee found a rule broken, in its unit, and what that costs."""

    @property
    def rule(self) -> Rule: ...

    @property
    def count(self) -> int: ...

    @property
    def cost(self) -> int: ...


class Counted(Protocol):
    """A plan as a referee counted it."""

    @property
    def cost(self) -> int: ...


def rows_of(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """Each rule by its id, how often it is broken, and what that costs."""
    return [{"rule": tally.rule.id, "count": tally.count, "cost": tally.cost} for tally in tallies]


def as_found(
    result: Result[Any], counted: Counted | None, rules: list[dict[str, Any]], *, same: bool
) -> Document:
    """A result, counted without the prices of pins and changes (None: there is no plan). ``same``: it was searched
    without them, too. A bound that holds with them says nothing without them."""
    return {
        "status": result.status.value if same or counted is None else Status.FEASIBLE.value,
        "cost": None if counted is None else counted.cost,
        "bound": result.bound if same else None,
        "gap": result.gap if same else None,
        "verified": result.verified,
        "method": result.method,
        "rules": rules,
    }


def unbegun(method: str) -> Document:
    """Of a search that was stopped before it began."""
    return {
        "status": Status.OUT_OF_TIME.value,
        "cost": None,
        "bound": None,
        "gap": None,
        "verified": False,
        "method": method,
        "rules": [],
        "changes": None,
        "pins_kept": False,
    }


def too_many(one: Document, most: int | None) -> int:
    """Changes beyond the most that are wished for (None: any number)."""
    return 0 if most is None else max(0, (one["changes"] or 0) - most)

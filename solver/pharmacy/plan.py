"""What a batch comes to, and what proves that nothing better exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Given:
    """``quantity`` units of one lot for one request."""

    request_id: str
    lot_id: str
    quantity: int


Shortage = tuple[str, int, str]
"""Drug asked for, class of the committee's order, ward: within it, who asked first is served first."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Prices of the linear program's dual, one for each request, lot, drug and shortage: whatever they are, no plan
    costs less than they prove (weak duality); the best ones prove the optimum. A price that is missing counts as 0."""

    request: Mapping[str, int] = field(default_factory=dict)
    lot: Mapping[str, int] = field(default_factory=dict)
    drug: Mapping[str, int] = field(default_factory=dict)
    shortage: Mapping[Shortage, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SupplyPlan:
    """A proposal: a person dispenses. ``committee`` and ``order_version``: whose order shortages followed."""

    given: tuple[Given, ...]
    committee: str
    order_version: int
    certificate: Certificate | None = None

    def of_request(self, request_id: str) -> tuple[Given, ...]:
        """What one request is given."""
        return tuple(each for each in self.given if each.request_id == request_id)

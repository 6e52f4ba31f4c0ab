"""What a simulated day knows of its requests: what was given, and which rules were broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from solver.hospital import Allocation, Minute, Request


@dataclass(slots=True)
class Case:
    """A request and what was given for it; ``number`` counts the requests in the order they came, ``since`` is when.
    ``displaced``: its booking was taken back once for someone more urgent; that happens to nobody twice."""

    request: Request
    number: int
    since: Minute
    allocation: Allocation | None = None
    arrived: bool = False
    decisions: int = 0
    of_stay: str | None = None
    displaced: bool = False


@dataclass(slots=True)
class Breaches:
    """Hard rules broken: by decisions (must be none), and as the hospital stood when it was recounted."""

    by_decision: Counter[str] = field(default_factory=Counter)
    standing: Counter[str] = field(default_factory=Counter)

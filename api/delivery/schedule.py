"""When to try again: sooner at first, later and later, and not everybody at the same moment."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pauses between attempts: ``first`` seconds, twice as long each time up to ``longest``; an event is given up
    once they would add up to more than ``span``. A fifth more or less by chance."""

    first: float
    longest: float
    span: float

    def pause(self, tries: int, chance: random.Random) -> float | None:
        """Seconds to wait after so many attempts (1 or more) that failed; None: given up."""
        doubled = [min(self.longest, self.first * 2.0 ** min(n, 40)) for n in range(tries)]
        if sum(doubled) > self.span:
            return None
        return doubled[-1] * chance.uniform(0.8, 1.2)

"""Replications added until every watched measure is known as closely as asked, or the budget ends.

The sequential procedure of Law 2015, section 9.4.1, with the number of further replications foretold as
Robinson 2014, section 9.6, does, so that workers are given many at a time. Its only clock is the number of
replications: the same seed stops at the same one on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulations.statistics.intervals import FEWEST, Interval, Precision

GROWTH = 2
"""At most doubled at a time: a spread foretold from few replications is itself uncertain."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """When to stop.

    Attributes
    ----------
    first: replications made before anything is judged, 1 or more.
    most: the budget, not below ``first``.
    precision: None makes exactly ``first``.

    Raises ValueError where that does not hold.
    """

    first: int
    most: int
    precision: Precision | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.most:
            raise ValueError(
                f"{self.first} replications to begin with and {self.most} at most; need 1 <= first <= most. "
                "Raise the budget, or begin with fewer."
            )

    def next_number(self, made: int, watched: Sequence[Interval]) -> int:
        """How many replications there should be in all; ``made`` itself means that it is enough."""
        if made < self.first:
            return self.first
        if self.precision is None or all(self.precision.reached(each) for each in watched):
            return made
        short = [each for each in watched if not self.precision.reached(each)]
        wanted = max(*(self.precision.needed(each) for each in short), made + 1)
        return min(wanted, max(GROWTH * made, FEWEST), max(self.most, made))

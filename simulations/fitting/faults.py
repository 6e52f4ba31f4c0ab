"""All that is wrong with a log, told at once, line by line, and nobody's data with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from solver.engine.errors import Problem, refuse_if_any

MOST_OF_A_KIND = 100
"""Told one by one; the rest is counted."""


@dataclass(slots=True)
class Faults:
    """file: as messages call it. Values are never shown, unless they are moments, durations or known words."""

    file: str
    found: list[tuple[int, Problem]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, line: int, column: str, value: object, expected: str, remedy: str) -> None:
        """``expected`` tells one kind of fault from another."""
        self.counts[expected] += 1
        if self.counts[expected] <= MOST_OF_A_KIND:
            self.found.append((line, Problem(f"{self.file}:{line}, {column}", value, expected, remedy)))

    def refuse_if_any(self) -> None:
        """Raise InvalidInstance with all of them, in the order of lines."""
        told = [problem for _, problem in sorted(self.found, key=lambda each: each[0])]
        more = [
            Problem(self.file, f"{count - MOST_OF_A_KIND:,} more such rows", expected, "Correct these first.")
            for expected, count in self.counts.items()
            if count > MOST_OF_A_KIND
        ]
        refuse_if_any([*told, *more])

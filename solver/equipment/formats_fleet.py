"""Bookings of fixed times as text in the SMPTSP format.

SMPTSP is the shift minimisation personnel task scheduling problem (Krishnamoorthy, Ernst, Baatar 2012): ``Jobs = n``,
n lines ``start end``, ``Qualifications = m``, m lines ``count: job ...``, all counted from 0.
"""

from __future__ import annotations

from typing import Final

from solver.engine.errors import Problem, refuse_if_any
from solver.equipment.problem import FleetProblem

MOST_DIGITS: Final = 12
"""Of a number in a text: more than any minute has, and few enough to be read."""


def is_whole(word: str) -> bool:
    return word.isdecimal() and len(word) <= MOST_DIGITS


def fleet_from_text(text: str, name: str = "jobs") -> FleetProblem:
    """Fixed bookings in the SMPTSP format; lines that begin with ``#`` are comments."""
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    lines = [line for line in lines if not line[1].startswith("Type")]
    reading = _Lines(name, lines)
    intervals = [reading.numbers(2) for _ in range(reading.header("Jobs"))]
    serves = [reading.counted() for _ in range(reading.header("Qualifications"))]
    reading.end()
    refuse_if_any(reading.problems)
    return FleetProblem(
        tuple((row[0], row[1]) for row in intervals), tuple(serves), name.split(".", maxsplit=1)[0]
    )


class _Lines:
    """Lines of an SMPTSP file taken one by one; faults are noted with the line's number."""

    def __init__(self, name: str, lines: list[tuple[int, str]]) -> None:
        self.name, self._lines, self._next = name, lines, 0
        self.problems: list[Problem] = []

    def header(self, word: str) -> int:
        """The count of ``word = count``, never more than there are lines left."""
        number, line = self._take(f"{word} = count")
        left, _, right = line.partition("=")
        if left.strip() != word or not is_whole(right.strip()):
            self._note(number, line, f"{word} = count")
            return 0
        count, left_over = int(right), len(self._lines) - self._next
        if count > left_over:
            self._note(number, line, f"at most the {left_over} lines that follow")
        return min(count, left_over)

    def numbers(self, count: int) -> tuple[int, ...]:
        """A line of ``count`` whole numbers."""
        number, line = self._take(f"{count} whole numbers")
        words = line.split()
        if len(words) != count or not all(is_whole(word) for word in words):
            self._note(number, line, f"{count} whole numbers from 0")
            return (0,) * count
        return tuple(int(word) for word in words)

    def counted(self) -> tuple[int, ...]:
        """A line ``count: number ...``."""
        number, line = self._take("count: job ...")
        count, colon, rest = line.partition(":")
        words = rest.split()
        good = colon and all(is_whole(word) for word in (count.strip(), *words))
        if not good or int(count) != len(words):
            self._note(number, line, "count: job ..., as many jobs as counted")
            return ()
        return tuple(int(word) for word in words)

    def end(self) -> None:
        """Nothing may follow."""
        for number, line in self._lines[self._next :]:
            self._note(number, line, "the end of the file")

    def _take(self, expected: str) -> tuple[int, str]:
        if self._next == len(self._lines):
            self._note(self._lines[-1][0] if self._lines else 1, "the end", expected)
            return 0, ""
        self._next += 1
        return self._lines[self._next - 1]

    def _note(self, number: int, value: str, expected: str) -> None:
        if number:
            problem = Problem(f"{self.name}, line {number}", value, expected, "Correct the file.")
            self.problems.append(problem)

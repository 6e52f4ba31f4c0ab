"""The solver's errors.

    SolverError
    ├── InvalidInstance   the input is refused; carries every problem that was found, not only the first
    └── EngineError       an engine answered what it must not: a defect of ours or of a library
        └── Contradiction it calls infeasible what a plan is known for

"Infeasible" and "out of time" are no errors but outcomes: see ``result.Status``. Messages hold ids, never
what identifies a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input.

    ``where`` names the culprit (a file with row and column, or a record with field), ``value`` is what stood
    there, ``expected`` what should have stood there, ``remedy`` what a person may do about it.
    """

    where: str
    value: object
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: got {shortened(self.value)}, expected {self.expected}. {self.remedy}"


class SolverError(Exception):
    """Whatever the solver raises on purpose."""


class InvalidInstance(SolverError):
    """Input was refused at the door; nothing of it was kept.

    ``problems`` holds all that was found, in the order found; at least one. The message lists every one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError("InvalidInstance needs at least one problem, got none.")
        super().__init__(self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [f"{len(self.problems)} problems:"]
        lines += [f"  {number}. {problem}" for number, problem in enumerate(self.problems, start=1)]
        return "\n".join(lines)


class EngineError(SolverError):
    """An engine broke its contract, as a CP-SAT model the library calls invalid. Never the user's fault."""


class Contradiction(EngineError):
    """An engine insists that nothing is feasible while a plan is known."""


def shortened(value: object, limit: int = 80) -> str:
    """``value`` as Python writes it, cut to ``limit`` characters: a huge value cannot flood a message."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def refuse_if_any(problems: Iterable[Problem]) -> None:
    """Raise ``InvalidInstance`` with all ``problems``, if there are any."""
    found = tuple(problems)
    if found:
        raise InvalidInstance(found)

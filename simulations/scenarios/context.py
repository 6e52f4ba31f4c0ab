"""What all builders share: the scenario, where its names are, and the faults found on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path as FilePath

from simulations.scenarios.places import Fault, Path
from simulations.scenarios.schema import Scenario

MOST_LISTED = 1_000_000
"""Arrivals of a scenario at moments that are listed one by one: each takes its place in memory."""


@dataclass(slots=True)
class Context:
    """A scenario being built.

    folder: where files that it names are looked for. left_out: paths of what had to be left out.
    warnings: what is no fault, but hardly meant.
    origins: by the engine's path, such as ``steps[3].duration``, the scenario's path that it came from.
    """

    scenario: Scenario
    folder: FilePath
    left_out: tuple[Path, ...] = ()
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    origins: dict[str, Path] = field(default_factory=dict)
    listed: int = 0

    @property
    def length(self) -> float:
        """Hours."""
        return self.scenario.run.length

    @property
    def start_of_week(self) -> int:
        """Hours from Monday midnight to the start of the run."""
        return self.scenario.run.start.weekday() * 24 + self.scenario.run.start.hour

    def hours(self, moment: float | datetime) -> float:
        """Hours from the start of the run."""
        if isinstance(moment, datetime):
            return (moment - self.scenario.run.start).total_seconds() / 3600
        return moment

    def fault(self, path: Path, value: object, expected: str, remedy: str, inside: str = "") -> None:
        self.faults.append(Fault(path, value, expected, remedy, inside))

    def takes(self, path: Path, count: int) -> bool:
        """Whether so many more arrivals can be listed; a fault at ``path`` if not."""
        self.listed += count
        if self.listed > MOST_LISTED:
            expected = f"at most {MOST_LISTED:,} arrivals of sessions and incidents in the whole scenario"
            self.fault(path, f"{self.listed:,}", expected, "List fewer, or let them arrive at random.")
        return self.listed <= MOST_LISTED

    def known(self, path: Path, name: str, what: str, names: Iterable[str], home: Path) -> bool:
        """Whether ``name`` is one of ``names``, which stand at ``home``; a fault at ``path`` if not.

        What was left out for a fault of its own is no second fault, but is not there either.
        """
        known = list(names)
        if name in known:
            return True
        if not any((*home, name) == path[: len(home) + 1] or path == home for path in self.left_out):
            there = ", ".join(known[:12]) or "none"
            self.fault(path, name, f"{what}: {there}", "Correct the name, or declare it.")
        return False

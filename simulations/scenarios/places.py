"""Where in which file a value of a scenario stands, so that every fault can say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solver.engine.errors import Problem

Path = tuple[str | int, ...]
"""From the top of the document: ``("resources", "icu", "beds")``; numbers count the items of a list from 0."""

BY_CLASS = "by_class"
"""The key under which a value stands by class; a value alone stands for one of every class."""
ALIASES = {"from_": "from", "list_": "list"}
UNWRITTEN = {"[key]", "constant", "others"}
"""What the schema names and no file needs to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column count from 1; line 0 is the command line."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, at a path of the document; ``inside`` is where in a file that is named there."""

    path: Path
    value: object
    expected: str
    remedy: str
    inside: str = ""


def dotted(path: Path) -> str:
    """``resources.icu.beds``, ``steps[3].takes``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def written(path: Path, places: Mapping[Path, Place]) -> Path:
    """``path`` of the schema as it stands in the file, where a value alone stands for one of every class."""
    found: Path = ()
    for depth, part in enumerate(path):
        name = ALIASES.get(part, part) if isinstance(part, str) else part
        if (*found, name) in places:
            found = (*found, name)
        elif (*found, BY_CLASS, name) in places:
            found = (*found, BY_CLASS, name)
        elif depth == len(path) - 1 and isinstance(name, str) and name not in UNWRITTEN:
            return (*found, name)
    return found


def nearest(places: Mapping[Path, Place], path: Path) -> Place:
    """Where ``path`` stands; of what is not written there, what it is missing from."""
    while path and path not in places:
        path = path[:-1]
    return places[path]


def located(fault: Fault, places: Mapping[Path, Place]) -> Problem:
    """The fault with file and line."""
    path = written(fault.path, places)
    inside = f" ({fault.inside})" if fault.inside else ""
    where = f"{nearest(places, path)}, {dotted(path) or 'the scenario'}{inside}"
    return Problem(where, fault.value, fault.expected, fault.remedy)

"""One scenario with one value after another of some of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from simulations.scenarios.build import Scene, load
from solver.engine.errors import InvalidInstance, Problem

MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Axis:
    """A dotted path of the scenario, and the values it takes: ``+5`` changes the number there."""

    path: str
    values: tuple[str, ...]


def axis(text: str) -> Axis:
    """From ``resources.icu.beds=+0,+5,+10``; raises InvalidInstance."""
    path, equals, values = text.partition("=")
    parts = tuple(part.strip() for part in values.split(",") if part.strip())
    if not equals or not path.strip() or not parts:
        remedy = "Write --vary resources.icu.beds=+0,+5,+10."
        raise InvalidInstance([Problem("--vary", text, "a path, =, and values with commas between", remedy)])
    return Axis(path.strip(), parts)


@dataclass(frozen=True, slots=True)
class Point:
    """A scenario of a sweep: ``settings`` are the path and value of each axis."""

    settings: tuple[tuple[str, str], ...]
    built: Scene


def points(path: Path, axes: Sequence[Axis]) -> list[Point]:
    """Every combination of the axes' values, the last axis moving fastest; raises InvalidInstance."""
    combinations = list(product(*([(each.path, value) for value in each.values] for each in axes)))
    if len(combinations) > MOST_POINTS:
        remedy = "Vary fewer parameters, or fewer values."
        raise InvalidInstance(
            [Problem("--vary", len(combinations), f"at most {MOST_POINTS} combinations", remedy)]
        )
    return [Point(settings, load(path, settings).renamed(_name(settings))) for settings in combinations]


def _name(settings: Sequence[tuple[str, str]]) -> str:
    """What is special about a point."""
    return ", ".join(f"{path}={value}" for path, value in settings)

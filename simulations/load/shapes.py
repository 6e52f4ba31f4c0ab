"""Shapes of a load: what is done to a steady day."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from simulations.load.driver import Stall
from simulations.scenarios.build import Built, build
from simulations.scenarios.yaml_nodes import Reading

SURGE_FACTOR: Final = 1.5
CASUALTIES: Final = 20
STEP_FACTOR: Final = 1.1
STALL_SHARE: Final = 0.05
"""Of the run, at most ``LONGEST_STALL`` seconds, in its middle."""
LONGEST_STALL: Final = 10.0


class Shape(StrEnum):
    """How the load runs over time."""

    STEADY = "steady"
    SURGE = "surge"
    """Half as many again of those who come at random, in the middle third."""
    CASUALTIES = "casualties"
    """Twenty patients within a minute of the hospital, on each site, in the middle."""
    HANDOVER = "handover"
    """At 07:00 everything comes at once that waited for the new shift."""
    STORM = "storm"
    """For a while nothing gets through; then all comes at once, and everything sent before is sent again."""
    STEP = "step"
    """A tenth faster with each step, until the goal is missed: the knee."""
    SOAK = "soak"
    """Steady, for hours; the report holds the end against the beginning."""


def shaped(built: Built, shape: Shape, begin: float, end: float, folder: Path) -> Built:
    """The scenario with the shape's patients between ``begin`` and ``end``, hours from its start; ``folder``: in which
    its files lie."""
    if shape is Shape.SURGE:
        third = (end - begin) / 3
        return _with_surge(built, begin + third, end - third, folder)
    if shape is Shape.CASUALTIES:
        return _with_casualties(built, (begin + end) / 2, folder)
    return built


def _with_surge(built: Built, begin: float, end: float, folder: Path) -> Built:
    classes = [
        name
        for name, each in built.scenario.demand.classes.items()
        if any(source.random is not None for source in each.arrivals)
    ]
    surge = {"classes": classes, "from": _hours(begin), "until": _hours(end), "factor": SURGE_FACTOR}
    demand = dict(built.document["demand"])
    demand["surges"] = {**demand.get("surges", {}), "of the load": surge} if classes else {}
    return _rebuilt(built, demand, folder)


def _with_casualties(built: Built, at: float, folder: Path) -> Built:
    demand = dict(built.document["demand"])
    name = min(demand["classes"], key=lambda each: built.scenario.demand.classes[each].priority)
    of_class = dict(demand["classes"][name])
    arrivals = of_class.get("arrivals", [])
    incident = {"incident": {"at": _hours(at), "patients": CASUALTIES, "within": "1 min"}}
    of_class["arrivals"] = [*(arrivals if isinstance(arrivals, list) else [arrivals]), incident]
    demand["classes"] = {**demand["classes"], name: of_class}
    return _rebuilt(built, demand, folder)


def _rebuilt(built: Built, demand: Mapping[str, Any], folder: Path) -> Built:
    return build({**built.document, "demand": demand}, Reading(), folder)


def _hours(hours: float) -> str:
    return f"{round(hours * 60)} min"


def stall_of(shape: Shape, fill: float, seconds: float) -> Stall | None:
    """When nothing gets through, seconds of the load."""
    if shape is not Shape.STORM:
        return None
    middle, lasts = fill + seconds / 2, min(LONGEST_STALL, STALL_SHARE * seconds)
    return Stall(middle, middle + lasts, 2 * lasts)

"""A scenario as it is written, whole."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from simulations.scenarios.schema_demand import Demand
from simulations.scenarios.schema_parts import Count, Name, Part, Positive
from simulations.scenarios.schema_pathways import Pathway
from simulations.scenarios.schema_resources import Resource
from simulations.scenarios.units import Hours, Start

AUTO: Final = "auto"
LONGEST = 100 * 366 * 24.0


class Run(Part):
    """How it is simulated.

    length: from the start to the end, warm-up included. warm_up: left out at the beginning; ``auto`` finds it.
    replications: at least so many; more if a precision is asked for.
    """

    start: Start
    length: Annotated[Hours, Field(gt=0, le=LONGEST)]
    warm_up: Literal["auto"] | Annotated[Hours, Field(ge=0)] = AUTO
    replications: Annotated[Positive, Field(le=100_000)] = 20


class Policies(Part):
    """How what is free is given out.

    queue: whether somebody behind may go first when the first of the line does not fit. lines: the same by line.
    keep_free: by resource and class, how many must still be free after a patient of that class took theirs.
    """

    queue: Literal["strict", "first who fits"] = "strict"
    lines: dict[Name, Literal["strict", "first who fits"]] = {}
    keep_free: dict[Name, dict[Name, Count]] = {}


class Scenario(Part):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    description: str = ""
    run: Run
    demand: Demand
    pathways: Annotated[dict[Name, Pathway], Field(min_length=1)]
    resources: dict[Name, Resource] = {}
    policies: Policies = Policies()

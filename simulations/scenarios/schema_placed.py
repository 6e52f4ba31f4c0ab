"""A scenario of a whole hospital, in which a placing policy decides who lies where, as it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulations.scenarios.schema import Run
from simulations.scenarios.schema_parts import Count, Name, Part, Positive, Share, Weight
from simulations.scenarios.units import Hours, Moment

Id = Annotated[str, Field(min_length=1, max_length=120)]
PER_DAY = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]


class Hospital(Part):
    """Which hospital: one of a named ``size``, drawn from ``seed``; or a ``file`` as `wardflow export` and
    `wardflow simulate from-snapshot` write it.

    extra_beds, closed_beds: by ward, extra_units, withdrawn_units: by type of equipment, without changing who asks.
    """

    size: Literal["ward", "district", "city", "region"] | None = None
    file: Annotated[str, Field(min_length=1)] | None = None
    seed: Count = 1
    occupancy: Share = 0.92
    time_zone: Annotated[str, Field(min_length=1)] = "Asia/Shanghai"
    extra_beds: dict[Id, Annotated[Count, Field(le=1000)]] = {}
    closed_beds: dict[Id, Annotated[Count, Field(le=1000)]] = {}
    extra_units: dict[Id, Annotated[Count, Field(le=1000)]] = {}
    withdrawn_units: dict[Id, Annotated[Count, Field(le=1000)]] = {}

    @model_validator(mode="after")
    def _one_source(self) -> Hospital:
        if (self.size is None) == (self.file is None):
            raise PydanticCustomError("source", "either size or file", {})
        return self


class PlacedSurge(Part):
    """More requests of some wards' patients for a time; ``wards`` left out: of all."""

    wards: list[Id] = []
    from_: Annotated[Moment, Field(alias="from")]
    until: Moment
    factor: Weight


class PlacedDemand(Part):
    """Who asks for beds.

    load: bed-minutes asked for over bed-minutes that the hospital's beds can give. per_day: requests of an average
    day by ward, where they are known. gives_up_after: after the end of their own wait, who still has no bed is sent
    elsewhere.
    """

    load: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] = 0.85
    per_day: dict[Id, PER_DAY] = {}
    surges: dict[Name, PlacedSurge] = {}
    gives_up_after: Annotated[Hours, Field(ge=0, le=24 * 30)] = 24.0


class Placing(Part):
    """How who asks gets a bed.

    placing: ``production`` decides as the service does; the others keep the same hard rules and look at no price.
    keep_free: with ``guard beds``, how many beds of a ward stay free of who is neither emergency nor urgent. weights,
    switched_off: as in a rule profile of the service.
    """

    placing: Literal["production", "first fit", "guard beds", "nearest ward"] = "production"
    keep_free: dict[Id, Positive] = {}
    weights: dict[Id, Count] = {}
    switched_off: list[Id] = []
    look_every: Annotated[Hours, Field(ge=1 / 60, le=24)] = 1.0


class PlacedScenario(Part):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    description: str = ""
    run: Run
    hospital: Hospital
    demand: PlacedDemand = PlacedDemand()
    policies: Placing = Placing()

"""What-if experiments as they are asked for."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.base import Readable, Strict, Word

LONGEST_SCENARIO: Final = 200_000
MOST_VARIANTS: Final = 20
MOST_REPLICATIONS: Final = 10_000

Setting = Annotated[Readable, Field(min_length=1, max_length=200)]


class VariantIn(Strict):
    """The scenario with some values changed: dotted paths to new values; ``+4``, ``-10%`` or ``x1.2`` change what
    stands there."""

    name: Word
    settings: Annotated[dict[Setting, Setting], Field(min_length=1, max_length=50)]


class FleetIn(Strict):
    """What more or fewer units of equipment do to waits and refusals of the same requests.

    ``type_ids``: names of units in the scenario, none: every type that somebody asks for; ``around``: up to so many
    units fewer and more of each, one type at a time.
    """

    type_ids: Annotated[tuple[Word, ...], Field(max_length=MOST_VARIANTS, strict=False)] = ()
    around: Annotated[int, Field(ge=1, le=MOST_VARIANTS)] = 1


class ExperimentIn(Strict):
    """A scenario in YAML (``wardflow simulate init`` writes a commented one), and how it is to be run.

    It names no files. ``replications``: to begin with, else as the scenario says; ``precision``: relative half width
    wanted of waits and occupancies; ``budget``: replications of each scenario at most. ``fleet``: in the place of
    variants.
    """

    scenario: Annotated[Readable, Field(min_length=1, max_length=LONGEST_SCENARIO)]
    variants: Annotated[tuple[VariantIn, ...], Field(max_length=MOST_VARIANTS, strict=False)] = ()
    fleet: FleetIn | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1
    replications: Annotated[int, Field(ge=2, le=MOST_REPLICATIONS)] | None = None
    precision: Annotated[float, Field(ge=0.001, le=1)] | None = None
    budget: Annotated[int, Field(ge=2, le=MOST_REPLICATIONS)] | None = None

"""What every part of the schema is made of, and distributions of durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from simulations.scenarios.places import BY_CLASS
from simulations.scenarios.units import DURATION, Hours, hours_of

OTHERS = "others"
"""In a mapping by class: the classes not named."""

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Positive = Annotated[int, Field(ge=1, le=1_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z_][A-Za-z0-9_ -]*$")]
Span = Annotated[Hours, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    """Unknown keys are refused, nothing is converted, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Choice(Part):
    """Exactly one of ``alternatives`` (all fields, unless said otherwise) is given."""

    alternatives: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Choice:
        names = self.alternatives or tuple(type(self).model_fields)
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "choice", "exactly one of {names}", {"names": ", ".join(name.strip("_") for name in names)}
            )
        return self

    @property
    def chosen(self) -> str:
        """The alternative that is given."""
        names = self.alternatives or tuple(type(self).model_fields)
        return next(name for name in names if getattr(self, name) is not None)


def by_class(value: Any) -> Any:
    """A value for every class, or one by class under ``by_class``: always a mapping afterwards."""
    if isinstance(value, Mapping) and set(value) == {BY_CLASS}:
        return value[BY_CLASS]
    return {OTHERS: value}


ByClass = BeforeValidator(by_class)


class MeanAndSpread(Part):
    """Of the variable itself, not of its logarithm."""

    mean: Span
    sd: Span


class Truncated(MeanAndSpread):
    minimum: Span = 0.0


class Between(Part):
    low: Span
    high: Span


class Peaked(Between):
    mode: Span


class Phases(Part):
    mean: Span
    phases: Positive


class ShapeAndScale(Part):
    shape: Annotated[float, Field(gt=0)]
    scale: Span


class Observed(Part):
    """``values``, each as likely as its weight says; ``smooth`` draws between them too."""

    values: Annotated[list[Span], Field(min_length=1)]
    weights: list[Weight] = []
    smooth: bool = False


class Distribution(Choice):
    """One distribution of a duration; a duration alone is always the same one."""

    constant: Span | None = None
    exponential: Span | None = None
    uniform: Between | None = None
    triangular: Peaked | None = None
    lognormal: MeanAndSpread | None = None
    gamma: MeanAndSpread | None = None
    erlang: Phases | None = None
    weibull: ShapeAndScale | None = None
    normal: Truncated | None = None
    empirical: Observed | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_a_duration(cls, value: Any) -> Any:
        if isinstance(value, Mapping | Distribution):
            return value
        try:
            return {"constant": hours_of(value) and value}
        except ValueError:
            message = "a distribution such as lognormal with mean: 3 d and sd: 2 d, or {duration}"
            raise PydanticCustomError("distribution", message, {"duration": DURATION}) from None

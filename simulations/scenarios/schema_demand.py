"""Who comes, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from simulations.scenarios.schema_parts import (
    Choice,
    Distribution,
    Name,
    Part,
    Positive,
    Share,
    Span,
    Weight,
)
from simulations.scenarios.units import Clock, Moment

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS: list[Day] = ["mon", "tue", "wed", "thu", "fri"]


def _listed(value: Any) -> Any:
    """One thing is a list of one."""
    return value if isinstance(value, list) else [value]


OneOrMore = BeforeValidator(_listed)


class GroupSize(Part):
    """``share`` of the arrivals bring ``size`` patients at once."""

    size: Positive
    share: Share


class Window(Part):
    """From a moment on, until another; half-open."""

    from_: Annotated[Moment, Field(alias="from")] = 0.0
    until: Moment | None = None


class Random(Window):
    """Poisson arrivals at a mean rate, shaped by the hour of the day and the day of the week.

    The weights are relative: only their proportions count, and the rate stays the mean over a week.
    """

    per_hour: Weight | None = None
    per_day: Weight | None = None
    per_week: Weight | None = None
    by_hour: Annotated[list[Weight], Field(min_length=24, max_length=24)] | None = None
    by_weekday: dict[Day, Weight] = {}
    groups: list[GroupSize] = []

    @model_validator(mode="after")
    def _one_rate(self) -> Random:
        rates = [self.per_hour, self.per_day, self.per_week]
        if sum(rate is not None for rate in rates) != 1:
            raise PydanticCustomError("choice", "exactly one of per_hour, per_day, per_week", {})
        if self.by_hour is not None and not any(self.by_hour):
            raise PydanticCustomError("weights", "an hour with a weight above 0 in by_hour", {})
        if not any(self.by_weekday.get(day, 1.0) for day in WEEK):
            raise PydanticCustomError("weights", "a day with a weight above 0 in by_weekday", {})
        return self


class Gaps(Window):
    """Independent gaps between arrivals."""

    distribution: Distribution
    groups: list[GroupSize] = []


class Punctuality(Part):
    no_show: Share = 0.0
    late_by: Distribution | None = None


class Listed(Punctuality):
    """An elective list: known moments, here or in a column of a CSV file."""

    times: list[Moment] = []
    file: str | None = None
    column: str = "time"


class Sessions(Punctuality):
    """``number`` come at ``at`` on each of ``days``, ``every`` so long after another."""

    days: list[Day] = WEEKDAYS
    at: Clock
    number: Positive
    every: Span = 0.0


class Appointments(Punctuality, Window):
    """One every so often, day and night."""

    every: Annotated[Span, Field(gt=0)]


class Incident(Part):
    """``patients`` within ``within`` from ``at`` on, evenly."""

    at: Moment
    patients: Positive
    within: Span = 0.0


class Replay(Part):
    """The arrivals of a recorded log (CSV): the rows whose ``class_column`` names this class."""

    file: str
    time_column: str = "time"
    class_column: str = "class"
    as_class: str | None = None
    start: Moment | None = None


class Source(Choice):
    """One way in which patients of a class arrive."""

    random: Random | None = None
    gaps: Gaps | None = None
    list_: Annotated[Listed | None, Field(alias="list")] = None
    sessions: Sessions | None = None
    appointments: Appointments | None = None
    incident: Incident | None = None
    replay: Replay | None = None


class PatientClass(Part):
    """Patients who are alike; ``priority`` 0 goes first."""

    pathway: Name
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    arrivals: Annotated[list[Source], OneOrMore] = []


class Surge(Part):
    """For a time more patients of some classes: ``factor`` times as many, or ``extra_per_day`` each."""

    classes: Annotated[list[Name], OneOrMore, Field(min_length=1)]
    from_: Annotated[Moment, Field(alias="from")]
    until: Moment
    factor: Annotated[float, Field(ge=1)] | None = None
    extra_per_day: Weight | None = None

    @model_validator(mode="after")
    def _one_size(self) -> Surge:
        if (self.factor is None) == (self.extra_per_day is None):
            raise PydanticCustomError("choice", "exactly one of factor, extra_per_day", {})
        return self


class Demand(Part):
    classes: Annotated[dict[Name, PatientClass], Field(min_length=1)]
    surges: Mapping[Name, Surge] = {}

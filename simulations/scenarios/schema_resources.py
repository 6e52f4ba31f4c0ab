"""What there is: beds, devices, drugs, staff."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulations.scenarios.schema_demand import WEEK, Day
from simulations.scenarios.schema_parts import Choice, Count, Distribution, Name, Part, Positive, Span
from simulations.scenarios.units import Clock, Moment

Cut = Literal["finish", "interrupt"]


class Closure(Part):
    """``number`` are out of use for a while; who lies there may stay to the end, unless interrupted."""

    from_: Annotated[Moment, Field(alias="from")]
    until: Moment
    number: Positive
    cut: Cut = "finish"


class Opening(Part):
    """``number`` more for a while: the beds of a surge plan."""

    from_: Annotated[Moment, Field(alias="from")]
    until: Moment
    number: Positive


class Breakdown(Part):
    to_failure: Distribution
    repair: Distribution
    repaired_by: Name | None = None
    cut: Cut = "interrupt"


class Maintenance(Part):
    first: Moment
    takes: Distribution
    every: Annotated[Span, Field(gt=0)] | None = None
    units: Positive = 1
    cut: Cut = "finish"


class Stock(Part):
    """A drug: ordered up to a level whenever shelf and orders are at or below another."""

    at_start: Count
    reorder_point: Count
    order_up_to: Count
    lead_time: Distribution
    shelf_life: Annotated[Span, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _orders_something(self) -> Stock:
        if self.order_up_to <= self.reorder_point:
            raise PydanticCustomError("stock", "order_up_to above reorder_point", {})
        return self


class Shift(Part):
    """``number`` are on duty from one time of day until another, past midnight if that is earlier."""

    from_: Annotated[Clock, Field(alias="from")]
    until: Clock
    number: Count
    days: list[Day] = list(WEEK)


class Resource(Choice):
    """Exactly one of beds, units, stock and staff.

    ward and features belong to beds, skills to staff. ``patients_each``: how many patients one of the staff looks
    after at a time. ``at_shift_end``: whether a service under way is finished (overtime) or interrupted.
    """

    alternatives: ClassVar[tuple[str, ...]] = ("beds", "units", "stock", "staff")

    beds: Count | None = None
    units: Count | None = None
    stock: Stock | None = None
    staff: Count | list[Shift] | None = None
    ward: Name | None = None
    features: list[Name] = []
    skills: list[Name] = []
    patients_each: Positive = 1
    at_shift_end: Cut = "finish"
    closed: list[Closure] = []
    opened: list[Opening] = []
    breakdown: Breakdown | None = None
    maintenance: list[Maintenance] = []

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Resource:
        belongs = {
            "ward": {"beds"},
            "features": {"beds"},
            "skills": {"staff"},
            "patients_each": {"staff"},
            "at_shift_end": {"staff"},
            "closed": {"beds", "units"},
            "opened": {"beds", "units"},
            "breakdown": {"beds", "units"},
            "maintenance": {"beds", "units"},
        }
        strange = [
            name for name in self.model_fields_set if self.chosen not in belongs.get(name, {self.chosen})
        ]
        if strange:
            kinds = {"names": ", ".join(sorted(strange)), "kind": self.chosen}
            raise PydanticCustomError("kind", "no {names} with {kind}", kinds)
        return self

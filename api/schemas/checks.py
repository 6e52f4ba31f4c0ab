"""What is asked about a change before anybody makes it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import DeadlineMs, Identity, Moment, Quantity, Strict
from api.schemas.requests import BundleIn
from solver.hospital.requests import MAX_NEEDS


class UnitPickIn(Strict):
    """A unit for the need of a type, for as long as the need says."""

    type_id: Identity
    unit_id: Identity


class LotPickIn(Strict):
    """A quantity of a lot for the need of a drug."""

    drug_id: Identity
    lot_id: Identity
    quantity: Quantity


class _Subject(Strict):
    """Whom it is about: a request (placed or not), a new bundle, the patient of an allocation, or who lies here."""

    request_id: Identity | None = None
    bundle: BundleIn | None = None
    allocation_id: Identity | None = None
    stay_id: Identity | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        subjects = (self.request_id, self.bundle, self.allocation_id, self.stay_id)
        if sum(subject is not None for subject in subjects) != 1:
            raise PydanticCustomError(
                "wardflow_subject", "exactly one of request_id, bundle, allocation_id and stay_id"
            )
        return self


class CheckIn(_Subject):
    """Somebody put into a bed.

    ``start`` None: as booked now, or as soon as it is needed. ``units`` and ``lots`` None: those that serve best; an
    empty list: none.
    """

    bed_id: Identity
    start: Moment | None = None
    companion_bed_id: Identity | None = None
    units: Annotated[tuple[UnitPickIn, ...], Field(max_length=20 * MAX_NEEDS)] | None = None
    lots: Annotated[tuple[LotPickIn, ...], Field(max_length=20 * MAX_NEEDS)] | None = None


class WhyNotIn(_Subject):
    """Why somebody does not get a place: this bed, a bed of this ward, any bed with this unit, or any at all."""

    bed_id: Identity | None = None
    ward_id: Identity | None = None
    unit_id: Identity | None = None
    deadline_ms: DeadlineMs | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.bed_id, self.ward_id, self.unit_id)) > 1:
            raise PydanticCustomError("wardflow_place", "at most one of bed_id, ward_id and unit_id")
        return self

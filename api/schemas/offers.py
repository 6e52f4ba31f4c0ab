"""What is asked of offers: the best places for a need, and to hold one."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import DeadlineMs, Identity, Strict
from api.schemas.requests import BundleIn, PlaceIn

MOST_OPTIONS: Final = 10
"""More than a person compares."""

LONGEST_HOLD_MINUTES: Final = 12 * 60
"""Of a hold: one shift (assumed); what is needed for longer is asked for."""


class _OfANeed(Strict):
    """A need: ``request`` as ``POST /requests`` takes one, or the id of one that is stored."""

    request: BundleIn | None = None
    request_id: Identity | None = None

    @model_validator(mode="after")
    def _one_need(self) -> Self:
        if (self.request is None) == (self.request_id is None):
            raise PydanticCustomError("wardflow_need", "exactly one of request and request_id")
        return self


class RecommendIn(_OfANeed):
    """The ``k`` best places that differ: other rooms, or the same room at least four hours later."""

    k: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = 3
    deadline_ms: DeadlineMs | None = None


class HoldIn(_OfANeed):
    """Reserve a bundle for a need for some minutes: the best there is, or the ``place`` a person chose."""

    place: PlaceIn | None = None
    minutes: Annotated[int, Field(ge=1, le=LONGEST_HOLD_MINUTES)] = 30

"""What is said of steps: how soon each is to come."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import MAX_LIST, Identity, Strict
from api.schemas.requests import PriorityName
from solver.hospital import Step
from solver.hospital.timegrid import MINUTES_PER_DAY


class TargetIn(Strict):
    """Within how many minutes a step follows the one before, for one ward or (no ``ward_id``) the whole hospital."""

    step: Step
    priority: PriorityName
    minutes: Annotated[int, Field(ge=1, le=30 * MINUTES_PER_DAY)]
    ward_id: Identity | None = None


class TargetsIn(Strict):
    """Figures to set; those not named stay as they are."""

    targets: Annotated[tuple[TargetIn, ...], Field(min_length=1, max_length=MAX_LIST)]

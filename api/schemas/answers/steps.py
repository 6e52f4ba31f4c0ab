"""Answers about steps: how soon each is to come, which did not, and why somebody said no."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import PageOut, Time
from api.schemas.base import Out
from api.schemas.requests import PriorityName
from solver.hospital import Step

LevelName = Literal["ward_manager", "bed_manager", "site_manager"]


class BreachOut(Out):
    """A step that did not come by ``due``, or (``cause`` declined) a place that its ward declined, and who was told."""

    request_id: str
    step: Step
    cause: Literal["silent", "declined"]
    level: Annotated[int, Field(ge=1, le=3)]
    role: LevelName
    ward_id: Annotated[str | None, Field(description="The ward it is about")]
    allocation_id: str | None
    due: Time
    told: Time


class BreachPage(PageOut[BreachOut]):
    """Steps that are overdue now, each with the highest level that was told, oldest first."""


class SaidOut(Out):
    """What somebody gave as a reason; ``withheld``: there is one, for those who may read of the patient there."""

    reason: str | None
    withheld: bool


class StatedReasonOut(SaidOut):
    """Why somebody declined, gave back or moved."""

    action: Literal["declined", "released", "transferred", "confirmed_proposal", "declined_proposal"]
    subject_id: Annotated[str, Field(description="The allocation, request or stay it was said about")]
    ward_id: str | None
    by: Annotated[str, Field(description="The account")]
    at: Time


class TargetOut(Out):
    """Within how many minutes a step follows the one before. ``assumed``: the hospital set no figure of its own."""

    ward_id: Annotated[str | None, Field(description="Of this ward alone; null for the whole hospital")]
    step: Step
    follows: Step
    priority: PriorityName
    minutes: int
    assumed: bool


class TargetPage(PageOut[TargetOut]):
    """Every target in force: the hospital's for each step and priority, then those of single wards."""

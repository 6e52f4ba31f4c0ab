"""What is said when a ward accepts, a patient comes, moves or leaves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from api.schemas.base import MAX_LIST, SHORTEST_REASON, Identity, Moment, Reason, Strict
from api.schemas.requests import PriorityName, WaiverIn
from solver.hospital import Companion
from solver.hospital.timegrid import MINUTES_PER_DAY


def _why_declined(reason: str | None, said: ValidationInfo) -> str | None:
    """A ward that declines says why: whoever places the patient next has to know what is missing there."""
    if said.data.get("accepted", True) or (reason is not None and len(reason.strip()) >= SHORTEST_REASON):
        return reason
    raise PydanticCustomError(
        "wardflow_declined",
        "why the ward does not take the patient, in 3 to 500 characters; or accepted: true",
    )


class ConfirmIn(Strict):
    """The destination ward accepts, or declines and says why (``reason``, which needs no word otherwise)."""

    accepted: bool = True
    reason: Annotated[Reason | None, AfterValidator(_why_declined)] = Field(None, validate_default=True)


class ReleaseIn(Strict):
    """A bundle or request is given back."""

    reason: Reason | None = None


class ArrivalIn(Strict):
    """The patient lies in the bed; ``waivers`` when the place came to break rules while the patient was on
    the way."""

    at: Moment | None = None
    waivers: Annotated[tuple[WaiverIn, ...], Field(max_length=20)] = ()


class DischargeIn(Strict):
    """A step of a discharge; ``expected`` departure when it is ordered."""

    step: Literal["ordered", "drugs_ready", "left"] = "left"
    at: Moment | None = None
    expected: Moment | None = None


class StepIn(Strict):
    """A step on the way to the bed."""

    step: Literal["handed_over", "bed_clean"]
    at: Moment | None = None


class TransferIn(Strict):
    """Another bed for a patient who lies here; the same care unless said otherwise.

    ``companion``: whoever accompanies the patient comes along to a place in the new room, unless another kind of
    place is named, or ``none``: then that place is given up.
    """

    reason: Reason
    priority: PriorityName = PriorityName.SOON
    care_level: Annotated[int, Field(ge=0, le=3)] | None = None
    companion: Companion | None = None
    needed_by: Moment | None = None
    max_wait_minutes: Annotated[int, Field(ge=0, le=30 * MINUTES_PER_DAY)] = 240
    other_room: bool = True
    excluded_room_ids: Annotated[frozenset[Identity], Field(max_length=MAX_LIST)] = frozenset()
    waivers: Annotated[tuple[WaiverIn, ...], Field(max_length=20)] = ()


class ProposalIn(Strict):
    """A person confirms or declines what the software proposes; ``consented``: who is called in agreed."""

    reason: Reason | None = None
    consented: bool = False

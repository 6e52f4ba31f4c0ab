"""The events that upset a plan, one model each, told apart by ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import DeadlineMs, Identity, Moment, Reason, Strict, Word
from api.schemas.requests import InfectionIn
from solver.hospital import Isolation


class _Event(Strict):
    """``at``: when it happened (now if not given); never in the future."""

    at: Moment | None = None


class _Closure(_Event):
    reason: Reason
    until: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at is not None and self.until is not None and self.at >= self.until:
            raise PydanticCustomError("wardflow_order", "at before until")
        return self


class IsolationOn(_Event):
    """A person needs isolation from now on, perhaps with what organism."""

    kind: Literal["isolation_on"]
    person_id: Identity
    isolation: Annotated[frozenset[Isolation], Field(min_length=1)]
    infections: Annotated[tuple[InfectionIn, ...], Field(max_length=50)] = ()


class IsolationOff(_Event):
    """A person's isolation ends."""

    kind: Literal["isolation_off"]
    person_id: Identity


class RoomExposure(_Event):
    """Everybody in a room was exposed to an organism; the bay is closed to others until ``until``."""

    kind: Literal["room_exposure"]
    room_id: Identity
    organism: Word
    until: Moment | None = None


class WardOutbreak(_Event):
    """An outbreak on a ward that stays open: everybody who lies there counts as exposed, and only who was exposed to
    the same may come into their rooms."""

    kind: Literal["ward_outbreak"]
    ward_id: Identity
    organism: Word


class BedClosed(_Closure):
    """A bed is out of use."""

    kind: Literal["bed_closed"]
    bed_id: Identity


class BedOpened(_Event):
    """A bed may be used again: blocks are lifted, a closed status ends."""

    kind: Literal["bed_opened"]
    bed_id: Identity


class BedCleaned(_Event):
    """Housekeeping has finished with a bed."""

    kind: Literal["bed_cleaned"]
    bed_id: Identity


class BedFoundOccupied(_Event):
    """Somebody lies in a bed that was held to be free; it is blocked until a person has sorted it out."""

    kind: Literal["bed_found_occupied"]
    bed_id: Identity


class RoomClosed(_Closure):
    """A room or bay is closed."""

    kind: Literal["room_closed"]
    room_id: Identity


class RoomOpened(_Event):
    """A room's blocks are lifted."""

    kind: Literal["room_opened"]
    room_id: Identity


class WardClosed(_Closure):
    """A ward takes nobody, as in an outbreak."""

    kind: Literal["ward_closed"]
    ward_id: Identity


class WardOpened(_Event):
    """A ward's blocks are lifted."""

    kind: Literal["ward_opened"]
    ward_id: Identity


class UnitBroken(_Event):
    """A unit of equipment is broken."""

    kind: Literal["unit_broken"]
    unit_id: Identity


class UnitReturned(_Event):
    """A unit is usable again."""

    kind: Literal["unit_returned"]
    unit_id: Identity


class ModelRecalled(_Event):
    """Every unit of a model is recalled."""

    kind: Literal["model_recalled"]
    model: Word


class LotRecalled(_Event):
    """A lot is recalled for good."""

    kind: Literal["lot_recalled"]
    lot_id: Identity


class LotQuarantined(_Event):
    """A lot may not be used for now."""

    kind: Literal["lot_quarantined"]
    lot_id: Identity


class LotReleased(_Event):
    """A lot in quarantine, or locked, may be used again."""

    kind: Literal["lot_released"]
    lot_id: Identity


class NurseAbsent(_Event):
    """A rostered shift will not be worked."""

    kind: Literal["nurse_absent"]
    shift_id: Identity


class NursesAbsent(_Event):
    """Several nurses do not come: the plan is repaired once for all of them."""

    kind: Literal["nurses_absent"]
    shift_ids: Annotated[frozenset[Identity], Field(min_length=1, max_length=50)]


class NursePresent(_Event):
    """An absence was a mistake, or ended."""

    kind: Literal["nurse_present"]
    shift_id: Identity


class OnCallCalled(_Event):
    """Somebody on call was called in and agreed to come (safeguard 7: a person's consent)."""

    kind: Literal["on_call_called"]
    shift_id: Identity
    consented: Literal[True]


class StayProlonged(_Event):
    """A stay will last longer than forecast."""

    kind: Literal["stay_prolonged"]
    stay_id: Identity
    until: Moment


class StayShortened(_Event):
    """A stay will end sooner than forecast; ``confirmed`` when the discharge is ordered."""

    kind: Literal["stay_shortened"]
    stay_id: Identity
    until: Moment
    confirmed: bool = False


class PersonLeft(_Event):
    """A person left the bed: regularly, dead, or without telling."""

    kind: Literal["left", "died", "absconded"]
    stay_id: Identity


class OnLeave(_Event):
    """A person is on leave, or back; the bed stays theirs."""

    kind: Literal["on_leave", "back_from_leave"]
    stay_id: Identity


class StepUp(_Event):
    """A person in bed needs a higher level of care, at once."""

    kind: Literal["step_up"]
    stay_id: Identity
    care_level: Annotated[int, Field(ge=1, le=3)]


class ReadyForStepDown(_Event):
    """A person no longer needs the level of care of the bed."""

    kind: Literal["ready_for_step_down"]
    stay_id: Identity
    care_level: Annotated[int, Field(ge=0, le=2)]


class IdentitiesMerged(_Event):
    """Two records were one person; ``person_id`` ends, ``into_person_id`` goes on with the stricter facts of
    both."""

    kind: Literal["identities_merged"]
    person_id: Identity
    into_person_id: Identity


class LiftOutOfOrder(_Event):
    """A lift is out of order: each floor takes longer on this site until it runs again."""

    kind: Literal["lift_out_of_order"]
    site_id: Identity
    minutes_per_floor: Annotated[int, Field(ge=1, le=120)]


class LiftRepaired(_Event):
    """The lift runs again; ``minutes_per_floor`` is the usual time."""

    kind: Literal["lift_repaired"]
    site_id: Identity
    minutes_per_floor: Annotated[int, Field(ge=0, le=120)]


class MassCasualtyAlert(_Event):
    """Many casualties are announced: told to everybody, and every waiting request is decided again."""

    kind: Literal["mass_casualty_alert"]
    expected: Annotated[int, Field(ge=1, le=10_000)]


Disruption = Annotated[
    IsolationOn
    | IsolationOff
    | RoomExposure
    | WardOutbreak
    | BedClosed
    | BedOpened
    | BedCleaned
    | BedFoundOccupied
    | RoomClosed
    | RoomOpened
    | WardClosed
    | WardOpened
    | UnitBroken
    | UnitReturned
    | ModelRecalled
    | LotRecalled
    | LotQuarantined
    | LotReleased
    | NurseAbsent
    | NursesAbsent
    | NursePresent
    | OnCallCalled
    | StayProlonged
    | StayShortened
    | PersonLeft
    | OnLeave
    | StepUp
    | ReadyForStepDown
    | IdentitiesMerged
    | LiftOutOfOrder
    | LiftRepaired
    | MassCasualtyAlert,
    Field(discriminator="kind"),
]


class DisruptionIn(Strict):
    """One event. ``max_moves``: most booked allocations that its repair may change, a hard bound; the hospital's own
    bound if not given."""

    event: Disruption
    max_moves: Annotated[int, Field(ge=0, le=1000)] | None = None
    deadline_ms: DeadlineMs | None = None

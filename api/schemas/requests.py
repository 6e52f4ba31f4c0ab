"""What a ward manager asks for, as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import (
    MAX_LIST,
    BirthDate,
    DeadlineMs,
    Identity,
    Moment,
    Quantity,
    Readable,
    Reason,
    Strict,
    Word,
)
from solver.hospital import (
    BloodGroup,
    Companion,
    Feature,
    InfectionStatus,
    Isolation,
    Origin,
    Priority,
    Sex,
)
from solver.hospital.requests import MAX_NEEDS, MAX_STAY_MINUTES
from solver.hospital.timegrid import MINUTES_PER_DAY

MAX_BATCH = 500
"""Most requests in one joint decision."""


class PriorityName(StrEnum):
    """The priorities by name, most urgent first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    SOON = "soon"
    ROUTINE = "routine"

    @property
    def priority(self) -> Priority:
        """The priority of this name."""
        return Priority[self.name]


Words = Annotated[frozenset[Word], Field(max_length=MAX_LIST)]


class InfectionIn(Strict):
    """One organism a person has or may have."""

    organism: Word
    status: InfectionStatus = InfectionStatus.SUSPECTED
    ultraviolet: bool = False


class IdentityIn(Strict):
    """What identifies the person; stored encrypted under a key of its own, never given to the solver."""

    name: Annotated[Readable, Field(max_length=200)] | None = None
    identity_number: Annotated[Readable, Field(max_length=40)] | None = None
    phone: Annotated[Readable, Field(max_length=40)] | None = None
    address: Annotated[Readable, Field(max_length=500)] | None = None
    notes: Annotated[Readable, Field(max_length=2000)] | None = None


class PersonIn(Strict):
    """What placement needs of a person new to the hospital; ``id`` may be given if it is opaque and free."""

    id: Identity | None = None
    sex: Sex = Sex.UNKNOWN
    born: BirthDate | None = None
    weight_kg: Annotated[int, Field(ge=0, le=700)] = 75
    isolation: frozenset[Isolation] = frozenset()
    infections: Annotated[tuple[InfectionIn, ...], Field(max_length=50)] = ()
    exposed_to: Words = frozenset()
    allergies: Words = frozenset()
    blood_group: BloodGroup | None = None
    falls_risk: bool = False
    one_to_one: bool = False
    end_of_life: bool = False
    keep_apart: Annotated[frozenset[Identity], Field(max_length=MAX_LIST)] = frozenset()
    identity: IdentityIn | None = None


class PooledIn(Strict):
    """Draw on what the ward shares; oxygen in litres a minute."""

    telemetry_channels: Annotated[int, Field(ge=0, le=100)] = 0
    dialysis_points: Annotated[int, Field(ge=0, le=100)] = 0
    oxygen_flow: Annotated[int, Field(ge=0, le=1000)] = 0


class CareIn(Strict):
    """What the stay needs of its bed and ward."""

    speciality: Word
    care_level: Annotated[int, Field(ge=0, le=3)] = 0
    features: frozenset[Feature] = frozenset()
    skills: Words = frozenset()
    pooled: PooledIn = PooledIn()


class EquipmentNeedIn(Strict):
    """Units of one type."""

    type_id: Identity
    count: Annotated[int, Field(ge=1, le=20)] = 1
    offset_minutes: Annotated[int, Field(ge=0, le=MAX_STAY_MINUTES)] = 0
    duration_minutes: Annotated[int, Field(ge=1, le=MAX_STAY_MINUTES)] | None = None


class DrugNeedIn(Strict):
    """A quantity of one drug."""

    drug_id: Identity
    quantity: Quantity
    use_within_minutes: Annotated[int, Field(ge=1, le=MAX_STAY_MINUTES)] = MINUTES_PER_DAY


class WaiverIn(Strict):
    """A person's decision against an overridable rule, for this request."""

    rule_id: Identity
    reason: Reason
    until: Moment | None = None


class BundleIn(Strict):
    """One bundle for one person: bed, equipment, drugs and nursing cover, given as a whole or not at all.

    Either ``person_id`` (known here) or ``person`` (new). ``for_ward_id``: the ward that asks; None for the
    emergency department, theatre or home.
    """

    person_id: Identity | None = None
    person: PersonIn | None = None
    for_ward_id: Identity | None = None
    priority: PriorityName
    care: CareIn
    decided_at: Moment | None = None
    needed_by: Moment | None = None
    duration_minutes: Annotated[int, Field(ge=1, le=MAX_STAY_MINUTES)]
    max_wait_minutes: Annotated[int, Field(ge=0, le=30 * MINUTES_PER_DAY)] = 240
    origin: Origin = Origin.EMERGENCY_DEPARTMENT
    clinically_ready: bool = True
    accepting_team: Annotated[Readable, Field(max_length=80)] = ""
    equipment: Annotated[tuple[EquipmentNeedIn, ...], Field(max_length=MAX_NEEDS)] = ()
    drugs: Annotated[tuple[DrugNeedIn, ...], Field(max_length=MAX_NEEDS)] = ()
    companion: Companion = Companion.NONE
    excluded_room_ids: Annotated[frozenset[Identity], Field(max_length=MAX_LIST)] = frozenset()
    waivers: Annotated[tuple[WaiverIn, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if (self.person_id is None) == (self.person is None):
            raise PydanticCustomError("wardflow_person", "exactly one of person_id and person")
        return self

    @model_validator(mode="after")
    def _each_need_once(self) -> Self:
        types = [need.type_id for need in self.equipment]
        drugs = [need.drug_id for need in self.drugs]
        if len(set(types)) != len(types) or len(set(drugs)) != len(drugs):
            raise PydanticCustomError(
                "wardflow_needs", "each equipment type and each drug once (use count, quantity)"
            )
        for need in self.equipment:
            if need.offset_minutes + (need.duration_minutes or 1) > self.duration_minutes:
                raise PydanticCustomError("wardflow_needs", "every use of equipment inside the stay")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.decided_at is not None and self.needed_by is not None and self.decided_at > self.needed_by:
            raise PydanticCustomError("wardflow_order", "decided_at no later than needed_by")
        return self


class RequestIn(BundleIn):
    """One request, decided now."""

    deadline_ms: DeadlineMs | None = None


class BatchIn(Strict):
    """Requests to be decided jointly, not first come first served. ``max_moves``: most bookings of others that may be
    taken back for the urgent among them, a hard bound; the hospital's own bound of a repair if not given."""

    requests: Annotated[tuple[BundleIn, ...], Field(min_length=1, max_length=MAX_BATCH)]
    max_moves: Annotated[int, Field(ge=0, le=1000)] | None = None
    deadline_ms: DeadlineMs | None = None


class UnitChosenIn(Strict):
    """A unit for one of the types asked for."""

    type_id: Identity
    unit_id: Identity


class LotChosenIn(Strict):
    """A quantity of a lot for one of the drugs asked for."""

    drug_id: Identity
    lot_id: Identity
    quantity: Quantity


class PlaceIn(Strict):
    """A place a person chose: a bed, and if they are said, the start, all the units and all the lots; what is not said
    is the best there is."""

    bed_id: Identity
    start: Moment | None = None
    units: Annotated[tuple[UnitChosenIn, ...], Field(max_length=MAX_LIST)] | None = None
    lots: Annotated[tuple[LotChosenIn, ...], Field(max_length=MAX_LIST)] | None = None


class ChoiceIn(Strict):
    """A person's choice: a place (a bed, its start, units and lots, as they were recommended), rules waived, or
    both."""

    bed_id: Identity | None = None
    start: Moment | None = None
    units: Annotated[tuple[UnitChosenIn, ...], Field(max_length=MAX_LIST)] | None = None
    lots: Annotated[tuple[LotChosenIn, ...], Field(max_length=MAX_LIST)] | None = None
    waivers: Annotated[tuple[WaiverIn, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.bed_id is None and not self.waivers:
            raise PydanticCustomError("wardflow_choice", "bed_id, waivers, or both")
        if self.bed_id is None and (self.start, self.units, self.lots) != (None, None, None):
            raise PydanticCustomError("wardflow_choice", "bed_id beside start, units and lots")
        return self

    @property
    def place(self) -> PlaceIn | None:
        """The place, if one was chosen."""
        if self.bed_id is None:
            return None
        # Checked already, and a time is read from text only.
        return PlaceIn.model_construct(bed_id=self.bed_id, start=self.start, units=self.units, lots=self.lots)

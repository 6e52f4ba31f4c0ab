"""Answers about what the hospital consists of, and its rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import BedsidePage, PageOut, ProfileOut, RuleId, Time, Told
from api.schemas.answers.rationing import OrderUsedOut
from api.schemas.base import Out
from solver.engine.rule import Level
from solver.hospital import (
    BedKind,
    BloodGroup,
    DutyKind,
    Feature,
    HandlingClass,
    LotState,
    OperationalStatus,
    SexPolicy,
    StayState,
    UnitState,
)


class BlockOut(Out):
    """Out of use during a time; ``end`` is null until a person says so."""

    start: Time
    end: Time | None
    reason: str


class WardOut(Out):
    """A ward; ages are ``[age_from_years, age_until_years)``, oxygen in litres a minute."""

    id: str
    site_id: str
    name: str
    specialities: list[str]
    building: int
    floor: int
    age_from_years: int
    age_until_years: int
    telemetry_channels: int
    dialysis_points: int
    oxygen_flow: int
    beds: int
    blocks: list[BlockOut]


class WardPage(BedsidePage[WardOut]):
    """Wards."""


class RoomOut(Out):
    """A room or bay."""

    id: str
    ward_id: str
    name: str
    sex_policy: SexPolicy
    features: list[Feature]
    air_changes_per_hour: int
    blocks: list[BlockOut]


class RoomPage(PageOut[RoomOut]):
    """Rooms."""


class BedOut(Out):
    """A bed with its four facts at the minute asked for; ``features`` are its own and its room's."""

    id: str
    room_id: str
    ward_id: str
    kind: BedKind
    features: list[Feature]
    care_level: int
    staffed: bool
    max_weight_kg: int
    status: OperationalStatus
    clean_at: Time | None
    blocks: list[BlockOut]
    stay_id: str | None
    stay_state: StayState | None
    free: bool


class BedPage(BedsidePage[BedOut]):
    """Beds."""


class EquipmentTypeOut(Out):
    """A kind of equipment."""

    id: str
    name: str
    turnaround_minutes: int


class EquipmentTypePage(PageOut[EquipmentTypeOut]):
    """Kinds of equipment."""


class UnitOut(Out):
    """One unit and the ward it is kept on; ``owner_ward_id`` is null when everybody may use it."""

    id: str
    type_id: str
    ward_id: str
    owner_ward_id: str | None
    lendable: bool
    state: UnitState
    model: str


class UnitPage(PageOut[UnitOut]):
    """Units of equipment."""


class DrugOut(Out):
    """A drug."""

    id: str
    name: str
    substance: str
    strength: str
    form: str
    route: str
    unit: str
    handling: HandlingClass
    safety_stock: int


class DrugPage(PageOut[DrugOut]):
    """Drugs."""


class LotOut(Out):
    """A lot with its balance; ``ward_id`` is null in the pharmacy's own stock."""

    id: str
    drug_id: str
    expires: Time
    state: LotState
    ward_id: str | None
    blood_group: BloodGroup | None
    crossmatched_for: str | None
    crossmatched_until: Time | None
    on_hand: int
    reserved: int
    available: int


class LotPage(PageOut[LotOut]):
    """Lots."""


class StaffOut(Out):
    """A staff member by code."""

    id: str
    ward_id: str
    skills: list[str]
    grade: int
    student: bool


class StaffPage(PageOut[StaffOut]):
    """Staff members."""


class ShiftOut(Out):
    """A shift; each break is a start and an end. ``called_at``: when somebody on call was called in."""

    id: str
    staff_id: str
    ward_id: str
    start: Time
    end: Time
    breaks: list[Annotated[list[Time], Field(min_length=2, max_length=2)]]
    kind: DutyKind
    called_at: Time | None
    response_minutes: int
    absent: bool


class ShiftPage(PageOut[ShiftOut]):
    """Shifts."""


class LotPatientOut(Out):
    """Somebody who was given some of a lot: by an allocation, or issued by hand (then without one)."""

    person_id: str
    allocation_id: str | None
    bed_id: str | None
    quantity: int
    state: Literal["reserved", "released", "dispensed", "issued"]


class LotPatientsOut(Out):
    """Who had a lot, of the wards the account may look at; ``whole_hospital``: those are all of them."""

    lot_id: str
    whole_hospital: bool
    items: list[LotPatientOut]


class UnitPatientOut(Out):
    """Somebody who had a unit."""

    person_id: str
    allocation_id: str
    bed_id: str
    start: Time
    end: Time
    state: Literal["active", "ended", "cancelled"]


class UnitPatientsOut(Out):
    """Who had a unit, of the wards the account may look at; ``whole_hospital``: those are all of them."""

    unit_id: str
    whole_hospital: bool
    items: list[UnitPatientOut]


class SentenceOut(Out):
    """A rule's sentence in both languages."""

    en: str
    zh: str


class RuleOut(Out):
    """A rule: ``weight`` is the price of one ``unit`` in the profile in force, 0 for rules that bar. ``changeable``: a
    version of the profile may switch it off, and set its price if it has one; absolute rules always hold, and who
    precedes in a shortage is the committee's to say."""

    id: RuleId
    level: Level
    unit: str
    source: str
    told: Told
    sentence: SentenceOut
    default_weight: int
    weight: int
    active: bool
    changeable: bool


class RulesOut(Out):
    """Every rule, the version of the profile that prices them, and the order that rule ``committees_order`` keeps."""

    profile: ProfileOut
    order: OrderUsedOut
    items: list[RuleOut]

"""Records of the vocabulary as rows of the tables, and back.

One pair of functions per kind of record: ``row`` gives a dictionary by column, the readers take a row. Sets
are stored sorted, so that the same record always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import singledispatch
from typing import Any

from solver.hospital import (
    Bed,
    BedKind,
    Block,
    BloodGroup,
    BookingKind,
    BookingTerms,
    Care,
    Departure,
    Drug,
    DutyKind,
    EquipmentType,
    Feature,
    HandlingClass,
    Infection,
    InfectionStatus,
    Interval,
    Isolation,
    Lot,
    LotState,
    NursingRatio,
    OperationalStatus,
    Person,
    PooledCapacity,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    UnitBooking,
    UnitState,
    Ward,
)

Row = Mapping[str, Any]


@singledispatch
def row(record: object) -> dict[str, Any]:
    """The columns of a record's own table, without position, version and what other tables hold."""
    raise TypeError(f"{type(record).__name__} has no table of its own.")


@row.register
def _(record: Site) -> dict[str, Any]:
    return _plain(record, "id name time_zone transport_base_minutes transport_floor_minutes") | _plain(
        record, "transport_building_minutes"
    )


@row.register
def _(record: Ward) -> dict[str, Any]:
    return {
        **_plain(record, "id site_id name building floor age_from_years age_until_years"),
        **_plain(record.pooled, "telemetry_channels dialysis_points oxygen_flow"),
        "specialities": sorted(record.specialities),
    }


@row.register
def _(record: Room) -> dict[str, Any]:
    return {
        **_plain(record, "id ward_id name air_changes_per_hour"),
        "sex_policy": record.sex_policy.value,
        "features": sorted(record.features),
    }


@row.register
def _(record: Bed) -> dict[str, Any]:
    return {
        **_plain(record, "id room_id care_level max_weight_kg staffed opens closes"),
        "kind": record.kind.value,
        "features": sorted(record.features),
        "removed_minute": None,
    }


@row.register
def _(record: EquipmentType) -> dict[str, Any]:
    return _plain(record, "id name turnaround_minutes")


@row.register
def _(record: Unit) -> dict[str, Any]:
    return {
        **_plain(record, "id type_id ward_id owner_ward_id lendable model"),
        "state": record.state.value,
    }


@row.register
def _(record: Drug) -> dict[str, Any]:
    return {
        **_plain(record, "id name substance strength form route unit safety_stock"),
        "handling": record.handling.value,
    }


@row.register
def _(record: Lot) -> dict[str, Any]:
    return {
        **_plain(record, "id drug_id ward_id crossmatched_for"),
        "expires_minute": record.expires,
        "crossmatched_until_minute": record.crossmatched_until,
        "state": record.state.value,
        "blood_group": record.blood_group.value if record.blood_group else None,
    }


@row.register
def _(record: StaffMember) -> dict[str, Any]:
    return {**_plain(record, "id ward_id grade student"), "skills": sorted(record.skills)}


@row.register
def _(record: Shift) -> dict[str, Any]:
    return {
        **_plain(record, "id staff_id ward_id called_at response_minutes absent"),
        "start_minute": record.start,
        "end_minute": record.end,
        "breaks": [[pause.start, pause.end] for pause in record.breaks],
        "kind": record.kind.value,
        "cancelled": False,
    }


@row.register
def _(record: Person) -> dict[str, Any]:
    return {
        **_plain(record, "id weight_kg falls_risk one_to_one end_of_life"),
        "sex": record.sex.value,
        "born_minute": record.born,
        "isolation": sorted(record.isolation),
        "infections": [[i.organism, i.status.value, i.ultraviolet] for i in record.infections],
        "exposed_to": sorted(record.exposed_to),
        "allergies": sorted(record.allergies),
        "blood_group": record.blood_group.value if record.blood_group else None,
        "keep_apart": sorted(record.keep_apart),
    }


@row.register
def _(record: Stay) -> dict[str, Any]:
    return {
        **_plain(record, "id person_id bed_id request_id allocation_id with_stay_id"),
        "start_minute": record.start,
        "end_minute": record.end,
        "state": record.state.value,
        "departure": record.departure.value,
        **care_columns(record.care),
    }


@row.register
def _(record: UnitBooking) -> dict[str, Any]:
    """Without ``blocked_start`` and ``blocked_end``, which depend on the unit (``models.store.blocked``)."""
    return {
        **_plain(record, "id unit_id ward_id allocation_id pinned"),
        "start_minute": record.start,
        "end_minute": record.end,
        "kind": record.kind.value,
        "state": "active",
        "need_type_id": None,
    }


def care_columns(care: Care) -> dict[str, Any]:
    """What a stay or request needs of its bed and ward: two columns and a document."""
    return {
        "speciality": care.speciality,
        "care_level": care.care_level,
        "needs": {
            "features": sorted(care.features),
            "skills": sorted(care.skills),
            "pooled": _plain(care.pooled, "telemetry_channels dialysis_points oxygen_flow"),
        },
    }


def read_care(r: Any) -> Care:
    """The care of a row with the columns of ``care_columns``."""
    needs = r.needs
    return Care(
        r.speciality,
        r.care_level,
        features(needs["features"]),
        frozenset(needs["skills"]),
        PooledCapacity(**needs["pooled"]),
    )


def read_site(r: Any) -> Site:
    """A row of ``site``."""
    return Site(
        r.id,
        r.name,
        r.time_zone,
        r.transport_base_minutes,
        r.transport_floor_minutes,
        r.transport_building_minutes,
    )


def read_ward(r: Any, ratios: Sequence[NursingRatio], blocks: Sequence[Block]) -> Ward:
    """A row of ``ward`` with what other tables hold of it."""
    return Ward(
        r.id,
        r.site_id,
        r.name,
        frozenset(r.specialities),
        r.building,
        r.floor,
        r.age_from_years,
        r.age_until_years,
        PooledCapacity(r.telemetry_channels, r.dialysis_points, r.oxygen_flow),
        tuple(ratios),
        tuple(blocks),
    )


def read_ratio(r: Any) -> NursingRatio:
    """A row of ``nursing_ratio``."""
    return NursingRatio(r.care_level, r.floor_patients, r.target_patients, r.source)


def read_room(r: Any, blocks: Sequence[Block]) -> Room:
    """A row of ``room`` with its blocks."""
    policy = SexPolicy(r.sex_policy)
    return Room(r.id, r.ward_id, r.name, policy, features(r.features), r.air_changes_per_hour, tuple(blocks))


def read_bed(r: Any, status: Any, blocks: Sequence[Block]) -> Bed:
    """A row of ``bed`` with its ``bed_status`` in force (None: unoccupied and clean) and its blocks."""
    return Bed(
        r.id,
        r.room_id,
        BedKind(r.kind),
        features(r.features),
        r.care_level,
        r.max_weight_kg,
        r.staffed,
        OperationalStatus(status.status) if status else OperationalStatus.UNOCCUPIED,
        status.clean_at if status else None,
        r.opens,
        r.closes,
        tuple(blocks),
    )


def read_block(r: Any) -> Block:
    """A row of ``place_block``."""
    return Block(r.start_minute, r.end_minute, r.reason)


def read_equipment_type(r: Any, substitutes: Sequence[str]) -> EquipmentType:
    """A row of ``equipment_type`` with its substitutes, best first."""
    return EquipmentType(r.id, r.name, r.turnaround_minutes, tuple(substitutes))


def read_unit(r: Any) -> Unit:
    """A row of ``unit``."""
    return Unit(r.id, r.type_id, r.ward_id, r.owner_ward_id, r.lendable, UnitState(r.state), r.model)


def terms_row(record: UnitBooking) -> dict[str, Any]:
    """The row of ``booking_terms`` of a booking that has terms."""
    assert record.terms is not None, "of a bundle"
    return {"unit_booking_id": record.id, **asdict(record.terms)}


def read_terms(r: Any) -> BookingTerms:
    """A row of ``booking_terms``."""
    return BookingTerms(**{item.name: getattr(r, item.name) for item in fields(BookingTerms)})


def read_unit_booking(r: Any, terms: BookingTerms | None = None) -> UnitBooking:
    """A row of ``unit_booking`` with what it was asked for."""
    return UnitBooking(
        r.id,
        r.unit_id,
        r.ward_id,
        r.start_minute,
        r.end_minute,
        BookingKind(r.kind),
        r.allocation_id,
        r.pinned,
        terms,
    )


def read_drug(r: Any, equivalents: Sequence[str]) -> Drug:
    """A row of ``drug`` with its equivalents, best first."""
    return Drug(
        r.id,
        r.name,
        r.substance,
        r.strength,
        r.form,
        r.route,
        r.unit,
        HandlingClass(r.handling),
        r.safety_stock,
        tuple(equivalents),
    )


def read_lot(r: Any) -> Lot:
    """A row of ``lot`` joined with its balance and its card, if it has one."""
    return Lot(
        r.id,
        r.drug_id,
        r.on_hand,
        r.expires_minute,
        r.reserved,
        LotState(r.state),
        r.ward_id,
        BloodGroup(r.blood_group) if r.blood_group else None,
        r.crossmatched_for,
        r.minimum_minutes_left or 0,
        r.crossmatched_until_minute,
    )


def read_staff_member(r: Any) -> StaffMember:
    """A row of ``staff_member``."""
    return StaffMember(r.id, r.ward_id, frozenset(r.skills), r.grade, r.student)


def read_shift(r: Any) -> Shift:
    """A row of ``shift``."""
    return Shift(
        r.id,
        r.staff_id,
        r.ward_id,
        r.start_minute,
        r.end_minute,
        tuple(Interval(start, end) for start, end in r.breaks),
        DutyKind(r.kind),
        r.called_at,
        r.response_minutes,
        r.absent,
    )


def read_person(r: Any) -> Person:
    """A row of ``person``."""
    return Person(
        r.id,
        Sex(r.sex),
        r.born_minute,
        r.weight_kg,
        frozenset(map(Isolation, r.isolation)),
        tuple(Infection(organism, InfectionStatus(status), uv) for organism, status, uv in r.infections),
        frozenset(r.exposed_to),
        frozenset(r.allergies),
        BloodGroup(r.blood_group) if r.blood_group else None,
        r.falls_risk,
        r.one_to_one,
        r.end_of_life,
        frozenset(r.keep_apart),
    )


def read_stay(r: Any) -> Stay:
    """A row of ``stay`` in a live state."""
    return Stay(
        r.id,
        r.person_id,
        r.bed_id,
        r.start_minute,
        r.end_minute,
        read_care(r),
        StayState(r.state),
        Departure(r.departure),
        r.request_id,
        r.allocation_id,
        r.with_stay_id,
    )


def features(names: Sequence[str]) -> frozenset[Feature]:
    """Stored names of features as a set."""
    return frozenset(map(Feature, names))


def _plain(record: Any, names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names.split()}

"""What the hospital consists of, in pages: wards, rooms, beds, equipment, drugs, lots, staff, shifts; and its
rules."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.errors import InvalidInput, Place
from api.routers.common import Paging, Running, Spoken, read
from api.schemas.answers.structure import (
    BedPage,
    DrugPage,
    EquipmentTypePage,
    LotPage,
    LotPatientsOut,
    RoomPage,
    RulesOut,
    ShiftPage,
    StaffPage,
    UnitPage,
    UnitPatientsOut,
    WardPage,
)
from api.schemas.base import Moment
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import picture, reads, tracing
from api.services.rationing import order_json
from api.services.sight import Sight
from api.wire import json_response, told_response
from models.repositories.profiles import load_profile
from models.repositories.rationing import load_rationing
from solver.engine.rule import Level, Profile, Rule
from solver.hospital import Feature
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import phrases, rules
from solver.placing.telling import EVERY_RULE, as_json

router = APIRouter(tags=["structure"])

Reader = Annotated[Access, Depends(Permitted(Permission.STRUCTURE_READ))]
WardId = Annotated[str | None, Query(max_length=80)]
Id = Annotated[str, Path(max_length=80)]
"""An id in the address; those that a hospital gives itself may hold a slash, hence ``:path`` in the routes."""


@router.get("/wards", response_model=WardPage)
async def wards(runtime: Running, access: Reader, page: Paging) -> Response:
    """Wards with how many beds they have and what blocks them; from memory while storage cannot be asked."""
    rest = page, runtime.meta.zone, Sight.of(access)
    return json_response(
        await runtime.bedside.read(lambda c: reads.wards(c, *rest), lambda p: picture.wards(p, *rest))
    )


@router.get("/rooms", response_model=RoomPage)
async def rooms(runtime: Running, access: Reader, page: Paging, ward_id: WardId = None) -> Response:
    """Rooms and bays."""
    return json_response(
        await read(runtime, lambda c: reads.rooms(c, page, runtime.meta.zone, ward_id, Sight.of(access)))
    )


@router.get("/beds", response_model=BedPage)
async def beds(
    runtime: Running,
    access: Reader,
    page: Paging,
    ward_id: WardId = None,
    free_at: Annotated[Moment | None, Query()] = None,
    features: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Beds with their four facts; ``free_at`` leaves those free at a time, ``features`` (comma separated)
    those that have all of them. From memory while storage cannot be asked."""
    wanted = reads.BedFilter(ward_id, free_at, _features(features))
    rest = page, runtime.meta.zone, wanted, runtime.clock().minute, Sight.of(access)
    return json_response(
        await runtime.bedside.read(lambda c: reads.beds(c, *rest), lambda p: picture.beds(p, *rest))
    )


@router.get("/equipment-types", response_model=EquipmentTypePage)
async def equipment_types(runtime: Running, access: Reader, page: Paging) -> Response:
    """Kinds of equipment."""
    return json_response(await read(runtime, lambda c: reads.equipment_types(c, page, {}, Sight.of(access))))


@router.get("/equipment", response_model=UnitPage)
async def equipment(
    runtime: Running,
    access: Reader,
    page: Paging,
    type_id: Annotated[str | None, Query(max_length=80)] = None,
    ward_id: WardId = None,
) -> Response:
    """Units of equipment."""
    equal = {"type_id": type_id, "ward_id": ward_id}
    return json_response(await read(runtime, lambda c: reads.units(c, page, equal, Sight.of(access))))


@router.get("/equipment/{unit_id:path}/patients", response_model=UnitPatientsOut)
async def who_had_unit(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_READ))],
    unit_id: Id,
) -> Response:
    """Which patients, in which beds of the wards the account may look at, had this unit."""
    zone = runtime.meta.zone
    return json_response(
        await read(runtime, lambda c: tracing.who_had_unit(c, unit_id, zone, Sight.of(access)))
    )


@router.get("/drugs", response_model=DrugPage)
async def drugs(runtime: Running, access: Reader, page: Paging) -> Response:
    """Drugs."""
    return json_response(await read(runtime, lambda c: reads.drug_list(c, page, {}, Sight.of(access))))


@router.get("/drug-lots", response_model=LotPage)
async def drug_lots(
    runtime: Running,
    access: Reader,
    page: Paging,
    drug_id: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Lots with what is on hand, reserved and available."""
    return json_response(
        await read(runtime, lambda c: reads.lots(c, page, runtime.meta.zone, drug_id, Sight.of(access)))
    )


@router.get("/drug-lots/{lot_id:path}/patients", response_model=LotPatientsOut)
async def who_had_lot(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_READ))],
    lot_id: Id,
) -> Response:
    """Which patients of the wards the account may look at had this lot."""
    return json_response(await read(runtime, lambda c: tracing.who_had_lot(c, lot_id, Sight.of(access))))


@router.get("/staff", response_model=StaffPage)
async def staff(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.STAFF_READ))],
    page: Paging,
    ward_id: WardId = None,
) -> Response:
    """Staff members by code; a role that reaches one ward must name it."""
    access.require(ward_id)
    equal = {"ward_id": ward_id}
    return json_response(await read(runtime, lambda c: reads.staff_list(c, page, equal, Sight.of(access))))


@router.get("/shifts", response_model=ShiftPage)
async def shifts(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.STAFF_READ))],
    page: Paging,
    ward_id: WardId = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> Response:
    """Shifts that touch a time span, the next 24 hours by default."""
    access.require(ward_id)
    start = runtime.clock().minute if since is None else since
    end = start + MINUTES_PER_DAY if until is None else until
    if end <= start:
        raise InvalidInput([Place("query:until", "a time after `from`")])
    zone, sight = runtime.meta.zone, Sight.of(access)
    return json_response(
        await read(runtime, lambda c: reads.shifts(c, page, zone, ward_id, start, end, sight))
    )


@router.get("/rules", response_model=RulesOut)
async def rule_catalogue(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.RULES_READ))],
    language: Spoken,
) -> Response:
    """Every rule of placing and of sharing what is short, in the reader's language and in all, with its level, its
    source and its weight in the profile in force, and whose order of priorities holds in shortages."""
    profile, book = await read(runtime, lambda c: (load_profile(c), load_rationing(c)))
    body = {
        "profile": {"name": profile.name, "version": profile.version},
        "order": order_json(book.in_force, book.version),
        "items": [_rule(rule, profile) for rule in EVERY_RULE],
    }
    return told_response(body, language)


def _rule(rule: Rule, profile: Profile) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.value,
        "unit": rule.unit,
        "source": rule.source,
        "told": as_json(phrases.RULES.of(rules=(rule.id,))),
        "sentence": {"en": rule.english, "zh": rule.chinese},
        "default_weight": rule.weight,
        "weight": profile.weight(rule),
        "active": profile.active(rule),
        "changeable": rule.id in rules.RULES and rule.level is not Level.ABSOLUTE,
    }


def _features(text: str) -> frozenset[Feature]:
    names = [name for name in text.split(",") if name]
    try:
        return frozenset(map(Feature, names))
    except ValueError:
        expected = ", ".join(feature.value for feature in Feature)
        raise InvalidInput([Place("query:features", f"some of {expected}")]) from None

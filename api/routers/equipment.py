"""Units of equipment: which are free, until when the others are taken; plans and repairs of bookings, which run as
jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.headers import etag
from api.jobs.catalogue import EQUIPMENT_PLAN, EQUIPMENT_REPAIR
from api.routers.common import NOT_A_VERB, Acts, Revision, Running, answered, read
from api.routers.waiting import ENDED_IN_TIME, Prefer, ended_within, seconds_of
from api.schemas.answers.equipment import (
    EquipmentFreeOut,
    EquipmentPlanOut,
    EquipmentRepairedOut,
    EquipmentRepairOut,
)
from api.schemas.answers.jobs import JobActed
from api.schemas.base import Moment
from api.schemas.equipment import EquipmentPlanIn, EquipmentRepairIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import booking_repair, equipment, jobs
from api.services.availability import FreeAsked, equipment_free
from api.wire import JsonBody, json_response
from solver.hospital.timegrid import MINUTES_PER_DAY

router = APIRouter(tags=["equipment"])

Planner = Annotated[Access, Depends(Permitted(Permission.EQUIPMENT_PLAN))]
Job = Annotated[str, Path(max_length=80)]


@router.get("/equipment/free", response_model=EquipmentFreeOut)
async def free(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.STRUCTURE_READ))],
    type_id: Annotated[str, Query(alias="type", max_length=80)],
    near: Annotated[str, Query(max_length=80)],
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    minutes: Annotated[int, Query(ge=1, le=30 * MINUTES_PER_DAY)] = 60,
) -> Response:
    """Units of a type, or of its approved substitutes, for a use of so many minutes on a ward: who has each now, who is
    next, and when it is free first, between `from` (now) and `to` (a day later). Soonest first."""
    asked = FreeAsked(type_id, near, minutes, since, until)
    return json_response(
        await runtime.ask(lambda changes: equipment_free(changes, access, asked), access.principal)
    )


@router.post("/equipment/plans", status_code=202, response_model=JobActed, responses=ENDED_IN_TIME)
async def plan(
    access: Planner,
    acting: Acts,
    body: Annotated[EquipmentPlanIn, Depends(JsonBody(EquipmentPlanIn))],
    prefer: Prefer = None,
) -> Response:
    """Plan which unit serves which booking and when, and maintenance that is due: of this hospital, between what its
    units are booked for, or as given. The answer names the job; with ``Prefer: wait=20`` it comes when the job has
    ended, within so many seconds."""
    access.require(None)
    runtime = acting.runtime
    if body.bookings is None and not body.is_empty:
        spec = await runtime.ask(
            lambda changes: equipment.live_specification(changes, body), access.principal
        )
    else:
        async with runtime.checking:
            spec = await run_in_threadpool(equipment.specification, body)
    command = acting.command("equipment.plan", None, access)
    asked = jobs.requesting(EQUIPMENT_PLAN, spec, command, runtime.new_id, runtime.meta.zone)
    reply = await runtime.submit(asked)
    return answered(await ended_within(runtime, reply, seconds_of(prefer)), runtime, acting.language)


@router.get("/equipment/plans/{job_id}", response_model=EquipmentPlanOut, dependencies=[NOT_A_VERB])
async def get_plan(runtime: Running, access: Planner, job_id: Job) -> Response:
    """The plan that was found, with its bound, once the job has ended. It books nothing."""
    access.require(None)
    zone = runtime.meta.zone
    return json_response(await read(runtime, lambda c: equipment.proposal(c, job_id, zone)))


@router.post("/equipment/repairs", status_code=202, response_model=JobActed, responses=ENDED_IN_TIME)
async def repair(
    access: Planner,
    acting: Acts,
    body: Annotated[EquipmentRepairIn, Depends(JsonBody(EquipmentRepairIn))],
    prefer: Prefer = None,
) -> Response:
    """Find other units or later starts for the bookings to come whose units are out of use. The answer names the job;
    nothing changes until ``:apply``. Bundles are repaired at once, when the event is told."""
    access.require(None)
    runtime = acting.runtime
    spec = await runtime.ask(lambda changes: booking_repair.specification(changes, body), access.principal)
    command = acting.command("equipment.repair", None, access)
    asked = jobs.requesting(EQUIPMENT_REPAIR, spec, command, runtime.new_id, runtime.meta.zone)
    reply = await runtime.submit(asked)
    return answered(await ended_within(runtime, reply, seconds_of(prefer)), runtime, acting.language)


@router.get("/equipment/repairs/{job_id}", response_model=EquipmentRepairOut, dependencies=[NOT_A_VERB])
async def get_repair(runtime: Running, access: Planner, job_id: Job) -> Response:
    """Who would be moved, who would be lost, and who would make room, once the job has ended."""
    access.require(None)
    zone = runtime.meta.zone
    told = await read(runtime, lambda c: booking_repair.proposal(c, job_id, zone))
    return json_response(told, headers={"ETag": etag(told["revision"])})


@router.post("/equipment/repairs/{job_id}:apply", response_model=EquipmentRepairedOut)
async def apply_repair(access: Planner, acting: Acts, revision: Revision, job_id: Job) -> Response:
    """Carry a repair out, all of it or nothing. ``If-Match``: how often it was when it was seen (0)."""
    access.require(None)
    return await acting.do("booking.repair", booking_repair.Apply(job_id, revision), access)

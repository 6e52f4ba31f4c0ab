"""Orders of a pharmacy: asked for, and what came of them. They run as jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.jobs.catalogue import PHARMACY_PLAN
from api.routers.common import NOT_A_VERB, Acts, Running, answered, read
from api.routers.waiting import ENDED_IN_TIME, Prefer, ended_within, seconds_of
from api.schemas.answers.jobs import JobActed
from api.schemas.answers.pharmacy import PharmacyPlanOut
from api.schemas.pharmacy import PharmacyPlanIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import jobs, pharmacy
from api.wire import JsonBody, json_response

router = APIRouter(tags=["pharmacy"])

Planner = Annotated[Access, Depends(Permitted(Permission.PHARMACY_PLAN))]


@router.post("/pharmacy/plans", status_code=202, response_model=JobActed, responses=ENDED_IN_TIME)
async def plan(
    access: Planner,
    acting: Acts,
    body: Annotated[PharmacyPlanIn, Depends(JsonBody(PharmacyPlanIn))],
    prefer: Prefer = None,
) -> Response:
    """Tune a policy for every item of a pharmacy and say what to order today. The answer names the job; with
    ``Prefer: wait=20`` it comes when the job has ended, within so many seconds."""
    access.require(None)
    runtime = acting.runtime
    async with runtime.checking:
        spec = await run_in_threadpool(pharmacy.specification, body)
    command = acting.command("pharmacy.plan", None, access)
    asked = jobs.requesting(PHARMACY_PLAN, spec, command, runtime.new_id, runtime.meta.zone)
    reply = await runtime.submit(asked)
    return answered(await ended_within(runtime, reply, seconds_of(prefer)), runtime, acting.language)


@router.get("/pharmacy/plans/{job_id}", response_model=PharmacyPlanOut, dependencies=[NOT_A_VERB])
async def get_plan(
    runtime: Running, access: Planner, job_id: Annotated[str, Path(max_length=80)]
) -> Response:
    """The order that was proposed, line by line, once the job has ended: a pharmacist decides about each."""
    access.require(None)
    return json_response(await read(runtime, lambda c: pharmacy.proposal(c, job_id)))

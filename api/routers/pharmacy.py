"""Orders of a pharmacy: asked for, and what came of them. They run as jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.headers import etag
from api.jobs.catalogue import PHARMACY_PLAN
from api.routers.common import NOT_A_VERB, Acts, Revision, Running, answered, read
from api.routers.waiting import ENDED_IN_TIME, Prefer, ended_within, seconds_of
from api.schemas.answers.jobs import JobActed
from api.schemas.answers.pharmacy import OrderAcceptedOut, PharmacyPlanOut
from api.schemas.pharmacy import AcceptIn, PharmacyPlanIn
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
    """Tune a policy for every item of a pharmacy and say what to order today: of the live hospital, or of the stock
    that is sent. The answer names the job; with ``Prefer: wait=20`` it comes when the job has ended, within so many
    seconds."""
    access.require(None)
    runtime = acting.runtime
    zone = runtime.meta.zone
    if body.stock is None:
        now = runtime.clock().minute
        spec = await read(runtime, lambda c: pharmacy.from_ledger(c, body, now, zone))
    else:
        async with runtime.checking:
            spec = await run_in_threadpool(pharmacy.specification, body)
    command = acting.command("pharmacy.plan", None, access)
    asked = jobs.requesting(PHARMACY_PLAN, spec, command, runtime.new_id, zone)
    reply = await runtime.submit(asked)
    return answered(await ended_within(runtime, reply, seconds_of(prefer)), runtime, acting.language)


@router.get("/pharmacy/plans/{job_id}", response_model=PharmacyPlanOut, dependencies=[NOT_A_VERB])
async def get_plan(
    runtime: Running, access: Planner, job_id: Annotated[str, Path(max_length=80)]
) -> Response:
    """The order that was proposed, line by line, once the job has ended: a pharmacist decides about each."""
    access.require(None)
    told = await read(runtime, lambda c: pharmacy.proposal(c, job_id, runtime.meta.zone))
    return json_response(told, headers={"ETag": etag(told["revision"])})


@router.post("/pharmacy/plans/{job_id}:accept", response_model=OrderAcceptedOut)
async def accept(
    access: Planner,
    acting: Acts,
    revision: Revision,
    job_id: Annotated[str, Path(max_length=80)],
    body: Annotated[AcceptIn, Depends(JsonBody(AcceptIn))],
) -> Response:
    """Decide about lines of a proposal: as proposed, or another quantity in whole packs. Who decided and when is kept;
    a line may be decided again. ``If-Match`` names the revision of what was decided before (0: nothing)."""
    access.require(None)
    command = acting.command("pharmacy.accept", None, access)
    kept = pharmacy.accepting(job_id, revision, body, command, acting.runtime.meta.zone)
    reply = await acting.runtime.submit(kept)
    return answered(reply, acting.runtime, acting.language)

"""Plans of admissions over the waiting list: what they are made by, plans that run as jobs, applying them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.headers import etag
from api.routers.common import NOT_A_VERB, Acts, Paging, Revision, Running, Spoken, read
from api.schemas.admissions import AdmissionPlanIn, AdmissionTermsIn, ApplyIn
from api.schemas.answers.admissions import (
    AdmissionAppliedOut,
    AdmissionCheckOut,
    AdmissionDiffOut,
    AdmissionPlanActed,
    AdmissionPlanOut,
    AdmissionPlanPage,
    AdmissionTermsActed,
    AdmissionTermsOut,
)
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.admissions import drafting, showing, terms
from api.services.admissions.applying import Apply, standing, weight_of
from api.services.admissions.items import items_of
from api.wire import JsonBody, json_response, told_response
from models.repositories.admissions import load_plan
from models.tables.jobs import ENDED

router = APIRouter(tags=["admissions"])

Planner = Annotated[Access, Depends(Permitted(Permission.ADMISSION_PLAN))]
Id = Annotated[str, Path(max_length=80)]


@router.get("/admission-terms", response_model=AdmissionTermsOut)
async def get_terms(runtime: Running, access: Planner) -> Response:
    """What plans of admissions are made by: theatres, surgeons, usual surgeries, weights."""
    access.require(None)
    told = await read(runtime, lambda c: terms.shown(c, runtime.meta.zone))
    return json_response(told, headers={"ETag": etag(told["revision"])})


@router.post("/admission-terms", response_model=AdmissionTermsActed)
async def put_terms(
    access: Planner,
    acting: Acts,
    revision: Revision,
    body: Annotated[AdmissionTermsIn, Depends(JsonBody(AdmissionTermsIn))],
) -> Response:
    """Store another version. ``If-Match`` names the revision that held before (0: none did)."""
    access.require(None)
    terms.check(body)
    command = acting.command("admission.terms", None, access)
    return await acting.submit(terms.storing(body, revision, command))


@router.get("/plans", response_model=AdmissionPlanPage)
async def list_plans(runtime: Running, access: Planner, page: Paging) -> Response:
    """Plans of admissions, the newest first."""
    access.require(None)
    return json_response(await read(runtime, lambda c: showing.listed(c, page, runtime.meta.zone)))


@router.post("/plans", status_code=202, response_model=AdmissionPlanActed)
async def post_plan(
    access: Planner, acting: Acts, body: Annotated[AdmissionPlanIn, Depends(JsonBody(AdmissionPlanIn))]
) -> Response:
    """Plan who of the waiting list is admitted on which day, into which room and theatre. The answer names the job that
    searches the plan, whose events tell how far it is, and which ends with the best there is when it is cancelled. It
    books nothing."""
    access.require(None)
    runtime = acting.runtime
    stored = await read(runtime, terms.in_force)
    before = await read(runtime, lambda c: drafting.items_before(c, body))
    found = await runtime.ask(lambda changes: drafting.known(changes, body, stored), access.principal)
    async with runtime.checking:
        made = await run_in_threadpool(drafting.draft, found, body, stored, before)
    command = acting.command("admission.plan", None, access)
    return await acting.submit(drafting.requesting(made, command, runtime.new_id, runtime.meta.zone))


@router.get("/plans/{plan_id}", response_model=AdmissionPlanOut, dependencies=[NOT_A_VERB])
async def get_plan(runtime: Running, access: Planner, plan_id: Id, language: Spoken) -> Response:
    """A plan with its items: cost, a bound that no plan can beat, the gap, every rule that is broken, who is left out
    and why, and what became of the items when it was applied."""
    access.require(None)
    stored = await read(runtime, lambda c: load_plan(c, plan_id))
    homes = await runtime.ask(
        lambda changes: {room.id: room.ward_id for room in changes.records.rooms.values()}, access.principal
    )
    told = await read(runtime, lambda c: showing.plan_json(c, stored, homes, language, runtime.meta.zone))
    if told["state"] not in ENDED:
        told["progress"], _ = await runtime.jobs.standing(stored.job_id)
    return told_response(told, language, headers={"ETag": etag(told["revision"])})


@router.get("/plans/{plan_id}/diff/{other_id}", response_model=AdmissionDiffOut)
async def diff(runtime: Running, access: Planner, plan_id: Id, other_id: Id) -> Response:
    """Requests that another plan has on another day, in another room or theatre, or leaves out."""
    access.require(None)
    return json_response(await read(runtime, lambda c: showing.difference(c, plan_id, other_id)))


@router.post("/plans/{plan_id}:check", response_model=AdmissionCheckOut)
async def check(runtime: Running, access: Planner, plan_id: Id, language: Spoken) -> Response:
    """Count every rule of a plan again, and say how each of its items stands now. Nothing changes."""
    access.require(None)
    stored = await read(runtime, lambda c: load_plan(c, plan_id))
    told = await read(runtime, lambda c: showing.recounted(c, stored, language))
    items = await read(runtime, lambda c: items_of(c, stored))
    told["items"] = await runtime.ask(
        lambda changes: [
            {"request_id": one.request_id, "standing": standing(one, changes)}
            for one in items
            if one.start is not None
        ],
        access.principal,
    )
    return told_response(told, language, headers={"ETag": etag(told["revision"])})


@router.post("/plans/{plan_id}:apply", response_model=AdmissionAppliedOut)
async def apply(
    access: Annotated[Access, Depends(Permitted(Permission.ADMISSION_APPLY))],
    acting: Acts,
    revision: Revision,
    plan_id: Id,
    body: Annotated[ApplyIn, Depends(JsonBody(ApplyIn))],
) -> Response:
    """Book a plan's items, each by the rules and guards of any placing; what stands otherwise by now is told as a
    conflict and left as it is. ``If-Match`` names how often the plan was applied when it was seen (0: never)."""
    access.require(None)
    weight = await read(acting.runtime, lambda c: weight_of(c, plan_id, body))
    command = Apply(plan_id, revision, body, access)
    return await acting.submit(acting.command("admission.apply", command, access, weight=weight))

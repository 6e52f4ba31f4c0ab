"""Steps on the way to and from a bed: which are overdue, and how soon each is to come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.routers.common import Key, Running, body_hash, read
from api.schemas.answers.steps import BreachPage, TargetPage
from api.schemas.steps import TargetsIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import steps
from api.services.sight import Sight
from api.wire import JsonBody, json_response
from models.commands import Command

router = APIRouter(tags=["steps"])


@router.get("/steps/breaches", response_model=BreachPage)
async def list_breaches(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.STEP_READ))],
    ward_id: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Steps that are overdue now, among them places whose ward has not answered; of one ward, or of all the account
    may look at."""
    if ward_id is not None:
        access.require(ward_id)
    zone = runtime.meta.zone
    return json_response(await read(runtime, lambda c: steps.breaches(c, access, ward_id, zone)))


@router.get("/steps/targets", response_model=TargetPage)
async def list_targets(
    runtime: Running, access: Annotated[Access, Depends(Permitted(Permission.RULES_READ))]
) -> Response:
    """Within how many minutes each step is to follow the one before, and which of these figures are assumed."""
    sight = Sight.of(access)
    return json_response(await read(runtime, lambda c: steps.targets_json(c, sight)))


@router.post("/steps/targets", response_model=TargetPage)
async def change_targets(
    request: Request,
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.TARGET_CHANGE))],
    key: Key,
    body: Annotated[TargetsIn, Depends(JsonBody(TargetsIn))],
) -> Response:
    """Set the hospital's own figures, for all of it or for a ward."""
    digest = body_hash(request, "targets.change")
    account, write = access.principal.account_id, steps.set_targets(body)
    command = Command("targets.change", account, idempotency_key=key, body_hash=digest, write=write)
    reply = await runtime.submit(command)
    return json_response(reply.answer.body)

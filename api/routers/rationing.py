"""The committee's order of priorities in shortages, and what is short now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.headers import etag
from api.routers.common import Acts, Revision, Running, Spoken, asked, read
from api.schemas.answers.rationing import (
    RationingActivatedOut,
    RationingOrderList,
    RationingProposedOut,
    ShortagesOut,
)
from api.schemas.rationing import RationingActivationIn, RationingOrderIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import rationing, shortages
from api.wire import JsonBody, json_response
from models.repositories.rationing import load_rationing

router = APIRouter(tags=["pharmacy"])


@router.get("/rationing-orders", response_model=RationingOrderList)
async def list_orders(
    runtime: Running, access: Annotated[Access, Depends(Permitted(Permission.RULES_READ))]
) -> Response:
    """Every order of priorities that was proposed for shortages: which is in force, who set it, and why."""
    told = rationing.book_json(await read(runtime, load_rationing), runtime.meta.zone)
    return json_response(told, headers={"ETag": etag(told["revision"])})


@router.post("/rationing-orders", status_code=201, response_model=RationingProposedOut)
async def propose(
    access: Annotated[Access, Depends(Permitted(Permission.RATIONING_PROPOSE))],
    acting: Acts,
    body: Annotated[RationingOrderIn, Depends(JsonBody(RationingOrderIn))],
) -> Response:
    """Propose an order as a committee set it. It is not in force until another account puts it there."""
    access.require(None)
    command = acting.command("rationing.propose", None, access)
    return await acting.submit(rationing.proposing(body, command))


@router.post("/rationing-orders/{order_version}:activate", response_model=RationingActivatedOut)
async def activate(
    access: Annotated[Access, Depends(Permitted(Permission.RATIONING_ACTIVATE))],
    acting: Acts,
    order_version: Annotated[int, Path(ge=1, le=10**9)],
    revision: Revision,
    body: Annotated[RationingActivationIn, Depends(JsonBody(RationingActivationIn))],
) -> Response:
    """Put a version in force, the newest or an older one. Whoever proposed it does not; ``If-Match`` names the revision
    of the list that was read."""
    access.require(None)
    command = acting.command("rationing.activate", None, access)
    return await acting.submit(rationing.activating(order_version, revision, body, command))


@router.get("/pharmacy/shortages", response_model=ShortagesOut)
async def list_shortages(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.PHARMACY_PLAN))],
    language: Spoken,
) -> Response:
    """Drugs of which those who wait ask more than there is, and how the order in force would share it, optimally and
    proven: who precedes, who goes short, and for each lot why. It looks at clinical priority and days of cover, as the
    order says, and at nobody's age, sex or payer. Nothing is reserved: a clinician decides."""
    access.require(None)
    book, cover = await read(runtime, lambda c: shortages.known(c, runtime.clock().minute, runtime.meta.zone))
    found = await runtime.ask(lambda changes: shortages.waiting(changes, book, cover), access.principal)
    told = await run_in_threadpool(shortages.shared, found, book)
    return asked(told, runtime, language)

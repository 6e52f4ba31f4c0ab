"""Prices of scarce capacity that follow the forecast."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.headers import etag
from api.routers.common import Acts, Revision, Running, Spoken, age_of
from api.schemas.answers.scarcity import ScarcityOut, SwitchedOut
from api.schemas.scarcity import SwitchIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import scarcity
from api.wire import JsonBody, told_response

router = APIRouter(tags=["scarcity"])


@router.get("/scarcity", response_model=ScarcityOut)
async def get_scarcity(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.SCARCITY_READ))],
    language: Spoken,
) -> Response:
    """What giving away scarce capacity costs: the price that follows the forecast beside the profile's own and the cap,
    the forecast beside what was asked for, and which of the two prices holds."""
    told = {**await runtime.ask(scarcity.shown, access.principal), **age_of(runtime)}
    return told_response(told, language, headers={"ETag": etag(told["revision"])})


@router.post("/scarcity:switch", response_model=SwitchedOut)
async def switch(
    access: Annotated[Access, Depends(Permitted(Permission.SCARCITY_SWITCH))],
    acting: Acts,
    revision: Revision,
    body: Annotated[SwitchIn, Depends(JsonBody(SwitchIn))],
) -> Response:
    """Switch the prices that follow the forecast on or off, from the next batch of decisions on; the profile's own hold
    while they are off."""
    return await acting.do("scarcity.switch", scarcity.Switch(revision, body, access), access)

"""Why a request was given its lots, or none."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.routers.common import Running, Spoken, asked, read
from api.schemas.answers.stock import LotsWhyOut
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.lots_why import why
from api.services.sight import Sight

router = APIRouter(tags=["pharmacy"])


@router.get("/requests/{request_id}/lots", response_model=LotsWhyOut)
async def lots_of_request(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_READ))],
    language: Spoken,
    request_id: Annotated[str, Path(max_length=80)],
) -> Response:
    """Each drug an open request asks for, how much of it was given, and for every lot of it or of an approved
    equivalent what keeps it away: nothing was allocated because ..."""
    await read(runtime, lambda c: Sight.of(access).require_request(c, request_id, Permission.REQUEST_READ))
    found = await runtime.ask(lambda changes: why(request_id, changes), access.principal)
    return asked(found, runtime, language)

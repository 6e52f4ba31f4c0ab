"""Questions about changes that nobody has made: what one would break, and what would have to give way."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.routers.common import Running, Spoken, asked
from api.schemas.answers.checks import CheckOut
from api.schemas.checks import CheckIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.checking import check
from api.services.subjects import persons_named
from api.wire import JsonBody

router = APIRouter(tags=["requests"])


@router.post("/allocations:check", response_model=CheckOut)
async def check_change(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_CHECK))],
    runtime: Running,
    language: Spoken,
    body: Annotated[CheckIn, Depends(JsonBody(CheckIn))],
) -> Response:
    """What putting somebody into a bed would break, who may override it, and what it costs against what is now.

    Nothing is changed or stored. The same count as that of every decision: the referee's.
    """
    found = await runtime.ask(
        lambda changes: check(body, access, changes), access.principal, persons_named(body)
    )
    return asked(found, runtime, language)

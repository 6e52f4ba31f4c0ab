"""The watch over the stock."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.routers.common import Paging, Running, Spoken
from api.schemas.answers.pharmacy import WatchPage
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import stock_watch
from api.wire import told_response

router = APIRouter(tags=["pharmacy"])


@router.get("/pharmacy/watch", response_model=WatchPage)
async def watch(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.PHARMACY_PLAN))],
    page: Paging,
    language: Spoken,
    lead_time_days: Annotated[int | None, Query(ge=1, le=60)] = None,
) -> Response:
    """What expires and when, how many days each drug lasts, what runs out before more can come, what is held: of every
    drug. An order of today may be used after ``lead_time_days``, unless something that was ordered comes sooner; left
    out, it is what the drug's last order says, and 2 for a drug that was never ordered here."""
    access.require(None)
    return told_response(await stock_watch.shown(runtime, lead_time_days, page), language)

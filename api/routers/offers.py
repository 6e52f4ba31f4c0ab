"""Offers: what a need could be given, before anything is, and what is held until somebody confirms it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.routers.common import OR_WAITS, Acts, Running, Spoken, asked, due
from api.schemas.answers.offers import RecommendedOut
from api.schemas.answers.requests import ActedOut
from api.schemas.offers import HoldIn, RecommendIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.holding import Hold
from api.services.recommending import Recommend, recommended
from api.wire import JsonBody

router = APIRouter(tags=["offers"])


@router.post("/allocations:recommend", response_model=RecommendedOut)
async def recommend(
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_PLACE))],
    runtime: Running,
    language: Spoken,
    body: Annotated[RecommendIn, Depends(JsonBody(RecommendIn))],
) -> Response:
    """The best places that differ for a need, each with its price per rule, what it takes from others, and how long it
    stands. Nothing is stored and nothing reserved: ``:choose`` takes one."""
    question = Recommend(body, access, runtime.outside.monotonic, due(runtime, body.deadline_ms))
    found = await runtime.ask(
        lambda changes: recommended(question, changes), access.principal, question.persons
    )
    return asked(found, runtime, language)


@router.post("/allocations:hold", status_code=201, response_model=ActedOut, responses=OR_WAITS)
async def hold(
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_PLACE))],
    acting: Acts,
    body: Annotated[HoldIn, Depends(JsonBody(HoldIn))],
) -> Response:
    """Reserve a bundle for some minutes: the best there is, or one as it was recommended. ``:confirm`` makes it an
    ordinary allocation, and so does a patient who sets out; else it is given back by itself, its ward is told, and the
    need waits."""
    urgency = None if body.request is None else body.request.priority.priority
    return await acting.do("allocation.hold", Hold(body, access), access, urgency=urgency)

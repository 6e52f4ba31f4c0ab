"""Offers: what a need could be given, before anything is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.routers.common import Running, Spoken, asked, due
from api.schemas.answers.offers import RecommendedOut
from api.schemas.offers import RecommendIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
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

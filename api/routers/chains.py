"""Chains of moves for who finds no bed, and outliers to be taken back."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.routers.common import Acts, Paging, Running, read
from api.schemas.answers.chains import ChainFound, OutlierPage
from api.schemas.chains import ChainIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.chaining import SeekForRequest, SeekForStay
from api.services.outliers import outliers
from api.services.reads import encoded
from api.wire import JsonBody, json_response
from models.repositories.moves import moves_of_stays

router = APIRouter(tags=["chains"])

Id = Annotated[str, Path(max_length=80)]
Seeker = Annotated[Access, Depends(Permitted(Permission.CHAIN_SEEK))]

MOST_OUTLIERS: Final = 50
"""For each a bed is looked for."""


@router.post("/requests/{request_id}:chain", response_model=ChainFound)
async def chain_for_request(
    access: Seeker, request_id: Id, acting: Acts, body: Annotated[ChainIn, Depends(JsonBody(ChainIn))]
) -> Response:
    """Look for a chain of moves that brings a waiting request in: a proposal, which a person confirms or declines as a
    whole."""
    moves = await read(acting.runtime, moves_of_stays)
    return await acting.do("request.chain", SeekForRequest(request_id, body, access, moves), access)


@router.post("/stays/{stay_id:path}:chain", response_model=ChainFound)
async def chain_for_stay(
    access: Seeker, stay_id: Id, acting: Acts, body: Annotated[ChainIn, Depends(JsonBody(ChainIn))]
) -> Response:
    """Look for a way back to a ward of the own speciality for an outlier, others moved if need be."""
    moves = await read(acting.runtime, moves_of_stays)
    return await acting.do("stay.chain", SeekForStay(stay_id, body, access, moves), access)


@router.get("/outliers", response_model=OutlierPage)
async def list_outliers(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.OUTLIERS_READ))],
    page: Paging,
    ward_id: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Who lies outside the wards of their speciality, and when a bed there takes them; of the wards one may see."""
    limit = min(page.limit, MOST_OUTLIERS)
    found = await runtime.ask(
        lambda changes: outliers(changes, access, limit, ward_id, page.after), access.principal
    )
    last = found["last"]
    return json_response({"items": found["items"], "next": None if last is None else encoded(last)})

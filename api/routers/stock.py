"""The ledger of stock: moves of lots, balances by cabinet, the card of a lot."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.routers.common import Acts, Paging, Running, read
from api.schemas.answers.stock import AwaitingPage, BalancePage, CardOut, MovesOut
from api.schemas.stock import MovesIn, WitnessIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import stock, stock_card
from api.services.sight import Sight
from api.wire import JsonBody, json_response

router = APIRouter(tags=["pharmacy"])

Reader = Annotated[Access, Depends(Permitted(Permission.PHARMACY_READ))]
Mover = Annotated[Access, Depends(Permitted(Permission.PHARMACY_MOVE))]
Id = Annotated[str, Path(max_length=80)]


@router.post("/pharmacy/moves", response_model=MovesOut)
async def move(access: Mover, acting: Acts, body: Annotated[MovesIn, Depends(JsonBody(MovesIn))]) -> Response:
    """Tell what came, went or was counted: all of it is written, or none. What concerns controlled drugs or blood waits
    until another account confirms it."""
    return await acting.do("stock.move", stock.Moves(body, access), access)


@router.get("/pharmacy/moves", response_model=AwaitingPage)
async def awaiting(runtime: Running, access: Mover) -> Response:
    """Moves that wait for another account's confirmation."""
    zone = runtime.meta.zone
    return json_response(await read(runtime, lambda c: stock_card.awaiting(c, zone, access)))


@router.post("/pharmacy/moves/{move_id}:confirm", response_model=MovesOut)
async def confirm(
    access: Mover,
    acting: Acts,
    move_id: Id,
    body: Annotated[WitnessIn, Depends(JsonBody(WitnessIn))],
) -> Response:
    """Confirm, as the second person, what another account asked for: now it is written."""
    return await acting.do("stock.witness", stock.Witness(move_id, True, access), access)


@router.post("/pharmacy/moves/{move_id}:decline", response_model=MovesOut)
async def decline(
    access: Mover,
    acting: Acts,
    move_id: Id,
    body: Annotated[WitnessIn, Depends(JsonBody(WitnessIn))],
) -> Response:
    """Decline what another account asked for, or take back what one asked for oneself: it is never written."""
    return await acting.do("stock.witness", stock.Witness(move_id, False, access), access)


@router.get("/pharmacy/balances", response_model=BalancePage)
async def balances(
    runtime: Running,
    access: Reader,
    page: Paging,
    drug_id: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """What is on hand and reserved of each drug in each cabinet."""
    sight = Sight.of(access)
    return json_response(await read(runtime, lambda c: stock_card.balances(c, page, drug_id, sight)))


@router.get("/drug-lots/{lot_id:path}/card", response_model=CardOut)
async def card(runtime: Running, access: Reader, lot_id: Id) -> Response:
    """A lot with every move of it, oldest first, and the balance after each."""
    zone = runtime.meta.zone
    return json_response(await read(runtime, lambda c: stock_card.card(c, lot_id, zone, access)))

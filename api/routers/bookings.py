"""Bookings of units: by what they can do, in a window, together, again and again, held or for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.headers import etag
from api.routers.common import NOT_A_VERB, Acts, Revision, Running
from api.schemas.answers.equipment import (
    BookingActed,
    BookingOut,
    BookingsCancelledOut,
    BookingsMadeOut,
    BookingsOut,
)
from api.schemas.base import Moment
from api.schemas.bookings import BookingCancelIn, BookingIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import bookings
from api.services.bookings import Asked, Book, Change
from api.wire import JsonBody, json_response

router = APIRouter(tags=["equipment"])

Booker = Annotated[Access, Depends(Permitted(Permission.EQUIPMENT_BOOK))]
Reader = Annotated[Access, Depends(Permitted(Permission.STRUCTURE_READ))]
Id = Annotated[str, Path(max_length=80)]


@router.post("/equipment/bookings", status_code=201, response_model=BookingsMadeOut)
async def book(
    access: Booker, acting: Acts, body: Annotated[BookingIn, Depends(JsonBody(BookingIn))]
) -> Response:
    """Book units, or hold them: each turn at the soonest start in its window at which there is a unit for each part."""
    command = acting.command("booking.make", Book(body, access), access, weight=body.times)
    return await acting.submit(command)


@router.get("/equipment/bookings", response_model=BookingsOut)
async def list_bookings(
    runtime: Running,
    access: Reader,
    ward_id: Annotated[str | None, Query(max_length=80)] = None,
    unit_id: Annotated[str | None, Query(max_length=80)] = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
) -> Response:
    """Bookings that belong to no bundle, to come and in use, on the wards that the reader may see."""
    asked = Asked(ward_id, unit_id, since, until)
    return json_response(
        await runtime.ask(lambda changes: bookings.listed(changes, access, asked), access.principal)
    )


@router.get("/equipment/bookings/{booking_id}", response_model=BookingOut, dependencies=[NOT_A_VERB])
async def get_booking(runtime: Running, access: Reader, booking_id: Id) -> Response:
    """One booking, as long as it is to come or in use."""
    told = await runtime.ask(lambda changes: bookings.shown(changes, access, booking_id), access.principal)
    return json_response(told, headers={"ETag": etag(told["revision"])})


@router.post("/equipment/bookings/{booking_id}:confirm", response_model=BookingActed)
async def confirm(access: Booker, acting: Acts, revision: Revision, booking_id: Id) -> Response:
    """Book for good what is held."""
    return await acting.do("booking.confirm", Change(booking_id, revision, access), access)


@router.post("/equipment/bookings/{booking_id}:cancel", response_model=BookingsCancelledOut)
async def cancel(
    access: Booker,
    acting: Acts,
    revision: Revision,
    booking_id: Id,
    body: Annotated[BookingCancelIn, Depends(JsonBody(BookingCancelIn))],
) -> Response:
    """Give the units of a booking back that has not begun; those of its series that begin later, too, if asked."""
    return await acting.do("booking.cancel", Change(booking_id, revision, access, body.series), access)

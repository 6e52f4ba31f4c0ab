"""Requests and allocations: asked, decided, accepted, arrived, moved, left."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.headers import etag
from api.routers.common import OR_WAITS, Acts, Paging, Revision, Running, Spoken, due, read
from api.schemas.answers.requests import (
    ActedOut,
    AllocationOut,
    BatchOut,
    CaseDetailOut,
    CasePage,
    ReplacedAllocationOut,
)
from api.schemas.movements import ArrivalIn, ConfirmIn, DischargeIn, ReleaseIn, StepIn, TransferIn
from api.schemas.requests import BatchIn, ChoiceIn, RequestIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import picture, reads
from api.services.batches import PlaceBatch
from api.services.choosing import Choose
from api.services.movements import Act, Withdraw
from api.services.placing import PlaceOne
from api.services.reading_reasons import Reader
from api.services.sight import Sight
from api.services.transfers import TransferStay
from api.wire import JsonBody, told_response

router = APIRouter(tags=["requests"])

Id = Annotated[str, Path(max_length=80)]
State = Literal["unplaced", "placed", "confirmed", "arrived", "left", "released"]


@router.post("/requests", status_code=201, response_model=ActedOut, responses=OR_WAITS)
async def place(
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_PLACE))],
    acting: Acts,
    body: Annotated[RequestIn, Depends(JsonBody(RequestIn))],
) -> Response:
    """Place one bundle: 201 with bed, units, lots, cover and reasons; 202 if nothing fits, with what blocks,
    near misses, from when it fits, where the patient stays and whom to call."""
    by = due(acting.runtime, body.deadline_ms)
    urgency = body.priority.priority
    return await acting.do("request.place", PlaceOne(body, access, by), access, by, urgency)


@router.post("/requests:batch", response_model=BatchOut)
async def place_batch(
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_BATCH))],
    acting: Acts,
    body: Annotated[BatchIn, Depends(JsonBody(BatchIn))],
) -> Response:
    """Place many bundles jointly, not first come first served.

    With a ``deadline_ms`` from 3000 on, the batch is planned in a process of its own, on the hospital as it is now,
    and what of the plan still holds is carried out; the answer then tells how far from the best it can be.
    """
    by = due(acting.runtime, body.deadline_ms)
    batch = PlaceBatch(body, access, by)
    command = acting.command("request.batch", batch, access, by, weight=len(body.requests))
    return await acting.submit(await acting.runtime.planned(command))


@router.get("/requests", response_model=CasePage)
async def list_requests(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_READ))],
    page: Paging,
    language: Spoken,
    state: Annotated[State | None, Query()] = None,
) -> Response:
    """Open requests, or those in one state, that a ward asked for or gave a bed which the account may look at; those
    that concern no ward yet are shown to everybody. Open ones from memory while storage cannot be asked."""
    rest = page, runtime.meta.zone, state, Sight.of(access)
    body = await runtime.bedside.read(
        lambda c: reads.requests(c, *rest), lambda p: picture.requests(p, *rest)
    )
    return told_response(body, language)


@router.get("/requests/{request_id}", response_model=CaseDetailOut)
async def get_request(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_READ))],
    request_id: Id,
    language: Spoken,
) -> Response:
    """One request: where it stands, its steps with their times, its allocation or what stands in the way."""
    reader = Reader(runtime.vault, access)
    body = await read(runtime, lambda c: reads.request(c, request_id, runtime.meta.zone, reader))
    return told_response(body, language, headers={"ETag": etag(body["revision"])})


@router.post("/requests/{request_id}:choose", response_model=ActedOut, responses=OR_WAITS)
async def choose(
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_PLACE))],
    request_id: Id,
    acting: Acts,
    body: Annotated[ChoiceIn, Depends(JsonBody(ChoiceIn))],
) -> Response:
    """A person decides: this bed (from this start, with these units and lots, as recommended), or these rules waived,
    for a request whose patient has not set out."""
    return await acting.do("request.choose", Choose(request_id, body, access), access)


@router.post("/requests/{request_id}:release", response_model=ActedOut)
async def release_request(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_RELEASE))],
    request_id: Id,
    acting: Acts,
    body: Annotated[ReleaseIn, Depends(JsonBody(ReleaseIn))],
) -> Response:
    """Take a request back, placed or not."""
    return await acting.do("request.release", Withdraw(request_id, body, access), access)


@router.get("/allocations/{allocation_id}", response_model=AllocationOut | ReplacedAllocationOut)
async def get_allocation(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.REQUEST_READ))],
    allocation_id: Id,
    language: Spoken,
) -> Response:
    """One allocation with its explanation; one in force from memory while storage cannot be asked."""
    reader, zone = Reader(runtime.vault, access), runtime.meta.zone
    sight, permission = Sight.of(access), access.permission.value
    body = await runtime.bedside.read(
        lambda c: reads.allocation(c, allocation_id, zone, reader),
        lambda p: picture.allocation(p, allocation_id, zone, sight, permission),
    )
    return told_response(body, language, headers={"ETag": etag(body["revision"])})


@router.post("/allocations/{allocation_id}:confirm", response_model=ActedOut, responses=OR_WAITS)
async def confirm(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_CONFIRM))],
    allocation_id: Id,
    acting: Acts,
    revision: Revision,
    body: Annotated[ConfirmIn, Depends(JsonBody(ConfirmIn))],
) -> Response:
    """The destination ward accepts, or declines with a reason; then the request is decided again."""
    command = Act(allocation_id, revision, body, access)
    return await acting.do("allocation.confirm", command, access)


@router.post("/allocations/{allocation_id}:release", response_model=ActedOut)
async def release(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_RELEASE))],
    allocation_id: Id,
    acting: Acts,
    revision: Revision,
    body: Annotated[ReleaseIn, Depends(JsonBody(ReleaseIn))],
) -> Response:
    """Give a bundle back before the patient came."""
    command = Act(allocation_id, revision, body, access)
    return await acting.do("allocation.release", command, access)


@router.post("/allocations/{allocation_id}:step", response_model=ActedOut)
async def record_step(
    access: Annotated[Access, Depends(Permitted(Permission.STEP_RECORD))],
    allocation_id: Id,
    acting: Acts,
    revision: Revision,
    body: Annotated[StepIn, Depends(JsonBody(StepIn))],
) -> Response:
    """A step on the way: handed over (the patient is on the way), bed clean."""
    command = Act(allocation_id, revision, body, access)
    return await acting.do("allocation.step", command, access)


@router.post("/allocations/{allocation_id}:arrive", response_model=ActedOut)
async def arrive(
    access: Annotated[Access, Depends(Permitted(Permission.STAY_ARRIVE))],
    allocation_id: Id,
    acting: Acts,
    revision: Revision,
    body: Annotated[ArrivalIn, Depends(JsonBody(ArrivalIn))],
) -> Response:
    """The patient lies in the bed."""
    command = Act(allocation_id, revision, body, access)
    return await acting.do("allocation.arrive", command, access)


@router.post("/allocations/{allocation_id}:discharge", response_model=ActedOut)
async def discharge(
    access: Annotated[Access, Depends(Permitted(Permission.STAY_DISCHARGE))],
    allocation_id: Id,
    acting: Acts,
    revision: Revision,
    body: Annotated[DischargeIn, Depends(JsonBody(DischargeIn))],
) -> Response:
    """A step of the discharge: ordered, drugs ready, left."""
    command = Act(allocation_id, revision, body, access)
    return await acting.do("allocation.discharge", command, access)


@router.post(
    "/allocations/{allocation_id}:transfer", status_code=201, response_model=ActedOut, responses=OR_WAITS
)
async def transfer(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_TRANSFER))],
    allocation_id: Id,
    acting: Acts,
    revision: Revision,
    body: Annotated[TransferIn, Depends(JsonBody(TransferIn))],
) -> Response:
    """Another bed for a patient who lies here: a new request that continues the stay."""
    command = Act(allocation_id, revision, body, access)
    return await acting.do("allocation.transfer", command, access, urgency=body.priority.priority)


@router.post("/stays/{stay_id:path}:transfer", status_code=201, response_model=ActedOut, responses=OR_WAITS)
async def transfer_stay(
    access: Annotated[Access, Depends(Permitted(Permission.ALLOCATION_TRANSFER))],
    stay_id: Id,
    acting: Acts,
    body: Annotated[TransferIn, Depends(JsonBody(TransferIn))],
) -> Response:
    """As above, for a patient who was here before wardflow was and has no allocation."""
    command = TransferStay(stay_id, body, access)
    return await acting.do("stay.transfer", command, access, urgency=body.priority.priority)

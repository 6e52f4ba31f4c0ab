"""Disruptions, proposals, census, the stream of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.responses import Response, StreamingResponse

from api.errors import InvalidInput, Place
from api.routers.common import QUIET_SECONDS, STILL_HERE, Acts, Running, Spoken, read
from api.runtime import Runtime
from api.schemas.answers.events import CensusOut, DisruptionOut, ProposalAnswered, ProposalPage
from api.schemas.base import Moment
from api.schemas.disruptions import DisruptionIn
from api.schemas.movements import ProposalIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import reads
from api.services.audience import Audience
from api.services.beds_then import census_json
from api.services.disruptions import Disrupt
from api.services.proposals import Answered
from api.services.reading_reasons import Reader
from api.services.sight import Sight
from api.wire import JsonBody, json_response, told_response
from models import outbox
from models.errors import StorageFails
from models.failures import storage_failed
from models.outbox import StoredEvent

router = APIRouter(tags=["events"])

Id = Annotated[str, Path(max_length=80)]

LAST_EVENT: Final = 10**18 - 1
"""The highest id of an event that is asked for: 18 digits, as in the header."""

STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Events"}
}


@router.post("/disruptions", response_model=DisruptionOut)
async def disrupt(
    access: Annotated[Access, Depends(Permitted(Permission.DISRUPTION))],
    acting: Acts,
    body: Annotated[DisruptionIn, Depends(JsonBody(DisruptionIn))],
) -> Response:
    """Tell of an event. Bookings that it breaks are decided again; moves of people who lie somewhere are
    proposed."""
    return await acting.do("disruption", Disrupt(body, access), access)


@router.get("/proposals", response_model=ProposalPage)
async def list_proposals(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.PROPOSAL_READ))],
    language: Spoken,
    state: Annotated[Literal["open", "confirmed", "declined", "expired"], Query()] = "open",
) -> Response:
    """Changes that only a person may make."""
    zone, reader = runtime.meta.zone, Reader(runtime.vault, access)
    return told_response(await read(runtime, lambda c: reads.proposals(c, state, zone, reader)), language)


@router.post("/proposals/{proposal_id}:confirm", response_model=ProposalAnswered)
async def confirm_proposal(
    access: Annotated[Access, Depends(Permitted(Permission.PROPOSAL_ANSWER))],
    proposal_id: Id,
    acting: Acts,
    body: Annotated[ProposalIn, Depends(JsonBody(ProposalIn))],
) -> Response:
    """Do what was proposed, decided anew on the hospital as it is now."""
    command = Answered(proposal_id, True, body, access)
    return await acting.do("proposal.answer", command, access)


@router.post("/proposals/{proposal_id}:decline", response_model=ProposalAnswered)
async def decline_proposal(
    access: Annotated[Access, Depends(Permitted(Permission.PROPOSAL_ANSWER))],
    proposal_id: Id,
    acting: Acts,
    body: Annotated[ProposalIn, Depends(JsonBody(ProposalIn))],
) -> Response:
    """Leave things as they are."""
    command = Answered(proposal_id, False, body, access)
    return await acting.do("proposal.answer", command, access)


@router.get("/census", response_model=CensusOut)
async def census(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.CENSUS_READ))],
    at: Annotated[Moment | None, Query()] = None,
    known_at: Annotated[Moment | None, Query()] = None,
) -> Response:
    """Every bed the account may look at, at a minute (now by default), as it was, or with ``known_at`` as it was
    known."""
    minute = runtime.clock().minute if at is None else at
    zone, sight = runtime.meta.zone, Sight.of(access)
    return json_response(await read(runtime, lambda c: census_json(c, minute, known_at, zone, sight)))


@router.get("/events", response_class=StreamingResponse, responses=STREAM)
async def events(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.EVENTS_READ))],
    last_event_id: Annotated[str | None, Header(json_schema_extra={"pattern": "^[0-9]{1,18}$"})] = None,
    after: Annotated[int | None, Query(ge=0, le=LAST_EVENT)] = None,
    ward_id: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Server-sent events from the outbox: those after ``Last-Event-ID`` (or ``after``; 0 is from the
    beginning), else those from now on. Of wards the account may look at, or of one of them; what concerns no ward in
    particular is told to everybody who asks for no ward."""
    if ward_id is not None:
        access.require(ward_id)
    start = await _start(runtime, last_event_id, after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = _stream(runtime, start, Audience.of(access, ward_id))
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _start(runtime: Runtime, last_event_id: str | None, after: int | None) -> int:
    if last_event_id is not None:
        if not last_event_id.isdecimal() or len(last_event_id) > 18:
            raise InvalidInput([Place("header:Last-Event-ID", "the id of an event")])
        return int(last_event_id)
    return after if after is not None else await read(runtime, outbox.last_sequence)


async def _stream(runtime: Runtime, after: int, audience: Audience) -> AsyncIterator[bytes]:
    """Events as they are committed; a comment now and then keeps proxies from closing the line."""
    end = runtime.outside.monotonic() + runtime.settings.event_stream_seconds
    pause = runtime.settings.event_poll_seconds
    quiet = 0.0
    yield b"retry: 2000\n\n"
    while not runtime.closing and runtime.outside.monotonic() < end:
        found = await _after(after, runtime)
        for part in _told(found, audience):
            yield part
        after = found[-1].sequence if found else after
        quiet = 0.0 if found else quiet + pause
        if quiet >= QUIET_SECONDS:
            yield STILL_HERE
            quiet = 0.0
        if not found:
            await asyncio.sleep(pause)


async def _after(last: int, runtime: Runtime) -> list[StoredEvent]:
    """The next events; none while storage fails: whoever listens hears of them when it works again."""
    try:
        return await read(runtime, lambda connection: outbox.read(connection, last))
    except Exception as error:
        if not (isinstance(error, StorageFails) or storage_failed(error)):
            raise
        return []


def _told(found: list[StoredEvent], audience: Audience) -> Iterator[bytes]:
    """Those an audience hears; after others an id alone, so that whoever comes back need not pass them again."""
    for event in found:
        if audience.hears(event):
            yield _line(event)
    if found and not audience.hears(found[-1]):
        yield b"id: %d\n\n" % found[-1].sequence


def _line(event: StoredEvent) -> bytes:
    data = orjson.dumps({**event.payload, "revision": event.revision})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.topic.encode(), data)

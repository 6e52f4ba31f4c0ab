"""Long work: how far it is, what came of it, stopping it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.responses import Response, StreamingResponse

from api.errors import InvalidInput, Place
from api.jobs.board import Told
from api.routers.common import NOT_A_VERB, QUIET_SECONDS, STILL_HERE, Acts, Paging, Running, read
from api.runtime import Runtime
from api.schemas.answers.jobs import JobActed, JobPage, JobResult, JobStanding
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import jobs
from api.wire import json_response
from models.errors import StorageFails
from models.failures import storage_failed
from models.repositories.jobs import StoredJob, load_job
from models.tables.jobs import ENDED

router = APIRouter(tags=["jobs"])

Id = Annotated[str, Path(max_length=80)]
Reader = Annotated[Access, Depends(Permitted(Permission.JOB_READ))]

STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Progress, then the end"}
}


@router.get("/jobs", response_model=JobPage)
async def list_jobs(
    runtime: Running,
    access: Reader,
    page: Paging,
    kind: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Jobs, the newest first."""
    access.require(None)
    return json_response(await read(runtime, lambda c: jobs.listed(c, page, kind, access, runtime.meta.zone)))


@router.get("/jobs/{job_id}", response_model=JobStanding, dependencies=[NOT_A_VERB])
async def get_job(runtime: Running, access: Reader, job_id: Id) -> Response:
    """One job and how far it is."""
    access.require(None)
    job = await read(runtime, lambda c: jobs.job_in_sight(c, job_id, access))
    progress, workers = (None, None) if job.state in ENDED else await runtime.jobs.standing(job_id)
    return json_response({**jobs.job_json(job, runtime.meta.zone), "progress": progress, "workers": workers})


@router.get("/jobs/{job_id}/result", response_model=JobResult)
async def get_result(runtime: Running, access: Reader, job_id: Id) -> Response:
    """What came of it, once it has ended."""
    access.require(None)
    return json_response(await read(runtime, lambda c: jobs.result_json(c, job_id, access)))


@router.get("/jobs/{job_id}/events", response_class=StreamingResponse, responses=STREAM)
async def job_events(
    runtime: Running,
    access: Reader,
    job_id: Id,
    last_event_id: Annotated[str | None, Header(json_schema_extra={"pattern": "^[0-9]{1,18}$"})] = None,
) -> Response:
    """Server-sent events: ``progress`` as workers tell it (after ``Last-Event-ID``), then ``ended`` with the job."""
    access.require(None)
    if last_event_id is not None and not (last_event_id.isdecimal() and len(last_event_id) <= 18):
        raise InvalidInput([Place("header:Last-Event-ID", "the id of an event")])
    await read(runtime, lambda c: jobs.job_in_sight(c, job_id, access))
    stream = _stream(runtime, job_id, int(last_event_id or 0))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


@router.post("/jobs/{job_id}:cancel", status_code=202, response_model=JobActed)
async def cancel(
    access: Annotated[Access, Depends(Permitted(Permission.JOB_STOP))], job_id: Id, acting: Acts
) -> Response:
    """Have a job end with the best there is; one that has ended stays as it is."""
    access.require(None)
    command = acting.command("job.stop", None, access)
    return await acting.submit(jobs.stopping(job_id, access, command, acting.runtime.meta.zone))


async def _stream(runtime: Runtime, job_id: str, after: int) -> AsyncIterator[bytes]:
    """Progress and the end as they are told; a comment now and then keeps proxies from closing the line."""
    quiet, pause = 0.0, runtime.settings.event_poll_seconds
    end = runtime.outside.monotonic() + runtime.settings.event_stream_seconds
    yield b"retry: 2000\n\n"
    while not runtime.closing and runtime.outside.monotonic() < end:
        job, found = await _since(runtime, job_id, after)
        for told in found:
            yield _line(told)
        after = found[-1].sequence if found else after
        if job is not None and job.state in ENDED and not found:
            yield b"event: ended\ndata: %s\n\n" % orjson.dumps(jobs.job_json(job, runtime.meta.zone))
            return
        quiet = 0.0 if found else quiet + pause
        if quiet >= QUIET_SECONDS:
            yield STILL_HERE
            quiet = 0.0
        if not found:
            await asyncio.sleep(pause)


async def _since(runtime: Runtime, job_id: str, after: int) -> tuple[StoredJob | None, Sequence[Told]]:
    """The job and what was told of it since; nothing while storage fails: whoever listens hears of it when it works
    again."""
    try:
        job = await read(runtime, lambda c: load_job(c, job_id))
        return job, await runtime.jobs.progress(job_id, after)
    except Exception as error:
        if not (isinstance(error, StorageFails) or storage_failed(error)):
            raise
        return None, []


def _line(told: Told) -> bytes:
    return b"id: %d\nevent: progress\ndata: %s\n\n" % (told.sequence, orjson.dumps(told.payload))

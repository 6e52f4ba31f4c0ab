"""``Prefer: wait=N`` (RFC 7240): the answer to what is done as a job comes when it has ended, if it ends in time."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Header

from api.routers.common import read
from api.runtime import Runtime
from api.schemas.answers.jobs import JobActed
from api.services.jobs import job_json
from models.commands import Answer, Reply
from models.errors import StorageFails
from models.failures import storage_failed
from models.repositories.jobs import StoredJob, load_job
from models.tables.jobs import ENDED

LONGEST_WAIT: Final = 60
"""Seconds; who asks for more waits so long."""

ENDED_IN_TIME: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": JobActed, "description": "The job has ended within the time that was preferred"}
}

Prefer = Annotated[
    str | None,
    Header(max_length=200, description=f"wait=N: seconds to wait for the end, {LONGEST_WAIT} at most"),
]

_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,9})\"?\s*(?=$|[,;])", re.IGNORECASE)


def seconds_of(prefer: str | None) -> int:
    """How long is to be waited; 0 if nothing is preferred, or nothing that is understood: it is a wish."""
    found = _WAIT.search(prefer or "")
    return min(int(found[1]), LONGEST_WAIT) if found is not None else 0


async def ended_within(runtime: Runtime, reply: Reply, seconds: float) -> Reply:
    """The reply with the job as it ended, or as it was if it has not ended in time."""
    end = runtime.outside.monotonic() + seconds
    while not runtime.closing and runtime.outside.monotonic() < end:
        job = await _job(runtime, reply.answer.body["job_id"])
        if job is not None and job.state in ENDED:
            body = {**reply.answer.body, **job_json(job, runtime.meta.zone)}
            return replace(reply, answer=Answer(200, body))
        await asyncio.sleep(runtime.settings.event_poll_seconds)
    return reply


async def _job(runtime: Runtime, job_id: str) -> StoredJob | None:
    """The job; None while storage fails: it is stored, and whoever waits is told so when the time is over."""
    try:
        return await read(runtime, lambda connection: load_job(connection, job_id))
    except Exception as error:
        if not (isinstance(error, StorageFails) or storage_failed(error)):
            raise
        return None

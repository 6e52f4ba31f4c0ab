"""What-if experiments: asked for, and their reports. They run as jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.jobs.catalogue import EXPERIMENT
from api.routers.common import Acts, Running, answered, read
from api.routers.waiting import ENDED_IN_TIME, Prefer, ended_within, seconds_of
from api.schemas.answers.jobs import JobActed
from api.schemas.experiments import ExperimentIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import experiments, jobs
from api.wire import JsonBody

router = APIRouter(tags=["experiments"])

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""The report is a page by itself: it runs nothing and loads nothing, whatever a scenario calls its wards."""


@router.post("/experiments", status_code=202, response_model=JobActed, responses=ENDED_IN_TIME)
async def experiment(
    access: Annotated[Access, Depends(Permitted(Permission.EXPERIMENT_RUN))],
    acting: Acts,
    body: Annotated[ExperimentIn, Depends(JsonBody(ExperimentIn))],
    prefer: Prefer = None,
) -> Response:
    """Simulate a scenario, and variants of it that meet the very same patients. The answer names the job; with
    ``Prefer: wait=20`` it comes when the job has ended, within so many seconds."""
    access.require(None)
    runtime = acting.runtime
    async with runtime.checking:
        spec = await run_in_threadpool(experiments.specification, body)
    command = acting.command("experiment.run", None, access)
    asked = jobs.requesting(EXPERIMENT, spec, command, runtime.new_id, runtime.meta.zone)
    reply = await runtime.submit(asked)
    return answered(await ended_within(runtime, reply, seconds_of(prefer)), runtime, acting.language)


@router.get("/experiments/{job_id}/report", response_class=HTMLResponse)
async def report(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.EXPERIMENT_RUN))],
    job_id: Annotated[str, Path(max_length=80)],
) -> Response:
    """The report of an experiment that has ended: one page that prints well."""
    access.require(None)
    page = await read(runtime, lambda c: experiments.report(c, job_id))
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

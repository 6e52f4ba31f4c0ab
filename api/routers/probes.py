"""Outside the API: is it alive, is it ready, what is it, what does it count; and the sandbox's clock."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import PlainTextResponse, Response

from api.errors import NotReady, SandboxOnly
from api.routers.common import Running, Spoken, answered
from api.schemas.accounts import ClockIn
from api.schemas.answers.accounts import AliveOut, ReadyOut, VersionOut
from api.schemas.answers.events import ClockOut
from api.security.access import PUBLIC, Access, Permitted
from api.security.permissions import Permission
from api.settings import installed_version
from api.wire import JsonBody, json_response
from models.clock import Instant
from models.errors import StorageFails

router = APIRouter(tags=["probes"], dependencies=[Depends(PUBLIC)])
sandbox = APIRouter(tags=["sandbox"])


@router.get("/healthz", response_model=AliveOut)
async def healthz() -> Response:
    """The process answers."""
    return json_response({"status": "ok"})


@router.get("/readyz", response_model=ReadyOut)
async def readyz(runtime: Running) -> Response:
    """Commands are taken: the database stores, the kernels are compiled, the writer runs."""
    if not runtime.ready:
        raise NotReady("The service is starting or stopping.")
    if not runtime.storing:
        raise StorageFails("Changes cannot be stored now; reading may go on.")
    return json_response({"status": "ready"})


@router.get("/version", response_model=VersionOut)
async def version(runtime: Running) -> Response:
    """What runs here, and whether it is a sandbox: load and demo clients refuse anything else."""
    return json_response(
        {"name": "wardflow", "version": installed_version(), "sandbox": runtime.meta.sandbox}
    )


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(runtime: Running) -> Response:
    """Counts for Prometheus."""
    return Response(runtime.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@sandbox.post("/sandbox/clock", response_model=ClockOut)
async def set_clock(
    runtime: Running,
    access: Annotated[Access, Depends(Permitted(Permission.SANDBOX_CLOCK))],
    language: Spoken,
    body: Annotated[ClockIn, Depends(JsonBody(ClockIn))],
) -> Response:
    """Set the hospital's clock, in a sandbox only, and let its state follow."""
    if not (runtime.meta.sandbox and access.principal.sandbox_only):
        raise SandboxOnly("The clock of a live hospital is not set.")
    runtime.clock.set(Instant.of_minute(body.now), body.running)
    return answered(await runtime.tick(), runtime, language)

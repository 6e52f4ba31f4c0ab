"""The application factory. Importing this does nothing; ``create_app`` opens nothing; starting the app
does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from api import openapi, problems
from api.admission import Admission, Gate, Pace
from api.express import Express
from api.metrics import Metrics
from api.middleware import BodyLimit, NoNul, Observed
from api.routers import (
    accounts,
    admissions,
    bookings,
    chains,
    checks,
    equipment,
    events,
    experiments,
    jobs,
    lots_why,
    offers,
    pharmacy,
    probes,
    profiles,
    rationing,
    requests,
    roster_changes,
    roster_exports,
    rosters,
    scarcity,
    steps,
    stock,
    stock_watch,
    structure,
    webhooks,
)
from api.runtime import Outside, Runtime
from api.security.access import PUBLIC, UndeclaredPermission, declared
from api.settings import Settings, installed_version
from api.wire import json_response

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
PATIENCE_SECONDS = 5.0
"""How long a service that stops waits for what goes on by itself."""

DESCRIPTION = (
    "Beds, equipment, drugs and nursing cover of a hospital, given out in one atomic decision that says why. "
    "wardflow supports decisions; people make them."
)


def create_app(settings: Settings, outside: Outside | None = None) -> FastAPI:
    """The application; raises ``UndeclaredPermission`` if a route does not say who may call it.

    Starting it opens the database and refuses to start without (``StorageError``); commands are taken once
    the kernels are compiled (``/readyz``).
    """
    metrics = Metrics()
    app = FastAPI(
        title="wardflow",
        version=installed_version(),
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(settings, outside or Outside(), metrics),
    )
    app.router.routes.extend(_routes())
    _add_openapi(app)
    problems.install(app)
    app.add_middleware(Express, owner=app)
    app.add_middleware(NoNul)
    app.add_middleware(BodyLimit, limit=settings.body_limit_bytes)
    app.add_middleware(Observed, metrics=metrics)
    app.state.gate = Gate(settings.overload_seconds, settings.overload_commands, Pace(), metrics)
    # Outermost: what is refused is to cost as little as can be.
    app.add_middleware(Admission, gate=app.state.gate)
    refuse_undeclared(app)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route that the routers declare. They know nothing of an application, and what FastAPI makes of them at the
    first look is half of the time in which a service starts: all applications of a process share it."""
    whole = APIRouter()
    for module in (
        requests,
        offers,
        events,
        structure,
        equipment,
        bookings,
        accounts,
        checks,
        chains,
        profiles,
        scarcity,
        steps,
        webhooks,
        jobs,
        experiments,
        pharmacy,
        stock,
        stock_watch,
        lots_why,
        rationing,
        admissions,
        rosters,
        roster_changes,
        roster_exports,
    ):
        whole.include_router(module.router, prefix=PREFIX)
    whole.include_router(probes.router)
    whole.include_router(probes.sandbox, prefix=PREFIX)
    return tuple(whole.routes)


def refuse_undeclared(app: FastAPI) -> None:
    """Raise ``UndeclaredPermission`` naming every route that declares neither a permission nor that it needs
    none."""
    undeclared = [
        f"{sorted(context.methods or ())} {context.path}"
        for context in iter_route_contexts(app.routes)
        if not isinstance(context.original_route, APIRoute) or declared(context.dependant) is None
    ]
    if undeclared:
        raise UndeclaredPermission(undeclared)


def _add_openapi(app: FastAPI) -> None:
    from fastapi import Depends

    @app.get(f"{PREFIX}/openapi.json", dependencies=[Depends(PUBLIC)], include_in_schema=False)
    async def document(request: Request) -> Response:
        """This document."""
        # Built at the first question, in half a second: not on the loop that answers everybody.
        return json_response(await run_in_threadpool(openapi.document, request.app))


def _lifespan(settings: Settings, outside: Outside, metrics: Metrics):  # type: ignore[no-untyped-def]
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runtime = await asyncio.to_thread(Runtime, settings, outside, metrics)
        app.state.runtime = runtime
        work = (
            _start(runtime),
            runtime.keep_time(),
            runtime.watch_steps(),
            runtime.price_scarcity(),
            runtime.watch_stock(),
            runtime.deliver(),
            runtime.jobs.run(),
        )
        tasks = [asyncio.create_task(part) for part in work]
        try:
            yield
        finally:
            runtime.begin_to_close()
            await _ended(tasks)
            await asyncio.to_thread(runtime.close)

    return lifespan


async def _start(runtime: Runtime) -> None:
    try:
        await asyncio.to_thread(runtime.warm_up)
    except Exception:
        # Not ready, and it says so: probes answer, whoever watches them replaces the process.
        log.exception("The service could not build its desk; it stays not ready")


async def _ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """What goes on by itself ends by itself: cancelled, it would leave a question behind in a thread."""
    await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""What routes share: the runtime, commands with their idempotency key, answers with ETag and age."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Query, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.errors import MalformedJson
from api.headers import etag, expected_revision, idempotency_key
from api.runtime import Runtime
from api.security.access import Access
from api.services.reads import Page
from api.wire import json_response
from models.commands import Command, Reply, hash_of

T = TypeVar("T")


async def running(request: Request) -> Runtime:
    """The runtime of the application."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def page_of(
    runtime: Annotated[Runtime, Depends(running)],
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int | None, Query()] = None,
) -> Page:
    """Which page of a list is asked for."""
    return Page.of(cursor, limit, runtime.settings.page_limit)


Running = Annotated[Runtime, Depends(running)]
Paging = Annotated[Page, Depends(page_of)]
Key = Annotated[str, Depends(idempotency_key)]
Revision = Annotated[int, Depends(expected_revision)]


async def read(runtime: Runtime, question: Callable[[Connection], T]) -> T:
    """Ask the database, off the event loop."""

    def asked() -> T:
        with runtime.database.reading() as connection:
            return question(connection)

    return await run_in_threadpool(asked)


async def act(
    runtime: Runtime, request: Request, name: str, body: Any, access: Access, key: str | None
) -> Response:
    """Hand a command to the writer and answer after its commit."""
    command = Command(
        name,
        access.principal.account_id,
        body,
        idempotency_key=key,
        body_hash=body_hash(request, name) if key is not None else b"",
    )
    return answered(await runtime.submit(command), runtime)


def body_hash(request: Request, name: str) -> bytes:
    """What tells two commands of one idempotency key apart: name, path, body."""
    raw = getattr(request.state, "raw_body", b"") or b"{}"
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise MalformedJson(()) from None
    return hash_of(name, {"path": request.url.path, "body": told})


def answered(reply: Reply, runtime: Runtime) -> Response:
    """A reply as HTTP, with ETag, location, and the age of what it rests on."""
    body = dict(reply.answer.body)
    age = runtime.data_age_seconds()
    body |= {"data_age_seconds": round(age, 1), "advice_only": age > 60 * runtime.settings.stale_minutes}
    headers = {"Idempotent-Replayed": "true"} if reply.replayed else {}
    if "revision" in body:
        headers["ETag"] = etag(body["revision"])
    if reply.answer.status in (201, 202) and "request_id" in body:
        headers["Location"] = f"/api/v1/requests/{body['request_id']}"
    return json_response(body, reply.answer.status, headers)

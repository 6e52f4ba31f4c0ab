"""What routes share: the runtime, commands with their idempotency key, answers with ETag and age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Depends, Query, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors import MalformedJson
from api.headers import etag, expected_revision, idempotency_key
from api.languages import reader_language
from api.runtime import Runtime
from api.schemas.answers.requests import ActedOut
from api.security.access import Access
from api.services.reads import Page
from api.settings import LONGEST_PAGE
from api.wire import told_response
from models.commands import Command, Reply, hash_of
from solver.hospital import Priority
from solver.placing.language import Language

T = TypeVar("T")

OR_WAITS: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": ActedOut, "description": "Nothing fits now: the need is stored and decided again"}
}


async def running(request: Request) -> Runtime:
    """The runtime of the application."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def page_of(
    runtime: Annotated[Runtime, Depends(running)],
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int | None, Query(ge=1, le=LONGEST_PAGE)] = None,
) -> Page:
    """Which page of a list is asked for."""
    return Page.of(cursor, limit, runtime.settings.page_limit)


QUIET_SECONDS: Final = 15
STILL_HERE: Final = b": still here\n\n"
"""What a stream of events says after so long without one: proxies close a line that is quiet for long."""

VERBS: Final = frozenset(
    {
        *("ping", "replay", "rotate", "preview", "activate", "cancel", "confirm", "decline", "accept"),
        *("check", "publish", "cover", "answer", "apply"),
    }
)
"""Verbs of records that are also read, changed or deleted by their address, or whose ids are numbers."""


async def names_a_record(request: Request) -> None:
    """An address that ends in a verb (``/webhooks/x:ping``) takes nothing but POST, though ``{id}`` matches it too."""
    if request.url.path.rpartition(":")[2] in VERBS:
        raise HTTPException(405, headers={"Allow": "POST"})


NOT_A_VERB = Depends(names_a_record)

Running = Annotated[Runtime, Depends(running)]
Paging = Annotated[Page, Depends(page_of)]
Key = Annotated[str, Depends(idempotency_key)]
Spoken = Annotated[Language, Depends(reader_language)]
Revision = Annotated[int, Depends(expected_revision)]


async def read(runtime: Runtime, question: Callable[[Connection], T]) -> T:
    """Ask the database, off the event loop."""
    return await runtime.read(question)


@dataclass(frozen=True, slots=True)
class Acting:
    """A request that acts: its key tells it from others, and what came of it is told in the reader's language."""

    request: Request
    runtime: Runtime
    key: str
    language: Language

    def command(
        self,
        name: str,
        body: Any,
        access: Access,
        due: float | None = None,
        weight: int = 1,
        urgency: Priority | None = None,
    ) -> Command:
        """What is to be done, with what tells it from others, by when, and how urgent who it is for is."""
        actor, digest = access.principal.account_id, body_hash(self.request, name)
        return Command(name, actor, body, self.key, body_hash=digest, due=due, weight=weight, urgency=urgency)

    async def submit(self, command: Command) -> Response:
        """Hand a command to the writer and answer after its commit."""
        return answered(await self.runtime.submit(command), self.runtime, self.language)

    async def do(
        self,
        name: str,
        body: Any,
        access: Access,
        due: float | None = None,
        urgency: Priority | None = None,
    ) -> Response:
        """Both at once."""
        return await self.submit(self.command(name, body, access, due, urgency=urgency))


async def acting_request(request: Request) -> Acting:
    """What a route needs that acts; raises ``IdempotencyKeyMissing``."""
    key = await idempotency_key(request)
    return Acting(request, await running(request), key, await reader_language(request))


Acts = Annotated[Acting, Depends(acting_request)]


def body_hash(request: Request, name: str) -> bytes:
    """What tells two commands of one idempotency key apart: name, path, body."""
    raw = getattr(request.state, "raw_body", b"") or b"{}"
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise MalformedJson(()) from None
    return hash_of(name, {"path": request.url.path, "body": told})


def _location(body: Mapping[str, Any]) -> dict[str, str]:
    """Where what was made can be read."""
    if "job_id" in body:
        return {"Location": f"/api/v1/jobs/{body['job_id']}"}
    if "bookings" in body:
        return {"Location": f"/api/v1/equipment/bookings/{body['bookings'][0]['id']}"}
    if "request_id" in body:
        return {"Location": f"/api/v1/requests/{body['request_id']}"}
    if "order_version" in body:
        return {"Location": "/api/v1/rationing-orders"}
    return {"Location": f"/api/v1/profiles/{body['version']}"} if "version" in body else {}


def answered(reply: Reply, runtime: Runtime, language: Language) -> Response:
    """A reply as HTTP, with ETag, location, and the age of what it rests on. What was answered before is told in the
    language of whoever asks now."""
    body = {**reply.answer.body, **age_of(runtime)}
    headers = {"Idempotent-Replayed": "true"} if reply.replayed else {}
    if "revision" in body:
        headers["ETag"] = etag(body["revision"])
    if reply.answer.status in (201, 202):
        headers |= _location(body)
    return told_response(body, language, reply.answer.status, headers)


def asked(body: Mapping[str, Any], runtime: Runtime, language: Language) -> Response:
    """The answer to a question about the hospital as it is, with its age; nothing was changed."""
    return told_response({**body, **age_of(runtime)}, language)


def age_of(runtime: Runtime) -> dict[str, Any]:
    """How old the state is that an answer rests on, and whether it is too old to act on."""
    age = runtime.data_age_seconds()
    return {"data_age_seconds": round(age, 1), "advice_only": age > 60 * runtime.settings.stale_minutes}


def due(runtime: Runtime, deadline_ms: int | None) -> float | None:
    """When an answer is due (monotonic seconds); None: no deadline."""
    return None if deadline_ms is None else runtime.outside.monotonic() + deadline_ms / 1000

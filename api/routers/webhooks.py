"""Webhooks: where events go, signed; tests, attempts, replays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api.headers import etag
from api.routers.common import NOT_A_VERB, Key, Paging, Revision, Running, body_hash, read
from api.runtime import Runtime
from api.schemas.answers.webhooks import (
    AttemptPage,
    OrderedOut,
    WebhookOut,
    WebhookPage,
    WebhookWithSecret,
)
from api.schemas.webhooks import PingIn, ReplayIn, RotateIn, WebhookChangeIn, WebhookIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import webhooks
from api.services.webhooks import WithSecret
from api.wire import JsonBody, json_response
from models.commands import Command, Reply, Write

router = APIRouter(tags=["webhooks"])

Id = Annotated[str, Path(max_length=80)]
Reads = Annotated[Access, Depends(Permitted(Permission.WEBHOOK_READ))]
Changes = Annotated[Access, Depends(Permitted(Permission.WEBHOOK_CHANGE))]


class _Doing:
    """A command of this router: its key, who sends it, and the hash of what it says."""

    def __init__(self, request: Request, runtime: Runtime, access: Access, key: str | None = None) -> None:
        self.request = request
        self.runtime = runtime
        self.access = access
        self.key = key

    async def submit(self, name: str, write: Write) -> Reply:
        digest = body_hash(self.request, name) if self.key is not None else b""
        account = self.access.principal.account_id
        command = Command(name, account, idempotency_key=self.key, body_hash=digest, write=write)
        return await self.runtime.submit(command)

    async def with_secret(self, name: str, made: WithSecret) -> Response:
        """The answer with its secret, which is not stored with it."""
        reply = await self.submit(name, made.write)
        secret = None if reply.replayed else made.secret
        return _one({**reply.answer.body, "secret": secret}, reply.answer.status)


def _one(body: Mapping[str, Any], status: int = 200) -> Response:
    """One webhook, with the ETag that its next change needs."""
    return json_response(body, status, {"ETag": etag(body["revision"])})


@router.get("/webhooks", response_model=WebhookPage)
async def list_webhooks(runtime: Running, access: Reads) -> Response:
    """Every webhook and how far it has come."""
    return json_response(await read(runtime, lambda c: webhooks.listed(c, runtime.meta.zone)))


@router.post("/webhooks", status_code=201, response_model=WebhookWithSecret)
async def add_webhook(
    request: Request,
    runtime: Running,
    access: Changes,
    key: Key,
    body: Annotated[WebhookIn, Depends(JsonBody(WebhookIn))],
) -> Response:
    """Have events sent to an address, signed in the Standard Webhooks form with the secret that is shown this once."""
    made = webhooks.add(body, access.principal.account_id, runtime.office)
    return await _Doing(request, runtime, access, key).with_secret("webhook.add", made)


@router.get("/webhooks/{webhook_id}", response_model=WebhookOut, dependencies=[NOT_A_VERB])
async def get_webhook(runtime: Running, access: Reads, webhook_id: Id) -> Response:
    """One webhook and how far it has come."""
    return _one(await read(runtime, lambda c: webhooks.shown(c, webhook_id, runtime.meta.zone)))


@router.patch("/webhooks/{webhook_id}", response_model=WebhookOut, dependencies=[NOT_A_VERB])
async def change_webhook(
    request: Request,
    runtime: Running,
    access: Changes,
    webhook_id: Id,
    revision: Revision,
    body: Annotated[WebhookChangeIn, Depends(JsonBody(WebhookChangeIn))],
) -> Response:
    """Another address, other events, a pause, or on again after one; what waits meanwhile is kept."""
    write = webhooks.change(webhook_id, body, revision, runtime.office)
    reply = await _Doing(request, runtime, access).submit("webhook.change", write)
    return _one(reply.answer.body)


@router.delete("/webhooks/{webhook_id}", status_code=204, dependencies=[NOT_A_VERB])
async def remove_webhook(
    request: Request, runtime: Running, access: Changes, webhook_id: Id, revision: Revision
) -> Response:
    """Send nothing there any more."""
    await _Doing(request, runtime, access).submit("webhook.remove", webhooks.remove(webhook_id, revision))
    return Response(status_code=204)


@router.post("/webhooks/{webhook_id}:rotate", response_model=WebhookWithSecret)
async def rotate_secret(
    request: Request,
    runtime: Running,
    access: Changes,
    key: Key,
    webhook_id: Id,
    revision: Revision,
    body: Annotated[RotateIn, Depends(JsonBody(RotateIn))],
) -> Response:
    """A new secret; for a while the present one signs as well, so that no message is refused meanwhile."""
    made = webhooks.rotate(webhook_id, body, revision, runtime.office)
    return await _Doing(request, runtime, access, key).with_secret("webhook.rotate", made)


@router.post("/webhooks/{webhook_id}:ping", status_code=202, response_model=OrderedOut)
async def ping(
    request: Request,
    runtime: Running,
    access: Changes,
    key: Key,
    webhook_id: Id,
    body: Annotated[PingIn, Depends(JsonBody(PingIn))],
) -> Response:
    """Send a test message, also to a webhook that is paused or disabled."""
    return await _ordered(request, runtime, access, key, webhook_id, None)


@router.post("/webhooks/{webhook_id}:replay", status_code=202, response_model=OrderedOut)
async def replay(
    request: Request,
    runtime: Running,
    access: Changes,
    key: Key,
    webhook_id: Id,
    body: Annotated[ReplayIn, Depends(JsonBody(ReplayIn))],
) -> Response:
    """Send one event again, under the same message id."""
    return await _ordered(request, runtime, access, key, webhook_id, body.sequence)


async def _ordered(
    request: Request, runtime: Runtime, access: Access, key: str, webhook_id: str, sequence: int | None
) -> Response:
    write = webhooks.order(webhook_id, sequence, runtime.office)
    reply = await _Doing(request, runtime, access, key).submit("webhook.order", write)
    body: dict[str, Any] = dict(reply.answer.body)
    return json_response(body, reply.answer.status)


@router.get("/webhooks/{webhook_id}/attempts", response_model=AttemptPage)
async def list_attempts(runtime: Running, access: Reads, webhook_id: Id, page: Paging) -> Response:
    """Every attempt of the last 30 days, the newest first: what became of it, never what was sent."""
    zone = runtime.meta.zone
    return json_response(await read(runtime, lambda c: webhooks.attempts(c, webhook_id, page, zone)))

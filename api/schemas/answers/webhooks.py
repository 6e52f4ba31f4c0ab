"""Answers about webhooks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers.common import PageOut, Time
from api.schemas.base import Out


class WebhookOut(Out):
    """Where events go and how far it has come. ``disabled``: it failed for days, or its receiver wants no more."""

    id: str
    url: str
    state: Literal["active", "paused", "disabled"]
    topics: list[str]
    ward_ids: list[str]
    revision: Annotated[int, Field(description="For If-Match")]
    delivered_up_to: Annotated[int, Field(description="Sequence of the last event that is done with")]
    failed_tries: Annotated[int, Field(description="Of the event that waits first")]
    next_try: Time | None
    failing_since: Time | None
    former_secret_until: Time | None


class WebhookWithSecret(WebhookOut):
    """A webhook with its new secret (``whsec_`` and base64), shown this once; null where the command is repeated."""

    secret: str | None


class WebhookPage(PageOut[WebhookOut]):
    """Every webhook."""


class OrderedOut(Out):
    """What will be sent within moments; what became of it is on the list of attempts."""

    webhook_id: str
    message_id: str


class AttemptOut(Out):
    """One attempt to deliver. ``refused``: the answer's status was not 2xx; ``address_refused``: the address leads
    into a network that events may not go to; ``given_up``: the event was tried for as long as is set."""

    id: str
    message_id: str
    sequence: int | None
    topic: str
    number: int
    outcome: Literal["delivered", "refused", "unreachable", "timed_out", "address_refused", "given_up"]
    status: int | None
    latency_ms: int
    started: Time


class AttemptPage(PageOut[AttemptOut]):
    """Attempts, the newest first."""

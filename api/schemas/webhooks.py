"""What is said of webhooks: where events go, and which."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import MAX_LIST, Identity, Strict

Topic = Annotated[str, Field(max_length=80, pattern=r"^[a-z_]+\.([a-z_]+|\*)$")]
"""The name of an event, or ``request.*`` for a family of them."""
Url = Annotated[str, Field(min_length=10, max_length=2000, pattern=r"^https?://[!-~]+$")]
Topics = Annotated[tuple[Topic, ...], Field(max_length=MAX_LIST)]
Wards = Annotated[tuple[Identity, ...], Field(max_length=MAX_LIST)]


class WebhookIn(Strict):
    """Where events go; no topics: all of them, no wards: those of every ward."""

    url: Url
    topics: Topics = ()
    ward_ids: Wards = ()


class WebhookChangeIn(Strict):
    """What is to be different. ``active`` also lets one go on that failed for too long, with all that waits."""

    url: Url | None = None
    topics: Topics | None = None
    ward_ids: Wards | None = None
    state: Literal["active", "paused"] | None = None


class RotateIn(Strict):
    """A new secret; the present one signs besides it for so many hours."""

    former_hours: Annotated[int, Field(ge=0, le=168)] = 24


class PingIn(Strict):
    """A test message."""


class ReplayIn(Strict):
    """An event to be sent again: its ``sequence``, as in its message and on the list of attempts."""

    sequence: Annotated[int, Field(ge=1, le=10**18)]

"""Answers about versions of the rule profile."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.answers.common import Aged, Cost, RuleId, Time, Told
from api.schemas.base import Out
from models.repositories.profiles import ProfileState


class ProfileEventOut(Out):
    """Who did something to a version, when and why."""

    by: Annotated[str, Field(description="The id of an account")]
    at: Time
    reason: str


class PreviewedOut(Out):
    """The last preview of a version: ``would_differ`` of ``decisions`` in the last ``days``."""

    by: str
    at: Time
    against_version: int
    days: int
    decisions: int
    would_differ: int


class ChangedRuleOut(Out):
    """A rule that a version prices otherwise than wardflow does, or has switched off."""

    rule_id: RuleId
    default_weight: int
    weight: int
    active: bool


class ProfileVersionOut(Out):
    """One version. ``revision`` is its ETag: it grows with each preview of it and each activation of any version.
    ``ready``: it may be activated. ``based_on``: the version it was drafted from."""

    version: int
    name: str
    state: ProfileState
    revision: int
    ready: bool
    based_on: int | None
    changed: list[ChangedRuleOut]
    drafted: ProfileEventOut | None
    previewed: PreviewedOut | None
    activated: ProfileEventOut | None


class ProfileList(Out):
    """Every version, the newest first."""

    active_version: int
    items: list[ProfileVersionOut]


class DraftedOut(Aged):
    """A version was drafted."""

    version: int
    based_on: int
    state: ProfileState
    revision: int


class ActivatedOut(Aged):
    """A version came into force; decisions from the next batch on are taken under it."""

    version: int
    former_version: int
    state: ProfileState
    revision: int


class PastPlaceOut(Out):
    """A bed and from when."""

    bed_id: str
    start: Time


class DifferenceOut(Out):
    """A past request that would be placed otherwise; null: it would wait.

    ``before_costs_more``: what the choice under the version in force costs at the previewed prices, more than the
    choice under the previewed version; ``after_costs_more``: the other way round, at the prices in force. ``given``:
    what it was really given.
    """

    request_id: str
    decided_at: Time
    given: PastPlaceOut | None
    before: PastPlaceOut | None
    after: PastPlaceOut | None
    before_costs_more: Cost
    after_costs_more: Cost


class LeftOutOut(Out):
    """Decisions of the time that were not taken again: those of a batch together, a person's choice, one whose deadline
    had passed, another bed for who lies here, one that displaced a booking, any other way; ``earlier`` and ``later``:
    before the oldest and after the newest for which there was room and time."""

    jointly: int
    by_person: int
    hurried: int
    transfer: int
    displacing: int
    otherwise: int
    earlier: int
    later: int


class PreviewOut(Aged):
    """Past decisions under the version in force and under another: ``would_differ`` of ``decisions``.

    ``as_decided``: how many of them the version in force decides as they were decided then. ``items``: those that
    differ, for whoever may read requests; at most 500 of them, newest first.
    """

    version: int
    against_version: int
    revision: int
    days: int
    decisions: int
    would_differ: int
    as_decided: int
    left_out: LeftOutOut
    rests_on: Told
    items: list[DifferenceOut]

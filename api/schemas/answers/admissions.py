"""Answers about plans of admissions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, Cost, PageOut, RuleId, Time, Told
from api.schemas.answers.jobs import JobActed, State
from api.schemas.answers.searches import BrokenRuleOut, FoundOut, TermsOut
from api.schemas.base import Out

Applied = Annotated[int, Field(description="How often the plan was applied; 0: never")]


class AdmissionTermsOut(TermsOut):
    """What plans of admissions are made by, and which version of it this is."""


class AdmissionTermsActed(Aged):
    """A version that was stored."""

    revision: int


class AdmissionRuleOut(BrokenRuleOut):
    """A rule of admissions: how often it is broken, and what that costs (null: it is hard)."""


class AdmissionOut(Out):
    """A request that a plan admits: when, into which room, operated on by whom, where and for how long (theatre null:
    not operated on)."""

    request_id: str
    day: date
    start: Time
    ward_id: str
    room_id: str
    surgeon_id: str | None
    theatre_id: str | None
    minutes: int


class LeftOutOut(Out):
    """A request that waits and is not admitted, and why."""

    request_id: str
    reason: Literal["left_out", "no_day", "no_room", "no_theatre"]
    told: Told


class AdmissionFoundOut(FoundOut):
    """What was found. ``gap``: the share that a better plan could save at most, null without a bound. ``relaxed``: not
    everybody who must be admitted could be without a hard rule broken, so that nobody had to."""

    changes: Annotated[
        int | None, Field(description="Requests that stand elsewhere than before; null: no plan before")
    ]
    relaxed: bool
    rules: list[AdmissionRuleOut]


class AdmissionPlanShortOut(Out):
    """A plan without its items."""

    id: str
    first_day: date
    last_day: date
    ward_ids: list[str]
    terms_revision: int
    job_id: str
    before_id: str | None
    by: str
    at: Time


class AdmissionItemOut(Out):
    """What became of an item when its plan was applied: booked, booked so before, or in conflict with the hospital as
    it was. ``reason``: gone (no open request), changed (it stands otherwise than when the plan was made), past (the
    time is over), rules (those that stand against it)."""

    request_id: str
    outcome: Literal["booked", "kept", "conflict"]
    allocation_id: str | None
    reason: Literal["gone", "changed", "past", "rules"] | None
    told: Told | None
    rules: list[RuleId]


class AdmissionPlanOut(AdmissionPlanShortOut):
    """A plan with its items. ``progress``: what its workers said last; ``applied``: what became of the items the last
    time it was applied."""

    revision: Applied
    state: State
    problem: str | None
    progress: dict[str, Any] | None
    plan: AdmissionFoundOut | None
    admissions: list[AdmissionOut]
    left_out: list[LeftOutOut]
    applied: list[AdmissionItemOut]


class AdmissionPlanPage(PageOut[AdmissionPlanShortOut]):
    """A page of plans, the newest first."""


class AdmissionPlanActed(JobActed):
    """A plan that was asked for."""

    plan_id: str


class AdmissionPlaceOut(Out):
    """Where a plan has a request."""

    day: date
    room_id: str
    theatre_id: str | None


class AdmissionDifferenceOut(Out):
    """A request that two plans have elsewhere; null: left out, or not asked for."""

    request_id: str
    before: AdmissionPlaceOut | None
    after: AdmissionPlaceOut | None


class AdmissionDiffOut(Out):
    """How one plan differs from another."""

    plan_id: str
    other_id: str
    difference: list[AdmissionDifferenceOut]


class AdmissionStandingOut(Out):
    """How an item stands now: as it was when the plan was made (``open``), booked as planned (``kept``), or why it
    would not be booked (gone, changed, past)."""

    request_id: str
    standing: Literal["open", "kept", "gone", "changed", "past"]


class AdmissionCheckOut(Out):
    """A plan counted again by the referee, and how its items stand now. ``agrees``: the count is what the plan says."""

    plan_id: str
    revision: Applied
    agrees: bool
    cost: Cost
    verified: bool
    rules: list[AdmissionRuleOut]
    newer_terms: Annotated[bool, Field(description="The terms have changed since the plan was asked for")]
    items: list[AdmissionStandingOut]


class AdmissionAppliedOut(Aged):
    """What applying a plan came to; each item was decided as any booking is."""

    plan_id: str
    revision: Applied
    booked: int
    kept: int
    conflicts: int
    items: list[AdmissionItemOut]

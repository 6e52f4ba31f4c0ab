"""Answers about rosters."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, Cost, PageOut, Time
from api.schemas.answers.jobs import JobActed, State
from api.schemas.answers.requests import DisplacedOut
from api.schemas.answers.searches import BrokenRuleOut, FoundOut, TermsOut
from api.schemas.base import Out

Edition = Annotated[int, Field(description="Of the ward's roster that was published last; 0: none")]


class RosterTermsOut(TermsOut):
    """What the rosters of a ward are made by, and which version of it this is."""

    ward_id: str


class TermsActed(Aged):
    """A version that was stored."""

    ward_id: str
    revision: int


class DutyOut(Out):
    """Somebody works a shift that starts on a day, with a skill ("": none in particular)."""

    staff_id: str
    day: date
    shift_id: str
    skill: str


class RosterRuleOut(BrokenRuleOut):
    """A rule of rosters: how often it is broken, and what that costs (null: it is hard)."""


class CollisionOut(Out):
    """Somebody whose contract allows no schedule at all: by how much which limits would have to give way at least
    (null: not even all of them help), and which would do alone."""

    staff_id: str
    cheapest: dict[str, int] | None
    alone: list[dict[str, int]]


class RosterPlanOut(FoundOut):
    """What was found. ``gap``: the share that a better roster could save at most, null without a bound."""

    changes: Annotated[
        int | None, Field(description="Days that differ from what was published; null: nothing was")
    ]
    rules: list[RosterRuleOut]
    collisions: list[CollisionOut]


class RosterShortOut(Out):
    """A draft, or an edition that was published (then ``edition`` tells which)."""

    id: str
    ward_id: str
    edition: int | None
    first_day: date
    last_day: date
    terms_revision: int
    job_id: str
    draft_id: str | None
    change_id: str | None
    by: str
    at: Time


class RosterOut(RosterShortOut):
    """A roster with its plan. ``progress``: what its workers said last."""

    state: Annotated[State | Literal["published"], Field(description="Of a draft: its job's")]
    problem: str | None
    progress: dict[str, Any] | None
    plan: RosterPlanOut | None
    duties: list[DutyOut]


class RosterPage(PageOut[RosterShortOut]):
    """A page of drafts and editions, the newest first."""


class RosterActed(JobActed):
    """A draft that was asked for."""

    roster_id: str


class RosterDifferenceOut(Out):
    """A day of somebody that differs from what was published: the shift before and after, null for none."""

    staff_id: str
    day: date
    before: str | None
    after: str | None


class ToTellOut(Out):
    """Somebody who must be told, and on how many days something changes."""

    staff_id: str
    changes: int


class RosterCheckOut(Out):
    """What publishing a roster would come to, counted again now. ``missing``: people below the least cover, in sum."""

    roster_id: str
    revision: Edition
    publishable: Annotated[bool, Field(description="No hard rule of a person is broken")]
    missing: int
    cost: Cost
    rules: list[RosterRuleOut]
    newer_terms: Annotated[bool, Field(description="The ward's terms have changed since the draft")]
    difference: list[RosterDifferenceOut]
    to_tell: list[ToTellOut]


class RosterPublishedOut(Aged):
    """An edition that was published, who must be told, and which bookings were decided again for it."""

    roster_id: str
    ward_id: str
    revision: Edition
    shifts_added: int
    shifts_removed: int
    told: list[str]
    repaired: list[DisplacedOut]


class RosterMoveOut(Out):
    """What somebody works on a day from then on; null: nothing."""

    staff_id: str
    day: date
    shift_id: str | None
    skill: str


class StepInOut(Out):
    """Somebody who could step in: what becomes of every shift concerned, the gap's first. ``cost``: of the roster with
    that, less with the gap open; ``price``: what they are ranked by, fairness and moved shifts counted."""

    staff_id: str
    moves: list[RosterMoveOut]
    cost: Cost
    fairness: Cost
    price: Cost


class BarredOut(Out):
    """Somebody who may not step in, and the rules in the way."""

    staff_id: str
    rules: list[RosterRuleOut]


class RosterCoverOut(Out):
    """Who could step in, the best first, and who may not, the nearest first. ``open_cost``: of leaving the gap."""

    roster_id: str
    day: date
    shift_id: str
    skill: str
    open_cost: Cost
    candidates: list[StepInOut]
    barred: list[BarredOut]


class RosterAnswerOut(Out):
    """Somebody who is asked: whether they agree, null while they have not said."""

    staff_id: str
    agreed: bool | None


class RosterChangeOut(Out):
    """Changes that people are asked for. Once everybody has agreed they can be published."""

    id: str
    roster_id: str
    ward_id: str
    kind: Literal["cover", "swap"]
    state: Literal["open", "agreed", "declined", "published"]
    moves: list[RosterMoveOut]
    cost: Cost
    asked: list[RosterAnswerOut]
    by: str
    at: Time


class RosterChangeActed(RosterChangeOut, Aged):
    """A change that was asked for, or an answer to it."""

    change_id: str

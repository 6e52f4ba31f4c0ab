"""What answers share: times, pages, the age of what an acting answer rests on, problem documents."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, Field

from api.schemas.base import Out
from solver.hospital import OperationalStatus

T = TypeVar("T")

Time = Annotated[AwareDatetime, Field(description="RFC 3339, in the hospital's time zone")]
RuleId = Annotated[str, Field(description="The id of a rule (GET /rules)")]
Told = Annotated[str, Field(description="In the reader's language")]
Cost = Annotated[int, Field(description="In the units of the rules' weights (GET /rules)")]


class PageOut(Out, Generic[T]):
    """One page of a list; ``next``: the cursor of the next one, null on the last."""

    items: list[T]
    next: str | None


class BedsidePage(PageOut[T], Generic[T]):
    """A page that is told from memory while storage cannot be asked: then with ``stale_since``, when it was known to
    be what is stored, and ``advice_only``, whether that is too long ago to act on."""

    stale_since: Time | None = None
    advice_only: bool | None = None


class Aged(Out):
    """An answer that rests on the hospital's present state, and how old that state is.

    ``hospital_revision``: of the commit that holds what was done. ``advice_only``: the data are too old to act on.
    """

    hospital_revision: int
    data_age_seconds: float
    advice_only: bool


class ProfileOut(Out):
    """Which version of a hospital's own weights is in force."""

    name: str
    version: int


class PlaceOut(Out):
    """One thing wrong with the input: a JSON pointer or ``query:``, ``header:``, ``path:`` and a name."""

    where: str
    expected: str


class Problem(Out):
    """Problem details (RFC 9457). ``errors``: every place that is wrong; ``rules``: those that stand against it;
    ``current_revision``: of a record that changed meanwhile; ``bed_id``, ``bed_status``, ``clean_at``: the bed that
    is not clean, and when it will be if somebody said so. Nothing that was sent is repeated."""

    type: str
    title: str
    status: int
    detail: str | None = None
    remedy: str | None = None
    errors: list[PlaceOut] | None = None
    rules: list[RuleId] | None = None
    current_revision: int | None = None
    bed_id: str | None = None
    bed_status: OperationalStatus | None = None
    clean_at: Time | None = None


class FurtherMove(Out):
    """The plan with more moves than were allowed: how many in all, what it would cost, what this step saves."""

    moves: int
    cost: int
    saves: int


class RepairPlanOut(Out):
    """What was taken of a budget of moves, how many wait, and what each further move would buy."""

    max_moves: int
    moves: int
    waiting: int
    cost: int
    further: list[FurtherMove]

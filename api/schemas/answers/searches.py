"""What answers about rosters and about plans of admissions share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.answers.common import Cost, RuleId, Time, Told
from api.schemas.base import Out


class TermsOut(Out):
    """What is planned by, and which version of it this is."""

    revision: int
    by: str
    at: Time
    terms: Annotated[dict[str, Any], Field(description="As it was sent, and what was assumed")]


class BrokenRuleOut(Out):
    """A rule: how often it is broken, and what that costs (null: it is hard)."""

    rule: RuleId
    told: Told
    count: int
    cost: Cost | None


class FoundOut(Out):
    """What was found. ``gap``: the share that a better plan could save at most, null without a bound."""

    status: Literal["optimal", "feasible", "infeasible", "out_of_time"]
    cost: Cost | None
    bound: Cost | None
    gap: float | None
    verified: Annotated[bool, Field(description="The referee found no hard rule broken")]
    method: str
    pins_kept: bool

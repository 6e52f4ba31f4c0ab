"""What is said of rule profiles: another version, looked at, put in force."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Identity, Reason, Strict
from solver.engine.rule import MAX_WEIGHT

MOST_RULES = 200
"""Longest list of rules in one change."""

MOST_DAYS = 31

Price = Annotated[int, Field(ge=0, le=MAX_WEIGHT)]
RuleIds = Annotated[frozenset[Identity], Field(max_length=MOST_RULES)]


class ProfileIn(Strict):
    """Another version of the rules: the one in force with these changes.

    ``weights``: prices of soft rules by the rule's id, as whole numbers; ``switch_off``, ``switch_on``: overridable or
    soft rules.
    """

    weights: Annotated[dict[Identity, Price], Field(max_length=MOST_RULES, default_factory=dict)]
    switch_off: RuleIds = frozenset()
    switch_on: RuleIds = frozenset()
    reason: Reason


class PreviewIn(Strict):
    """How many days back decisions are taken again."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 7


class ActivationIn(Strict):
    """Why a version comes into force."""

    reason: Reason

"""What counts mean under a hospital's profile: their cost, and which hard rules they break."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from solver.engine.rule import Level, Profile
from solver.placing import rules
from solver.placing.referee.counts import Counts


def cost(counts: Counts, profile: Profile) -> int:
    """Sum over soft rules of the profile's weight times the amount; negative when the change is a gain."""
    weighted = ((rules.RULES[rule_id], amount) for rule_id, amount in counts.items())
    return sum(profile.weight(rule) * amount for rule, amount in weighted if rule.level is Level.SOFT)


def broken(counts: Counts, profile: Profile, waived: AbstractSet[str] = frozenset()) -> tuple[str, ...]:
    """Ids of the active hard rules with an amount above 0, in the catalogue's order.

    ``waived`` holds overridable rules a named person overrode; an absolute rule in it is broken all the same.
    """
    return tuple(
        rule.id
        for rule in rules.HARD
        if counts.get(rule.id, 0) > 0
        and profile.active(rule)
        and (rule.level is Level.ABSOLUTE or rule.id not in waived)
    )

"""What stands against a request, read from the masks of hard rules that the kernels wrote per bed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from solver.engine.rule import Level
from solver.engine.types import Int64
from solver.placing import rules
from solver.placing.codes import rules_in
from solver.placing.problem import NearMiss, Standing

NEAR_MISSES: Final = 5
NEAR_RULES: Final = 2
"""A near miss fails by at most this many rules."""


def standing(masks: Int64) -> tuple[Standing, ...]:
    """Every hard rule that stands against some bed, by how many beds it stands against; int64 (n_beds,)."""
    found = []
    for number, rule in enumerate(rules.HARD):
        against = masks >> number & 1 == 1
        if against.any():
            alone = int((masks == 1 << number).sum())
            found.append(Standing(rule.id, int(against.sum()), alone))
    return tuple(sorted(found, key=lambda item: (-item.alone, -item.beds, item.rule_id)))


def near_misses(masks: Int64, bed_ids: Sequence[str]) -> tuple[NearMiss, ...]:
    """Beds that fail by few rules, those that somebody may override first; int64 (n_beds,), ids of the beds."""
    counts = np.bitwise_count(masks)
    near = np.flatnonzero(counts <= NEAR_RULES)
    misses = []
    for bed in near[np.argsort(counts[near], kind="stable")][: 20 * NEAR_MISSES]:
        rule_ids = rules_in(int(masks[bed]))
        overridable = all(rules.RULES[rule_id].level is not Level.ABSOLUTE for rule_id in rule_ids)
        misses.append(NearMiss(bed_ids[bed], rule_ids, overridable))
    misses.sort(key=lambda miss: (len(miss.rule_ids), not miss.overridable))
    return tuple(misses[:NEAR_MISSES])

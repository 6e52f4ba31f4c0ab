"""A question about a place, and what a bundle found for it takes: every change, with its price.

What stands against a bed comes as a mask of hard rules; each rule has its price, or none that helps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from solver.engine.types import Int64
from solver.hospital import Allocation, Request
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import rules
from solver.placing.concessions import (
    Concession,
    Kind,
    Relaxation,
    for_rule,
    is_waivable,
    rule_price,
    waiting,
)
from solver.placing.displace import Booking
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check
from solver.placing.scope import Scope
from solver.placing.variants import Variant

NO_PRICE: Final = 1 << 50
"""Dearer than every sum of changes."""

MOST_WAIT_MINUTES: Final = 30 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class Question:
    """What should fit: a request, where, and what may give way besides rules and the hospital's own means.

    ``bookings``: those that may be displaced. ``staying``: ids of stays that nobody is asked to move, besides those
    that ``movable`` leaves alone. ``waived``: rules overridden for it already.
    """

    request: Request
    scope: Scope = field(default_factory=Scope)
    bookings: tuple[Booking, ...] = ()
    staying: frozenset[str] = frozenset()
    waived: frozenset[str] = frozenset()


# --- from a bundle to what it takes ---------------------------------------------------------------------------
def conceded(
    question: Question,
    variant: Variant,
    allocation: Allocation,
    made: Sequence[Concession],
    stands: Collection[str],
    cleaned: Mapping[str, Concession],
    records: Records,
) -> Relaxation | None:
    """A bundle with all that has to give way for it: what the referee finds broken, and what ``stands`` against the bed
    by the kernels; None where nothing helps.

    ``made``: changes that are in the records already; ``cleaned``: beds that are, by id.
    """
    counts = check(Decided(variant.request, allocation), records)
    against = dict.fromkeys((*broken(counts, records.profile, question.waived), *stands))
    if not all(is_waivable(rule_id) for rule_id in against):
        return None
    used = {allocation.bed_id, allocation.companion_bed_id}
    taken = [one for bed_id, one in cleaned.items() if bed_id in used]
    given = [one for rule_id in against for one in for_rule(rule_id, allocation, records)]
    wait = waiting(question.request, allocation.start, records)
    concessions = (*made, *variant.concessions, *taken, *given, *(() if wait is None else (wait,)))
    waits = max(variant.request.max_wait_minutes, allocation.start - question.request.needed_by)
    request = replace(
        variant.request,
        needed_by=question.request.needed_by,
        max_wait_minutes=min(waits, MOST_WAIT_MINUTES),
    )
    waived = question.waived | {one.subject_id for one in given if one.kind is Kind.WAIVE_RULE}
    return Relaxation(concessions, request, waived, allocation)


# --- prices of what stands against a bed ----------------------------------------------------------------------
def rule_prices() -> Int64:
    """What it takes that each hard rule does not stand in the way; int64 (n_hard,)."""
    found = [rule_price(rule.id) for rule in rules.HARD]
    return np.array([NO_PRICE if price is None else price for price in found], np.int64)


def bits_of(rule_ids: Iterable[str]) -> int:
    """Rules as one number."""
    return sum(1 << rules.NUMBER[rule_id] for rule_id in rule_ids)


def mask_prices(masks: Int64, prices: Int64) -> Int64:
    """For each mask of hard rules the sum of their prices, ``NO_PRICE`` at most; int64 (n,)."""
    total = np.zeros(masks.shape, np.int64)
    for number, price in enumerate(prices.tolist()):
        total += (masks >> number & 1) * price
    return np.minimum(total, NO_PRICE)

"""How many nurses the patients of a ward will need on each shift: what they needed on such days before, by the ratios
of their care, and what is booked already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import ceil

from solver.hospital import Minute
from solver.hospital.staff import NURSE_SHARES
from solver.rostering.problem import DAYS_PER_WEEK

MONDAY_OFFSET = 3
"""1970-01-01 was a Thursday."""

Lay = tuple[Minute, Minute, int]
"""From when until when somebody is on the ward, and the shares of a nurse (``NURSE_SHARES`` are one) they take."""


def weekday(day: int) -> int:
    """Of a day counted since 1970-01-01; 0 is Monday."""
    return (day + MONDAY_OFFSET) % DAYS_PER_WEEK


def nurses_needed(lay: Iterable[Lay], start: Minute, end: Minute) -> int:
    """The most nurses that were, or are, needed at once during ``[start, end)``."""
    steps: defaultdict[Minute, int] = defaultdict(int)
    for since, until, shares in lay:
        begin, over = max(since, start), min(until, end)
        if begin < over:
            steps[begin] += shares
            steps[over] -= shares
    level = most = 0
    for minute in sorted(steps):
        level += steps[minute]
        most = max(most, level)
    return ceil(most / NURSE_SHARES)


def forecast(
    lay: Sequence[Lay],
    past: Iterable[int],
    span: Callable[[int], tuple[Minute, Minute]],
    confidence: float,
) -> dict[int, int]:
    """Nurses wanted on a shift by weekday: as many as were enough on the share ``confidence`` of the ``past`` days of
    that weekday (on the whole, where a weekday was never seen). ``span``: when the shift of a day begins and ends.
    Empty where no day was seen."""
    seen: defaultdict[int, list[int]] = defaultdict(list)
    for day in past:
        seen[weekday(day)].append(nurses_needed(lay, *span(day)))
    every = [needed for found in seen.values() for needed in found]
    if not every:
        return {}
    return {n: _quantile(seen.get(n) or every, confidence) for n in range(DAYS_PER_WEEK)}


def _quantile(values: Sequence[int], share: float) -> int:
    """The least value that at least so large a share of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]

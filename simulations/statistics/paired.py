"""Two scenarios that met the very same patients: differences replication by replication, and what may be said
of many measures at once.

Paired differences: Law 2015, section 10.2.1. Common random numbers: section 11.2. Holm: S. Holm, "A simple
sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979. The intervals are
Bonferroni's over all measures, which hold at once; Holm's rule decides more often and says the direction only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from simulations.statistics.intervals import LEVEL, Interval, Values, interval

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Difference:
    """What B changes against A in one measure.

    Attributes
    ----------
    interval: of the mean of B - A, at the level of the single measure.
    simultaneous: of the same mean, wide enough that the intervals of all measures compared hold at once.
    p_value: two-sided, of no difference; 1 if it cannot be told, 0 if nothing in A or B is left to chance.
    adjusted_p_value: after Holm over all measures.
    decided: whether A and B differ at the asked level, all measures considered.
    """

    interval: Interval
    simultaneous: Interval
    p_value: float
    adjusted_p_value: float
    decided: bool


def differences(pairs: Sequence[tuple[Values, Values]], level: float = LEVEL) -> list[Difference]:
    """One :class:`Difference` for each measure, given as its values of A and of B by replication, shape (n,).

    Raises ValueError if a measure has another number of replications in A than in B: those are no pairs.
    """
    changes = [_changes(a, b) for a, b in pairs]
    p_values = [_p_of(a, b, change) for (a, b), change in zip(pairs, changes, strict=True)]
    adjusted = holm(p_values)
    shared = 1 - (1 - level) / max(1, len(changes))
    return [
        Difference(interval(change, level), interval(change, shared), p, adjusted_p, adjusted_p <= 1 - level)
        for change, p, adjusted_p in zip(changes, p_values, adjusted, strict=True)
    ]


def _changes(a: Values, b: Values) -> Values:
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} values of A and {np.shape(b)} of B are no pairs; use equal numbers")
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    changes: Values = second - first
    # The same patients added up in another order differ in the last digits.
    return np.where(np.abs(changes) <= ROUNDING * np.maximum(np.abs(first), np.abs(second)), 0.0, changes)


def _p_of(a: Values, b: Values, changes: Values) -> float:
    """Certain where A is always the same, and so is B."""
    p = p_value(changes)
    known = ~np.isnan(changes)
    constant = all(len(set(np.asarray(each)[known])) == 1 for each in (a, b))
    return 0.0 if constant and known.sum() > 1 and changes[known].any() else p


def p_value(changes: Values) -> float:
    """Of the hypothesis that the mean of ``changes`` is 0; Student's, two-sided; NaN is left out.

    Counts may well change by the same number in a few replications. That leaves Student's test no spread to judge by,
    and the sign test decides: as likely as so many throws of a coin that all fall alike.
    """
    found = interval(changes)
    if found.replications < 2:
        return 1.0
    observed = np.asarray(changes, dtype=np.float64)
    error = float(np.nanstd(observed, ddof=1)) / math.sqrt(found.replications)
    if error <= ROUNDING * abs(found.mean):
        return 1.0 if found.mean == 0 else 2.0 ** (1 - found.replications)
    return float(2 * special.stdtr(found.replications - 1, -abs(found.mean) / error))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values in the order given: the smallest times n, the next times n - 1 and so on, none
    below the one before it, none above 1."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, p_values[i] * (len(p_values) - rank)))
        adjusted[i] = highest
    return adjusted

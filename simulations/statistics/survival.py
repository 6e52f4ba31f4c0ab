"""How long things last when some are still going on: nobody is left out because their end is not known yet.

A duration is seen from an age on (``entry``, above 0 where it had begun before anybody looked) until an age
(``exit``), and ended there or not. Leaving out what has not ended makes short stays look typical; what was already
there when the record began would make long ones look typical. Kaplan and Meier 1958, JASA 53; delayed entry and
Greenwood's variance: Klein and Moeschberger, "Survival Analysis", 2nd ed., sections 4.2 and 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.engine.types import Int64

Float64 = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """entry, exit float64 (n,), 0 <= entry < exit; ended bool (n,)."""

    entry: Float64
    exit: Float64
    ended: Bools

    def __len__(self) -> int:
        return len(self.exit)

    @property
    def events(self) -> int:
        """How many ended."""
        return int(self.ended.sum())

    @property
    def exposure(self) -> float:
        """Time under observation, all together."""
        return float((self.exit - self.entry).sum())

    def of(self, chosen: Bools) -> Lifetimes:
        return Lifetimes(self.entry[chosen], self.exit[chosen], self.ended[chosen])


@dataclass(frozen=True, slots=True)
class Survival:
    """Kaplan and Meier's estimate.

    times float64 (k,): ages at which something ended, ascending. left float64 (k,): the share that lasts longer.
    at_risk, ended int64 (k,): how many were under observation, and ended, at each.
    """

    times: Float64
    left: Float64
    at_risk: Int64
    ended: Int64

    @property
    def before(self) -> Float64:
        """The share that lasts at least so long, float64 (k,)."""
        return np.concatenate([[1.0], self.left[:-1]])

    @property
    def mass(self) -> Float64:
        """The share that ends at each of ``times``; what is missing to 1 lasts longer than anything observed."""
        return self.before - self.left

    def share_left(self, ages: Float64) -> Float64:
        """The share that lasts longer than each of ``ages``."""
        steps = np.searchsorted(self.times, ages, side="right")
        found: Float64 = np.concatenate([[1.0], self.left])[steps]
        return found

    def quantile(self, levels: Float64) -> Float64:
        """The age by which each of ``levels`` (0 to 1) has ended; infinite where that was not seen."""
        reached = np.searchsorted(1.0 - self.left, levels - 1e-12, side="left")
        found: Float64 = np.concatenate([self.times, [np.inf]])[reached]
        return found

    def mean(self) -> tuple[float, float]:
        """Mean up to the longest that ended, and its standard error (Greenwood)."""
        if not len(self.times):
            return float("nan"), float("nan")
        widths = np.diff(np.concatenate([[0.0], self.times]))
        pieces = widths * self.before
        beyond = np.concatenate([np.cumsum(pieces[::-1])[::-1][1:], [0.0]])
        spare = self.at_risk - self.ended
        known = spare > 0
        terms = beyond[known] ** 2 * self.ended[known] / (self.at_risk[known] * spare[known])
        return float(pieces.sum()), float(np.sqrt(terms.sum()))


def kaplan_meier(lives: Lifetimes) -> Survival:
    """The share that lasts longer than each age at which something ended."""
    times, ended = np.unique(lives.exit[lives.ended], return_counts=True)
    entered = np.searchsorted(np.sort(lives.entry), times, side="left")
    gone = np.searchsorted(np.sort(lives.exit), times, side="left")
    at_risk = (entered - gone).astype(np.int64)
    left = np.cumprod(1.0 - ended / np.maximum(at_risk, ended)).astype(np.float64)
    return Survival(times, left, at_risk, ended.astype(np.int64))


def shares_by_outcome(lives: Lifetimes, outcome: Int64) -> dict[int, float]:
    """The share of each ``outcome`` (int64 (n,), read of what ended) among all that ever end.

    Counting those that ended alone favours the outcome of the short ones; each is given the weight that Kaplan and
    Meier give its end (Aalen and Johansen's cumulative incidence at the last of them).
    """
    survival = kaplan_meier(lives)
    each = survival.mass / np.maximum(survival.ended, 1)
    weight = each[np.searchsorted(survival.times, lives.exit[lives.ended])]
    of_ended = outcome[lives.ended]
    total = float(weight.sum())
    return (
        {int(one): float(weight[of_ended == one].sum()) / total for one in np.unique(of_ended)}
        if total
        else {}
    )

"""Distributions of a day's demand, as chances of 0, 1, 2, ... units."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import gammaln

Chances = tuple[float, ...]

NEGLIGIBLE = 1e-12


def rounded_gamma(mean: float, variation: float, top: int) -> Chances:
    """Round(X) for gamma X with this mean and coefficient of variation; above ``top`` counts as ``top``.

    P(0) = F(1/2), P(d) = F(d + 1/2) - F(d - 1/2).
    """
    shape = 1 / variation**2
    below = stats.gamma.cdf(np.arange(top) + 0.5, shape, scale=mean / shape)
    return _from_cumulative(below)


def poisson(mean: float, top: int | None = None) -> Chances:
    """Poisson; above ``top`` counts as ``top`` (None: where less than 1e-12 is left)."""
    last = int(stats.poisson.isf(NEGLIGIBLE, mean)) + 1 if top is None else top
    return _from_cumulative(stats.poisson.cdf(np.arange(last), mean))


def negative_binomial(size: float, mean: float, top: int) -> Chances:
    """P(d) = C(d + n - 1, d) p^n (1 - p)^d with n = ``size``, p = n / (n + mean); above ``top`` counts as ``top``."""
    d = np.arange(top)
    chance = size / (size + mean)
    logs = gammaln(d + size) - gammaln(size) - gammaln(d + 1) + size * np.log(chance) + d * np.log1p(-chance)
    return _from_cumulative(np.cumsum(np.exp(logs)))


def _from_cumulative(below: np.ndarray) -> Chances:
    """``below[d]``: chance of at most d; the last value takes the rest."""
    return tuple(np.diff(np.concatenate([[0.0], below, [1.0]])).tolist())

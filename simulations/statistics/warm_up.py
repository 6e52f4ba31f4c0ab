"""How much of a run's beginning to leave out, so that an empty hospital does not count as a quiet one.

MSER-5: K. P. White Jr., "An effective truncation heuristic for bias reduction in simulation output",
Simulation 69(6), 1997; batches of five after White, Cobb and Spratt, Winter Simulation Conference 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

BATCH = 5
FEWEST_BATCHES = 10
LAST_BATCHES = 5
"""So few remaining batches are often alike by luck; the statistic is then small for no reason (K. Hoad,
S. Robinson and R. Davies, "Automating warm-up length estimation", Journal of the Operational Research Society
61(9), 2010)."""
LATEST_SHARE = 0.5
"""A minimum in the second half means that the run was too short to tell (White 1997, section 4)."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Where a series has settled.

    Attributes
    ----------
    observations: how many to leave out at the beginning, a multiple of the batch.
    settled: False if no truncation in the first half was best; the run is then too short to judge.
    statistic: the value to minimise for each number of left-out batches, shape (n_batches - 1,).
    """

    observations: int
    settled: bool
    statistic: Series


def mser(series: Series, batch: int = BATCH) -> WarmUp:
    """The truncation d that minimises ``sum((x[d:] - mean(x[d:]))**2) / (n - d)**2`` over batch means x.

    Parameters
    ----------
    series: observations at equal distances of time, shape (n,), finite; may be the mean over replications.
    batch: observations per batch mean, 1 or more.

    Raises ValueError if fewer than ten batches are given or a value is not finite.
    """
    observed = np.asarray(series, dtype=np.float64)
    batches = len(observed) // batch
    if batches < FEWEST_BATCHES:
        raise ValueError(
            f"{len(observed)} observations make {batches} batches of {batch}; at least {FEWEST_BATCHES} are needed. "
            "Run longer, or observe more often."
        )
    if not np.isfinite(observed).all():
        raise ValueError("an observation is not finite; leave out intervals in which nothing was observed")
    means = observed[: batches * batch].reshape(batches, batch).mean(axis=1)
    statistic = _statistic(means)
    left_out = int(np.argmin(statistic[: batches - LAST_BATCHES]))
    return WarmUp(left_out * batch, left_out <= batches * LATEST_SHARE, statistic)


def _statistic(means: Series) -> Series:
    """MSER for every truncation but the last, which leaves one batch and no spread; one pass from the end."""
    centred = means - means.mean()
    left = np.arange(len(means), 0, -1, dtype=np.float64)
    sums = np.cumsum(centred[::-1])[::-1]
    squares = np.cumsum(centred[::-1] ** 2)[::-1]
    spread = np.maximum(squares - sums**2 / left, 0.0)
    statistic: Series = (spread / left**2)[:-1]
    return statistic

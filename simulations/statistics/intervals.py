"""Means over independent replications with Student's interval (Law, Simulation Modeling and Analysis, 5th
edition 2015, section 9.4.1), and when enough replications were made (section 9.4.1; Robinson, Simulation: The
Practice of Model Development and Use, 2nd edition 2014, section 9.6)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]

LEVEL = 0.95
FEWEST = 5
"""Replications before a half width is believed: with two or three the first one may be narrow by luck."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and how far it may be off.

    Attributes
    ----------
    mean: over the replications that observed anything; NaN if none did.
    half_width: of the interval, in the unit of the mean; infinite with fewer than two replications.
    level: of confidence, between 0 and 1.
    replications: how many the mean is over.
    """

    mean: float
    half_width: float
    level: float
    replications: int

    @property
    def low(self) -> float:
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        return self.mean + self.half_width

    def covers(self, value: float) -> bool:
        """Whether ``value`` lies in the interval, its ends included."""
        return self.low <= value <= self.high


def interval(values: Values, level: float = LEVEL) -> Interval:
    """Student's interval of the mean of ``values``, shape (n,), one per replication.

    NaN stands for a replication in which there was nothing to observe, and is left out. Raises ValueError if
    ``level`` is not between 0 and 1.
    """
    observed = _observed(values)
    count = len(observed)
    if count == 0:
        return Interval(math.nan, math.inf, level, 0)
    mean = float(observed.mean())
    if count == 1:
        return Interval(mean, math.inf, level, 1)
    error = float(observed.std(ddof=1)) / math.sqrt(count)
    return Interval(mean, student(level, count - 1) * error, level, count)


def student(level: float, freedom: int) -> float:
    """The two-sided quantile of Student's distribution: 0.95 and 9 degrees of freedom give 2.262."""
    if not 0 < level < 1:
        raise ValueError(f"a level of confidence lies between 0 and 1, not at {level}")
    return float(special.stdtrit(freedom, 0.5 + level / 2))


def _observed(values: Values) -> Values:
    given = np.asarray(values, dtype=np.float64)
    kept: Values = given[~np.isnan(given)]
    return kept


@dataclass(frozen=True, slots=True)
class Precision:
    """How narrow an interval has to be: ``absolute`` in the measure's unit, ``relative`` to its mean (0.05 is
    5 %), or whichever of the two is reached first.

    A relative half width of r is asked of the estimate as r / (1 + r), so that it holds of the true mean too
    (Law 2015, section 9.4.1). Raises ValueError if neither is given or one is not above 0.
    """

    relative: float | None = None
    absolute: float | None = None

    def __post_init__(self) -> None:
        wanted = [each for each in (self.relative, self.absolute) if each is not None]
        if not wanted or any(not each > 0 for each in wanted):
            raise ValueError(
                f"a precision is above 0, relative or absolute; got {self.relative} and {self.absolute}"
            )

    def reached(self, found: Interval) -> bool:
        """Whether ``found`` is narrow enough; never before ``FEWEST`` replications, nor where nothing was
        observed."""
        if found.replications < FEWEST or math.isnan(found.mean):
            return False
        return found.half_width <= self._wanted(found.mean)

    def needed(self, found: Interval) -> int:
        """Replications that would probably do, from the spread so far; at least one more than were made.

        The half width shrinks with the root of their number; Student's quantile is taken as it stands.
        """
        made = found.replications
        wanted = self._wanted(found.mean)
        if made < 2 or math.isnan(found.mean) or wanted <= 0:
            return max(made + 1, FEWEST)
        return max(FEWEST, made + 1, math.ceil(made * (found.half_width / wanted) ** 2))

    def _wanted(self, mean: float) -> float:
        shares = [] if self.relative is None else [abs(mean) * self.relative / (1 + self.relative)]
        return max(shares + ([] if self.absolute is None else [self.absolute]))

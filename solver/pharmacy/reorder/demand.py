"""Demand behind what was issued: on a day that ran out, more may have been wanted than was there.

Such a day is censored: it says that demand was at least what was issued. Poisson and negative binomial distributions
are fitted by maximum likelihood over both kinds of days (Tobin 1958, Econometrica 26:24-36, for counts), and the one
with the smaller Akaike criterion is taken. Weekdays have factors, drawn towards 1 by how little is known of them.

Where every day ran out there is nothing to fit: the mean issued is the least that demand may be, and nobody knows more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from solver.engine.types import Bool, Float64, Int64
from solver.hospital.door import Door

WEEK = 7
SHRINKAGE = 20.0
"""Units of demand of each weekday that are held to be like the average: a factor from 20 units is halfway to 1."""

FEWEST_DAYS_FOR_WEEKDAYS = 28
MOST_UNITS = 100_000
NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of a day: mean by weekday of the history's first day onwards (7 values, or 1), and the negative binomial's
    size (infinite: Poisson)."""

    means: tuple[float, ...]
    size: float

    @property
    def mean(self) -> float:
        """Units a day."""
        return sum(self.means) / len(self.means)

    def chances(self) -> Float64:
        """Of 0, 1, 2, ... units, a row for each day of the cycle."""
        rows = [self._of(mean) for mean in self.means]
        top = max(int(row.isf(NEGLIGIBLE)) for row in rows) + 1
        cumulative = np.array([row.cdf(np.arange(top)) for row in rows])
        padded = np.concatenate([np.zeros((len(rows), 1)), cumulative], axis=1)
        return np.diff(np.concatenate([padded, np.ones((len(rows), 1))], axis=1), axis=1)

    def starting(self, day: int) -> Demand:
        """The same seen from ``day`` days after the first."""
        shift = day % len(self.means)
        return Demand(self.means[shift:] + self.means[:shift], self.size)

    def _of(self, mean: float) -> stats.rv_discrete:
        if mean <= 0:
            return stats.poisson(0)
        if np.isinf(self.size):
            return stats.poisson(mean)
        return stats.nbinom(self.size, self.size / (self.size + mean))


def estimate(issued: Int64, ran_out: Bool) -> Demand:
    """From units issued on successive days, int64 (days,), and whether each ran out, bool (days,).

    If all ran out, it is the least that demand may be.

    Raises InvalidInstance unless there is a day, and all are whole and not negative.
    """
    door = Door("Demand", "history")
    good = issued.ndim == 1 and issued.size > 0 and issued.shape == ran_out.shape
    door.need(good, "issued, ran_out", f"{issued.shape}, {ran_out.shape}", "the same days, one at least")
    door.need(good and bool((issued >= 0).all()), "issued", "a negative number", "units from 0 up")
    door.need(good and bool((issued <= MOST_UNITS).all()), "issued", "more", f"at most {MOST_UNITS} a day")
    door.close()
    counts = _Counts.of(issued, ran_out)
    if counts.total == 0 or ran_out.all():
        return Demand((float(issued.mean()),), np.inf)
    mean, size = _fitted(counts)
    if issued.size < FEWEST_DAYS_FOR_WEEKDAYS:
        return Demand((mean,), size)
    return Demand(_weekdays(issued, ran_out, mean, size), size)


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many days had each number of units; ``seen``: demand was that, ``least``: demand was at least that."""

    seen: Float64
    least: Float64
    total: int

    @staticmethod
    def of(issued: Int64, ran_out: Bool) -> _Counts:
        top = int(issued.max()) + 1
        seen = np.bincount(issued[~ran_out], minlength=top).astype(float)
        least = np.bincount(issued[ran_out], minlength=top).astype(float)
        # A day that ran out with nothing issued says nothing: demand was 0 or more.
        least[0] = 0.0
        return _Counts(seen, least, int(issued.sum()))

    def log_likelihood(self, mean: float, size: float) -> float:
        units = np.arange(self.seen.size)
        row = Demand((mean,), size)._of(mean)
        seen, least = row.logpmf(units), row.logsf(units - 1)
        return float(self.seen @ np.maximum(seen, -1e6) + self.least @ np.maximum(least, -1e6))


def _fitted(counts: _Counts) -> tuple[float, float]:
    """Mean and size; the size is infinite where the Poisson distribution says it as well with one parameter less."""
    days = float(counts.seen.sum() + counts.least.sum())
    start = max(counts.total / max(days, 1.0), 1e-3)
    poisson = optimize.minimize_scalar(
        lambda log_mean: -counts.log_likelihood(float(np.exp(log_mean)), np.inf),
        bounds=(np.log(start) - 1, np.log(start) + 4),
        method="bounded",
    )
    binomial = optimize.minimize(
        lambda x: -counts.log_likelihood(float(np.exp(x[0])), float(np.exp(x[1]))),
        np.array([poisson.x, 1.0]),
        method="Nelder-Mead",
        bounds=[(np.log(start) - 2, np.log(start) + 5), (-3.0, 8.0)],
        options={"xatol": 1e-3, "fatol": 1e-3, "maxiter": 200},
    )
    if binomial.fun + 1 < poisson.fun:
        return float(np.exp(binomial.x[0])), float(np.exp(binomial.x[1]))
    return float(np.exp(poisson.x)), np.inf


def _weekdays(issued: Int64, ran_out: Bool, mean: float, size: float) -> tuple[float, ...]:
    """Mean of each weekday, the average being ``mean``; a day that ran out counts as what is to be expected of it."""
    expected = issued.astype(float)
    for units in np.unique(issued[ran_out]):
        expected[ran_out & (issued == units)] = _at_least(mean, size, int(units))
    day = np.arange(issued.size) % WEEK
    total, days = np.bincount(day, expected, WEEK), np.bincount(day, minlength=WEEK)
    factors = (total + SHRINKAGE) / (days * mean + SHRINKAGE)
    return tuple((factors / factors.mean() * mean).tolist())


def _at_least(mean: float, size: float, least: int) -> float:
    """E[D | D >= least]."""
    row = Demand((mean,), size)._of(mean)
    units = np.arange(max(least, int(row.isf(NEGLIGIBLE)) + 1))
    tail = row.sf(least - 1)
    beyond = row.sf(units[units >= least]).sum()
    return float(least + beyond / tail) if tail > 0 else float(least)

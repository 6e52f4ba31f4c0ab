"""How many come, and when: Poisson rates by hour and weekday from counts and from how long one could have counted.

Who was refused or gave up came too. Where patients who find a ward full leave no trace, the time in which it was full
is no time in which one could have counted: without that, demand looks smaller the scarcer the beds are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from simulations.statistics.survival import Bools, Float64

DAYS, HOURS = 7, 24
SURE = 0.01
"""Chance of telling a difference between hours or weekdays where there is none."""
FEWEST_FOR_HOURS, FEWEST_FOR_DAYS = 96, 28
ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Of one class. per_day with its 95 % interval, the mean over a week, and from how many.

    by_hour (24,), by_weekday (7,): weights with a mean of 1, or None where hours or days show no difference.
    surprise: how likely it is that days differ at least so much (below 0.5) if all comes at random; near 1: less.
    """

    per_day: float
    low: float
    high: float
    count: int
    by_hour: tuple[float, ...] | None
    by_weekday: tuple[float, ...] | None
    surprise: float


def seen_of(hidden: Bools) -> Float64:
    """The part of each hour of a period in which arrivals would have been seen: float64 (hours,).

    hidden bool (minutes,): in which minutes of the period nobody would have been.
    """
    return np.bincount(np.arange(len(hidden)) // 60, weights=~hidden) / 60.0


def exposure_of(start_of_week: int, seen: Float64) -> Float64:
    """Hours in which arrivals would have been seen, by weekday and hour: float64 (7, 24); ``seen``: see ``seen_of``."""
    place = (np.arange(len(seen)) + start_of_week) % (DAYS * HOURS)
    hours = np.bincount(place, weights=seen, minlength=DAYS * HOURS)
    return hours.reshape(DAYS, HOURS).astype(np.float64)


def arrivals(times: Float64, length: float, start_of_week: int, hidden: Bools) -> Arrivals:
    """The rate at which a class comes.

    Parameters
    ----------
    times: float64 (n,), hours from the start of the period, which is ``length`` hours long.
    start_of_week: hours from Monday midnight to the start of the period. hidden: see ``seen_of``.
    """
    seen_hours = seen_of(hidden)
    exposure = exposure_of(start_of_week, seen_hours)
    place = (np.floor(times).astype(np.int64) + start_of_week) % (DAYS * HOURS)
    counts = np.bincount(place, minlength=DAYS * HOURS).reshape(DAYS, HOURS).astype(np.float64)
    hours = counts.sum() >= FEWEST_FOR_HOURS and _differ(counts.sum(axis=0), exposure.sum(axis=0))
    days = counts.sum() >= FEWEST_FOR_DAYS and _differ(counts.sum(axis=1), exposure.sum(axis=1))
    by_day, by_hour = _factors(counts, exposure, days, hours)
    # What the scenario calls the rate is its mean over a whole week.
    seen = float((exposure * np.outer(by_day, by_hour)).sum()) / 24
    count = int(counts.sum())
    rates = np.outer(by_day, by_hour) * count / max(24 * seen, 1e-9)
    low, high = (float(each) / seen if seen else math.inf for each in garwood(count))
    return Arrivals(
        count / seen if seen else 0.0,
        low,
        high,
        count,
        tuple(by_hour.tolist()) if hours else None,
        tuple(by_day.tolist()) if days else None,
        _surprise(times, seen_hours, rates, length, start_of_week),
    )


def garwood(count: int) -> tuple[float, float]:
    """The 95 % interval of the mean of a Poisson count (Garwood 1936)."""
    low = float(special.gammaincinv(count, 0.025)) if count else 0.0
    return low, float(special.gammaincinv(count + 1, 0.975))


def _differ(counts: Float64, exposure: Float64) -> bool:
    """Whether rates differ by more than chance: the likelihood ratio against one rate for all."""
    seen = exposure > 0
    if seen.sum() < 2:
        return False
    expected = counts[seen].sum() * exposure[seen] / exposure[seen].sum()
    ratio = 2 * special.xlogy(counts[seen], counts[seen] / expected).sum()
    return bool(special.chdtrc(seen.sum() - 1, ratio) < SURE)


def _factors(counts: Float64, exposure: Float64, days: bool, hours: bool) -> tuple[Float64, Float64]:
    """Weights of weekdays and of hours, their product fitted to both margins (iterative proportional fitting)."""
    by_day, by_hour = np.ones(DAYS), np.ones(HOURS)
    for _ in range(ROUNDS if days and hours else 1):
        if days:
            by_day = _ratio(counts.sum(axis=1), exposure @ by_hour)
        if hours:
            by_hour = _ratio(counts.sum(axis=0), by_day @ exposure)
    return by_day / by_day.mean(), by_hour / by_hour.mean()


def _ratio(counts: Float64, exposure: Float64) -> Float64:
    """Where nothing was seen the mean of the others is as good a guess as any."""
    seen = exposure > 0
    mean = counts[seen].sum() / exposure[seen].sum()
    return np.where(seen, counts / np.where(seen, exposure, 1.0), mean)


def _surprise(times: Float64, seen: Float64, rates: Float64, length: float, start_of_week: int) -> float:
    """Of the counts by day: the chance of so much spread about what is expected."""
    first = start_of_week % HOURS
    days = int((length + first) // HOURS)
    if days < 14:
        return 0.5
    counts = np.bincount(((times + first) // HOURS).astype(np.int64), minlength=days)[:days]
    hours = np.arange(len(seen))
    by_hour = rates.ravel()[(hours + start_of_week) % (DAYS * HOURS)] * seen
    expected = np.bincount((hours + first) // HOURS, weights=by_hour, minlength=days)[:days]
    inside = slice(1 if first else 0, None)
    known = expected[inside] > 0
    squares = ((counts[inside][known] - expected[inside][known]) ** 2 / expected[inside][known]).sum()
    return float(special.chdtrc(max(int(known.sum()) - 1, 1), squares))

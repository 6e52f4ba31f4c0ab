"""The forecast of who will need scarce capacity: rates by hour of the week, from what was asked for before.

Everybody who asked counts, also who was not placed, waited or withdrew: what was *given* is demand cut off at capacity
(censored), what was asked for is not. A class's hourly rates are pulled towards the shape that all requests have over
the week, by ``PULL_WEEKS`` weeks of it: a gamma prior, without which a class of three people a week would have no
Tuesday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Float64, Int64
from solver.hospital import Minute, Priority
from solver.hospital.timegrid import MINUTES_PER_DAY, from_minute
from solver.placing.scarce import Capacity

HOURS: Final = 7 * 24
"""Hours of the week, from Monday 00:00 of the local clock."""

PULL_WEEKS: Final = 4.0
LEAST_MINUTES: Final = 14 * MINUTES_PER_DAY
"""Of a shorter record nothing is forecast (assumed: each day of the week twice)."""

DRIFT_MINUTES: Final = MINUTES_PER_DAY
"""What was asked for during so long is compared with what was forecast for it."""

DRIFT_CHANCE: Final = 1e-4
"""Drift is what a true forecast would show less often than this, over all classes together (assumed)."""


@dataclass(frozen=True, slots=True)
class Demanded:
    """Somebody asked at ``minute`` for what needs these classes, for so long."""

    minute: Minute
    needs: frozenset[Capacity]
    priority: Priority
    duration_minutes: int


@dataclass(frozen=True, slots=True)
class Demand:
    """How many will need one class: ``hourly`` by hour of the week (``HOURS`` rates); for how long on average; how
    urgent: shares by priority, which sum to 1 or are all 0. ``count``: so many in the record it rests on."""

    count: int
    hourly: tuple[float, ...]
    stay_minutes: float
    shares: Mapping[Priority, float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Demand of every class, from a record of so many weeks."""

    zone: str
    weeks: float
    demand: Mapping[Capacity, Demand]

    def hourly(self, capacity: Capacity, start: Minute, hours: int) -> list[float]:
        """People an hour during each of the hours from ``start`` on."""
        first = hour_of_week(start, self.zone)
        rates = self.demand[capacity].hourly
        return [rates[(first + hour) % HOURS] for hour in range(hours)]

    def expected(self, capacity: Capacity, start: Minute, minutes: int) -> float:
        """How many will ask for it during ``[start, start + minutes)``."""
        rates = self.hourly(capacity, start, -(-minutes // 60))
        return sum(rate * min(60, minutes - 60 * hour) / 60 for hour, rate in enumerate(rates))


def hour_of_week(minute: Minute, zone: str) -> int:
    """0 to ``HOURS - 1`` on the site's wall clock."""
    wall = from_minute(minute, zone)
    return wall.weekday() * 24 + wall.hour


def fit(record: Iterable[Demanded], since: Minute, until: Minute, zone: str) -> Forecast | None:
    """The forecast from what was asked for during ``[since, until)``; None if that is shorter than
    ``LEAST_MINUTES``."""
    return fit_many([record], [(since, until)], zone)


def fit_many(
    records: Sequence[Iterable[Demanded]], spans: Sequence[tuple[Minute, Minute]], zone: str
) -> Forecast | None:
    """The forecast from several stretches of time (simulated weeks, say); each record's span is ``[since, until)``."""
    if sum(until - since for since, until in spans) < LEAST_MINUTES:
        return None
    asked = [
        each
        for record, (since, until) in zip(records, spans, strict=True)
        for each in record
        if since <= each.minute < until
    ]
    exposure = sum((_exposure(since, until, zone) for since, until in spans), np.zeros(HOURS))
    shape = _shape(asked, exposure, zone)
    demand = {
        capacity: _demand([each for each in asked if capacity in each.needs], exposure, shape, zone)
        for capacity in Capacity
    }
    return Forecast(zone, float(exposure.sum()) / HOURS, demand)


def _exposure(since: Minute, until: Minute, zone: str) -> Float64:
    """How often each hour of the week was observed; float64 (HOURS,)."""
    whole = np.zeros(HOURS)
    wall = from_minute(since, zone)
    first = wall.weekday() * 24 + wall.hour
    for hour in range(-(-(until - since) // 60)):
        whole[(first + hour) % HOURS] += min(60, until - since - 60 * hour) / 60
    return whole


def _shape(asked: Sequence[Demanded], exposure: Float64, zone: str) -> Float64:
    """How much busier than the mean each hour of the week is, by all that was asked; float64 (HOURS,), mean about 1."""
    counts = _counts(asked, zone)
    mean = counts.sum() / exposure.sum()
    if mean == 0:
        return np.ones(HOURS)
    # One more week like the mean: no hour is taken to be empty for ever.
    found: Float64 = (counts / mean + 1) / (exposure + 1)
    return found


def _demand(
    asked: Sequence[Demanded],
    exposure: Float64,
    shape: Float64,
    zone: str,
) -> Demand:
    if not asked:
        return Demand(0, (0.0,) * HOURS, float(MINUTES_PER_DAY), dict.fromkeys(Priority, 0.0))
    mean = len(asked) / exposure.sum()
    hourly = (_counts(asked, zone) + PULL_WEEKS * mean * shape) / (exposure + PULL_WEEKS)
    shares = {p: sum(each.priority is p for each in asked) / len(asked) for p in Priority}
    stay = sum(each.duration_minutes for each in asked) / len(asked)
    return Demand(len(asked), tuple(float(rate) for rate in hourly), stay, shares)


def _counts(asked: Sequence[Demanded], zone: str) -> Int64:
    hours = [hour_of_week(each.minute, zone) for each in asked]
    return np.bincount(np.array(hours, np.int64), minlength=HOURS)


# --- drift --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Observed:
    """What was asked for of one class beside what was forecast; ``chance``: how likely a count as far off is, if the
    rates are as the record says they are (two-sided; the rate itself is known from so many only: negative binomial)."""

    count: int
    expected: float
    chance: float


def observe(
    forecast: Forecast, record: Iterable[Demanded], since: Minute, until: Minute
) -> dict[Capacity, Observed]:
    """Forecast and truth of ``[since, until)``, side by side."""
    asked = [each for each in record if since <= each.minute < until]
    found = {}
    for capacity in Capacity:
        count = sum(capacity in each.needs for each in asked)
        expected = forecast.expected(capacity, since, until - since)
        chance = _chance(count, expected, forecast.demand[capacity].count, forecast.weeks, until - since)
        found[capacity] = Observed(count, expected, chance)
    return found


def drifted(observed: Mapping[Capacity, Observed]) -> tuple[Capacity, ...]:
    """Classes whose forecast no longer holds."""
    limit = DRIFT_CHANCE / len(Capacity)
    return tuple(capacity for capacity, seen in observed.items() if seen.chance < limit)


def _chance(count: int, expected: float, recorded: int, weeks: float, minutes: int) -> float:
    from scipy import stats

    ratio = expected / recorded if recorded else minutes / (weeks * HOURS * 60)
    told = stats.nbinom(recorded + 0.5, 1 / (1 + ratio))
    return float(min(1.0, 2 * min(told.cdf(count), told.sf(count - 1))))

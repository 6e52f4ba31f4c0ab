"""Who comes in one replication: drawn from streams named after ward and speciality, so that whatever else a scenario
changes, the same patients come at the same minutes and stay as long.

How many come in an hour grows with the rate at the same chance, and each place in an hour has chance of its own: a
surge or another load adds patients or leaves some out, and changes nobody who comes without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulations.day_plan import NO_NOTICE_SHARE, NOTICE
from simulations.demand import daily_requests, hourly_share
from simulations.demand_wards import Source, sources
from simulations.hospital_profiles import FORECAST_SIGMA, STAY_LIMITS
from simulations.placing.model import PlacedModel
from simulations.placing.templates import Pools
from simulations.streams import Generator, stream
from solver.engine.types import Int64
from solver.hospital import Minute, from_minute
from solver.hospital.timegrid import MINUTES_PER_DAY

HOUR = 60


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Int64 (n,) each, in order of asking: minute, row of ``Pools.templates``, true over forecast stay in thousandths,
    minutes of notice (0: none)."""

    minute: Int64
    template: Int64
    stretch: Int64
    notice: Int64


def draw(model: PlacedModel, pools: Pools, seed: int, replication: int, minutes: int) -> Arrivals:
    """Everybody who asks for a bed during the run."""
    hours = np.arange(-(-minutes // HOUR) + 1) * HOUR + model.start
    found = [np.empty((4, 0), np.int64)]
    for number in range(len(pools.sources)):
        found += _of_source(model, pools, number, hours, (seed, replication))
    everybody = np.concatenate(found, axis=1)
    kept = everybody[:, everybody[0] < model.start + minutes]
    return Arrivals(*kept[:, np.argsort(kept[0], kind="stable")])


def expected(model: PlacedModel, minutes: int) -> float:
    """About how many will ask during the run; at most, where surges overlap."""
    found = sources(model.hospital)
    daily = sum(_daily(model, found, source) for source in found)
    factors = [max(1.0, surge.factor) for surge in model.surges]
    return daily * minutes / MINUTES_PER_DAY * math.prod(factors)


def truth(rng: Generator, number: int) -> tuple[Int64, Int64]:
    """True over forecast stay in thousandths (log-normal, mean 1), and minutes of notice; int64 (n,) each."""
    noise = np.exp(rng.normal(-(FORECAST_SIGMA**2) / 2, FORECAST_SIGMA, number))
    told = rng.integers(*NOTICE, number)
    notice = np.where(rng.random(number) < NO_NOTICE_SHARE, 0, told)
    return np.rint(noise * 1000).astype(np.int64), notice.astype(np.int64)


def lasting(duration: Int64, stretch: Int64) -> Int64:
    """True minutes in bed of stays that are forecast to last ``duration``."""
    return np.clip(duration * stretch // 1000, *STAY_LIMITS).astype(np.int64)


def _of_source(
    model: PlacedModel, pools: Pools, number: int, hours: Int64, seeds: tuple[int, int]
) -> Iterator[Int64]:
    """Columns of ``Arrivals``, int64 (4, n): those who come first in their hours, who come second, and so on."""
    source = pools.sources[number]
    factor = _daily(model, pools.sources, source) * _surges(model, source, hours)
    weekday, hour = _clock_of(hours, source.zone)
    for planned in (False, True):
        name = f"placing/arrivals/{source.ward.id}/{source.profile.speciality}/{planned}"
        share = np.array(hourly_share(source, planned))[weekday, hour]
        counts = _poisson(stream(*seeds, name).random(hours.size), factor * share)
        for nth in range(counts.max(initial=0)):
            rng = stream(*seeds, f"{name}/{nth}")
            yield _one_an_hour(rng, hours, pools.spans[number, planned])[:, counts > nth]


def _one_an_hour(rng: Generator, hours: Int64, span: tuple[int, int]) -> Int64:
    first, count = span
    minute = hours + rng.integers(0, HOUR, hours.size)
    template = first + rng.integers(0, count, hours.size)
    return np.stack([minute, template, *truth(rng, hours.size)])


def _poisson(chance: NDArray[np.float64], rate: NDArray[np.float64]) -> Int64:
    """The least counts whose cumulative probability reaches ``chance`` in [0, 1): never less at a higher rate."""
    counts = np.zeros(rate.size, np.int64)
    below = chance > special.pdtr(0, rate)
    while below.any():
        counts += below
        below = chance > special.pdtr(counts, rate)
    return counts


def _daily(model: PlacedModel, found: Sequence[Source], source: Source) -> float:
    """Requests of an average day: as is known of the ward, else as its beds can bear at the load."""
    own = daily_requests(source)
    if source.ward.id not in model.per_day:
        return model.load * own
    ward = sum(daily_requests(each) for each in found if each.ward.id == source.ward.id)
    return model.per_day[source.ward.id] * own / ward


def _surges(model: PlacedModel, source: Source, hours: Int64) -> NDArray[np.float64]:
    factor = np.ones(hours.size)
    for surge in model.surges:
        if not surge.wards or source.ward.id in surge.wards:
            factor[(hours >= surge.start) & (hours < surge.end)] *= surge.factor
    return factor


def _clock_of(hours: Int64, zone: str) -> tuple[Int64, Int64]:
    """Weekday and hour on the clock of a zone; int64 (n,) each. The clock is asked once a day."""
    offsets = np.repeat([local_offset(int(minute), zone) for minute in hours[::24]], 24)[: hours.size]
    local = (hours + offsets) // HOUR
    # The first of January 1970 was a Thursday.
    return (local // 24 + 3) % 7, local % 24


def local_offset(minute: Minute, zone: str) -> int:
    """Minutes to add to reach local time."""
    offset = from_minute(minute, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)

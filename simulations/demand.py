"""The request stream of a hospital: who asks for a bed, when, how urgently and with what.

Requests of each ward come by a Poisson process whose rate follows the local hour and weekday. At ``load`` 1
the bed-minutes asked for equal those the ward's staffed, open beds can give: such days for ever would fill
them. Each ward has a stream of its own, so that one ward's closing changes no other ward's patients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from simulations.demand_people import Drawn, Maker
from simulations.demand_wards import Source, sources
from simulations.hospital_profiles import (
    FORECAST_SIGMA,
    HOURS_PLANNED,
    HOURS_UNPLANNED,
    STAY_LIMITS,
    WEEKDAYS_PLANNED,
    WEEKDAYS_UNPLANNED,
)
from simulations.streams import Generator, pick, stream
from solver.hospital import Hospital, Minute, Person, Request, StayState, from_minute

BATCH_HORIZON = 72 * 60
"""Minutes over which a batch's load is counted: assumed, three days."""
BATCH_FACTORS = (0.02, 3.0)
"""How far a batch's stays may be shortened or stretched to meet its load: assumed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request made at ``minute``, with the person it is for."""

    minute: Minute
    person: Person
    request: Request


def requests(
    hospital: Hospital, seed: int, start: Minute, minutes: int, load: float = 1.0, replication: int = 0
) -> tuple[Arrival, ...]:
    """All requests made during ``[start, start + minutes)``, sorted by minute.

    Parameters
    ----------
    load: bed-minutes asked for over bed-minutes the beds can give, 0 or more.
    seed, replication: name the streams; ids of persons and requests carry both, so that runs never mix.
    """
    maker = Maker(hospital)
    drawn: list[tuple[Minute, int, Drawn]] = []
    for source in sources(hospital):
        name = f"demand/{source.ward.id}/{source.profile.speciality}"
        rng = stream(seed, replication, name)
        for number, (minute, planned) in enumerate(_moments(source, rng, start, minutes, load)):
            person_stream = stream(seed, replication, f"{name}/{number}")
            drawn.append((minute, number, maker.draw(person_stream, source, minute, planned)))
    drawn.sort(key=lambda item: item[0])
    label = f"{seed}.{replication}" if replication else f"{seed}"
    return tuple(
        Arrival(minute, *maker.record(item, f"{label}-{place + 1:06d}", minute))
        for place, (minute, _, item) in enumerate(drawn)
    )


def batch(
    hospital: Hospital, seed: int, count: int, load: float | None = 1.0, now: Minute | None = None
) -> tuple[Arrival, ...]:
    """``count`` requests all needed at ``now``: a mass arrival, or a morning round.

    ``load`` 1 means that they ask for as many bed-minutes as are free during the next 72 hours (longer stays
    count up to there); durations are scaled by one factor to meet it, so that few free beds and many requests
    give many short stays. The factor stays within ``BATCH_FACTORS``: a load that ``count`` patients cannot
    make is not made. None: stays last as they do. Chairs that are shut at ``now`` (default: the last arrival
    of the census) ask for nobody.
    """
    now = now if now is not None else census_minute(hospital)
    maker = Maker(hospital)
    found = [source for source in sources(hospital) if source.open_at(now)]
    rng = stream(seed, 0, "demand/batch")
    weights = [source.beds for source in found]
    drawn = [maker.draw(rng, found[pick(rng, weights)], now, None) for _ in range(count)]
    factor = 1.0
    if load is not None:
        free = free_bed_minutes(hospital, now, BATCH_HORIZON)
        factor = _scale([item.duration for item in drawn], load * free)
    arrivals = []
    for place, item in enumerate(drawn):
        scaled = replace(item, duration=_cut(item.duration * factor), lead=0)
        arrivals.append(Arrival(now, *maker.record(scaled, f"batch{seed}-{place + 1:05d}", now)))
    return tuple(arrivals)


def census_minute(hospital: Hospital) -> Minute:
    """The earliest minute at which everybody who lies in bed has arrived; 0 for an empty hospital."""
    return max((stay.start for stay in hospital.stays if stay.state is not StayState.BOOKED), default=0)


def free_bed_minutes(hospital: Hospital, start: Minute, minutes: int) -> int:
    """Bed-minutes of staffed, open beds without a stay in ``[start, start + minutes)``; cleaning not
    counted."""
    end = start + minutes
    usable = {bed.id for source in sources(hospital) for bed in source.usable}
    taken = sum(
        max(0, min(stay.end, end) - max(stay.start, start))
        for stay in hospital.stays
        if stay.bed_id in usable
    )
    return len(usable) * minutes - taken


def true_durations(arrivals: tuple[Arrival, ...], seed: int, replication: int = 0) -> dict[str, int]:
    """Minutes each request's stay really lasts, by request id; its ``duration_minutes`` was the forecast."""
    rng = stream(seed, replication, "true_durations")
    return {arrival.request.id: _cut(arrival.request.duration_minutes * _noise(rng)) for arrival in arrivals}


def true_departures(hospital: Hospital, seed: int, now: Minute, replication: int = 0) -> dict[str, Minute]:
    """Minute at which each occupant of the census really leaves, by stay id; after ``now``.

    Whoever accompanies somebody leaves with them.
    """
    rng = stream(seed, replication, "true_departures")
    leaves = {}
    for stay in hospital.stays:
        if stay.state is StayState.OCCUPYING:
            remaining = max(stay.end - now, 30)
            leaves[stay.id] = now + max(15, round(remaining * _noise(rng)))
    for stay in hospital.stays:
        if stay.id in leaves and stay.with_stay_id in leaves:
            leaves[stay.id] = leaves[stay.with_stay_id]
    return leaves


def _noise(rng: Generator) -> float:
    """Truth over forecast, log-normal with mean 1."""
    return math.exp(rng.normal(-(FORECAST_SIGMA**2) / 2, FORECAST_SIGMA))


def _cut(minutes: float) -> int:
    return int(min(max(minutes, STAY_LIMITS[0]), STAY_LIMITS[1]))


def _scale(durations: list[int], wanted: float) -> float:
    """The factor at which the durations, each counted up to the horizon, sum to ``wanted``; by bisection."""
    low, high = BATCH_FACTORS
    for _ in range(60):
        middle = math.sqrt(low * high)
        total = sum(min(_cut(duration * middle), BATCH_HORIZON) for duration in durations)
        low, high = (middle, high) if total < wanted else (low, middle)
    return low


def _moments(
    source: Source, rng: Generator, start: Minute, minutes: int, load: float
) -> list[tuple[Minute, bool]]:
    """Minutes of requests and whether each is planned: Poisson within each hour of the local day."""
    daily = load * daily_requests(source)
    shares = [(planned, hourly_share(source, planned)) for planned in (False, True)]
    found: list[tuple[Minute, bool]] = []
    cut = start
    while cut < start + minutes:
        wall = from_minute(cut, source.zone)
        end = min(cut + 60 - wall.minute, start + minutes)
        share = (end - cut) / 60
        for is_planned, hourly in shares:
            rate = share * daily * hourly[wall.weekday()][wall.hour]
            found += [(int(rng.integers(cut, end)), is_planned) for _ in range(rng.poisson(rate))]
        cut = end
    return sorted(found)


def daily_requests(source: Source) -> float:
    """Requests of an average day that ask for as many bed-minutes as the source's beds can give."""
    return 1440 * source.beds / source.profile.mean_stay_minutes


def hourly_share(source: Source, planned: bool) -> list[list[float]]:
    """Of an average day's requests those that are planned, or are not, and come in each hour of each weekday."""
    routine = source.profile.priorities[3]
    part, hours, weekdays = (
        (routine, HOURS_PLANNED, WEEKDAYS_PLANNED)
        if planned
        else (1 - routine, HOURS_UNPLANNED, WEEKDAYS_UNPLANNED)
    )
    by_hour = [hour / sum(hours) for hour in hours]
    return [[part * day * 7 / sum(weekdays) * hour for hour in by_hour] for day in weekdays]

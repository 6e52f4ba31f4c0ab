"""What is counted of a time, recorded or simulated: the very same code counts both."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulations.experiments.catalogue import ALL, Key
from simulations.fitting.visits import Fate, Visits, hourly
from simulations.statistics.survival import Float64

TITLES = {
    "in_use_mean": ("Beds in use", ""),
    "in_use_p95": ("Beds in use, exceeded 5 % of the time", ""),
    "in_use_part": ("Beds in use", ""),
    "wait_mean": ("Mean wait", "h"),
    "wait_p90": ("Wait of nine in ten at most", "h"),
    "waited_share": ("Share who wait", "%"),
    "refused_share": ("Share refused", "%"),
    "gave_up_share": ("Share who give up", "%"),
    "stay_mean": ("Mean stay of who left in time", "h"),
    "arrived": ("Arrivals", "a day"),
    "started": ("Stays begun", "a day"),
}
"""How measures are called, and their unit; shares are told in percent."""
PARTS = (0, 6, 12, 18)
"""First hours of the parts of a day."""
AT_ONCE = 1 / 60
"""A wait of a minute is none: many records know no seconds."""


def measures(visits: Visits, length: float, start_hour: int) -> dict[Key, float]:
    """Every number of a time of ``length`` hours that begins at ``start_hour`` of the day; NaN where nothing was seen.

    Keys depend on wards and classes alone. Waits count for those who were served; who still waits or lies there at the
    end is left out of means, in the record as in the simulation.
    """
    found = dict(_of_classes(visits, length))
    for number, ward in enumerate(visits.wards):
        own = visits.of(visits.ward == number)
        found.update(_occupancy(own, ward, length, start_hour))
        found.update(_waits(own, ward, ALL))
        found.update(_stays(own, ward, length))
        if len(visits.classes) > 1:
            for group, name in enumerate(visits.classes):
                found.update(_waits(own.of(own.group == group), ward, name))
    return found


def in_use(visits: Visits, ward: int, length: float) -> Float64:
    """Beds in use of a ward, a mean for each hour: float64 (hours,)."""
    chosen = (visits.ward == ward) & np.isfinite(visits.started)
    return hourly(visits.started[chosen], visits.freed[chosen], length)


def _of_classes(visits: Visits, length: float) -> Iterator[tuple[Key, float]]:
    came = visits.first & (visits.asked >= 0)
    for group, name in enumerate(visits.classes):
        yield Key("arrived", ALL, name), float((came & (visits.group == group)).sum()) / length * 24


def _occupancy(own: Visits, ward: str, length: float, start_hour: int) -> Iterator[tuple[Key, float]]:
    lying = np.isfinite(own.started)
    series = hourly(own.started[lying], own.freed[lying], length)
    yield Key("in_use_mean", ward), float(series.mean())
    yield Key("in_use_p95", ward), float(np.quantile(series, 0.95))
    hour = (np.arange(len(series)) + start_hour) % 24
    for first in PARTS:
        yield Key("in_use_part", ward, ALL, first), _mean(series[hour // 6 == first // 6])


def _waits(own: Visits, ward: str, name: str) -> Iterator[tuple[Key, float]]:
    came = own.of(own.asked >= 0)
    served = came.of(np.isfinite(came.started))
    waits = served.started - served.asked
    waits = np.where(waits < AT_ONCE, 0.0, waits)
    yield Key("wait_mean", ward, name), _mean(waits)
    if name == ALL:
        yield Key("wait_p90", ward), float(np.quantile(waits, 0.9)) if len(waits) else float("nan")
        yield Key("waited_share", ward), _mean(waits > 0)
        yield Key("refused_share", ward), _mean(came.fate == Fate.REFUSED)
        yield Key("gave_up_share", ward), _mean(came.fate == Fate.GAVE_UP)


def _stays(own: Visits, ward: str, length: float) -> Iterator[tuple[Key, float]]:
    begun = own.of((own.started >= 0) & np.isfinite(own.started))
    ended = begun.of(np.isfinite(begun.finished))
    yield Key("stay_mean", ward), _mean(ended.finished - ended.started)
    yield Key("started", ward), len(begun) / length * 24


def _mean(values: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(np.mean(values)) if len(values) else float("nan")

"""A scenario held beside the time that was recorded: what the simulation would have foretold, misfit first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulations.engine.run import Compiled, replicate
from simulations.experiments.catalogue import ALL, ALL_DAY, Key
from simulations.experiments.memory import refuse_too_large
from simulations.fitting.measures import TITLES, in_use, measures
from simulations.fitting.replaying import stage
from simulations.fitting.visits import Visits
from simulations.scenarios.build import Built
from simulations.statistics.survival import Float64
from solver.engine.errors import InvalidInstance, Problem

BAND = (0.025, 0.975)
FEWEST = 40
"""Replications: with fewer the ends of a 95 % band are single runs."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One number: as recorded, and as simulated (mean, standard deviation, 95 % band of single replications).

    size: how many standard deviations the record lies from the mean. outside: whether it lies outside the band.
    """

    key: Key
    recorded: float
    mean: float
    low: float
    high: float
    size: float
    outside: bool

    @property
    def title(self) -> str:
        """What was counted, of whom, where."""
        title, _ = TITLES[self.key.measure]
        hours = "" if self.key.hour == ALL_DAY else f"{self.key.hour}:00 to {self.key.hour + 6}:00"
        return ", ".join(part for part in (title, self.key.place, self.key.patient_class, hours) if part)

    @property
    def unit(self) -> str:
        return TITLES[self.key.measure][1]


@dataclass(frozen=True, slots=True)
class Curve:
    """Beds in use of one ward by day: recorded float64 (days,), the simulated band and mean float64 (3, days)."""

    ward: str
    recorded: Float64
    simulated: Float64


@dataclass(frozen=True, slots=True)
class BackTest:
    """misfits: the largest first. widened: the factor by which bands allow for the record that was fitted being short.
    left_out: patients who were there at the beginning and have no place in the scenario."""

    built: Built
    seed: int
    replications: int
    widened: float
    misfits: tuple[Misfit, ...]
    curves: tuple[Curve, ...]
    left_out: int

    @property
    def outside(self) -> list[Misfit]:
        return [each for each in self.misfits if each.outside]

    @property
    def verdict(self) -> str:
        """One sentence."""
        count, chance = len(self.outside), 0.05 * len(self.misfits)
        worst = f" The largest: {self.misfits[0].title}." if count else ""
        return (
            f"{count} of {len(self.misfits)} recorded numbers lie outside the 95 % band of the simulation; about "
            f"{chance:.1f} would by chance.{worst}"
        )


def back_test(
    built: Built,
    recorded: Visits,
    length: float,
    *,
    seed: int = 1,
    replications: int = 100,
    workers: int = 1,
    fitted_on: float | None = None,
    watch: Callable[[int, int], None] = lambda done, planned: None,
) -> BackTest:
    """Simulate the recorded time, beginning with who was there, and compare.

    Parameters
    ----------
    built: begins when ``recorded`` does (hour 0). length: hours.
    fitted_on: hours of another record that the scenario was estimated from. What is estimated is itself uncertain, the
        more so the shorter that was: bands are widened by the root of 1 + length / fitted_on.
    """
    if replications < FEWEST:
        remedy = "Ask for more; they take moments."
        raise InvalidInstance([Problem("--replications", replications, f"at least {FEWEST}", remedy)])
    refuse_too_large([built], workers, log=True)
    staged = stage(built, recorded)
    hour = built.scenario.run.start.hour
    compiled = Compiled(staged.model)
    rows: list[dict[Key, float]] = []
    series: list[list[Float64]] = [[] for _ in recorded.wards]
    for begin in range(0, replications, workers):
        chunk = range(begin, min(begin + workers, replications))
        for outcome in replicate(
            compiled, seed=seed, replications=chunk, horizon=length, threads=workers, log=True
        ):
            visits = staged.visits(outcome)
            rows.append(measures(visits, length, hour))
            for ward, own in enumerate(series):
                own.append(_daily(in_use(visits, ward, length)))
        watch(len(rows), replications)
    widened = 1.0 if fitted_on is None else math.sqrt(1 + length / fitted_on)
    found = misfits(measures(recorded, length, hour), rows, widened)
    curves = tuple(
        Curve(name, _daily(in_use(recorded, ward, length)), _band(np.array(series[ward])))
        for ward, name in enumerate(recorded.wards)
    )
    return BackTest(built, seed, replications, widened, tuple(found), curves, staged.left_out)


def misfits(recorded: dict[Key, float], rows: Sequence[dict[Key, float]], widened: float) -> list[Misfit]:
    """Every number that was both recorded and simulated, the largest misfit first.

    What nobody ever did, neither in the record nor in any replication, is no finding and left out.
    """
    found = []
    for key, value in recorded.items():
        if _is_said_twice(key, recorded, rows):
            continue
        simulated = np.array([row.get(key, math.nan) for row in rows])
        simulated = simulated[~np.isnan(simulated)]
        if not math.isnan(value) and len(simulated) >= FEWEST // 2 and (value or simulated.any()):
            found.append(_misfit(key, value, simulated, widened))
    return sorted(found, key=lambda each: -abs(each.size))


def _is_said_twice(key: Key, recorded: dict[Key, float], rows: Sequence[dict[Key, float]]) -> bool:
    """Of a class that is all there is on a ward."""
    everyone = key._replace(patient_class=ALL)
    if key == everyone or everyone not in recorded:
        return False
    pairs = np.array([(each.get(key, math.nan), each.get(everyone, math.nan)) for each in (recorded, *rows)])
    return bool(np.array_equal(pairs[:, 0], pairs[:, 1], equal_nan=True))


def _misfit(key: Key, value: float, simulated: Float64, widened: float) -> Misfit:
    # The k-th smallest of n is above one more with probability k / (n + 1).
    mean, spread = float(simulated.mean()), float(simulated.std(ddof=1)) * widened
    middle = float(np.median(simulated))
    low, high = (
        middle + (float(each) - middle) * widened for each in np.quantile(simulated, BAND, method="weibull")
    )
    low, high = max(low, 0.0), min(high, 1.0) if TITLES[key.measure][1] == "%" else high
    close = math.isclose(value, mean, rel_tol=1e-9, abs_tol=1e-12)
    size = (value - mean) / spread if spread else 0.0 if close else math.copysign(math.inf, value - mean)
    return Misfit(key, value, mean, low, high, size, not (low <= value <= high) and not close)


def _daily(hours: Float64) -> Float64:
    whole = len(hours) // 24 * 24
    found: Float64 = hours[:whole].reshape(-1, 24).mean(axis=1)
    return found


def _band(series: Float64) -> Float64:
    low, high = np.quantile(series, BAND, axis=0)
    return np.array([low, series.mean(axis=0), high])

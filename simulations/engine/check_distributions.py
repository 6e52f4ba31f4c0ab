"""What is wrong with a distribution."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simulations.engine.distributions import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    PhaseType,
    Triangular,
    Uniform,
    Weibull,
    is_always_zero,
)
from solver.engine.errors import Problem

MOST_PHASES = 1000
MEAN_AND_SD = "Mean and sd are those of the time itself, not of its logarithm."


def distribution_faults(at: str, d: object, *, above_zero: bool = False) -> Iterator[Problem]:
    """The faults of ``d``, whose path is ``at``; ``above_zero``: nor may it be always 0."""
    faults = list(_faults(at, d))
    yield from faults
    if above_zero and not faults and is_always_zero(d):
        where, value = (f"{at}.value", d.value) if isinstance(d, Constant) else (at, d)
        yield Problem(where, value, "a time above 0", "It would happen without end at one instant.")


def _faults(at: str, d: object) -> Iterator[Problem]:
    match d:
        case Empirical():
            yield from _empirical(at, d)
        case PhaseType():
            yield from _phase_type(at, d)
        case Uniform() | Triangular():
            yield from _between(at, d)
        case LogNormal() | Normal():
            yield from _mean_and_sd(at, d)
        case _:
            yield from _plain(at, d)


def _plain(at: str, d: object) -> Iterator[Problem]:
    match d:
        case Constant():
            yield from _finite(f"{at}.value", d.value)
        case Exponential():
            yield from _positive(f"{at}.mean", d.mean, "Give the mean time.")
        case Gamma():
            yield from _positive(f"{at}.mean", d.mean, MEAN_AND_SD)
            yield from _positive(f"{at}.sd", d.sd, "Take a constant instead.")
        case Weibull():
            yield from _positive(f"{at}.shape", d.shape, "Give shape and scale.")
            yield from _positive(f"{at}.scale", d.scale, "Give shape and scale.")
        case Erlang():
            yield from _positive(f"{at}.mean", d.mean, "Give the mean of all phases together.")
            if not 1 <= d.phases <= MOST_PHASES:
                expected = f"1 to {MOST_PHASES} phases"
                yield Problem(
                    f"{at}.phases", d.phases, expected, "Take a normal or gamma distribution for more."
                )
        case _:
            yield Problem(at, d, "a distribution", "See simulations.engine.distributions.")


def _between(at: str, d: Uniform | Triangular) -> Iterator[Problem]:
    yield from _finite(f"{at}.low", d.low)
    yield from _finite(f"{at}.high", d.high)
    if isinstance(d, Uniform):
        yield from _ascending(at, low=d.low, high=d.high)
        return
    yield from _ascending(at, low=d.low, mode=d.mode, high=d.high)
    if d.low == d.high:
        yield Problem(f"{at}.high", d.high, "more than the lowest", "Take a constant instead.")


def _finite(at: str, value: float) -> Iterator[Problem]:
    if not 0.0 <= value < math.inf:
        yield Problem(at, value, "a finite time of 0 or more", "Nothing takes less than no time.")


def _positive(at: str, value: float, remedy: str) -> Iterator[Problem]:
    if not 0.0 < value < math.inf:
        yield Problem(at, value, "a finite number above 0", remedy)


def _ascending(at: str, **values: float) -> Iterator[Problem]:
    former, least = "", -math.inf
    for name, value in values.items():
        if not value >= least:
            yield Problem(f"{at}.{name}", value, f"{former} or more, which is {least:g}", "Swap them.")
        former, least = name, value


def _mean_and_sd(at: str, d: LogNormal | Normal) -> Iterator[Problem]:
    if isinstance(d, LogNormal):
        yield from _positive(f"{at}.mean", d.mean, MEAN_AND_SD)
    else:
        yield from _finite(f"{at}.mean", d.mean)
        yield from _finite(f"{at}.minimum", d.minimum)
    if not 0.0 <= d.sd < math.inf:
        yield Problem(f"{at}.sd", d.sd, "a finite spread of 0 or more", MEAN_AND_SD)


def _empirical(at: str, d: Empirical) -> Iterator[Problem]:
    if not d.values:
        yield Problem(f"{at}.values", (), "at least one value", "Give what was observed.")
    for place, value in enumerate(d.values):
        yield from _finite(f"{at}.values[{place}]", value)
    if d.weights and (d.interpolated or len(d.weights) != len(d.values)):
        expected = "one weight for each value, and none where it is interpolated"
        yield Problem(f"{at}.weights", len(d.weights), expected, "Leave them out, or give as many.")
    if d.weights and not (min(d.weights) >= 0.0 and 0.0 < math.fsum(d.weights) < math.inf):
        expected = "weights of 0 or more, at least one above 0"
        yield Problem(f"{at}.weights", min(d.weights), expected, "Correct the weights.")


def _phase_type(at: str, d: PhaseType) -> Iterator[Problem]:
    size = len(d.start)
    if size == 0 or not (min(d.start) >= 0.0 and abs(math.fsum(d.start) - 1.0) <= 1e-6):
        yield Problem(f"{at}.start", d.start, "probabilities that sum to 1", "Say in which phase it starts.")
    if len(d.rates) != size or any(len(row) != size for row in d.rates):
        yield Problem(f"{at}.rates", len(d.rates), f"{size} rows of {size} rates", "Give a square of rates.")
        return
    if any(not 0.0 <= rate < math.inf for row in d.rates for rate in row):
        yield Problem(
            f"{at}.rates",
            d.rates,
            "finite rates of 0 or more",
            "Rates of leaving stand on the diagonal.",
        )
        return
    leads_out = {phase for phase in range(size) if d.rates[phase][phase] > 0.0}
    for _ in range(size):
        leads_out |= {
            i for i in range(size) if any(d.rates[i][j] > 0.0 and j in leads_out for j in range(size))
        }
    for phase in sorted(set(range(size)) - leads_out):
        yield Problem(
            f"{at}.rates[{phase}]", d.rates[phase], "a way out", "From this phase it would never end."
        )

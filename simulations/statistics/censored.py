"""Named distributions estimated by maximum likelihood from durations of which some have not ended, or began unseen.

What ended at age x after it was seen from age a on adds log f(x) - log S(a), what had not ended by then
log S(x) - log S(a). Intervals come from the curvature of the likelihood at its top, by the delta method. Parameters are
positive and searched as logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from simulations.statistics.survival import Float64, Lifetimes, kaplan_meier

SHORTEST = 1 / 120
"""Half a minute: clocks of records tell minutes, and a stay of 0 has no logarithm."""
TINY = 1e-300
NORMAL_975 = 1.959964
FEWEST_ENDED = 5
"""Ends from which on two parameters are estimated."""
CRITICAL = 1.0
"""Of the largest gap to Kaplan and Meier's curve, times the root of the number of ends. Lilliefors' 5 % are 0.89 for
the normal and 1.06 for the exponential distribution, both with estimated parameters."""
NEGLIGIBLE_GAP = 0.015


@dataclass(frozen=True, slots=True)
class Family:
    """log_density, log_left: of durations and two positive parameters. moments: mean and standard deviation."""

    name: str
    log_density: Callable[[Float64, float, float], Float64]
    log_left: Callable[[Float64, float, float], Float64]
    moments: Callable[[float, float], tuple[float, float]]
    parameters: int = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A distribution with its parameters.

    mean and sd with 95 % half widths. gap: the largest distance to Kaplan and Meier's curve. aic: Akaike's criterion.
    """

    family: str
    parameters: tuple[float, float]
    mean: float
    mean_half: float
    sd: float
    sd_half: float
    gap: float
    aic: float
    events: int

    @property
    def fits(self) -> bool:
        """Whether the gap is no more than chance or nobody's concern."""
        return self.gap <= max(CRITICAL / math.sqrt(max(self.events, 1)), NEGLIGIBLE_GAP)

    def left(self, ages: Float64) -> Float64:
        """The share that lasts longer than each of ``ages``."""
        found: Float64 = np.exp(FAMILIES[self.family].log_left(np.maximum(ages, SHORTEST), *self.parameters))
        return found


def _exponential_density(x: Float64, mean: float, _: float) -> Float64:
    found: Float64 = -math.log(mean) - x / mean
    return found


def _weibull_density(x: Float64, shape: float, scale: float) -> Float64:
    ratio = np.log(x / scale)
    found: Float64 = math.log(shape / scale) + (shape - 1) * ratio - np.exp(shape * ratio)
    return found


def _weibull_moments(shape: float, scale: float) -> tuple[float, float]:
    mean = scale * math.gamma(1 + 1 / shape)
    square = scale**2 * math.gamma(1 + 2 / shape)
    return mean, math.sqrt(max(square - mean**2, 0.0))


def _lognormal_density(x: Float64, median: float, sigma: float) -> Float64:
    z = np.log(x / median) / sigma
    found: Float64 = -np.log(x) - math.log(sigma) - 0.5 * math.log(2 * math.pi) - 0.5 * z**2
    return found


def _lognormal_moments(median: float, sigma: float) -> tuple[float, float]:
    mean = median * math.exp(sigma**2 / 2)
    return mean, mean * math.sqrt(math.expm1(sigma**2))


def _gamma_density(x: Float64, shape: float, scale: float) -> Float64:
    ratio = x / scale
    found: Float64 = (shape - 1) * np.log(ratio) - ratio - special.gammaln(shape) - math.log(scale)
    return found


FAMILIES: Mapping[str, Family] = {
    each.name: each
    for each in (
        Family(
            "exponential", _exponential_density, lambda x, mean, _: -x / mean, lambda mean, _: (mean, mean), 1
        ),
        Family(
            "weibull", _weibull_density, lambda x, shape, scale: -((x / scale) ** shape), _weibull_moments
        ),
        Family(
            "lognormal",
            _lognormal_density,
            lambda x, median, sigma: special.log_ndtr(-np.log(x / median) / sigma),
            _lognormal_moments,
        ),
        Family(
            "gamma",
            _gamma_density,
            lambda x, shape, scale: np.log(np.maximum(special.gammaincc(shape, x / scale), TINY)),
            lambda shape, scale: (shape * scale, math.sqrt(shape) * scale),
        ),
    )
}


def estimates(lives: Lifetimes) -> list[Estimate]:
    """Every family estimated, the best by Akaike's criterion first; with few ends the exponential alone."""
    lives = Lifetimes(lives.entry, np.maximum(lives.exit, SHORTEST), lives.ended)
    names = FAMILIES if lives.events >= FEWEST_ENDED else ("exponential",)
    return sorted((_estimate(FAMILIES[name], lives) for name in names), key=lambda each: each.aic)


def _estimate(family: Family, lives: Lifetimes) -> Estimate:
    # Half an end where none was seen: the mean is then long, and its interval endless.
    mean = lives.exposure / max(lives.events, 0.5)
    if family.parameters == 1:
        half = NORMAL_975 * mean / math.sqrt(lives.events) if lives.events else math.inf
        return _told(family, (mean, 1.0), lives, (half, half))
    start = np.log([_typical(lives, mean), 1.0]) if family.name == "lognormal" else np.log([1.0, mean])

    def loss(logs: Float64) -> float:
        found = _log_likelihood(family, lives, logs)
        return -found if math.isfinite(found) else 1e300

    # Its own first simplex is flat where a logarithm begins at 0, and was seen to stop there.
    simplex = start + np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])
    options = {"xatol": 1e-5, "fatol": 1e-7, "initial_simplex": simplex}
    found = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    first, second = np.exp(found.x)
    halves = _half_widths(family, loss, np.asarray(found.x, dtype=np.float64))
    return _told(family, (float(first), float(second)), lives, halves)


def _typical(lives: Lifetimes, mean: float) -> float:
    ended = lives.exit[lives.ended]
    return float(np.median(ended)) if len(ended) else mean


def _log_likelihood(family: Family, lives: Lifetimes, logs: Float64) -> float:
    if np.abs(logs).max() > 50:
        return -math.inf
    first, second = (float(each) for each in np.exp(logs))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ended = family.log_density(lives.exit[lives.ended], first, second).sum()
        going_on = family.log_left(lives.exit[~lives.ended], first, second).sum()
        late = lives.entry > 0
        unseen = family.log_left(lives.entry[late], first, second).sum()
    return float(ended + going_on - unseen)


def _told(
    family: Family, parameters: tuple[float, float], lives: Lifetimes, halves: tuple[float, float]
) -> Estimate:
    mean, sd = family.moments(*parameters)
    survival = kaplan_meier(lives)
    gap = 0.0
    if len(survival.times):
        smooth = np.exp(family.log_left(survival.times, *parameters))
        gap = float(max(np.abs(smooth - survival.left).max(), np.abs(smooth - survival.before).max()))
    aic = 2 * family.parameters - 2 * _log_likelihood(family, lives, np.log(np.array(parameters)))
    return Estimate(family.name, parameters, mean, halves[0], sd, halves[1], gap, aic, lives.events)


def _half_widths(family: Family, loss: Callable[[Float64], float], top: Float64) -> tuple[float, float]:
    """Of mean and standard deviation: the curvature at ``top``, and how both move with the parameters."""
    step = 1e-3
    unit = np.eye(2) * step
    curvature = np.array(
        [
            [
                (loss(top + a + b) - loss(top + a - b) - loss(top - a + b) + loss(top - a - b))
                / (4 * step**2)
                for b in unit
            ]
            for a in unit
        ]
    )
    slopes = np.array(
        [
            (np.array(family.moments(*np.exp(top + a))) - np.array(family.moments(*np.exp(top - a))))
            / (2 * step)
            for a in unit
        ]
    )
    try:
        spread = np.einsum("ij,ik,kj->j", slopes, np.linalg.inv(curvature), slopes)
    except np.linalg.LinAlgError:
        return math.inf, math.inf
    halves = [NORMAL_975 * math.sqrt(each) if each > 0 else math.inf for each in spread]
    return halves[0], halves[1]

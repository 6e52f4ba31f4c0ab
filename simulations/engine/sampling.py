"""Distributions as rows of numbers, the way ``kernels_draw`` reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from simulations.engine import codes
from simulations.engine.distributions import (
    Constant,
    Distribution,
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
)


@dataclass(slots=True)
class Samples:
    """``distribution`` (kind, sample begins, ends), ``parameter`` (three each) and ``sample``, growing."""

    distribution: list[tuple[int, int, int]] = field(default_factory=list)
    parameter: list[tuple[float, float, float]] = field(default_factory=list)
    sample: list[float] = field(default_factory=list)
    known: dict[Distribution, int] = field(default_factory=dict)

    def add(self, distribution: Distribution) -> int:
        """The row of ``distribution``; one that is known already gets no second."""
        row = self.known.get(distribution)
        if row is None:
            row = self.known[distribution] = len(self.distribution)
            kind, parameters, sample = numbers_of(distribution)
            begin = len(self.sample)
            self.sample += sample
            self.distribution.append((kind, begin, len(self.sample)))
            a, b, c = (*parameters, 0.0, 0.0, 0.0)[:3]
            self.parameter.append((a, b, c))
        return row


PLAIN: dict[type, tuple[int, tuple[str, ...]]] = {
    Constant: (codes.CONSTANT, ("value",)),
    Exponential: (codes.EXPONENTIAL, ("mean",)),
    Uniform: (codes.UNIFORM, ("low", "high")),
    Triangular: (codes.TRIANGULAR, ("low", "mode", "high")),
    Erlang: (codes.ERLANG, ("mean", "phases")),
    Weibull: (codes.WEIBULL, ("shape", "scale")),
    Normal: (codes.NORMAL, ("mean", "sd", "minimum")),
}
"""Distributions whose parameters are what they are described by."""


def numbers_of(d: Distribution) -> tuple[int, tuple[float, ...], list[float]]:
    """Kind, up to three parameters, and sample."""
    match d:
        case LogNormal():
            return codes.LOGNORMAL, logarithmic(d.mean, d.sd), []
        case Gamma():
            return codes.GAMMA, ((d.mean / d.sd) ** 2, d.sd**2 / d.mean), []
        case Empirical():
            return _empirical(d)
        case PhaseType():
            return codes.PHASE_TYPE, (float(len(d.start)),), _phases(d)
    kind, names = PLAIN[type(d)]
    return kind, tuple(float(getattr(d, name)) for name in names), []


def logarithmic(mean: float, sd: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of a lognormal variable with this ``mean`` and ``sd``."""
    variance = math.log1p((sd / mean) ** 2)
    return math.log(mean) - variance / 2.0, math.sqrt(variance)


def _empirical(d: Empirical) -> tuple[int, tuple[float, ...], list[float]]:
    if d.interpolated and len(d.values) > 1:
        return codes.INTERPOLATED, (), sorted(d.values)
    weights = np.array(d.weights or [1.0] * len(d.values), np.float64)
    order = np.argsort(np.array(d.values), kind="stable")
    values = np.array(d.values, np.float64)[order]
    sums = np.cumsum(weights[order])
    return codes.EMPIRICAL, (), [*values.tolist(), *(sums / sums[-1]).tolist()]


def _phases(d: PhaseType) -> list[float]:
    sample = (np.cumsum(d.start) / np.sum(d.start)).tolist()
    for phase, rates in enumerate(d.rates):
        onward = [0.0 if other == phase else rate for other, rate in enumerate(rates)]
        sums = np.cumsum([*onward, rates[phase]])
        sample += [float(sums[-1]), *(sums / sums[-1]).tolist()]
    return [float(value) for value in sample]

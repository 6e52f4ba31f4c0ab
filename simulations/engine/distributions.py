"""Distributions of durations and gaps, described; ``kernels_draw`` draws from them.

Times are in the model's unit (one throughout). Where a distribution takes ``mean`` and ``sd`` they are those of the
variable itself, never of its logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Constant:
    """Always ``value``, 0 or more."""

    value: float


@dataclass(frozen=True, slots=True)
class Exponential:
    """``mean`` above 0."""

    mean: float


@dataclass(frozen=True, slots=True)
class Uniform:
    """Between ``low`` and ``high``, 0 <= low <= high."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Triangular:
    """0 <= low <= mode <= high, low < high."""

    low: float
    mode: float
    high: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """``mean`` above 0 and ``sd`` 0 or more, of the variable itself."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Gamma:
    """``mean`` and ``sd`` above 0."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Erlang:
    """The sum of ``phases`` (1 or more) exponential times, ``mean`` altogether."""

    mean: float
    phases: int


@dataclass(frozen=True, slots=True)
class Weibull:
    """``shape`` and ``scale`` above 0."""

    shape: float
    scale: float


@dataclass(frozen=True, slots=True)
class Normal:
    """``mean`` and ``sd`` 0 or more; what falls below ``minimum`` (0 or more) is taken as ``minimum``."""

    mean: float
    sd: float
    minimum: float = 0.0


@dataclass(frozen=True, slots=True)
class Empirical:
    """One of ``values`` (0 or more), as likely as ``weights`` say (none: all alike).

    ``interpolated`` draws along the straight lines between the sorted values instead, without weights.
    """

    values: tuple[float, ...]
    weights: tuple[float, ...] = ()
    interpolated: bool = False


@dataclass(frozen=True, slots=True)
class PhaseType:
    """The time until a Markov chain that starts in phase i with ``start[i]`` has left its phases.

    ``rates[i][j]`` is the rate from phase i to phase j, ``rates[i][i]`` that of leaving altogether; all 0 or more, and
    every phase must lead out.
    """

    start: tuple[float, ...]
    rates: tuple[tuple[float, ...], ...]


Distribution = (
    Constant
    | Exponential
    | Uniform
    | Triangular
    | LogNormal
    | Gamma
    | Erlang
    | Weibull
    | Normal
    | Empirical
    | PhaseType
)

AT_ONCE = Constant(0.0)


def is_always_zero(d: object) -> bool:
    """Whether ``d``, which has no faults, is a distribution of which nothing but 0 is ever drawn: it takes no time."""
    match d:
        case Constant():
            return d.value == 0.0
        case Uniform() | Triangular():
            return d.high == 0.0
        case Normal():
            return d.sd == 0.0 and max(d.mean, d.minimum) == 0.0
        case Empirical():
            weights = d.weights or (1.0,) * len(d.values)
            return not any(value * weight for value, weight in zip(d.values, weights, strict=True))
    return False

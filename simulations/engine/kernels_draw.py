"""Draws from the distributions of ``distributions``, by the numbers of ``kernels_philox``.

distribution int64 (n, 3): kind, and where its sample begins and ends. parameter float64 (n, 3). sample float64:
values, then cumulative weights, of empirical distributions; of a phase-type one with m phases m cumulative weights of
the start, then for each phase its total rate and m + 1 cumulative weights of where it leads, the last: out.

A draw begins with a word, the first of its block; what needs more takes the blocks that follow.
"""

import math
from typing import Any

from simulations.engine.codes import (
    CONSTANT,
    EMPIRICAL,
    ERLANG,
    EXPONENTIAL,
    GAMMA,
    INTERPOLATED,
    LOGNORMAL,
    NORMAL,
    TRIANGULAR,
    UNIFORM,
    WEIBULL,
)
from simulations.engine.jit import inner, kernel, swallowed
from simulations.engine.kernels_philox import VISIT_BITS, unit, words
from simulations.engine.kernels_ziggurat import exponential, normal


@swallowed
def triangular(u: float, low: float, mode: float, high: float) -> float:
    width = high - low
    if u * width < mode - low:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1.0 - u) * width * (high - mode))


@swallowed
def gamma(key: Any, shape: float, purpose: int, code: int, number: int, block: int, word: Any) -> float:
    """Scale 1, by rejection (Marsaglia, Tsang 2000); below shape 1 the power of a uniform on top."""
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    value = d
    for _ in range(1000):
        x, block = normal(key, purpose, code, number, block, word)
        v = 1.0 + c * x
        v = v * v * v
        block += 1
        first, word = words(key, purpose, code, number, block)
        if v > 0.0 and math.log(unit(first)) < 0.5 * x * x + d - d * v + d * math.log(v):
            value = d * v
            break
    if shape < 1.0:
        value *= math.pow(unit(word), 1.0 / shape)
    return value


@swallowed
def erlang(key: Any, phases: int, purpose: int, code: int, number: int, block: int, word: Any) -> float:
    """The sum of ``phases`` exponential numbers of mean 1."""
    total, block = exponential(key, purpose, code, number, block, word)
    for _ in range(1, phases):
        block += 1
        word, _ = words(key, purpose, code, number, block)
        one, block = exponential(key, purpose, code, number, block, word)
        total += one
    return total


@swallowed
def position(cumulative: Any, begin: int, end: int, u: float) -> int:
    """The first of ``cumulative[begin:end]`` above ``u``, counted from ``begin``; the last if none is."""
    low, high = begin, end - 1
    while low < high:
        middle = (low + high) >> 1
        if u < cumulative[middle]:
            high = middle
        else:
            low = middle + 1
    return low - begin


@swallowed
def phases(
    key: Any, sample: Any, begin: int, m: int, purpose: int, code: int, number: int, block: int, word: Any
) -> float:
    """Through the phases until the way out."""
    phase = position(sample, begin, begin + m, unit(word))
    total = 0.0
    for _ in range(2000):
        row = begin + m + phase * (m + 2)
        block += 1
        first, second = words(key, purpose, code, number, block)
        lasting, block = exponential(key, purpose, code, number, block, first)
        total += lasting / sample[row]
        phase = position(sample, row + 1, row + m + 2, unit(second))
        if phase == m:
            break
    return total


@inner
def draw_seldom(
    distribution: Any,
    parameter: Any,
    sample: Any,
    key: Any,
    row: int,
    purpose: int,
    code: int,
    number: int,
    block: int,
    word: Any,
) -> float:
    """``draw`` for all kinds but those that most stays are of."""
    kind = distribution[row, 0]
    a, b = parameter[row, 0], parameter[row, 1]
    begin, end = distribution[row, 1], distribution[row, 2]
    if kind == GAMMA:
        return b * gamma(key, a, purpose, code, number, block, word)
    if kind == ERLANG:
        return a / b * erlang(key, int(b), purpose, code, number, block, word)
    if kind == WEIBULL:
        one, block = exponential(key, purpose, code, number, block, word)
        return b * math.pow(one, 1.0 / a)
    if kind == NORMAL:
        one, block = normal(key, purpose, code, number, block, word)
        return max(parameter[row, 2], a + b * one)
    u = unit(word)
    if kind == UNIFORM:
        return a + (b - a) * u
    if kind == TRIANGULAR:
        return triangular(u, a, b, parameter[row, 2])
    if kind == EMPIRICAL:
        middle = (begin + end) >> 1
        return sample[begin + position(sample, middle, end, u)]
    if kind == INTERPOLATED:
        place = u * (end - begin - 1)
        low = min(int(place), end - begin - 2)
        return sample[begin + low] + (place - low) * (sample[begin + low + 1] - sample[begin + low])
    return phases(key, sample, begin, int(a), purpose, code, number, block, word)


@swallowed
def draw_from(
    distribution: Any,
    parameter: Any,
    sample: Any,
    key: Any,
    row: int,
    purpose: int,
    code: int,
    number: int,
    block: int,
    word: Any,
) -> float:
    """One value of distribution ``row`` from ``word``, the first of ``block``."""
    kind = distribution[row, 0]
    a = parameter[row, 0]
    if kind == CONSTANT:
        return a
    if kind == LOGNORMAL:
        z, _ = normal(key, purpose, code, number, block, word)
        return math.exp(a + parameter[row, 1] * z)
    if kind == EXPONENTIAL:
        one, _ = exponential(key, purpose, code, number, block, word)
        return a * one
    return draw_seldom(distribution, parameter, sample, key, row, purpose, code, number, block, word)


@kernel
def draw(
    distribution: Any,
    parameter: Any,
    sample: Any,
    key: Any,
    row: int,
    purpose: int,
    code: int,
    number: int,
    visit: int,
) -> float:
    """One value of distribution ``row``."""
    block = visit << VISIT_BITS
    word, _ = words(key, purpose, code, number, block)
    return draw_from(distribution, parameter, sample, key, row, purpose, code, number, block, word)

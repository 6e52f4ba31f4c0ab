"""Draws from the distributions of ``distributions``, by the numbers of ``kernels_philox``.

distribution int64 (n, 3): kind, and where its sample begins and ends. parameter float64 (n, 3). sample float64:
values, then cumulative weights, of empirical distributions; of a phase-type one with m phases m cumulative weights of
the start, then for each phase its total rate and m + 1 cumulative weights of where it leads, the last: out.
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
from simulations.engine.kernels_philox import VISIT_BITS, uniform
from solver.engine.jit import kernel, swallowed


@swallowed
def central(q: float) -> float:
    """The normal quantile of 0.5 + q for abs(q) <= 0.425: AS 241 (Wichura 1988), PPND16."""
    r = 0.180625 - q * q
    a = 2509.0809287301226727
    a = a * r + 33430.575583588128105
    a = a * r + 67265.770927008700853
    a = a * r + 45921.953931549871457
    a = a * r + 13731.693765509461125
    a = a * r + 1971.5909503065514427
    a = a * r + 133.14166789178437745
    a = a * r + 3.387132872796366608
    b = 5226.495278852545925
    b = b * r + 28729.085735721942674
    b = b * r + 39307.89580009271061
    b = b * r + 21213.794301586595867
    b = b * r + 5394.1960214247511077
    b = b * r + 687.1870074920579083
    b = b * r + 42.313330701600911252
    return q * a / (b * r + 1.0)


@swallowed
def tail(p: float) -> float:
    """The size of the normal quantile of ``p``, p below 0.075: AS 241."""
    r = math.sqrt(-math.log(p))
    if r <= 5.0:
        r -= 1.6
        a = 7.7454501427834140764e-4
        a = a * r + 0.0227238449892691845833
        a = a * r + 0.24178072517745061177
        a = a * r + 1.27045825245236838258
        a = a * r + 3.64784832476320460504
        a = a * r + 5.7694972214606914055
        a = a * r + 4.6303378461565452959
        a = a * r + 1.42343711074968357734
        b = 1.05075007164441684324e-9
        b = b * r + 5.475938084995344946e-4
        b = b * r + 0.0151986665636164571966
        b = b * r + 0.14810397642748007459
        b = b * r + 0.68976733498510000455
        b = b * r + 1.6763848301838038494
        b = b * r + 2.05319162663775882187
        return a / (b * r + 1.0)
    r -= 5.0
    a = 2.01033439929228813265e-7
    a = a * r + 2.71155556874348757815e-5
    a = a * r + 0.0012426609473880784386
    a = a * r + 0.026532189526576123093
    a = a * r + 0.29656057182850489123
    a = a * r + 1.7848265399172913358
    a = a * r + 5.4637849111641143699
    a = a * r + 6.6579046435011037772
    b = 2.04426310338993978564e-15
    b = b * r + 1.4215117583164458887e-7
    b = b * r + 1.8463183175100546818e-5
    b = b * r + 7.868691311456132591e-4
    b = b * r + 0.0148753612908506148525
    b = b * r + 0.13692988092273580531
    b = b * r + 0.59983220655588793769
    return a / (b * r + 1.0)


@kernel
def normal_quantile(p: float) -> float:
    """The standard normal quantile, to 1e-15 relative."""
    q = p - 0.5
    if abs(q) <= 0.425:
        return central(q)
    if q < 0.0:
        return -tail(p)
    return tail(1.0 - p)


@swallowed
def triangular(u: float, low: float, mode: float, high: float) -> float:
    width = high - low
    if u * width < mode - low:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1.0 - u) * width * (high - mode))


@swallowed
def gamma(key: Any, shape: float, purpose: int, code: int, number: int, block: int) -> float:
    """Scale 1, by rejection (Marsaglia, Tsang 2000); below shape 1 the power of a uniform on top."""
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    value = d
    for attempt in range(1000):
        x = normal_quantile(uniform(key, purpose, code, number, block + 2 * attempt))
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            u = uniform(key, purpose, code, number, block + 2 * attempt + 1)
            if math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
                value = d * v
                break
    if shape < 1.0:
        value *= math.pow(uniform(key, purpose, code, number, block + 4095), 1.0 / shape)
    return value


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
    key: Any, sample: Any, begin: int, m: int, purpose: int, code: int, number: int, block: int
) -> float:
    """Through the phases until the way out."""
    phase = position(sample, begin, begin + m, uniform(key, purpose, code, number, block))
    total = 0.0
    for move in range(2000):
        row = begin + m + phase * (m + 2)
        total -= math.log(uniform(key, purpose, code, number, block + 2 * move + 1)) / sample[row]
        u = uniform(key, purpose, code, number, block + 2 * move + 2)
        phase = position(sample, row + 1, row + m + 2, u)
        if phase == m:
            break
    return total


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
    kind = distribution[row, 0]
    a, b = parameter[row, 0], parameter[row, 1]
    if kind == CONSTANT:
        return a
    block = visit << VISIT_BITS
    if kind == GAMMA:
        return b * gamma(key, a, purpose, code, number, block)
    begin, end = distribution[row, 1], distribution[row, 2]
    u = uniform(key, purpose, code, number, block)
    if kind == EXPONENTIAL:
        return -a * math.log(u)
    if kind == LOGNORMAL:
        return math.exp(a + b * normal_quantile(u))
    if kind == UNIFORM:
        return a + (b - a) * u
    if kind == TRIANGULAR:
        return triangular(u, a, b, parameter[row, 2])
    if kind == ERLANG:
        total = math.log(u)
        for phase in range(1, int(b)):
            total += math.log(uniform(key, purpose, code, number, block + phase))
        return -a / b * total
    if kind == WEIBULL:
        return b * math.pow(-math.log(u), 1.0 / a)
    if kind == NORMAL:
        return max(parameter[row, 2], a + b * normal_quantile(u))
    if kind == EMPIRICAL:
        middle = (begin + end) >> 1
        return sample[begin + position(sample, middle, end, u)]
    if kind == INTERPOLATED:
        place = u * (end - begin - 1)
        low = min(int(place), end - begin - 2)
        return sample[begin + low] + (place - low) * (sample[begin + low + 1] - sample[begin + low])
    return phases(key, sample, begin, int(a), purpose, code, number, block)

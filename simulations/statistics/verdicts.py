"""What a comparison says, in one line that a planner can repeat."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulations.statistics.paired import Difference


@dataclass(frozen=True, slots=True)
class Words:
    """How a measure is spoken of: ``what`` ("waits for icu") in ``unit`` ("h"; "" for a count).

    scale: units in a measured 1, such as 100 for a share that is told in percentage points.
    """

    what: str
    unit: str
    more: str = "raises"
    less: str = "lowers"
    scale: float = 1.0


def verdict(name: str, base: str, words: Words, difference: Difference) -> str:
    """One line on what scenario ``name`` changes against ``base``: "B shortens waits for icu by 0.6 h +- 0.2,
    95 %".

    The number after +- makes the intervals of all compared measures hold at once. Where Holm's rule has
    decided but that interval still spans 0, the line says so instead of naming a size.
    """
    shown = difference.simultaneous
    level = f"{round(100 * difference.interval.level, 1):g} %"
    if math.isnan(shown.mean):
        return f"{words.what}: not observed in both {base} and {name}"
    if shown.mean == 0 and shown.half_width == 0:
        return f"{name} leaves {words.what} exactly as in {base}"
    size, spread = amounts(abs(shown.mean) * words.scale, shown.half_width * words.scale)
    unit = f" {words.unit}" if words.unit else ""
    if not difference.decided:
        sign = "-" if shown.mean < 0 else "+"
        return f"{words.what}: no difference shown between {name} and {base} ({sign}{size}{unit} +- {spread}, {level})"
    verb = words.less if shown.mean < 0 else words.more
    if shown.covers(0.0):
        return f"{name} {verb} {words.what}, by how much is not shown ({size}{unit} +- {spread}, {level})"
    return f"{name} {verb} {words.what} by {size}{unit} +- {spread}, {level}"


def amounts(value: float, half_width: float) -> tuple[str, str]:
    """Both rounded at the half width's second digit, or the first if that is 3 or more: 0.6134 and 0.2171
    give "0.61" and "0.22", 0.6134 and 0.0481 give "0.61" and "0.05"."""
    if not math.isfinite(half_width) or half_width == 0:
        return f"{value:.3g}", "unknown" if not math.isfinite(half_width) else "0"
    digits = decimals(half_width)
    return rounded(value, digits), rounded(half_width, digits)


def decimals(half_width: float) -> int:
    """Decimals that are known of a number with this half width, finite and not 0; negative: places before the point."""
    exponent = math.floor(math.log10(half_width))
    return -exponent + (1 if half_width / 10**exponent < 3 else 0)


def rounded(value: float, digits: int) -> str:
    """``value`` with so many decimals."""
    return f"{round(value, digits):.{max(0, digits)}f}"

"""What one unit of a scarce class is worth while demand for it is forecast: its bid price.

People who need the class come by a Poisson process at forecast rates, stay exponentially long and wait in line when all
of it is taken; whoever leaves frees one. In state x (units free; negative: people in line) the expected cost of waiting
until the horizon is

    V_t(x) = c max(-x, 0) d + a V_t+d(x - 1) + b (n - max(x, 0)) V_t+d(x + 1) + (rest) V_t+d(x),

with c the cost of a minute of one who waits, d the length of a step, a and b the chances of an arrival and of one
departure in it, n the units there are; V is 0 at the horizon. The bid price of the next unit given away is what it
adds, V_0(x - 1) - V_0(x): it falls in x and rises with the rates (V is convex in x), and is 0 where nobody comes.

Each step is the mean of none and of two such steps (Heun's method), exact to the second order: with the first alone a
rate of 0 cost a little more than one of a half in a long line, since steps are as short as the rates ask. A mean of
convex functions is convex.

Sources: Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004), sections 2.1 and 3.2 (value of
capacity by dynamic programming); Key, Optimal control and trunk reservation in loss networks, Probability in the
Engineering and Informational Sciences 4 (1990), implied costs of a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.engine.types import Float64

LINE = 24
"""Longest line that is looked at; beyond it cost goes on in a straight line."""

CHANCE = 0.4
"""Most likely something may be in one step: two events in it are left out, and V stays convex below one half."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Bid prices of one class. ``curve``: float64 (LINE + units,), of state x at index ``x + LINE - 1``, from
    x = 1 - LINE to x = units; not negative, falling."""

    units: int
    curve: Float64

    def of(self, free: int, waiting: int) -> float:
        """The price of the next unit: of one that is free, or of the next to come free; ``waiting`` need it and have
        none."""
        state = min(max(free, 1) - waiting, self.units)
        return float(self.curve[max(0, state + LINE - 1)])


def _later(value: Float64, waiting: Float64, comes: float, leaves: Float64) -> Float64:
    """The expected cost a small step of time earlier, to first order."""
    slope = np.diff(value)
    # Below the longest line cost goes on as it does there; above the last unit nobody is left to leave.
    down = np.concatenate((slope[:1], slope))
    up = np.concatenate((slope, [0.0]))
    return value + waiting - comes * down + leaves * up


def worth(units: int, hourly: Sequence[float], stay_minutes: float, minute_cost: float) -> Worth:
    """Bid prices of ``units`` (1 or more) over ``len(hourly)`` hours, at people an hour and at the cost of a minute of
    waiting. 5 ms for 100 units and a day."""
    states = np.arange(-LINE, units + 1)
    taken = units - np.maximum(states, 0)
    waits = minute_cost * np.maximum(-states, 0)
    value = np.zeros(states.size)
    for rate in reversed(hourly):
        steps = max(4, int(np.ceil((rate + 60 * units / stay_minutes) / CHANCE)))
        minutes = 60 / steps
        comes, leaves = rate / steps, taken * minutes / stay_minutes
        for _ in range(steps):
            twice = _later(_later(value, waits * minutes, comes, leaves), waits * minutes, comes, leaves)
            value = (value + twice) / 2
    return Worth(units, np.maximum(0.0, -np.diff(value)))

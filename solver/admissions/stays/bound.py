"""Prices of beds, found step by step, and the lower bound that they prove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from solver.admissions.stays.arrays import Compiled
from solver.admissions.stays.kernels_bound import relaxed
from solver.engine.types import Float64

ROUNDS: Final = 1_500
"""Prices tried at most: a second or two on a hundred rooms; three times as many gained a tenth of a percent."""
PATIENCE: Final = 20
"""Rounds without a better bound after which steps are shorter."""
HALVED: Final = 1.5
SMOOTH: Final = 0.8
"""Weight of the direction so far."""
SMALL: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Bound:
    """``cost``: no plan in which everybody is in costs less. ``reduced`` float64 (room list): what a stay in a room
    costs at the prices that prove it."""

    cost: int
    reduced: Float64


def bound(compiled: Compiled, enough: float, is_over: Callable[[], bool], rounds: int = ROUNDS) -> Bound:
    """The best bound within so many rounds; ``enough``: the cost of any plan.

    For days that are fixed only, where every patient can be in.
    """
    tables = compiled.tables
    rooms, days, longest = (int(tables.size[k]) for k in (1, 2, 4))
    prices, excess, direction = (np.zeros((rooms, days)) for _ in range(3))
    value, came = np.zeros((longest + 1, rooms)), np.zeros((longest + 1, rooms), np.int32)
    reduced, best_reduced = (np.zeros(len(tables.room_list)) for _ in range(2))
    best, best_prices, step, waited = -np.inf, prices, 1.0, 0
    for _ in range(rounds):
        found = relaxed(tables, prices, value, came, reduced, excess)
        waited += 1
        if found > best:
            best, best_prices, waited = found, prices, 0
            best_reduced[:] = reduced
        if waited > PATIENCE:
            step, waited, prices = step / HALVED, 0, best_prices
            direction = np.zeros((rooms, days))
            continue
        excess[(prices <= 0) & (excess < 0)] = 0
        direction = SMOOTH * direction + (1 - SMOOTH) * excess
        length = float((direction * direction).sum())
        if length < SMALL or step < SMALL or is_over():
            break
        prices = np.maximum(0.0, prices + step * max(1.0, enough - found) / length * direction)
    return Bound(ceil(best - 1e-6), best_reduced)

"""Two perishable items of which one stands in for the other, exactly: orders that earn most on average.

Hendrix, Ortega, Haijema, Buisman, Garcia (2019), Computational and Mathematical Methods 1:e1027: lead time one day, two
days of life, first in first out, Poisson demand. Who finds item b sold out takes item a instead with a given chance;
a's own demand and those customers are served together. Item a is never replaced by b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from solver.engine.errors import EngineError
from solver.engine.types import Float64, Int64
from solver.hospital.door import Door
from solver.pharmacy.perishable.demand import poisson

MOST_SWEEPS = 10_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Mean demands a day, the chance that a customer of b takes a instead, largest orders, profit per unit sold and
    cost per unit ordered (the same for both)."""

    mean_a: float
    mean_b: float
    substitution: float
    max_a: int
    max_b: int
    price: float
    unit_cost: float

    def __post_init__(self) -> None:
        door = Door("Pair", "of items")
        for name in ("mean_a", "mean_b", "price", "unit_cost"):
            value = getattr(self, name)
            door.need(isinstance(value, int | float) and 0 < value < 1e6, name, value, "a number above 0")
        door.need(0 <= self.substitution <= 1, "substitution", self.substitution, "a chance from 0 to 1")
        for name in ("max_a", "max_b"):
            door.whole(getattr(self, name), name, 1, 16)
        door.close()


@dataclass(frozen=True, slots=True)
class PairSolution:
    """Average profit of a day (no further from the truth than ``error``) and orders of both items, int64
    (fresh a, old a, fresh b, old b)."""

    daily_profit: float
    error: float
    order_a: Int64
    order_b: Int64


class ExactPair:
    """Both items' stocks, fresh and on the last day, as one state: (fresh a, old a, fresh b, old b)."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self._shape = (pair.max_a + 1, pair.max_a + 1, pair.max_b + 1, pair.max_b + 1)
        self._left, self._sold = _days(pair, self._shape)
        self._cost = (
            pair.unit_cost * np.add.outer(np.arange(pair.max_a + 1), np.arange(pair.max_b + 1)).ravel()
        )

    def best(self, tolerance: float = 1e-6) -> PairSolution:
        """Value iteration over all orders."""
        return self._iterate(None, tolerance)

    def value(self, order_a: Int64, order_b: Int64, tolerance: float = 1e-6) -> PairSolution:
        """What following these orders earns; shaped like the states."""
        orders = order_a.ravel() * (self.pair.max_b + 1) + order_b.ravel()
        return self._iterate(orders.astype(np.int64), tolerance)

    def _iterate(self, orders: Int64 | None, tolerance: float) -> PairSolution:
        values = np.zeros(len(self._sold))
        for _ in range(MOST_SWEEPS):
            earned = self._left @ self._by_remainder(values) - self._cost
            chosen = earned.argmax(axis=1) if orders is None else orders
            after = self.pair.price * self._sold + earned[np.arange(len(earned)), chosen]
            low, high = float((after - values).min()), float((after - values).max())
            values = after - after[0]
            if (high - low) / 2 <= tolerance:
                order_a, order_b = (each.reshape(self._shape) for each in divmod(chosen, self.pair.max_b + 1))
                return PairSolution((low + high) / 2, (high - low) / 2, order_a, order_b)
        raise EngineError(f"Value iteration of two items did not settle in {MOST_SWEEPS} sweeps.")

    def _by_remainder(self, values: Float64) -> Float64:
        """Tomorrow's values: rows (a left over, b left over), columns (order of a, order of b)."""
        a, b = self.pair.max_a + 1, self.pair.max_b + 1
        return values.reshape(self._shape).transpose(1, 3, 0, 2).reshape(a * b, a * b)


def _days(pair: Pair, shape: tuple[int, ...]) -> tuple[Float64, Float64]:
    """For each state: chances of what is left fresh of a and b (rows: states), and units expected to be sold."""
    chance_b = np.array(poisson(pair.mean_b))
    of_a = {stock: _demand_of_a(pair, chance_b, stock) for stock in range(2 * pair.max_b + 1)}
    left = np.zeros((*shape, shape[0], shape[2]))
    sold = np.zeros(shape)
    for fresh_b, old_b in np.ndindex(shape[2:]):
        enough, short = of_a[fresh_b + old_b]
        for fresh_a, old_a in np.ndindex(shape[:2]):
            here = left[fresh_a, old_a, fresh_b, old_b]
            left_a = _left_of(enough[0], fresh_a, old_a, pair.max_a)
            here += np.outer(left_a, _left_of(enough[1], fresh_b, old_b, pair.max_b))
            here[:, 0] += _left_of(short, fresh_a, old_a, pair.max_a)
            everything = enough[0] * enough[1].sum()
            everything = np.pad(everything, (0, len(short) - len(everything))) + short
            demand_a = np.minimum(np.arange(len(short)), fresh_a + old_a)
            demand_b = np.minimum(np.arange(len(chance_b)), fresh_b + old_b)
            sold[fresh_a, old_a, fresh_b, old_b] = everything @ demand_a + chance_b @ demand_b
    states = int(np.prod(shape))
    return left.reshape(states, -1), sold.ravel()


def _demand_of_a(pair: Pair, chance_b: Float64, stock_b: int) -> tuple[tuple[Float64, Float64], Float64]:
    """While b's stock suffices: chances of a's demand and of b's (sum below 1); else chances of a's demand with the
    customers of b who take a instead."""
    own = np.array(poisson(pair.mean_a))
    suffices = np.where(np.arange(len(chance_b)) <= stock_b, chance_b, 0.0)
    short = np.zeros(len(own) + len(chance_b))
    for demand in range(stock_b + 1, len(chance_b)):
        excess = demand - stock_b
        switching = stats.binom.pmf(np.arange(excess + 1), excess, pair.substitution)
        total = chance_b[demand] * np.convolve(own, switching)
        short[: len(total)] += total
    return (own, suffices), short


def _left_of(demand: Float64, fresh: int, old: int, most: int) -> Float64:
    """Chances of 0, 1, ... ``most`` fresh units left, the old ones going first."""
    left = np.zeros(most + 1)
    remaining = np.clip(fresh + old - np.arange(len(demand)), 0, fresh)
    np.add.at(left, remaining, demand)
    return left

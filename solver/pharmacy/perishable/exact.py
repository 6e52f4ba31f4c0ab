"""Exact answers: the best orders by value iteration, the value of a policy, what a policy comes to day by day.

Value iteration with bounds: after a sweep that changed every value by between ``low`` and ``high``, the true values lie
within ``discount / (1 - discount)`` times these of the new ones (MacQueen 1966, J. Math. Anal. Appl. 14:38-43); without
discount the average cost of a cycle lies between them (Odoni 1969, Oper. Res. 17:857-860). A sweep goes back over a
whole cycle of days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.engine.errors import EngineError
from solver.engine.types import Float64, Int64
from solver.pharmacy.perishable.item import PerishableItem
from solver.pharmacy.perishable.kernels_exact import deliver, order_at_once, order_later, serve, walk
from solver.pharmacy.perishable.tables import Tables, tables

MOST_SWEEPS = 100_000


@dataclass(frozen=True, slots=True)
class Solution:
    """Expected cost from each state on, and the orders that lead to it.

    values: float64 (cycle, n_states), discounted; without discount relative to the first state.
    orders: int64 (cycle, n_states).
    daily_cost: average cost of a day; None with a discount.
    error: no value (or average, per day) is further from the truth.
    sweeps: over all states.
    """

    values: Float64
    orders: Int64
    daily_cost: float | None
    error: float
    sweeps: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a policy comes to, in expectation.

    discounted_cost: of the days counted, from the first of them. The others are means of a day, and shares.
    """

    discounted_cost: float
    daily_cost: float
    daily_order: float
    daily_held: float
    service: float
    waste: float


class Exact:
    """An item with its tables: solve, evaluate and walk as often as wanted."""

    def __init__(self, item: PerishableItem) -> None:
        self.item = item
        self.tables: Tables = tables(item)
        self.n_states = item.states // item.cycle
        self._transit = item.levels ** max(0, item.lead_time - 1)

    def best(self, tolerance: float = 1e-4) -> Solution:
        """Value iteration until no value (average) is further than ``tolerance`` from the truth."""
        return self._iterate(np.zeros((self.item.cycle, self.n_states), np.int64), tolerance, improve=True)

    def value(self, orders: Int64, tolerance: float = 1e-4) -> Solution:
        """What following ``orders`` int64 (cycle, n_states), 0 to max_order, comes to."""
        return self._iterate(np.array(orders, np.int64), tolerance, improve=False)

    def _iterate(self, orders: Int64, tolerance: float, improve: bool) -> Solution:
        cycle, discount = self.item.cycle, self.item.discount
        whole = discount**cycle
        values = np.zeros((cycle, self.n_states))
        for sweep in range(1, MOST_SWEEPS + 1):
            before = values[0].copy()
            self._back(values, orders, improve)
            change = values[0] - before
            low, high = float(change.min()), float(change.max())
            error = (high - low) / 2 * (whole / (1 - whole) if discount < 1 else 1 / cycle)
            if error <= tolerance:
                return self._settled(values, orders, (low + high) / 2, error, sweep)
            if discount == 1:
                values -= values[0, 0]
        raise EngineError(
            f"Value iteration did not settle in {MOST_SWEEPS} sweeps of {self.item.states} states."
        )

    def _settled(self, values: Float64, orders: Int64, change: float, error: float, sweeps: int) -> Solution:
        cycle, discount = self.item.cycle, self.item.discount
        if discount == 1:
            return Solution(values - values[0, 0], orders, change / cycle, error, sweeps)
        whole = discount**cycle
        values[0] += whole / (1 - whole) * change
        for day in range(1, cycle):
            # The first day's shift, seen from a day that lies cycle - day before it.
            values[day] += discount ** (cycle - day) / (1 - whole) * change
        return Solution(values, orders, None, error, sweeps)

    def _back(self, values: Float64, orders: Int64, improve: bool) -> None:
        """One sweep over the days of the cycle, the last first."""
        t, item = self.tables, self.item
        served = np.zeros(t.total.size)
        sums = np.zeros(item.levels)
        for day in range(item.cycle - 1, -1, -1):
            following = values[(day + 1) % item.cycle].copy()
            common = t.after, t.total, t.chance[day], t.tail[day]
            if item.lead_time == 0:
                serve(item.discount, *common, t.immediate[day], following, served)
                order_at_once(
                    item.levels,
                    improve,
                    t.split_start,
                    t.split,
                    t.likely,
                    t.price,
                    served,
                    values[day],
                    orders[day],
                )
            else:
                order_later(
                    item.levels,
                    self._transit,
                    item.discount,
                    improve,
                    *common,
                    t.price,
                    t.immediate[day],
                    following,
                    sums,
                    values[day],
                    orders[day],
                )

    def figures(self, orders: Int64, warm_up: int, days: int) -> Figures:
        """Exact expectations of ``days`` (1 or more) days that follow ``warm_up`` days after an empty start."""
        item, t = self.item, self.tables
        here = np.zeros(self.n_states)
        here[0] = 1.0
        sums = np.zeros(6)
        mean = (t.chance * np.arange(t.chance.shape[1])).sum(axis=1)
        for number in range(warm_up + days):
            day = number % item.cycle
            placed, stocks = self._stocks(here, orders[day])
            if number >= warm_up:
                order = float(here @ orders[day])
                cost = float(here @ t.price[orders[day]] + stocks @ t.immediate[day])
                lost, expired, held = (float(stocks @ of[day]) for of in (t.lost, t.expired, t.held))
                discounted = cost * item.discount ** (number - warm_up)
                sums += (discounted, cost, order, held, lost, expired)
            here = self._next(placed, orders[day], day)
        demand = sum(float(mean[number % item.cycle]) for number in range(warm_up, warm_up + days))
        daily = sums / days
        service = 1 - sums[4] / demand if demand > 0 else 1.0
        waste = sums[5] / sums[2] if sums[2] > 0 else 0.0
        return Figures(
            float(sums[0]), float(daily[1]), float(daily[2]), float(daily[3]), float(service), float(waste)
        )

    def _stocks(self, here: Float64, orders: Int64) -> tuple[Float64, Float64]:
        """Chances of what ``walk`` starts from, and of each stock just before demand."""
        t = self.tables
        if self.item.lead_time > 0:
            return here, here.reshape(t.total.size, self._transit).sum(axis=1)
        stocks = np.zeros(t.total.size)
        deliver(self.item.levels, t.split_start, t.split, t.likely, orders, here, stocks)
        return stocks, stocks

    def _next(self, placed: Float64, orders: Int64, day: int) -> Float64:
        t, at_once = self.tables, self.item.lead_time == 0
        there = np.zeros(self.n_states)
        nothing = np.zeros(t.total.size, np.int64) if at_once else orders
        levels, transit = (1, 1) if at_once else (self.item.levels, self._transit)
        walk(levels, transit, t.after, t.total, t.chance[day], t.tail[day], nothing, placed, there)
        return there

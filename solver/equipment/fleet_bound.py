"""How many units a fleet needs at least: as many as are busy at once, or what no set of prices lets pass.

Prices pi >= 0 on bookings prove that sum(pi) + sum over units of min(0, 1 - the dearest chain the unit may
serve) units are needed (Lagrangian duality of the set partitioning by chains). Prices come from the linear
relaxation, solved by column generation; the bound is counted in whole numbers from rounded prices, so it does
not rest on floating point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from solver.engine.result import Budget
from solver.engine.types import Float64, Int64
from solver.equipment.kernels_fleet import dearest_chain
from solver.equipment.master import Master
from solver.equipment.problem import FleetArrays

SCALE: Final = 1_000_000
"""One unit in the prices' whole numbers."""

BIG: Final = 3.0
"""Price of serving a booking by nobody in the relaxation; more than a unit."""

ROUNDS: Final = 200


def busiest(arrays: FleetArrays) -> int:
    """Most bookings at once."""
    starts, ends = np.sort(arrays.start), np.sort(arrays.end)
    running = np.arange(1, starts.size + 1) - np.searchsorted(ends, starts, side="right")
    return int(running.max(initial=0))


def price_bound(arrays: FleetArrays, seconds: float, is_over: Callable[[], bool]) -> int:
    """The relaxation's bound, rounded up; 0 or more even if ``is_over`` or ``seconds`` of wall time end it early."""
    countdown = Budget(seconds=seconds).start()
    bookings, units = arrays.start.size, arrays.jobs_ptr.size - 1
    master = Master([1.0] * bookings, [BIG] * bookings, groups=units)
    pricing = _Pricing(arrays)
    proven = 0
    for _ in range(ROUNDS):
        solved = None if is_over() else master.solve(countdown.remaining() or 0.0)
        if solved is None:
            break
        prices, rents, cost = solved
        proven = max(proven, pricing.bound(prices))
        if proven >= int(np.ceil(cost - 1e-6)):
            break
        fresh = pricing.chains(prices, rents)
        if not fresh:
            break
        for unit, chain in fresh:
            master.add(1.0, chain, unit)
    return proven


class _Pricing:
    """The dearest chain of each unit at given prices."""

    def __init__(self, arrays: FleetArrays) -> None:
        self.arrays = arrays
        size = arrays.start.size + 1
        self._best, self._following, self._chain = (np.zeros(size, np.int64) for _ in range(3))

    def _dearest(self, unit: int, price: Int64) -> tuple[int, Int64]:
        arrays = self.arrays
        jobs = arrays.jobs[arrays.jobs_ptr[unit] : arrays.jobs_ptr[unit + 1]]
        many = dearest_chain(arrays.start, arrays.end, jobs, price, self._best, self._following, self._chain)
        return int(self._best[0]), self._chain[:many].copy()

    def bound(self, prices: Float64) -> int:
        """What these prices prove, in whole units rounded up."""
        price = np.floor(np.maximum(prices, 0.0) * SCALE).astype(np.int64)
        total = int(price.sum())
        for unit in range(self.arrays.jobs_ptr.size - 1):
            total += min(0, SCALE - self._dearest(unit, price)[0])
        return -(-total // SCALE)

    def chains(self, prices: Float64, rents: Float64) -> list[tuple[int, Int64]]:
        """Chains that cost less than their bookings' prices, one per unit."""
        price = np.floor(np.maximum(prices, 0.0) * SCALE).astype(np.int64)
        found = []
        for unit in range(self.arrays.jobs_ptr.size - 1):
            worth, chain = self._dearest(unit, price)
            if worth > SCALE - rents[unit] * SCALE + 10:
                found.append((unit, chain))
        return found

"""A bound for plans in which bookings accept several types, and a plan near it: one flow per type, prices between them.

The flow of ``bound`` lets a unit that came as one type go on as another. Here each type has a network of its own,
and a price m(i) >= 0 on each booking that accepts several types keeps them from serving it twice. Every plan is a
flow x(t) in the network of each type t, at no more than its own cost, with the sum of x(t, i) over t at most 1 for
each booking i. With u(i) the price of leaving i unserved and c(t) the ways and waits of type t,

    cost = sum u(i) + sum over t of [c(t) - sum u(i) x(t, i)]
        >= sum u(i) - sum m(i) + sum over t of min over flows of [c(t) - sum (u(i) - m(i)) x(t, i)],

since m(i) (1 - sum x(t, i)) >= 0. Prices are rounded to whole numbers before they are counted, so the bound rests on no
floating point. Each price moves by a step of its own, longer while it goes one way and shorter when it turns
(Riedmiller, Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm"): near
a busy hour prices go hundreds of minutes, elsewhere a few. Of 20,000 bookings a third accept two types: 20 rounds so
raise the bound from 50,600 to 99,900, subgradient steps of one length to 94,800.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Float64, Int64
from solver.equipment.bound import Flow, Network, asking
from solver.equipment.problem import UNSERVED, BookingArrays, BookingProblem

SERVING: Final = 0.01
"""Where prices begin: the price of leaving out, less this share of its mean."""

FIRST_STEP: Final = 0.005
"""First step of a price, as a share of the mean price of leaving out."""

LONGER: Final = 1.5
SHORTER: Final = 0.5
"""What a step is multiplied by where its price goes on, and where it turns."""

LONGEST: Final = 40.0
SHORTEST: Final = 0.1
"""Steps as multiples of the first."""

ONE_BY_ONE: Final = 8
"""Rounds in which prices move after each type: 93,400 after eight of them, 86,400 where they move once a round, which
gives a bound in each."""

MOST_ROUNDS: Final = 20

MEMORY: Final = 0.1
"""Weight of the last round in the mean of who served what."""


@dataclass(frozen=True, slots=True)
class Path:
    """One unit's bookings in order, by a flow. ``home``: the ward where it begins."""

    type_id: str
    home: int
    bookings: tuple[int, ...]


class PricedFlows:
    """The flows of all types under prices that go on improving round by round."""

    def __init__(self, problem: BookingProblem, arrays: BookingArrays) -> None:
        self.arrays = arrays
        self.networks = [Network(problem, arrays, [one]) for one in sorted(asking(problem))]
        accepted = np.zeros(arrays.ward.size, np.int64)
        for network in self.networks:
            accepted[network.rows] += 1
        self.shared = accepted > 1
        mean = float(arrays.unserved_price.mean()) if accepted.size else 0.0
        begin = np.maximum(0.0, arrays.unserved_price - SERVING * mean)
        self.price: Float64 = np.where(self.shared, begin, 0.0)
        self.best = 0
        self.rounds = 0
        self._first_step = FIRST_STEP * mean
        self._step = np.full(accepted.size, self._first_step)
        self._slope = np.zeros(accepted.size)
        self._serving = [np.zeros(network.rows.size, np.int64) for network in self.networks]
        self._means = [np.zeros(network.rows.size) for network in self.networks]
        self._times = np.zeros(accepted.size, np.int64)

    def round(self, one_by_one: bool) -> bool:
        """Solve all flows and move the prices, after each flow or, with a bound that is kept if it is the best, after
        all of them.

        False: a flow is too large to be solved, or nothing is gained by another round.
        """
        whole = np.rint(self.price).astype(np.int64)
        total = int(self.arrays.unserved_price.sum() - whole.sum())
        for place, network in enumerate(self.networks):
            flow = self._solved(place)
            if flow is None:
                return False
            total += flow.cost
            if one_by_one and (self.rounds or place == len(self.networks) - 1):
                self._move(network.rows[self.shared[network.rows]])
        self.rounds += 1
        if one_by_one:
            return True
        self.best = max(self.best, total)
        rows = np.flatnonzero(self.shared)
        settled = not (self._times[rows] - 1)[self.price[rows] > 0].any()
        self._move(rows)
        return not settled or bool((self._times[rows] > 1).any())

    def go_on(self, is_over: Callable[[], bool]) -> None:
        """Rounds until prices settle, their number is reached or time is over; a bound at the end in any case."""
        goes_on, shared = True, bool(self.shared.any())
        while goes_on and self.rounds < MOST_ROUNDS and not is_over():
            goes_on = self.round(shared and self.rounds < ONE_BY_ONE)
        if goes_on and self.rounds <= ONE_BY_ONE:
            self.round(False)

    def _solved(self, place: int) -> Flow | None:
        """A type's flow at the present prices, noted."""
        network = self.networks[place]
        whole = np.rint(self.price[network.rows]).astype(np.int64)
        flow = network.solved(whole - self.arrays.unserved_price[network.rows])
        if flow is not None:
            serving = flow.amounts[: network.rows.size]
            self._times[network.rows] += serving - self._serving[place]
            self._serving[place] = serving
            weight = MEMORY if self.rounds else 1.0
            self._means[place] += weight * (serving - self._means[place])
        return flow

    def _move(self, rows: Int64) -> None:
        """Raise the prices of who is served twice, lower those of who is not served."""
        slope = self._times[rows] - 1.0
        goes_on = slope * self._slope[rows]
        step = self._step[rows] * np.where(goes_on > 0, LONGER, np.where(goes_on < 0, SHORTER, 1.0))
        step = np.clip(step, SHORTEST * self._first_step, LONGEST * self._first_step)
        self._step[rows] = step
        self._slope[rows] = np.where(slope != 0, slope, self._slope[rows])
        self.price[rows] = np.maximum(0.0, self.price[rows] + slope * step)

    def paths(self) -> list[Path]:
        """Routes of units once each booking is left to the type that served it most; no booking is on two."""
        owner = np.full(self.price.size, UNSERVED, np.int64)
        most = np.full(self.price.size, -1.0)
        for place, network in enumerate(self.networks):
            rows = network.rows[self._means[place] > most[network.rows]]
            owner[rows] = place
            most[rows] = self._means[place][network.local[rows]]
        found: list[Path] = []
        for place, network in enumerate(self.networks):
            mine = owner[network.rows] == place
            price = self.arrays.unserved_price[network.rows]
            flow = network.solved(np.where(mine, -price, 1 + price.max()))
            if flow is not None:
                found.extend(_walked(network, flow))
        return found


def on_units(
    problem: BookingProblem, arrays: BookingArrays, paths: Sequence[Path]
) -> list[tuple[int, tuple[int, ...]]]:
    """Each path with a unit of its type and home; no unit twice."""
    free: dict[tuple[str, int], list[int]] = {}
    for place, unit in enumerate(problem.units):
        free.setdefault((unit.type_id, int(arrays.home[place])), []).append(place)
    return [(free[path.type_id, path.home].pop(), path.bookings) for path in paths]


def _walked(network: Network, flow: Flow) -> list[Path]:
    """A flow taken apart into the paths of units, those that serve nobody left out."""
    left: dict[int, list[list[int]]] = {}
    for arc in np.flatnonzero(flow.amounts).tolist():
        head, amount = int(network.heads[arc]), int(flow.amounts[arc])
        left.setdefault(int(network.tails[arc]), []).append([head, amount, arc])
    paths = []
    while left.get(0):
        nodes, bookings = _one_path(left, network)
        if bookings:
            type_id, home = network.homes[nodes]
            paths.append(Path(type_id, home, tuple(bookings)))
    return paths


def _one_path(left: dict[int, list[list[int]]], network: Network) -> tuple[int, list[int]]:
    """Take one unit's way from begin to end out of the flow: its first node, and the bookings on it."""
    node, first, bookings = 0, -1, []
    while node != 1:
        step = left[node][-1]
        step[1] -= 1
        if step[1] == 0:
            left[node].pop()
        node, _, arc = step
        first = node if first < 0 else first
        if arc < network.rows.size:
            bookings.append(int(network.rows[arc]))
    return first, bookings

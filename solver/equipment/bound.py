"""A quick bound for any number of bookings: the cheapest flow of units through bookings, each of which may be
as early as it may.

A unit that has served booking i goes on to j: that costs the way, and the wait that j has at least when i
began at its earliest. What is left out makes the bound lower, never wrong: waits do not add up along a route,
maintenance and kits are not seen, and where a booking accepts two types a unit of the one may go on as one of
the other.
Flows that need no wait run along one time line per type and ward, so their number grows with bookings times
wards, not with pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from ortools.graph.python import min_cost_flow

from solver.engine.types import Int64
from solver.equipment.problem import BookingArrays, BookingProblem

MOST_ARCS: Final = 3_000_000
"""Pairs that would have a wait, at most; beyond, waits are left out of the bound as well."""


def flow_bound(problem: BookingProblem, arrays: BookingArrays) -> int:
    """No plan costs less. 0 if the network is too large to be solved."""
    if not problem.requests:
        return 0
    network = _Network(problem, arrays)
    network.build()
    return max(0, network.solved() + int(arrays.unserved_price.sum()))


@dataclass(slots=True)
class _Arcs:
    """Arcs as they are found: tails, heads, capacities, costs."""

    parts: list[tuple[Int64, Int64, Int64, Int64]] = field(default_factory=list)

    def add(self, tails: Int64, heads: Int64, capacity: int, costs: Int64) -> None:
        size = max(np.size(tails), np.size(heads))
        whole = [
            np.broadcast_to(np.asarray(one, np.int64), (size,)) for one in (tails, heads, capacity, costs)
        ]
        self.parts.append((whole[0], whole[1], whole[2], whole[3]))

    def joined(self) -> list[Int64]:
        return [np.concatenate(columns) for columns in zip(*self.parts, strict=True)]


class _Network:
    """Nodes: 0 begins, 1 ends, then each booking's way in and way out, then the events of the time lines."""

    def __init__(self, problem: BookingProblem, arrays: BookingArrays) -> None:
        if problem.from_home and problem.units:
            # Whose unit it is that goes on is not told here: each way is that from the nearest home.
            nearest = arrays.transport[arrays.home].min(axis=0)
            arrays = arrays._replace(transport=np.broadcast_to(nearest, arrays.transport.shape))
        self.problem, self.arrays = problem, arrays
        self.arcs = _Arcs()
        self.nodes = 2 + 2 * arrays.ward.size
        members: dict[str, list[int]] = {}
        for index, request in enumerate(problem.requests):
            for type_id in request.type_ids:
                members.setdefault(type_id, []).append(index)
        self.members = {type_id: np.array(rows, np.int64) for type_id, rows in members.items()}
        self.with_waits = self._pairs() <= MOST_ARCS

    def _pairs(self) -> int:
        """How many pairs of bookings of one type could follow each other with a wait, about."""
        arrays, total = self.arrays, 0
        for rows in self.members.values():
            ends = np.sort(arrays.earliest[rows] + arrays.span[rows])
            first = np.searchsorted(ends, arrays.earliest[rows] - int(arrays.transport.max()))
            total += int((np.searchsorted(ends, arrays.latest[rows]) - first).sum())
        return total

    def build(self) -> None:
        """All arcs."""
        arrays = self.arrays
        every = np.arange(arrays.ward.size, dtype=np.int64)
        self.arcs.add(self.way_in(every), self.way_out(every), 1, -arrays.unserved_price)
        self.arcs.add(self.way_out(every), np.array([1]), 1, np.array([0]))
        homes: dict[tuple[str, int], int] = {}
        for unit, ward in zip(self.problem.units, arrays.home, strict=True):
            homes[unit.type_id, int(ward)] = homes.get((unit.type_id, int(ward)), 0) + 1
        for type_id, rows in self.members.items():
            for ward in range(arrays.transport.shape[0]):
                self._line(rows, ward, homes.get((type_id, ward), 0))

    def way_in(self, bookings: Int64) -> Int64:
        """Node where a unit comes to a booking."""
        return 2 + 2 * bookings

    def way_out(self, bookings: Int64) -> Int64:
        """Node where a unit is done with it."""
        return 3 + 2 * bookings

    def _line(self, rows: Int64, ward: int, units: int) -> None:
        """One type at one ward: who is done there, units at home there, and to whom they go on."""
        arrays = self.arrays
        done = rows[arrays.ward[rows] == ward]
        ends = arrays.earliest[done] + arrays.span[done]
        order = np.argsort(ends, kind="stable")
        done, ends = done[order], ends[order]
        times = np.concatenate((np.zeros(min(units, 1), np.int64), ends))
        tails = np.concatenate((np.zeros(min(units, 1), np.int64), self.way_out(done)))
        if not times.size:
            return
        events = self.nodes + np.arange(times.size, dtype=np.int64)
        self.nodes += times.size
        many = max(units, 1) + done.size
        self.arcs.add(events[:-1], events[1:], many, np.array([0]))
        self.arcs.add(tails[:1], events[:1], units or 1, np.array([0]))
        self.arcs.add(tails[1:], events[1:], 1, np.array([0]))
        self._onwards(rows, ward, times, tails, events)

    def _onwards(self, rows: Int64, ward: int, times: Int64, tails: Int64, events: Int64) -> None:
        """From the line to every booking of the type: without a wait from the line, with one from who causes it."""
        arrays = self.arrays
        ways = arrays.transport[ward, arrays.ward[rows]]
        prices = arrays.transport_price[0] * ways
        at_once = np.searchsorted(times, arrays.earliest[rows] - ways, side="right")
        in_time = np.searchsorted(times, arrays.latest[rows] - ways, side="right")
        last = at_once if self.with_waits else in_time
        some = last > 0
        self.arcs.add(events[last[some] - 1], self.way_in(rows[some]), 1, prices[some])
        if not self.with_waits:
            return
        counts = in_time - at_once
        late = np.repeat(np.arange(rows.size), counts)
        place = np.arange(late.size) - np.repeat(np.cumsum(counts) - counts, counts) + at_once[late]
        waits = times[place] + ways[late] - arrays.earliest[rows[late]]
        costs = prices[late] + arrays.wait_price[rows[late]] * waits
        heads = self.way_in(rows[late])
        other = tails[place] != heads + 1
        self.arcs.add(tails[place][other], heads[other], 1, costs[other])

    def solved(self) -> int:
        """Cost of the cheapest flow; a bound without meaning (everything unserved costs more) never leaves here."""
        flow = min_cost_flow.SimpleMinCostFlow()
        tails, heads, capacities, costs = self.arcs.joined()
        flow.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)
        units = len(self.problem.units)
        flow.add_arc_with_capacity_and_unit_cost(0, 1, units, 0)
        flow.set_node_supply(0, units)
        flow.set_node_supply(1, -units)
        if flow.solve() != flow.OPTIMAL:
            return -int(self.arrays.unserved_price.sum())
        return int(flow.optimal_cost())

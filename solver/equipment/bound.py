"""A quick bound for any number of bookings: the cheapest flow of units through bookings, each of which may be
as early as it may.

A unit that has served booking i goes on to j: that costs the way, and the wait that j has at least when i
began at its earliest. What is left out makes the bound lower, never wrong: waits do not add up along a route,
maintenance and kits are not seen, and where a booking accepts two types a unit of the one may go on as one of
the other (``priced_flows`` keeps them apart).
Flows that need no wait run along one time line per type and ward, so their number grows with bookings times
wards, not with pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
    network = Network(problem, arrays, sorted({unit.type_id for unit in problem.units}))
    flow = network.solved(-arrays.unserved_price[network.rows])
    return 0 if flow is None else max(0, flow.cost + int(arrays.unserved_price.sum()))


@dataclass(frozen=True, slots=True)
class Flow:
    """The cheapest flow: its cost, and how many units each arc carries, int64 (arcs,); arc k serves booking
    ``rows[k]``."""

    cost: int
    amounts: Int64


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


class Network:
    """The units of some types and the bookings that they may serve.

    Nodes: 0 begins, 1 ends, then each booking's way in and way out, then the events of the time lines. The first
    arcs serve the bookings ``rows``, in their order. ``homes``: the first event of a ward's line -> type and ward, for
    lines at which units begin.
    """

    def __init__(self, problem: BookingProblem, arrays: BookingArrays, types: Sequence[str]) -> None:
        if problem.from_home and problem.units:
            # Whose unit it is that goes on is not told here: each way is that from the nearest home.
            nearest = arrays.transport[arrays.home].min(axis=0)
            arrays = arrays._replace(transport=np.broadcast_to(nearest, arrays.transport.shape))
        self.arrays, self.types = arrays, types
        self.members = {one: rows for one, rows in asking(problem).items() if one in types}
        several = list(self.members.values())
        self.rows = np.unique(np.concatenate(several)) if several else np.zeros(0, np.int64)
        self.local = np.full(arrays.ward.size, -1, np.int64)
        self.local[self.rows] = np.arange(self.rows.size)
        self.nodes = 2 + 2 * self.rows.size
        self.homes: dict[int, tuple[str, int]] = {}
        self.units = Counter(
            (unit.type_id, int(ward))
            for unit, ward in zip(problem.units, arrays.home, strict=True)
            if unit.type_id in types
        )
        self._arcs = _Arcs()
        self.with_waits = self._pairs() <= MOST_ARCS
        self._build()

    def _pairs(self) -> int:
        """How many pairs of bookings of one type could follow each other with a wait, about."""
        arrays, total = self.arrays, 0
        for rows in self.members.values():
            ends = np.sort(arrays.earliest[rows] + arrays.span[rows])
            first = np.searchsorted(ends, arrays.earliest[rows] - int(arrays.transport.max()))
            total += int((np.searchsorted(ends, arrays.latest[rows]) - first).sum())
        return total

    def _build(self) -> None:
        """All arcs."""
        self._arcs.add(self.way_in(self.rows), self.way_out(self.rows), 1, np.array([0]))
        self._arcs.add(self.way_out(self.rows), np.array([1]), 1, np.array([0]))
        for type_id, rows in self.members.items():
            for ward in range(self.arrays.transport.shape[0]):
                self._line(type_id, rows, ward)
        self.tails, self.heads, self.capacities, self.costs = self._arcs.joined()

    def way_in(self, bookings: Int64) -> Int64:
        """Node where a unit comes to a booking."""
        return 2 + 2 * self.local[bookings]

    def way_out(self, bookings: Int64) -> Int64:
        """Node where a unit is done with it."""
        return 3 + 2 * self.local[bookings]

    def _line(self, type_id: str, rows: Int64, ward: int) -> None:
        """One type at one ward: units at home there, who is done there, and to whom they go on."""
        arrays, units = self.arrays, self.units[type_id, ward]
        done = rows[arrays.ward[rows] == ward]
        ends = arrays.earliest[done] + arrays.span[done]
        order = np.argsort(ends, kind="stable")
        done, ends = done[order], ends[order]
        events = self.nodes + np.arange(done.size + min(units, 1), dtype=np.int64)
        if not events.size:
            return
        self.nodes += events.size
        times, tails = ends, self.way_out(done)
        if units:
            self._arcs.add(np.array([0]), events[:1], units, np.array([0]))
            self.homes[int(events[0])] = type_id, ward
            times = np.concatenate((np.zeros(1, np.int64), ends))
            tails = np.concatenate((events[:1], tails))
        self._arcs.add(events[:-1], events[1:], units + done.size, np.array([0]))
        self._arcs.add(self.way_out(done), events[events.size - done.size :], 1, np.array([0]))
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
        self._arcs.add(events[last[some] - 1], self.way_in(rows[some]), 1, prices[some])
        if not self.with_waits:
            return
        counts = in_time - at_once
        late = np.repeat(np.arange(rows.size), counts)
        place = np.arange(late.size) - np.repeat(np.cumsum(counts) - counts, counts) + at_once[late]
        waits = times[place] + ways[late] - arrays.earliest[rows[late]]
        costs = prices[late] + arrays.wait_price[rows[late]] * waits
        heads = self.way_in(rows[late])
        other = tails[place] != heads + 1
        self._arcs.add(tails[place][other], heads[other], 1, costs[other])

    def solved(self, serving: Int64) -> Flow | None:
        """The cheapest flow where serving ``rows`` costs ``serving``; None if the network is too large."""
        flow = min_cost_flow.SimpleMinCostFlow()
        costs = np.concatenate((serving, self.costs[serving.size :]))
        arcs = flow.add_arcs_with_capacity_and_unit_cost(self.tails, self.heads, self.capacities, costs)
        units = sum(self.units.values())
        flow.add_arc_with_capacity_and_unit_cost(0, 1, units, 0)
        flow.set_node_supply(0, units)
        flow.set_node_supply(1, -units)
        if flow.solve() != flow.OPTIMAL:
            return None
        return Flow(int(flow.optimal_cost()), np.asarray(flow.flows(arcs), np.int64))


def asking(problem: BookingProblem) -> dict[str, Int64]:
    """The bookings that accept each type."""
    members: dict[str, list[int]] = {}
    for index, request in enumerate(problem.requests):
        for type_id in request.type_ids:
            members.setdefault(type_id, []).append(index)
    return {type_id: np.array(rows, np.int64) for type_id, rows in members.items()}

"""The optimal lots of a batch: a minimum-cost flow from drugs over lots to requests, and the prices that prove it.

    source -> drug -> lot -> request        what is given; a drug's units below its safety stock cost more
    source -> shortage -> request           what is not; dearer with each tenth of a ward's demand

Flows are whole because capacities are. The proof is the dual: prices found on the residual network by Bellman and Ford,
from which the referee reckons a bound without looking at this network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from solver.engine.errors import EngineError
from solver.engine.types import Int64
from solver.pharmacy.kernels import blood_fits, lot_may_serve
from solver.pharmacy.plan import Certificate, Given, Shortage, SupplyPlan
from solver.pharmacy.prices import BANDS, Prices
from solver.pharmacy.problem import SupplyProblem, SupplyRequest, antigens, choices
from solver.pharmacy.rules import LOT_PLACE

SOURCE = 0

Node = tuple[str, object]


@dataclass(slots=True)
class Network:
    """Nodes by what they stand for, and arcs as columns; ``serves`` names the arcs from lots to requests."""

    number: dict[Node, int] = field(default_factory=lambda: {("source", None): SOURCE})
    tail: list[int] = field(default_factory=list)
    head: list[int] = field(default_factory=list)
    capacity: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    serves: list[tuple[int, int, str]] = field(default_factory=list)
    supply: dict[int, int] = field(default_factory=dict)

    def node(self, kind: str, what: object) -> int:
        """The node's number; a new one gets the next."""
        return self.number.setdefault((kind, what), len(self.number))

    def arc(self, tail: int, head: int, capacity: int, cost: int) -> None:
        """An arc that can carry something."""
        if capacity > 0:
            self.tail.append(tail)
            self.head.append(head)
            self.capacity.append(capacity)
            self.cost.append(cost)


def optimal(problem: SupplyProblem) -> SupplyPlan:
    """The cheapest plan, with its certificate. Raises EngineError if the flow is refused or not optimal."""
    network = built(problem, Prices.of(problem))
    flow = _solved(network)
    given = tuple(
        Given(problem.requests[r].id, lot_id, int(flow[arc]))
        for arc, r, lot_id in network.serves
        if flow[arc]
    )
    order = problem.rationing
    return SupplyPlan(given, order.committee, order.version, _certificate(problem, network, flow))


def built(problem: SupplyProblem, prices: Prices) -> Network:
    """The network of a batch."""
    network = Network()
    for number, request in enumerate(problem.requests):
        node = network.node("request", number)
        network.supply[node] = -request.quantity
        _add_lots(problem, prices, network, number, request)
    _add_drugs(problem, prices, network)
    _add_shortages(problem, prices, network)
    network.supply[SOURCE] = sum(request.quantity for request in problem.requests)
    return network


def servable(problem: SupplyProblem, request: SupplyRequest) -> Iterator[tuple[int, bool]]:
    """Lots (by number) that may serve a request now, and whether each is of the drug asked for."""
    compiled = problem.compiled
    lots = compiled.lots
    ward = compiled.ward[request.ward_id]
    person = compiled.person.get(request.person_id or "", -1)
    group = antigens(problem.persons[person].blood_group) if person >= 0 else 0
    place_matters = problem.profile.active(LOT_PLACE)
    used_until = max(request.use_until, problem.now + 1)
    for drug_id in choices(problem, request):
        drug = compiled.drug[drug_id]
        for lot in lots.drug_lots[lots.drug_ptr[drug] : lots.drug_ptr[drug + 1]].tolist():
            if not lot_may_serve.py_func(lots, lot, ward, used_until, place_matters):
                continue
            if lots.is_blood[drug] and not blood_fits.py_func(lots, lot, person, group):
                continue
            yield lot, drug_id == request.drug_id


def _add_lots(
    problem: SupplyProblem, prices: Prices, network: Network, number: int, request: SupplyRequest
) -> None:
    available = problem.compiled.lots.available
    node = network.node("request", number)
    for lot, asked in servable(problem, request):
        capacity = min(request.quantity, int(available[lot]))
        if capacity > 0:
            network.serves.append((len(network.tail), number, problem.lots[lot].id))
            network.arc(network.node("lot", lot), node, capacity, 0 if asked else prices.substitute)


def _add_drugs(problem: SupplyProblem, prices: Prices, network: Network) -> None:
    lots = problem.compiled.lots
    used = [what for kind, what in network.number if kind == "lot"]
    for lot in used:
        assert isinstance(lot, int)
        drug = network.node("drug", int(lots.drug[lot]))
        passed = prices.passed * int(lots.rank[lot])
        network.arc(drug, network.node("lot", lot), int(lots.available[lot]), passed)
    for kind, what in list(network.number):
        if kind == "drug":
            assert isinstance(what, int)
            stock = int(lots.stock[what])
            free = max(0, stock - int(lots.safety[what]))
            node = network.node("drug", what)
            network.arc(SOURCE, node, free, 0)
            network.arc(SOURCE, node, stock - free, prices.safety)


def shortages(problem: SupplyProblem) -> dict[Shortage, list[tuple[int, int]]]:
    """Requests (by number) that share a shortage, with how many of the same drug and class were asked later."""
    equals: dict[tuple[str, int], list[int]] = {}
    for number, request in enumerate(problem.requests):
        equals.setdefault((request.drug_id, problem.rank(request)), []).append(number)
    found: dict[Shortage, list[tuple[int, int]]] = {}
    for (drug_id, rank), numbers in equals.items():
        ordered = sorted(numbers, key=lambda n: (problem.requests[n].asked_at, problem.requests[n].id))
        for place, number in enumerate(ordered):
            shortage = drug_id, rank, problem.requests[number].ward_id
            found.setdefault(shortage, []).append((number, len(ordered) - 1 - place))
    return found


def _add_shortages(problem: SupplyProblem, prices: Prices, network: Network) -> None:
    for shortage, members in shortages(problem).items():
        node = network.node("shortage", shortage)
        demand = sum(problem.requests[number].quantity for number, _ in members)
        begins = [-(-band * demand // BANDS) for band in range(BANDS + 1)]
        for band in range(BANDS):
            cost = prices.short(shortage[1]) + prices.tenth * band
            network.arc(SOURCE, node, begins[band + 1] - begins[band], cost)
        for number, later in members:
            quantity = problem.requests[number].quantity
            network.arc(node, network.node("request", number), quantity, prices.later * later)


def _solved(network: Network) -> Int64:
    """Flow on every arc, int64 (n_arcs,)."""
    engine = SimpleMinCostFlow()
    columns = [
        np.array(each, np.int64) for each in (network.tail, network.head, network.capacity, network.cost)
    ]
    engine.add_arcs_with_capacity_and_unit_cost(columns[0], columns[1], columns[2], columns[3])
    for node, supply in network.supply.items():
        engine.set_node_supply(node, supply)
    status = engine.solve() if network.tail else engine.OPTIMAL
    if status != engine.OPTIMAL:
        raise EngineError(
            f"The minimum-cost flow of {len(network.tail)} arcs ended with {status}, not optimal."
        )
    arcs = np.arange(len(network.tail), dtype=np.int64)
    return np.array(engine.flows(arcs), np.int64) if network.tail else np.zeros(0, np.int64)


def _certificate(problem: SupplyProblem, network: Network, flow: Int64) -> Certificate:
    tail, head = np.array(network.tail, np.int64), np.array(network.head, np.int64)
    cost, spare = np.array(network.cost, np.int64), np.array(network.capacity, np.int64) > flow
    used = flow > 0
    start, end = np.concatenate([tail[spare], head[used]]), np.concatenate([head[spare], tail[used]])
    length = np.concatenate([cost[spare], -cost[used]])
    distance = _distances(len(network.number), start, end, length)
    prices: dict[str, dict[object, int]] = {
        kind: {} for kind in ("source", "request", "lot", "drug", "shortage")
    }
    for (kind, what), node in network.number.items():
        prices[kind][what] = int(distance[node] - distance[SOURCE])
    return Certificate(
        {problem.requests[n].id: price for n, price in prices["request"].items() if isinstance(n, int)},
        {problem.lots[n].id: price for n, price in prices["lot"].items() if isinstance(n, int)},
        {problem.drugs[n].id: price for n, price in prices["drug"].items() if isinstance(n, int)},
        {what: price for what, price in prices["shortage"].items() if isinstance(what, tuple)},
    )


def _distances(nodes: int, start: Int64, end: Int64, length: Int64) -> Int64:
    """Shortest distances from a root that reaches every node at 0; raises EngineError for a negative cycle, which an
    optimal flow does not leave."""
    distance = np.zeros(nodes, np.int64)
    for _ in range(nodes + 1):
        before = distance.copy()
        np.minimum.at(distance, end, before[start] + length)
        if np.array_equal(before, distance):
            return distance
    raise EngineError("The flow called optimal leaves a cycle that would make it cheaper.")

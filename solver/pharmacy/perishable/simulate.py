"""What a policy comes to in simulated days that are the same for every policy (common random numbers)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.engine.types import Float64, Int64
from solver.hospital.door import Door
from solver.pharmacy.perishable import kernels_policy as k
from solver.pharmacy.perishable.item import Costs, Issue, PerishableItem
from solver.pharmacy.perishable.policies import Policy


@dataclass(frozen=True, slots=True)
class Terms:
    """What an item's supply is like: useful life and lead time in days as in ``PerishableItem``, days between
    reviews, units in a pack."""

    useful_life: int
    lead_time: int
    costs: Costs
    review: int = 1
    pack: int = 1
    issue: Issue = Issue.FIFO
    discount: float = 1.0

    def __post_init__(self) -> None:
        door = Door("Terms", "of an item")
        door.whole(self.useful_life, "useful_life", 1, 4000)
        door.whole(self.lead_time, "lead_time", 0, 400)
        door.whole(self.review, "review", 1, 400)
        door.whole(self.pack, "pack", 1, 1_000_000)
        door.need(0 < self.discount <= 1, "discount", self.discount, "a number above 0, at most 1")
        door.close()

    @staticmethod
    def of(item: PerishableItem) -> Terms:
        """Those of an item that is solved exactly too."""
        return Terms(item.useful_life, item.lead_time, item.costs, 1, 1, item.issue, item.discount)

    def array(self) -> Int64:
        """As the kernels read it."""
        lifo = int(self.issue is Issue.LIFO)
        return np.array([self.useful_life, self.lead_time, self.review, self.pack, lifo])


@dataclass(frozen=True, slots=True)
class Outcome:
    """Means over replications, of a day unless said otherwise. ``discounted_cost``: of all counted days.

    service: share of the demand that was met. waste: share of the units ordered that expired. short_days: share of
    the days on which demand was not met in full. error: standard error of ``daily_cost``.
    """

    daily_cost: float
    discounted_cost: float
    ordered: float
    held: float
    wasted: float
    lost: float
    orders: float
    service: float
    waste: float
    short_days: float
    error: float


class Trial:
    """Days of demand that every policy meets alike."""

    def __init__(self, terms: Terms, demand: Int64, warm_up: int = 0) -> None:
        """``demand`` int64 (replications, days), not negative; the days before ``warm_up`` do not count.

        Raises InvalidInstance for anything else.
        """
        door = Door("Trial", "of policies")
        good = demand.ndim == 2 and demand.size > 0 and bool((demand >= 0).all())
        door.need(good, "demand", demand.shape, "rows of days, whole units from 0 up")
        door.need(
            good and 0 <= warm_up < demand.shape[-1], "warm_up", warm_up, "fewer days than are simulated"
        )
        door.close()
        self.terms = terms
        self.demand = np.ascontiguousarray(demand, np.int64)
        self.mean = float(demand.mean())
        self._warm_up = warm_up
        self._terms = terms.array()
        costs = terms.costs
        self._costs = np.array([costs.order, costs.fixed, costs.shortage, costs.wastage, costs.holding])
        self._units = np.zeros(demand.shape[1], np.int64)
        self._found = np.zeros((len(demand), k.FIGURES))

    def cost(self, policy: Policy) -> float:
        """Mean discounted cost of the days counted: what is compared while tuning."""
        return float(self._run(policy)[:, k.DISCOUNTED].mean())

    def outcome(self, policy: Policy) -> Outcome:
        """All figures."""
        found = self._run(policy)
        days = self.demand.shape[1] - self._warm_up
        total = found.sum(axis=0)
        mean = found.mean(axis=0) / days
        spread = float(found[:, k.COST].std(ddof=1)) if len(found) > 1 else 0.0
        return Outcome(
            daily_cost=float(mean[k.COST]),
            discounted_cost=float(found[:, k.DISCOUNTED].mean()),
            ordered=float(mean[k.ORDERED]),
            held=float(mean[k.HELD]),
            wasted=float(mean[k.EXPIRED]),
            lost=float(mean[k.LOST]),
            orders=float(mean[k.ORDERS]),
            service=float(1 - total[k.LOST] / total[k.DEMANDED]) if total[k.DEMANDED] else 1.0,
            waste=float(total[k.EXPIRED] / total[k.ORDERED]) if total[k.ORDERED] else 0.0,
            short_days=float(mean[k.SHORT_DAYS]),
            error=spread / days / len(found) ** 0.5,
        )

    def _run(self, policy: Policy) -> Float64:
        spare = np.array(policy.spare, np.float64)
        rule = policy.rule(self.mean)
        k.simulate(
            self._terms,
            rule,
            spare,
            self._costs,
            self.terms.discount,
            self._warm_up,
            self.demand,
            self._units,
            self._found,
        )
        return self._found


def drawn(rng: np.random.Generator, chances: Float64, replications: int, days: int) -> Int64:
    """Demand of ``days`` days from rows of chances (cycle, n), int64 (replications, days)."""
    below = np.cumsum(chances, axis=1)
    uniform = rng.random((replications, days))
    demand = np.empty((replications, days), np.int64)
    for day in range(len(below)):
        at = slice(day, None, len(below))
        demand[:, at] = np.searchsorted(below[day], uniform[:, at] * below[day, -1], side="right")
    demand[demand >= chances.shape[1]] = chances.shape[1] - 1
    return demand


def orders_in_states(item: PerishableItem, policy: Policy) -> Int64:
    """The policy's order in every state of the exact solution, int64 (cycle, n_states)."""
    one = np.zeros(item.states // item.cycle, np.int64)
    digits = np.zeros(item.useful_life + item.lead_time - 1, np.int64)
    rule, spare = policy.rule(item.mean_demand()), np.array(policy.spare, np.float64)
    rule[k.MOST] = min(policy.most, item.max_order)
    k.fill_orders(item.levels, Terms.of(item).array(), rule, spare, digits, one)
    return np.tile(one, (item.cycle, 1))

"""Orders by rule, and days simulated under them.

Orders are kept by the day they were placed: ``units[k]`` is what is left of the order of day k, in transit or on
hand. On day t with lead time L and life m the orders t - L + 1 to t - 1 are in transit, t - L - m + 1 to t - L on hand;
order k then has k + L + m - t days left, its last included. So nothing has to be aged.

Arrays
------
terms int64 (5,)      useful life, lead time, days between reviews, pack size, 1 if the freshest go first
rule  float64 (5,)    order only below this position; order up to this level; largest order; days ahead over which waste
                      is estimated; mean demand of a day
spare float64 (n,)    share of the units with 1, 2, ... n days left that does not count towards the position; n may be 0
"""

from math import floor
from typing import Any

from solver.engine.jit import inlined, kernel

LIFE, LEAD, REVIEW, PACK, LIFO = range(5)
BELOW, LEVEL, MOST, AHEAD, MEAN = range(5)
COST, DISCOUNTED, ORDERED, HELD, LOST, EXPIRED, SHORT_DAYS, DEMANDED, ORDERS = range(9)
FIGURES = 9


@inlined
def estimated_waste(terms: Any, rule: Any, units: Any, day: int) -> float:
    """Units that expire within ``rule[AHEAD]`` days if each day takes the mean demand, oldest first."""
    waste = 0.0
    used = 0.0
    for left in range(1, int(rule[AHEAD]) + 1):
        order = day + left - terms[LIFE] - terms[LEAD]
        if 0 <= order < day:
            taken = min(float(units[order]), rule[MEAN] * left - used)
            used += taken
            waste += units[order] - taken
    return waste


@inlined
def order_for(terms: Any, rule: Any, spare: Any, units: Any, day: int, position: int) -> int:
    """What the rule orders on a day with this position (units on hand and in transit)."""
    if position >= rule[BELOW]:
        return 0
    counted = float(position)
    for place in range(spare.size):
        order = day + place + 1 - terms[LIFE] - terms[LEAD]
        if 0 <= order < day:
            counted -= spare[place] * units[order]
    if rule[AHEAD] > 0:
        counted -= estimated_waste(terms, rule, units, day)
    packs = floor((rule[LEVEL] - counted) / terms[PACK] + 0.5)
    return max(0, min(int(packs), int(rule[MOST]) // terms[PACK])) * terms[PACK]


@kernel
def fill_orders(levels: int, terms: Any, rule: Any, spare: Any, digits: Any, orders: Any) -> None:
    """The rule's order in every state of ``kernels_exact``; ``orders`` int64 (n_states,) is written, ``digits`` int64
    (life + lead time - 1,) is room to work in."""
    for state in range(orders.size):
        rest = state
        position = 0
        for place in range(digits.size - 1, -1, -1):
            digits[place] = rest % levels
            rest //= levels
            position += digits[place]
        orders[state] = order_for(terms, rule, spare, digits, digits.size, position)


@inlined
def take(units: Any, sold: int, oldest: int, newest: int, lifo: bool) -> int:
    """Take what is sold from the oldest or freshest orders on hand; returns the oldest that may still hold units."""
    left = sold
    while left > 0:
        place = newest if lifo else oldest
        taken = min(units[place], left)
        units[place] -= taken
        left -= taken
        if units[place] == 0:
            if lifo:
                newest -= 1
            else:
                oldest += 1
    return oldest


@inlined
def count(found: Any, costs: Any, order: int, held: int, lost: int, wasted: int, wanted: int) -> float:
    """Add one day to the sums of a replication; returns its cost."""
    cost = costs[0] * order + costs[2] * lost + costs[3] * wasted + costs[4] * held
    if order > 0:
        cost += costs[1]
        found[ORDERS] += 1
    if lost > 0:
        found[SHORT_DAYS] += 1
    found[COST] += cost
    found[ORDERED] += order
    found[HELD] += held
    found[LOST] += lost
    found[EXPIRED] += wasted
    found[DEMANDED] += wanted
    return cost


@kernel
def simulate(
    terms: Any,
    rule: Any,
    spare: Any,
    costs: Any,
    discount: float,
    warm_up: int,
    demand: Any,
    units: Any,
    found: Any,
) -> None:
    """Days of each replication under a rule, from an empty start, as ``item`` describes a day.

    demand: int64 (replications, days). units: int64 (days,), room to work in. costs: float64 (5,) per unit ordered,
    per order, per unit lost, wasted, held. found: float64 (replications, FIGURES), written: sums over the days from
    ``warm_up`` on, the discounted cost from the first of them.
    """
    life, lead = terms[LIFE], terms[LEAD]
    for replication in range(demand.shape[0]):
        for place in range(FIGURES):
            found[replication, place] = 0.0
        position = 0
        on_hand = 0
        weight = 1.0
        oldest = 0
        for day in range(demand.shape[1]):
            order = 0
            if day % terms[REVIEW] == 0:
                order = order_for(terms, rule, spare, units, day, position)
            units[day] = order
            position += order
            if day >= lead:
                on_hand += units[day - lead]
            expiring = day - lead - life + 1
            wanted = demand[replication, day]
            sold = min(on_hand, wanted)
            oldest = take(units, sold, max(oldest, expiring), day - lead, terms[LIFO] == 1)
            wasted = 0
            if expiring >= 0:
                wasted = units[expiring]
                units[expiring] = 0
            on_hand -= sold + wasted
            position -= sold + wasted
            if day >= warm_up:
                cost = count(found[replication], costs, order, on_hand, wanted - sold, wasted, wanted)
                found[replication, DISCOUNTED] += weight * cost
                weight *= discount


@kernel
def order_today(terms: Any, rule: Any, spare: Any, units: Any, position: int) -> int:
    """The rule's order now: ``units`` int64 (days,) holds what is left of the orders of the days before."""
    return order_for(terms, rule, spare, units, units.size, position)

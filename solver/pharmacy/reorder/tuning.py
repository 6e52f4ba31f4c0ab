"""A policy for one item: every family tried on simulated days, then judged on days it has not seen."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np

from solver.engine.types import Float64, Int64
from solver.pharmacy.perishable.exact import Exact
from solver.pharmacy.perishable.item import PerishableItem
from solver.pharmacy.perishable.kernels_policy import order_today
from solver.pharmacy.perishable.policies import Policy
from solver.pharmacy.perishable.simulate import Outcome, Terms, Trial, drawn
from solver.pharmacy.perishable.tune import Tuner, best_policy
from solver.pharmacy.reorder.demand import Demand, estimate
from solver.pharmacy.reorder.problem import StockItem

YEAR = 365
WARM_UP = 60
REPLICATIONS = 20
SHORT_LIFE = 14
"""Up to so many days of life the age of stock tells how much of it will serve; beyond, few units ever expire."""

EXACT_STATES = 1_500
"""Up to so many states dynamic programming takes less than a simulated search."""

EXACT_LARGEST_ORDER = 1_000
"""Tables grow with the square of it even for an item that is used up within the day, which has one state."""

CURVE = (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.6, 2.0)
"""Levels, as shares of the tuned one, at which service and waste are told."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What another level would come to: share of demand met, share of orders wasted, cost of a day."""

    level: float
    service: float
    waste: float
    daily_cost: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The policy chosen for an item and what to expect of it, on days that it was not tuned on.

    policy: the best that simulation found. exact: whether dynamic programming says what to order today instead (then
    ``expected`` still tells what the policy comes to, which is no less). tuned: False when time was over. by_person:
    every day ran out, so that ``demand`` is only the least there may be: nothing is ordered here, a person says what.
    """

    demand: Demand
    policy: Policy
    order: int
    exact: bool
    tuned: bool
    expected: Outcome
    curve: tuple[CurvePoint, ...]
    by_person: bool = False


def choose(item: StockItem, seed: int, tune: bool = True) -> Choice:
    """Estimate, tune, judge, and say what to order today. ``tune`` False: base stock of a rule of thumb."""
    told = estimate(*item.history.arrays())
    by_person = not item.history.tells_demand
    tune = tune and not by_person
    demand = told.starting(len(item.history.issued))
    terms = Terms(item.life, item.lead_time, item.costs, item.review, item.pack)
    most = item.most(demand.mean)
    trial = Trial(terms, _days(item, demand, seed, "tuning"), WARM_UP)
    policy = thumb(item, demand, most)
    if tune and demand.mean > 0:
        tuner = Tuner(trial, most, *_steps(policy.level))
        classes = item.life + item.lead_time - 1 if item.life <= SHORT_LIFE else 0
        policy = best_policy(
            tuner, policy.level, min(classes, SHORT_LIFE), ahead=item.lead_time + item.review
        ).policy
    judged = Trial(terms, _days(item, demand, seed, "judging"), WARM_UP)
    judged.mean = trial.mean
    exact = exact_order(item, demand, most) if tune else None
    order = today(item, terms, policy, trial.mean) if exact is None else exact
    curve = tuple(_point(judged, policy, share, most) for share in CURVE)
    expected = judged.outcome(policy)
    return Choice(
        demand, policy, 0 if by_person else order, exact is not None, tune, expected, curve, by_person
    )


def thumb(item: StockItem, demand: Demand, most: int) -> Policy:
    """Base stock at the newsvendor's quantile of demand until the next order arrives, approximately normal."""
    days = item.lead_time + item.review
    variance = demand.mean * (1 + (0 if demand.size == inf else demand.mean / demand.size))
    over = max(1e-9, item.costs.holding + item.costs.wastage / max(1, item.life))
    critical = min(0.995, max(0.5, item.costs.shortage / (item.costs.shortage + over * days)))
    spread = float(np.sqrt(-2 * np.log(1 - critical)))
    level = days * demand.mean + 0.8 * spread * sqrt(days * variance)
    return Policy(round(min(level, demand.mean * (item.life + item.lead_time))), most)


def today(item: StockItem, terms: Terms, policy: Policy, mean: float) -> int:
    """The policy's order for what is on hand and in transit now."""
    units, position = item.by_order_day()
    spare = np.array(policy.spare, np.float64)
    return int(order_today(terms.array(), policy.rule(mean), spare, units, position))


def exact_order(item: StockItem, demand: Demand, most: int) -> int | None:
    """What dynamic programming orders today; None where it has too many states, a stock that is none of them, or packs
    or reviews to mind."""
    if item.pack > 1 or item.review > 1 or demand.mean <= 0 or item.life + item.lead_time > 5:
        return None
    # Classes by age and what is in transit: the model has none that is larger than the largest order.
    units, _ = item.by_order_day()
    if most > EXACT_LARGEST_ORDER or units[1:].max(initial=0) > most:
        return None
    rows = tuple(tuple(row.tolist()) for row in demand.chances())
    model = PerishableItem(item.life, item.lead_time, most, rows, item.costs)
    if model.states > EXACT_STATES:
        return None
    state = 0
    for quantity in units[1:]:
        state = state * model.levels + int(quantity)
    return int(Exact(model).best(1e-3).orders[0, state])


def stream(seed: int, item_id: str, name: str) -> np.random.Generator:
    """Chance by name: an item more or less changes nothing for the others."""
    key = zlib.crc32(item_id.encode()), zlib.crc32(name.encode())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _days(item: StockItem, demand: Demand, seed: int, name: str) -> Int64:
    chances: Float64 = demand.chances()
    return drawn(stream(seed, item.id, name), chances, REPLICATIONS, WARM_UP + YEAR)


def _steps(level: float) -> tuple[float, float]:
    """First and last step of the search, in units: a 16th and a 200th of the level, but no less than one and a half."""
    return max(1.0, level / 16), max(0.5, level / 200)


def _point(trial: Trial, policy: Policy, share: float, largest: int) -> CurvePoint:
    below = policy.below if policy.below == inf else policy.below * share
    most = min(largest, max(trial.terms.pack, round(policy.most * max(1.0, share))))
    found = trial.outcome(replace(policy, level=policy.level * share, below=below, most=most))
    return CurvePoint(policy.level * share, found.service, found.waste, found.daily_cost)

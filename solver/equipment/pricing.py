"""Optimal plans of bookings by routes: prices from column generation, then every route that a better plan could hold.

Each unit takes at most one route, each booking is on one route or unserved. The linear relaxation's prices bound any
plan from below (counted in whole numbers from rounded prices, so nothing rests on floating point). A route
whose cost less its prices exceeds its unit's least by more than what lies between bound and known plan cannot
belong to a better plan; the others are few, and choosing among them is a small set partitioning model for
CP-SAT (Baldacci, Christofides, Mingozzi 2008, "An exact algorithm for the vehicle routing problem based on the
set partitioning formulation").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from solver.engine import cpsat
from solver.engine.result import Countdown, Observer
from solver.engine.types import Float64, Int32, Int64
from solver.equipment.kernels_pricing import SAME_SET, SCALE, Labels, label_routes, look_ahead
from solver.equipment.master import Master
from solver.equipment.problem import UNSERVED, BookingArrays
from solver.equipment.search import Found

MOST_BOOKINGS: Final = 64
"""Bookings that one unit may serve, at most: one bit each."""

MOST_WORK: Final = 200_000_000
"""Wards times minutes times bookings that looking ahead may cost per unit: half a second."""

CAPACITY: Final = 600_000
"""Labels of one unit at most; 24 MB."""

HASH: Final = 1 << 18
MOST_ROUTES: Final = 400_000
KEPT: Final = 30
"""Routes that one unit adds to the master in one round."""

ROUNDS: Final = 300


@dataclass(frozen=True, slots=True)
class Route:
    """One unit's bookings in order, and what they cost."""

    unit: int
    bookings: tuple[int, ...]
    cost: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven: a bound, and the best plan if one cheaper than the known one was found."""

    bound: int
    found: Found | None = None


def suits(arrays: BookingArrays) -> bool:
    """Whether the problem is small enough for routes to be listed."""
    if not arrays.ward.size:
        return False
    most = int(np.bincount(arrays.units_of, minlength=arrays.home.size).max(initial=0))
    minutes = (
        int((arrays.latest + arrays.span).max() - arrays.earliest.min()) + int(arrays.transport.max()) + 1
    )
    return most <= MOST_BOOKINGS and minutes * arrays.transport.shape[0] * most <= MOST_WORK


class Pricing:
    """Column generation for one problem, begun from a known plan."""

    def __init__(self, arrays: BookingArrays) -> None:
        self.arrays = arrays
        self.units = arrays.home.size
        of_request = np.repeat(np.arange(arrays.ward.size), np.diff(arrays.units_ptr))
        self.mine = [of_request[arrays.units_of == unit] for unit in range(self.units)]
        for row in self.mine:
            row.setflags(write=False)
        self.origin = int(arrays.earliest.min()) - int(arrays.transport.max(initial=0))
        minutes = int((arrays.latest + arrays.span).max()) - self.origin + 1
        self.ahead = np.zeros((arrays.transport.shape[0], minutes), np.int64)
        self.labels = Labels(
            np.zeros(CAPACITY, np.int32),
            np.zeros(CAPACITY, np.int64),
            np.zeros(CAPACITY, np.int64),
            np.zeros(CAPACITY, np.uint64),
            *(np.zeros(CAPACITY, np.int32) for _ in range(4)),
        )
        self.head = np.zeros(minutes, np.int32)
        self.turn = np.zeros(MOST_BOOKINGS, np.int32)
        self.hash = np.zeros(HASH, np.int32)

    def least(self, unit: int, price: Int64) -> tuple[int, int]:
        """Least cost less prices of the unit's routes, times ``SCALE``, and how many labels tell it.

        No labels (-1): they did not fit, and the least cost is that of routes that may serve a booking twice,
        which is lower.
        """
        self._look(unit, price)
        count = self._label(unit, price, -1, 0, self.turn)
        if count < 0:
            return min(0, int(self.ahead[self.arrays.home[unit], 0])), count
        return min(0, int(self.labels.cost[:count].min())), count

    def routes_within(self, unit: int, price: Int64, limit: int) -> list[Route] | None:
        """The cheapest route of each set of bookings whose cost less prices is at most ``limit``; None if too
        many."""
        self._look(unit, price)
        count = self._label(unit, price, limit, SAME_SET, self.hash)
        if count < 0:
            return None
        labels = self.labels
        kept = 1 + np.flatnonzero(labels.cost[1:count] <= limit)
        kept = kept[np.lexsort((labels.cost[kept], labels.mask[kept]))]
        first = np.ones(kept.size, np.bool_)
        first[1:] = labels.mask[kept[1:]] != labels.mask[kept[:-1]]
        return [self.route(unit, int(label), price) for label in kept[first]]

    def route(self, unit: int, label: int, price: Int64) -> Route:
        """The route that a label stands for."""
        cost, bookings = int(self.labels.cost[label]), []
        while label > 0:
            bookings.append(int(self.mine[unit][self.labels.last[label]]))
            label = int(self.labels.parent[label])
        total = cost + int(price[bookings].sum())
        return Route(unit, tuple(reversed(bookings)), total // SCALE)

    def _look(self, unit: int, price: Int64) -> None:
        look_ahead(self.arrays, unit, self.mine[unit], price, SCALE, self.origin, self.ahead)

    def _label(self, unit: int, price: Int64, limit: int, mode: int, lists: Int32) -> int:
        return int(
            label_routes(
                self.arrays,
                unit,
                self.mine[unit],
                price,
                SCALE,
                self.origin,
                self.ahead,
                limit,
                mode,
                self.labels,
                self.head,
                lists,
            )
        )


def prove(
    arrays: BookingArrays,
    known: Found,
    countdown: Countdown,
    stop: Callable[[], bool],
    seed: int,
    workers: int,
    tell: Callable[[int], None],
    observer: Observer,
) -> Proof:
    """The best bound that time allows; a cheaper plan if there is one and time suffices. ``tell`` hears of
    each bound.

    When the bound is the known cost, or the cost of ``found``, that plan is optimal.
    """
    pricing = Pricing(arrays)
    bound, price, least = _generate(pricing, known, lambda: stop() or countdown.is_over(0), tell)
    if price is None or bound >= known.cost or stop():
        return Proof(min(bound, known.cost))
    gap = known.cost * SCALE - int(price.sum()) - sum(least)
    routes: list[Route] = []
    for unit in range(pricing.units):
        several = None if stop() else pricing.routes_within(unit, price, least[unit] + gap)
        if several is None or len(routes) + len(several) > MOST_ROUTES:
            return Proof(bound)
        routes += several
    return _chosen(arrays, routes, known, bound, countdown, seed, workers, observer)


def _generate(
    pricing: Pricing, known: Found, is_over: Callable[[], bool], tell: Callable[[int], None]
) -> tuple[int, Int64 | None, list[int]]:
    """Column generation: the best bound, with the prices that prove it and each unit's least cost less prices.

    Prices are None unless the bound was proven with labels that fitted for all units.
    """
    arrays = pricing.arrays
    master = Master([1.0] * arrays.ward.size, [float(p) for p in arrays.unserved_price], pricing.units)
    for unit, bookings in _routes_of(known, pricing.units):
        master.add(float(_cost_of(arrays, unit, bookings)), bookings, unit)
    best, best_price, best_least = 0, None, []
    for _ in range(ROUNDS):
        solved = None if is_over() else master.solve(60.0)
        if solved is None:
            break
        price = np.minimum(np.floor(solved[0] * SCALE).astype(np.int64), arrays.unserved_price * SCALE)
        least, added, whole = _round(pricing, master, price, solved[1], is_over)
        if len(least) < pricing.units:
            break
        bound = -(-(int(price.sum()) + sum(least)) // SCALE)
        if bound > best or best_price is None:
            best, best_price, best_least = max(bound, 0), price if whole else None, least
            tell(best)
        if not added or best >= known.cost:
            break
    return best, best_price, best_least


def _round(
    pricing: Pricing, master: Master, price: Int64, rents: Float64, is_over: Callable[[], bool]
) -> tuple[list[int], int, bool]:
    """Price every unit once: each one's least cost, how many routes were added, whether all labels fitted."""
    least: list[int] = []
    added, whole = 0, True
    for unit in range(pricing.units):
        if is_over():
            break
        found, count = pricing.least(unit, price)
        least.append(found)
        whole = whole and count >= 0
        limit = int(np.ceil(rents[unit] * SCALE)) - SCALE // 100
        costs = pricing.labels.cost[: max(count, 0)]
        good = np.flatnonzero(costs < limit)
        for label in good[np.argsort(costs[good], kind="stable")][:KEPT]:
            if label > 0:
                route = pricing.route(unit, int(label), price)
                master.add(float(route.cost), route.bookings, unit)
                added += 1
    return least, added, whole


def _routes_of(found: Found, units: int) -> Iterable[tuple[int, list[int]]]:
    for unit in range(units):
        mine = np.flatnonzero(found.unit == unit)
        if mine.size:
            yield unit, [int(one) for one in mine[np.argsort(found.begins[mine], kind="stable")]]


def _timed(arrays: BookingArrays, unit: int, bookings: Iterable[int]) -> list[int]:
    """Starts of a route's bookings, each as early as it may."""
    free, here, starts = 0, int(arrays.home[unit]), []
    windows = range(int(arrays.away_ptr[unit]), int(arrays.away_ptr[unit + 1]))
    for one in bookings:
        ward, span = int(arrays.ward[one]), int(arrays.span[one])
        way = int(arrays.transport[here, ward])
        time, lead = max(free + way, int(arrays.earliest[one])), way * int(arrays.from_home[0])
        for window in windows:
            if arrays.away_from[window] < time + span and time - lead < arrays.away_until[window]:
                time = int(arrays.away_until[window]) + lead
        starts.append(time)
        free, here = time + span, here if arrays.from_home[0] else ward
    return starts


def _cost_of(arrays: BookingArrays, unit: int, bookings: list[int]) -> int:
    cost, here = 0, int(arrays.home[unit])
    for one, start in zip(bookings, _timed(arrays, unit, bookings), strict=True):
        cost += int(arrays.wait_price[one]) * (start - int(arrays.earliest[one]))
        cost += int(arrays.transport_price[0] * arrays.transport[here, arrays.ward[one]])
        here = here if arrays.from_home[0] else int(arrays.ward[one])
    return cost


def _chosen(
    arrays: BookingArrays,
    routes: list[Route],
    known: Found,
    bound: int,
    countdown: Countdown,
    seed: int,
    workers: int,
    observer: Observer,
) -> Proof:
    """The cheapest choice among the routes."""
    model, chosen = _partitioning(arrays, routes)
    left = countdown.remaining()
    seconds = None if left is None else max(0.1, left)
    watch = _Until(countdown, observer)
    outcome = cpsat.solve(model, cpsat.Parameters(workers, seed % 2**31, seconds and 20 * seconds), watch)
    if outcome.bound is not None:
        bound = max(bound, min(outcome.bound, known.cost))
    if outcome.cost is None or outcome.cost >= known.cost:
        return Proof(bound)
    bound = min(bound, outcome.cost)
    unit_of = np.full(arrays.ward.size, UNSERVED, np.int64)
    begins = np.zeros(arrays.ward.size, np.int64)
    for route, variable in zip(routes, chosen, strict=True):
        if outcome.solver.boolean_value(variable):
            unit_of[list(route.bookings)] = route.unit
            begins[list(route.bookings)] = _timed(arrays, route.unit, route.bookings)
    if _tears_kits(arrays, unit_of, begins):
        return Proof(bound)
    return Proof(bound, Found(unit_of, begins, outcome.cost))


def _tears_kits(arrays: BookingArrays, unit_of: Int64, begins: Int64) -> bool:
    """Whether some kit is not together: routes know nothing of kits, so that what they prove is a bound and no more."""
    starts = np.where(unit_of >= 0, begins, UNSERVED)
    first = arrays.parts[arrays.kit_ptr[:-1]]
    return bool((starts[arrays.parts] != np.repeat(starts[first], np.diff(arrays.kit_ptr))).any())


def _partitioning(
    arrays: BookingArrays, routes: list[Route]
) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """Each booking on one route or unserved, each unit on one route at most."""
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in routes]
    left_out = [model.new_bool_var("") for _ in range(arrays.ward.size)]
    covering: list[list[cp_model.IntVar]] = [[variable] for variable in left_out]
    of_unit: list[list[cp_model.IntVar]] = [[] for _ in range(arrays.home.size)]
    for route, variable in zip(routes, chosen, strict=True):
        of_unit[route.unit].append(variable)
        for booking in route.bookings:
            covering[booking].append(variable)
    for several in covering:
        model.add_exactly_one(several)
    for several in of_unit:
        model.add_at_most_one(several)
    variables = [*chosen, *left_out]
    prices = [*(route.cost for route in routes), *(int(price) for price in arrays.unserved_price)]
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, prices))
    return model, chosen


class _Until:
    """Stops when the countdown is over, by whatever clock it goes; tells nobody of the model's own plans."""

    def __init__(self, countdown: Countdown, observer: Observer) -> None:
        self._countdown, self._observer = countdown, observer

    def incumbent(self, point: object) -> None:
        pass

    def bound(self, point: object) -> None:
        pass

    def stop_requested(self) -> bool:
        return self._countdown.is_over(0) or self._observer.stop_requested()

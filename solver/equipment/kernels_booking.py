"""Serving bookings that have windows: routes of units and exact insertion.

A unit's *route* is the order of its bookings. Given the order, each starts as early as it may: after the unit
is free and carried over, not before the booking's earliest start, around the unit's maintenance. Nothing costs
less by starting later, so the order decides the cost.

Arrays (``plan`` is a ``Routes``, ``of`` the problem's ``BookingArrays``)
------
route   int32 (n_units, width)   bookings of unit d in order: route[d, : length[d]]
length  int64 (n_units,)
unit    int64 (n_bookings,)   serving unit, -1 for none
begins  int64 (n_bookings,)   start while served
floor, ceiling int64 (n_bookings,)   first and last start: the problem's, or both the agreed start of a kit's part
"""

from typing import Any, Final, NamedTuple

from solver.engine.jit import inlined, inner, kernel
from solver.engine.kernels_random import uniform
from solver.engine.types import Int32, Int64

NOWHERE: Final = 1 << 60
"""Cost of what cannot be."""

BROKEN: Final = 1 << 50
"""Cost of a route of which some booking starts too late: taking one out may do that, where a way round is shorter."""


class Routes(NamedTuple):
    """A plan in the search's own form; see the module."""

    route: Int32
    length: Int64
    unit: Int64
    begins: Int64
    floor: Int64
    ceiling: Int64


class Neighbours(NamedTuple):
    """Bookings that compete: those near booking i are near[near_ptr[i] : near_ptr[i + 1]], nearest first."""

    near_ptr: Int64
    near: Int64


class Scratch(NamedTuple):
    """What a step writes: bookings taken out, their keys, units touched and what they held before.

    out, order int64 (n_bookings,); key float64 (n_bookings,); touched int64 (n_units,), mark int64 (n_units,);
    saved int32 (n_units, width), saved_length int64 (n_units,); started int64 (n_bookings,): start before the step
    stale int64 (n_units,), loose int64 (n_bookings,): 1 for routes, and bookings that nobody serves, that changed since
    the best plan was written; stale_list, loose_list of the same shapes, many int64 (2,): which, and how many
    """

    out: Int64
    key: Any
    touched: Int64
    mark: Int64
    saved: Int32
    saved_length: Int64
    started: Int64
    stale: Int64
    stale_list: Int64
    loose: Int64
    loose_list: Int64
    many: Int64


@inlined
def earliest_start(of: Any, unit: int, ready: int, booking: int) -> int:
    """First minute from ``ready`` on, and from the booking's earliest, at which use and cleaning avoid
    maintenance; the way from home too, if it counts as the unit's time."""
    time = max(ready, of.earliest[booking])
    lead = of.transport[of.home[unit], of.ward[booking]] if of.from_home[0] else 0
    for window in range(of.away_ptr[unit], of.away_ptr[unit + 1]):
        if of.away_from[window] < time + of.span[booking] and time - lead < of.away_until[window]:
            time = of.away_until[window] + lead
    return time


@inlined
def stands(of: Any, unit: int, booking: int) -> int:
    """The ward from which a unit is carried to its next use when ``booking`` is done."""
    return of.home[unit] if of.from_home[0] else of.ward[booking]


@inner
def insertion_cost(of: Any, plan: Any, unit: int, place: int, booking: int) -> int:
    """Change in cost when ``booking`` is put before the one at ``place`` of the unit's route; ``NOWHERE`` if
    it cannot.

    Only the part of the cost that serving it causes: its own wait and transport, and the waits it makes others
    have. Exact.
    """
    route, length = plan.route, plan.length[unit]
    per_minute = of.transport_price[0]
    if place > 0:
        before = route[unit, place - 1]
        here, free = stands(of, unit, before), plan.begins[before] + of.span[before]
    else:
        here, free = of.home[unit], 0
    way = of.transport[here, of.ward[booking]]
    time = earliest_start(of, unit, max(free + way, plan.floor[booking]), booking)
    if time > plan.ceiling[booking]:
        return NOWHERE
    cost = of.wait_price[booking] * (time - of.earliest[booking]) + per_minute * way
    there, free = stands(of, unit, booking), time + of.span[booking]
    for next_place in range(place, length):
        follower = route[unit, next_place]
        way = of.transport[there, of.ward[follower]]
        if next_place == place:
            cost += per_minute * (way - of.transport[here, of.ward[follower]])
        time = earliest_start(of, unit, max(free + way, plan.floor[follower]), follower)
        if time > plan.ceiling[follower]:
            return NOWHERE
        if time == plan.begins[follower]:
            break
        cost += of.wait_price[follower] * (time - plan.begins[follower])
        there, free = stands(of, unit, follower), time + of.span[follower]
    return cost


@inner
def first_place(of: Any, plan: Any, unit: int, booking: int, slack: int) -> int:
    """First place where the booking may go: those before start too early to be put off until it is over.

    ``slack``: the widest window of all bookings; who starts more than that before the booking's end cannot follow it.
    """
    low, high = 0, plan.length[unit]
    limit = plan.floor[booking] + of.span[booking] - slack
    while low < high:
        middle = (low + high) // 2
        if plan.begins[plan.route[unit, middle]] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def best_insertion(of: Any, plan: Any, booking: int, slack: int, blink: float, state: Any, found: Any) -> int:
    """The cheapest place for a booking that nobody serves: its change in cost, or ``NOWHERE``.

    ``found`` int64 (2,) gets unit and place. ``blink`` 0: every place is looked at; the answer is then exact.
    """
    best = NOWHERE
    for index in range(of.units_ptr[booking], of.units_ptr[booking + 1]):
        unit = of.units_of[index]
        length = plan.length[unit]
        for place in range(first_place(of, plan, unit, booking, slack), length + 1):
            if place > 0:
                before = plan.route[unit, place - 1]
                if plan.begins[before] + of.span[before] > plan.ceiling[booking]:
                    break
            if blink > 0.0 and uniform(state) < blink:
                continue
            cost = insertion_cost(of, plan, unit, place, booking)
            if cost < best:
                best = cost
                found[0] = unit
                found[1] = place
    return best


@inner
def retime(of: Any, plan: Any, unit: int) -> bool:
    """Start each booking of a route as early as it may; whether all are in time."""
    here, free = of.home[unit], 0
    for place in range(plan.length[unit]):
        booking = plan.route[unit, place]
        ready = max(free + of.transport[here, of.ward[booking]], plan.floor[booking])
        time = earliest_start(of, unit, ready, booking)
        plan.begins[booking] = time
        if time > plan.ceiling[booking]:
            return False
        here, free = stands(of, unit, booking), time + of.span[booking]
    return True


@inner
def retime_from(of: Any, plan: Any, unit: int, place: int, always: int) -> None:
    """As ``retime`` of a route that was in time up to a change at ``place``: ends where nothing moves any more.

    The bookings before ``always`` are timed in any case: what they held is not from this route.
    """
    here, free = of.home[unit], 0
    if place > 0:
        before = plan.route[unit, place - 1]
        here, free = stands(of, unit, before), plan.begins[before] + of.span[before]
    for spot in range(place, plan.length[unit]):
        booking = plan.route[unit, spot]
        ready = max(free + of.transport[here, of.ward[booking]], plan.floor[booking])
        time = earliest_start(of, unit, ready, booking)
        if time == plan.begins[booking] and spot >= always:
            return
        plan.begins[booking] = time
        if time > plan.ceiling[booking]:
            return
        here, free = stands(of, unit, booking), time + of.span[booking]


@inner
def route_cost(of: Any, plan: Any, unit: int) -> int:
    """Waits and transport of a route, less what its bookings would cost unserved; ``BROKEN`` if one is too late."""
    here, cost = of.home[unit], 0
    for place in range(plan.length[unit]):
        booking = plan.route[unit, place]
        if plan.begins[booking] > plan.ceiling[booking]:
            return BROKEN
        cost += of.wait_price[booking] * (plan.begins[booking] - of.earliest[booking])
        cost += of.transport_price[0] * of.transport[here, of.ward[booking]] - of.unserved_price[booking]
        here = stands(of, unit, booking)
    return cost


@inner
def insert(of: Any, plan: Any, unit: int, place: int, booking: int) -> None:
    """Put a booking before the one at ``place``."""
    for spot in range(plan.length[unit], place, -1):
        plan.route[unit, spot] = plan.route[unit, spot - 1]
    plan.route[unit, place] = booking
    plan.length[unit] += 1
    plan.unit[booking] = unit
    retime_from(of, plan, unit, place, place + 1)


@inner
def save_route(plan: Any, scratch: Any, touched: int, unit: int) -> int:
    """Remember a route before its first change in this step; how many are remembered."""
    if scratch.mark[unit]:
        return touched
    scratch.mark[unit] = 1
    scratch.touched[touched] = unit
    scratch.saved_length[unit] = plan.length[unit]
    for place in range(plan.length[unit]):
        booking = plan.route[unit, place]
        scratch.saved[unit, place] = booking
        scratch.started[booking] = plan.begins[booking]
    return touched + 1


@inner
def take_out(of: Any, plan: Any, unit: int, booking: int) -> None:
    """Take one booking out of its route."""
    place = 0
    while plan.route[unit, place] != booking:
        place += 1
    plan.length[unit] -= 1
    for spot in range(place, plan.length[unit]):
        plan.route[unit, spot] = plan.route[unit, spot + 1]
    plan.unit[booking] = -1
    retime_from(of, plan, unit, place, place)


@inner
def touch(of: Any, plan: Any, scratch: Any, touched: int, totals: Any, unit: int) -> int:
    """Remember a route before its first change in this step, and its cost in ``totals[2]``; how many are remembered."""
    if scratch.mark[unit]:
        return touched
    totals[2] += route_cost(of, plan, unit)
    return save_route(plan, scratch, touched, unit)

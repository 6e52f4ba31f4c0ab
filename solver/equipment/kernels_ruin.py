"""Ruin and recreate of a plan of bookings: strings of bookings are taken out of routes and put back where they cost
least.

Arrays: see ``kernels_booking``.
"""

from typing import Any, Final

import numpy as np

from solver.engine.jit import inner, kernel
from solver.engine.kernels_random import below, uniform
from solver.equipment.kernels_booking import (
    best_insertion,
    insert,
    insertion_cost,
    retime,
    retime_from,
    route_cost,
    touch,
)
from solver.equipment.kernels_kits import add_kit, place_kit, take_siblings

LONGEST_STRING: Final = 8
"""Most bookings that one step takes out of one route."""

DRAWN: Final = 12
"""Bookings of which the one that costs most is taken."""

BLINK: Final = 0.02
"""Chance that an insertion place is passed over (Christiaens, Vanden Berghe 2020: slack induction by string
removals)."""


@inner
def take_string(
    of: Any, plan: Any, scratch: Any, unit: int, around: int, many: int, out: int, state: Any
) -> int:
    """Take ``many`` bookings in a row, ``around`` among them, out of a route; how many are out now."""
    length = plan.length[unit]
    many = min(many, length)
    place = 0
    while plan.route[unit, place] != around:
        place += 1
    first = max(0, min(place - below(state, many), length - many))
    for spot in range(first, first + many):
        booking = plan.route[unit, spot]
        plan.unit[booking] = -1
        scratch.out[out] = booking
        out += 1
    for spot in range(first, length - many):
        plan.route[unit, spot] = plan.route[unit, spot + many]
    plan.length[unit] = length - many
    retime_from(of, plan, unit, first, first)
    return out


@inner
def draw_seed(of: Any, plan: Any, state: Any) -> int:
    """A booking by chance; every other time the one of ``DRAWN`` that costs most by waiting or by being left out.

    In a plan of 20,000 one in twenty does, and a third of the cost is theirs.
    """
    seed, most = below(state, plan.unit.size), -1
    if below(state, 2):
        return seed
    for _ in range(DRAWN):
        booking = below(state, plan.unit.size)
        cost = of.unserved_price[booking]
        if plan.unit[booking] >= 0:
            cost = of.wait_price[booking] * (plan.begins[booking] - of.earliest[booking])
        if cost > most:
            seed, most = booking, cost
    return seed


@inner
def ruin(of: Any, plan: Any, near: Any, scratch: Any, most_strings: int, totals: Any, state: Any) -> Any:
    """Take strings out of routes near a booking drawn by chance; those near it that wait join them.

    Returns how many are out and how many routes are remembered; ``totals[2]`` gets the removed routes' cost.
    """
    seed = draw_seed(of, plan, state)
    strings = 1 + below(state, most_strings)
    out, touched, used = 0, 0, 0
    if plan.unit[seed] < 0:
        scratch.out[out] = seed
        out += 1
    for index in range(near.near_ptr[seed] - 1, near.near_ptr[seed + 1]):
        booking = seed if index < near.near_ptr[seed] else near.near[index]
        unit = plan.unit[booking]
        if unit < 0:
            if booking != seed and out < most_strings * LONGEST_STRING and not _among(scratch, out, booking):
                scratch.out[out] = booking
                out += 1
            continue
        if used == strings or scratch.mark[unit]:
            continue
        first, touched = out, touch(of, plan, scratch, touched, totals, unit)
        out = take_string(of, plan, scratch, unit, booking, 1 + below(state, LONGEST_STRING), out, state)
        out, touched = take_siblings(of, plan, scratch, first, out, touched, totals)
        used += 1
    return out, touched


@inner
def _among(scratch: Any, out: int, booking: int) -> bool:
    for place in range(out):
        if scratch.out[place] == booking:
            return True
    return False


@inner
def sort_out(of: Any, scratch: Any, out: int, state: Any) -> None:
    """Order those who are out by one of four keys, drawn by chance: chance, dearest unserved, longest, earliest."""
    way = below(state, 4)
    for place in range(out):
        booking = scratch.out[place]
        if way == 0:
            scratch.key[place] = uniform(state)
        elif way == 1:
            scratch.key[place] = -of.unserved_price[booking] + uniform(state)
        elif way == 2:
            scratch.key[place] = -of.span[booking] + uniform(state)
        else:
            scratch.key[place] = of.earliest[booking] + uniform(state)
    for place in range(1, out):
        key, booking, spot = scratch.key[place], scratch.out[place], place
        while spot > 0 and scratch.key[spot - 1] > key:
            scratch.key[spot] = scratch.key[spot - 1]
            scratch.out[spot] = scratch.out[spot - 1]
            spot -= 1
        scratch.key[spot] = key
        scratch.out[spot] = booking


@inner
def undo(of: Any, plan: Any, scratch: Any, touched: int) -> None:
    """Put every remembered route back."""
    for index in range(touched):
        unit = scratch.touched[index]
        for place in range(plan.length[unit]):
            plan.unit[plan.route[unit, place]] = -1
    for index in range(touched):
        unit = scratch.touched[index]
        plan.length[unit] = scratch.saved_length[unit]
        for place in range(plan.length[unit]):
            booking = scratch.saved[unit, place]
            plan.route[unit, place] = booking
            plan.unit[booking] = unit
            if of.kit[booking] >= 0:
                plan.floor[booking] = plan.ceiling[booking] = scratch.started[booking]
        retime(of, plan, unit)


@inner
def note_changes(plan: Any, scratch: Any, out: int, touched: int) -> None:
    """Note what an accepted step changed."""
    for index in range(touched):
        unit = scratch.touched[index]
        if not scratch.stale[unit]:
            scratch.stale[unit] = 1
            scratch.stale_list[scratch.many[0]] = unit
            scratch.many[0] += 1
    for index in range(out):
        booking = scratch.out[index]
        if plan.unit[booking] < 0 and not scratch.loose[booking]:
            scratch.loose[booking] = 1
            scratch.loose_list[scratch.many[1]] = booking
            scratch.many[1] += 1


@inner
def write_best(plan: Any, scratch: Any, best_unit: Any, best_begins: Any) -> None:
    """Bring the best plan up to date with this one, by what was noted: where 20,000 bookings take 60 us."""
    for index in range(scratch.many[1]):
        booking = scratch.loose_list[index]
        scratch.loose[booking] = 0
        if plan.unit[booking] < 0:
            best_unit[booking] = -1
    for index in range(scratch.many[0]):
        unit = scratch.stale_list[index]
        scratch.stale[unit] = 0
        for place in range(plan.length[unit]):
            booking = plan.route[unit, place]
            best_unit[booking] = unit
            best_begins[booking] = plan.begins[booking]
    scratch.many[:] = 0


@kernel
def improve_bookings(
    of: Any,
    plan: Any,
    near: Any,
    scratch: Any,
    best_unit: Any,
    best_begins: Any,
    totals: Any,
    steps: int,
    most_strings: int,
    warmth: float,
    slack: int,
    found: Any,
    state: Any,
) -> None:
    """``steps`` steps of ruin and recreate under annealing of mean ``warmth``; the best plan goes into ``best_*``.

    ``totals`` int64 (3,): cost of the plan, cost of the best, scratch. Costs are less the price of leaving all
    unserved.
    """
    for _ in range(steps):
        totals[2] = 0
        out, touched = ruin(of, plan, near, scratch, most_strings, totals, state)
        sort_out(of, scratch, out, state)
        for place in range(out):
            booking = scratch.out[place]
            if of.kit[booking] >= 0:
                touched = place_kit(of, plan, scratch, booking, slack, touched, totals, state, found)
                continue
            change = best_insertion(of, plan, booking, slack, BLINK, state, found)
            if change < of.unserved_price[booking]:
                touched = touch(of, plan, scratch, touched, totals, found[0])
                insert(of, plan, found[0], found[1], booking)
        after = totals[0] - totals[2]
        for index in range(touched):
            after += route_cost(of, plan, scratch.touched[index])
        if after <= totals[0] - warmth * np.log(1.0 - uniform(state)):
            totals[0] = after
            note_changes(plan, scratch, out, touched)
            if after < totals[1]:
                totals[1] = after
                write_best(plan, scratch, best_unit, best_begins)
        else:
            undo(of, plan, scratch, touched)
        for index in range(touched):
            scratch.mark[scratch.touched[index]] = 0


@kernel
def construct_bookings(of: Any, plan: Any, order: Any, slack: int, found: Any, state: Any) -> int:
    """Insert the bookings in ``order``, each where it is cheapest if that is cheaper than leaving it; the change in
    cost."""
    total = 0
    for index in range(order.size):
        booking = order[index]
        if of.kit[booking] >= 0:
            total += add_kit(of, plan, booking, slack, state, found)
            continue
        change = best_insertion(of, plan, booking, slack, 0.0, state, found)
        if change < of.unserved_price[booking]:
            insert(of, plan, found[0], found[1], booking)
            total += change - of.unserved_price[booking]
    return total


@kernel
def lay_routes(of: Any, plan: Any, units: Any, pointers: Any, bookings: Any) -> int:
    """Give unit ``units[k]``, whose route is empty, ``bookings[pointers[k] : pointers[k + 1]]`` in order, less who
    would be late, whom it may not serve, and parts of kits; the change in cost."""
    total = 0
    for path in range(units.size):
        unit = units[path]
        for index in range(pointers[path], pointers[path + 1]):
            booking, length = bookings[index], plan.length[unit]
            if of.kit[booking] < 0 and length < plan.route.shape[1] and _may_serve(of, unit, booking):
                if insertion_cost(of, plan, unit, length, booking) < of.unserved_price[booking]:
                    insert(of, plan, unit, length, booking)
        total += route_cost(of, plan, unit)
    return total


@inner
def _may_serve(of: Any, unit: int, booking: int) -> bool:
    for index in range(of.units_ptr[booking], of.units_ptr[booking + 1]):
        if of.units_of[index] == unit:
            return True
    return False

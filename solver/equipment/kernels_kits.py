"""Kits in a plan of bookings: parts on units of their own that start at one minute, put in and taken out together.

While a kit is served, the floor and the ceiling of its parts are its agreed start, so that no insertion before
one of them puts it off. Arrays: see ``kernels_booking``.
"""

from typing import Any, Final

from solver.engine.jit import inner
from solver.engine.kernels_random import below
from solver.equipment.kernels_booking import (
    NOWHERE,
    best_insertion,
    insert,
    stands,
    take_out,
    touch,
)

STARTS: Final = 8
"""Starts that are tried for a kit: its earliest, then minutes at which a unit that may serve a part becomes free."""


@inner
def take_siblings(
    of: Any, plan: Any, scratch: Any, first: int, out: int, touched: int, totals: Any
) -> tuple[int, int]:
    """Take out the parts that belong to those taken out from place ``first`` on; how many are out, and touched."""
    place = first
    while place < out:
        kit = of.kit[scratch.out[place]]
        for index in range(of.kit_ptr[kit] if kit >= 0 else 0, of.kit_ptr[kit + 1] if kit >= 0 else 0):
            part = of.parts[index]
            unit = plan.unit[part]
            if unit >= 0:
                touched = touch(of, plan, scratch, touched, totals, unit)
                take_out(of, plan, unit, part)
                scratch.out[out] = part
                out += 1
        place += 1
    return out, touched


@inner
def _put_in(of: Any, plan: Any, kit: int, start: int, slack: int, state: Any, found: Any) -> int:
    """Put all parts in at ``start``, each where it is cheapest: the change in cost, or ``NOWHERE`` and none of them."""
    total = 0
    for index in range(of.kit_ptr[kit], of.kit_ptr[kit + 1]):
        part = of.parts[index]
        plan.floor[part] = plan.ceiling[part] = start
        change = best_insertion(of, plan, part, slack, 0.0, state, found)
        if change >= NOWHERE:
            _take_kit(of, plan, kit)
            return NOWHERE
        insert(of, plan, found[0], found[1], part)
        total += change
    return total


@inner
def _take_kit(of: Any, plan: Any, kit: int) -> None:
    for index in range(of.kit_ptr[kit], of.kit_ptr[kit + 1]):
        part = of.parts[index]
        if plan.unit[part] >= 0:
            take_out(of, plan, plan.unit[part], part)


@inner
def _start_drawn(of: Any, plan: Any, kit: int, state: Any) -> int:
    """A minute at which a unit, drawn by chance, is free for a part and there; else one of the window by chance."""
    part = of.parts[of.kit_ptr[kit] + below(state, of.kit_ptr[kit + 1] - of.kit_ptr[kit])]
    earliest, latest, first = of.earliest[part], of.latest[part], of.units_ptr[part]
    many = of.units_ptr[part + 1] - first
    if many:
        unit = of.units_of[first + below(state, many)]
        low, high = 0, plan.length[unit]
        while low < high:
            middle = (low + high) // 2
            if plan.begins[plan.route[unit, middle]] < earliest:
                low = middle + 1
            else:
                high = middle
        place = low - 1 + below(state, 3)
        if 0 <= place < plan.length[unit]:
            before = plan.route[unit, place]
            way = of.transport[stands(of, unit, before), of.ward[part]]
            time = plan.begins[before] + of.span[before] + way
            if earliest <= time <= latest:
                return time
    return earliest + below(state, latest - earliest + 1)


@inner
def _best_start(of: Any, plan: Any, kit: int, slack: int, state: Any, found: Any) -> int:
    """The start at which the kit costs least of those tried; -1 if leaving it out costs no more."""
    best, chosen = 0, -1
    for index in range(of.kit_ptr[kit], of.kit_ptr[kit + 1]):
        best += of.unserved_price[of.parts[index]]
    part = of.parts[of.kit_ptr[kit]]
    latest = of.latest[part]
    for index in range(of.kit_ptr[kit], of.kit_ptr[kit + 1]):
        latest = min(latest, of.latest[of.parts[index]])
    for turn in range(STARTS):
        start = of.earliest[part] if turn == 0 else _start_drawn(of, plan, kit, state)
        if start <= latest:
            cost = _put_in(of, plan, kit, start, slack, state, found)
            if cost < NOWHERE:
                _take_kit(of, plan, kit)
            if cost < best:
                best, chosen = cost, start
    return chosen


@inner
def place_kit(
    of: Any,
    plan: Any,
    scratch: Any,
    booking: int,
    slack: int,
    touched: int,
    totals: Any,
    state: Any,
    found: Any,
) -> int:
    """Serve the kit of ``booking`` if that is cheaper and nobody has done so; how many routes are remembered."""
    if plan.unit[booking] >= 0:
        return touched
    kit = of.kit[booking]
    start = _best_start(of, plan, kit, slack, state, found)
    if start < 0:
        return touched
    for index in range(of.kit_ptr[kit], of.kit_ptr[kit + 1]):
        part = of.parts[index]
        plan.floor[part] = plan.ceiling[part] = start
        best_insertion(of, plan, part, slack, 0.0, state, found)
        touched = touch(of, plan, scratch, touched, totals, found[0])
        insert(of, plan, found[0], found[1], part)
    return touched


@inner
def add_kit(of: Any, plan: Any, booking: int, slack: int, state: Any, found: Any) -> int:
    """Serve the kit of ``booking`` as ``place_kit`` does, in a plan that nobody goes back from; the change in cost."""
    if plan.unit[booking] >= 0:
        return 0
    kit = of.kit[booking]
    start = _best_start(of, plan, kit, slack, state, found)
    if start < 0:
        return 0
    change = _put_in(of, plan, kit, start, slack, state, found)
    for index in range(of.kit_ptr[kit], of.kit_ptr[kit + 1]):
        change -= of.unserved_price[of.parts[index]]
    return change

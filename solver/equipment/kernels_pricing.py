"""Routes of one unit under prices of its bookings: the cheapest one, or all that could belong to a better plan.

A label is a route so far: its last booking, when the unit is free again, its cost less the prices of its
bookings, and which bookings it holds (one bit each, so a unit that may serve more than 64 is none for this
file). What a route may still gain is bounded by routes that may serve a booking twice; a label that cannot get
below a limit with that is dropped.

Arrays
------
mine       int64 (k,)   bookings that the unit may serve, k <= 64
price      int64 (n_bookings,)   in cost times ``SCALE``
ahead      int64 (n_wards, n_minutes)   least cost of going on from a ward at ``origin`` + minute, 0 for stopping
labels     ``Labels``; label 0 is the unit at home
head       int32 (n_minutes,), turn int32 (k or the hash's size,)   where lists begin, -1 for empty
"""

from typing import Any, Final, NamedTuple

import numpy as np

from solver.engine.jit import kernel
from solver.engine.types import Int32, Int64, UInt64
from solver.equipment.kernels_booking import earliest_start, stands

SCALE: Final = 1_000
NONE: Final = -1

SAME_SET: Final = 1
"""Mode in which a label gives way only to one with the same bookings: then every useful set keeps its best route."""


class Labels(NamedTuple):
    """``capacity`` labels: see the module. ``later`` chains those free at one minute, ``beside`` those that
    compare."""

    last: Int32
    free: Int64
    cost: Int64
    mask: UInt64
    parent: Int32
    later: Int32
    beside: Int32
    dead: Int32


@kernel
def look_ahead(of: Any, unit: int, mine: Any, price: Any, scale: int, origin: int, ahead: Any) -> None:
    """Fill ``ahead``, from the last minute backwards."""
    minutes = ahead.shape[1]
    per_minute = of.transport_price[0] * scale
    for minute in range(minutes - 1, -1, -1):
        for ward in range(ahead.shape[0]):
            best = 0
            for index in range(mine.size):
                booking = mine[index]
                way = of.transport[ward, of.ward[booking]]
                time = earliest_start(of, unit, origin + minute + way, booking)
                if time <= of.latest[booking]:
                    cost = of.wait_price[booking] * scale * (time - of.earliest[booking])
                    cost += per_minute * way - price[booking]
                    then = time + of.span[booking] - origin
                    if then < minutes:
                        cost += ahead[stands(of, unit, booking), then]
                    best = min(best, cost)
            ahead[ward, minute] = best


@kernel
def _gives_way(labels: Any, first: int, last: int, free: int, cost: int, mask: Any, mode: int) -> bool:
    """Whether a label among those beginning at ``first`` makes the new one useless; marks those that it makes so."""
    other = first
    while other != NONE:
        if not labels.dead[other] and labels.last[other] == last:
            held = labels.mask[other]
            fewer, more = (held & mask) == held, (held & mask) == mask
            if mode == SAME_SET:
                fewer = more = held == mask
            if fewer and labels.free[other] <= free and labels.cost[other] <= cost:
                return True
            if more and free <= labels.free[other] and cost <= labels.cost[other]:
                labels.dead[other] = 1
        other = labels.beside[other]
    return False


@kernel
def _list_of(index: int, mask: Any, mode: int, lists: int) -> Any:
    """Which list of comparable labels a label belongs to."""
    if mode != SAME_SET:
        return np.int64(index)
    mixed = (mask + np.uint64(index)) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(20)) % np.uint64(lists))


@kernel
def _write(labels: Any, label: int, last: int, free: int, cost: int, mask: Any, parent: int) -> None:
    """A label that is in no list yet."""
    labels.last[label] = last
    labels.free[label] = free
    labels.cost[label] = cost
    labels.mask[label] = mask
    labels.parent[label] = parent
    labels.dead[label] = 0


@kernel
def _put_first(label: int, lists: Any, number: int, links: Any) -> None:
    """Put a label first into a list of ``lists``, whose ``links`` lead from one label to the next."""
    links[label] = lists[number]
    lists[number] = label


@kernel
def _begin(labels: Any, head: Any, turn: Any) -> None:
    """Empty lists, and label 0: the unit at home."""
    head[:] = NONE
    turn[:] = NONE
    _write(labels, 0, NONE, 0, 0, np.uint64(0), NONE)
    _put_first(0, head, 0, labels.later)


@kernel
def label_routes(
    of: Any,
    unit: int,
    mine: Any,
    price: Any,
    scale: int,
    origin: int,
    ahead: Any,
    limit: int,
    mode: int,
    labels: Any,
    head: Any,
    turn: Any,
) -> int:
    """All useful routes that can still come to ``limit`` or below; how many labels there are, -1 if they did not fit.

    ``mode`` 0: a label gives way to one that is as cheap and as early with no booking more. ``SAME_SET``: see there.
    """
    per_minute = of.transport_price[0] * scale
    minutes = head.size
    _begin(labels, head, turn)
    count = 1
    for minute in range(minutes):
        label = head[minute]
        while label != NONE:
            last = labels.last[label]
            here = of.home[unit] if last == NONE else stands(of, unit, mine[last])
            for index in range(mine.size if not labels.dead[label] else 0):
                bit = np.uint64(1) << np.uint64(index)
                if labels.mask[label] & bit:
                    continue
                booking = mine[index]
                way = of.transport[here, of.ward[booking]]
                time = earliest_start(of, unit, labels.free[label] + way, booking)
                if time > of.latest[booking]:
                    continue
                cost = labels.cost[label] + per_minute * way - price[booking]
                cost += of.wait_price[booking] * scale * (time - of.earliest[booking])
                then = time + of.span[booking] - origin
                if cost + (ahead[stands(of, unit, booking), then] if then < minutes else 0) > limit:
                    continue
                mask = labels.mask[label] | bit
                row = _list_of(index, mask, mode, turn.size)
                if _gives_way(labels, turn[row], index, then + origin, cost, mask, mode):
                    continue
                if count == labels.last.size:
                    return NONE
                _write(labels, count, index, then + origin, cost, mask, label)
                _put_first(count, turn, row, labels.beside)
                _put_first(count, head, min(then, minutes - 1), labels.later)
                count += 1
            label = labels.later[label]
    return count

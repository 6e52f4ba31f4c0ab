"""Serving bookings of fixed times with a given number of units: ruin some units' chains, refill each with the
best one.

A unit's *chain* is a set of bookings that follow each other. The best chain out of a pool, by summed worth, is
weighted interval scheduling: one pass over the pool, exact. Bookings are numbered in order of start, so a
sorted pool is in order of time.

Arrays
------
start, end   int64 (n_bookings,)   read
may          bool (n_units, n_bookings)   whether the unit may serve the booking; read
worth        float64 (n_bookings,)   what leaving the booking out costs; read
fleet        int64 (n_units,)   units, the ``size`` open ones first; written in place
room         int64 (n_units + 1,)   chain of unit d is held[room[d] : room[d] + served[d]]
served, held int64   written in place
waiting      int64 (n_bookings,)   bookings that nobody serves, waiting[: numbers[0]]; written in place
numbers      int64 (2,)   how many wait; how many waited at the best
pool, best, following, taken, owner   scratch, n_bookings + 1 each
"""

from typing import Any, Final, NamedTuple

import numpy as np

from solver.engine.jit import inner, kernel
from solver.engine.kernels_random import below, uniform
from solver.engine.types import Bool, Float64, Int64

MOST_UNITS: Final = 16
"""Most units refilled in one step."""

TRIES: Final = 20
"""Draws for a unit that is not among the chosen and may serve who waits."""

SWAPS: Final = 0.1
"""Share of steps that try a closed unit in the place of an open one."""


class FleetWork(NamedTuple):
    """All arrays of the search, as the module says."""

    start: Int64
    end: Int64
    may: Bool
    worth: Float64
    fleet: Int64
    room: Int64
    served: Int64
    held: Int64
    waiting: Int64
    numbers: Int64
    pool: Int64
    best: Float64
    following: Int64
    taken: Int64
    owner: Int64
    places: Int64


@inner
def refill(work: Any, size: int, unit: int, label: int, noise: float, state: Any) -> float:
    """Give ``unit`` the best chain of those in ``pool[:size]`` that have no owner; they get ``label`` as owner.

    Returns the worth of the chain. ``noise`` in [0, 1): each worth is varied by up to half of that share.
    """
    start, end, may, worth = work.start, work.end, work.may, work.worth
    pool, best, following, taken, owner, places = (
        work.pool,
        work.best,
        work.following,
        work.taken,
        work.owner,
        work.places,
    )
    open_ones = 0
    for place in range(size):
        if owner[place] < 0 and may[unit, pool[place]]:
            places[open_ones] = place
            open_ones += 1
    best[open_ones] = 0.0
    for index in range(open_ones - 1, -1, -1):
        booking = pool[places[index]]
        low, high = index + 1, open_ones
        while low < high:
            middle = (low + high) // 2
            if start[pool[places[middle]]] >= end[booking]:
                high = middle
            else:
                low = middle + 1
        following[index] = low
        value = worth[booking] * (1.0 + noise * (uniform(state) - 0.5)) + best[low]
        taken[index] = value > best[index + 1]
        best[index] = max(value, best[index + 1])
    index, total = 0, 0.0
    while index < open_ones:
        if taken[index]:
            owner[places[index]] = label
            total += worth[pool[places[index]]]
            index = following[index]
        else:
            index += 1
    return total


@inner
def gather(work: Any, chosen: Any, many: int) -> int:
    """Put who waits and who the chosen units serve into ``pool``, sorted and without owners; how many."""
    pool, size = work.pool, work.numbers[0]
    for place in range(size):
        pool[place] = work.waiting[place]
    for index in range(many):
        unit = chosen[index]
        for place in range(work.room[unit], work.room[unit] + work.served[unit]):
            pool[size] = work.held[place]
            size += 1
    for place in range(1, size):
        booking, spot = pool[place], place
        while spot > 0 and pool[spot - 1] > booking:
            pool[spot] = pool[spot - 1]
            spot -= 1
        pool[spot] = booking
    for place in range(size):
        work.owner[place] = -1
    return size


@inner
def keep(work: Any, size: int, chosen: Any, many: int) -> None:
    """Write the pool's owners back: chains of the chosen units, and who waits."""
    work.numbers[0] = 0
    for index in range(many):
        work.served[chosen[index]] = 0
    for place in range(size):
        label = work.owner[place]
        if label < 0:
            work.waiting[work.numbers[0]] = work.pool[place]
            work.numbers[0] += 1
        else:
            unit = chosen[label]
            work.held[work.room[unit] + work.served[unit]] = work.pool[place]
            work.served[unit] += 1


@inner
def draw(work: Any, size: int, wanted: int, slots: Any, state: Any) -> int:
    """Places of different open units into ``slots``, the first of one that may serve somebody who waits; how many."""
    booking = work.waiting[below(state, work.numbers[0])]
    many = 0
    for turn in range(wanted):
        for _ in range(TRIES):
            slot = below(state, size)
            good = turn > 0 or work.may[work.fleet[slot], booking]
            for index in range(many):
                good = good and slots[index] != slot
            if good:
                slots[many] = slot
                many += 1
                break
    return many


@kernel
def start_over(work: Any, size: int, state: Any) -> None:
    """Empty every chain, then fill the first ``size`` units of the fleet one after the other."""
    bookings = work.start.size
    for unit in range(work.fleet.size):
        work.served[unit] = 0
    for booking in range(bookings):
        work.pool[booking] = booking
        work.owner[booking] = -1
    for slot in range(size):
        refill(work, bookings, work.fleet[slot], slot, 0.0, state)
    keep(work, bookings, work.fleet, size)
    work.numbers[1] = work.numbers[0]


@kernel
def improve_fleet(
    work: Any, size: int, steps: int, most_units: int, warmth: float, noise: float, slots: Any, state: Any
) -> int:
    """Up to ``steps`` steps with ``size`` open units, until nobody waits; returns the steps taken.

    A step takes the chains of 2 to ``most_units`` <= ``MOST_UNITS`` units and refills the units in chance's
    order. It is kept if what waits is worth no more than before plus an exponential variate of mean ``warmth``
    (annealing).
    ``slots`` int64 (2 * MOST_UNITS,): scratch.
    """
    chosen = slots[MOST_UNITS:]
    closed = work.fleet.size - size
    before = 0.0
    for place in range(work.numbers[0]):
        before += work.worth[work.waiting[place]]
    for step in range(steps):
        if work.numbers[0] == 0:
            return step
        wanted = 2 + int(uniform(state) * uniform(state) * (most_units - 1))
        many = draw(work, size, wanted, slots, state)
        if many == 0:
            continue
        for index in range(many):
            chosen[index] = work.fleet[slots[index]]
        pooled = gather(work, chosen, many)
        swapped, entering = -1, -1
        if closed > 0 and uniform(state) < SWAPS:
            swapped, entering = below(state, many), size + below(state, closed)
            chosen[swapped] = work.fleet[entering]
            swapped = slots[swapped]
        for index in range(many - 1, 0, -1):
            other = below(state, index + 1)
            chosen[index], chosen[other] = chosen[other], chosen[index]
        after = 0.0
        for place in range(pooled):
            after += work.worth[work.pool[place]]
        for index in range(many):
            after -= refill(work, pooled, chosen[index], index, noise, state)
        if after <= before - warmth * np.log(1.0 - uniform(state)):
            before = after
            keep(work, pooled, chosen, many)
            if swapped >= 0:
                leaving = work.fleet[swapped]
                work.fleet[swapped] = work.fleet[entering]
                work.fleet[entering] = leaving
                work.served[leaving] = 0
            work.numbers[1] = min(work.numbers[1], work.numbers[0])
    return steps


@kernel
def dearest_chain(start: Any, end: Any, jobs: Any, price: Any, best: Any, following: Any, chain: Any) -> int:
    """The chain out of ``jobs`` (ascending) with the highest summed integer ``price``; its bookings into ``chain``.

    Returns how many bookings it has; ``best[0]`` is its price. ``best`` int64 and ``following`` int64 of
    jobs.size + 1.
    """
    size = jobs.size
    best[size] = 0
    for index in range(size - 1, -1, -1):
        low, high = index + 1, size
        while low < high:
            middle = (low + high) // 2
            if start[jobs[middle]] >= end[jobs[index]]:
                high = middle
            else:
                low = middle + 1
        following[index] = low
        best[index] = max(best[index + 1], price[jobs[index]] + best[low])
    index, many = 0, 0
    while index < size:
        if best[index] > best[index + 1]:
            chain[many] = jobs[index]
            many += 1
            index = following[index]
        else:
            index += 1
    return many

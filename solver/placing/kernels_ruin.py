"""A batch decided together: many requests are taken out and put back at a time, while the total cost falls.

Ruin and recreate (Schrimpf et al. 2000, Record breaking optimization results using the ruin and recreate
principle) with simulated annealing as the judge of each step.

Arrays
------
``World`` of ``kernels_batch``, patched in place; ``before`` and ``best`` are copies of its ``held``, written.
"""

from typing import Any, Final

import numpy as np

from solver.engine.jit import kernel
from solver.engine.kernels_random import below, uniform
from solver.placing.kernels_batch import ask_of, put_back, put_in, take_out
from solver.placing.kernels_beds import static_mask

WAITING_SHARE: Final = 0.5
"""How often a step is about a request that waits."""

SCATTERED_SHARE: Final = 0.3
STRAY_SHARE: Final = 0.1
"""How often all the others come from anywhere, and how often each of them does."""

TARGET_FIRST_SHARE: Final = 0.5
"""How often the target is put back before the others."""


@kernel
def copy_row(source: Any, target: Any, row: int) -> None:
    """Copy what one request holds from one ``Held`` to another."""
    target.bed[row] = source.bed[row]
    target.start[row] = source.start[row]
    target.companion[row] = source.companion[row]
    target.own_cost[row] = source.own_cost[row]
    target.lot_count[row] = source.lot_count[row]
    for index in range(source.unit.shape[1]):
        target.unit[row, index] = source.unit[row, index]
        target.unit_from[row, index] = source.unit_from[row, index]
        target.unit_until[row, index] = source.unit_until[row, index]
    for index in range(source.lot.shape[1]):
        target.lot[row, index] = source.lot[row, index]
        target.lot_need[row, index] = source.lot_need[row, index]
        target.lot_quantity[row, index] = source.lot_quantity[row, index]


@kernel
def chosen_already(chosen: Any, count: int, row: int) -> bool:
    """Whether a row is among the first ``count`` chosen."""
    for index in range(count):
        if chosen[index] == row:
            return True
    return False


@kernel
def target_of(world: Any, state: Any) -> int:
    """A row to do something for: every other time one that waits, if any does; else the dearer of two."""
    held, rows = world.held, world.held.bed.size
    if uniform(state) < WAITING_SHARE:
        waiting, found = 0, -1
        for row in range(rows):
            if held.bed[row] < 0:
                waiting += 1
                if below(state, waiting) == 0:
                    found = row
        if found >= 0:
            return found
    one, other = below(state, rows), below(state, rows)
    if held.bed[one] >= 0 and held.bed[other] >= 0 and held.own_cost[other] > held.own_cost[one]:
        return other
    return one


@kernel
def suitable_bed(world: Any, state: Any, row: int) -> int:
    """A bed that would suit a request if nobody else were there, from a random one onwards; -1 when none does."""
    ask = ask_of(world.batch, row)
    beds = world.places.room.size
    first = below(state, beds)
    for step_ in range(beds):
        bed = (first + step_) % beds
        if static_mask(world.places, ask, bed, ask.base) == 0:
            return bed
    return -1


@kernel
def choose(world: Any, state: Any, chosen: Any, size: int) -> int:
    """Rows to take out, written to ``chosen``; their number. First a target, then who is in its way.

    In its way: who holds a bed that would suit it, others on that ward (only what frees the same nurses, rooms
    and units lets another in), and a few from anywhere.
    """
    held, rows = world.held, world.held.bed.size
    chosen[0] = target_of(world, state)
    count = 1
    bed = suitable_bed(world, state, chosen[0])
    for row in range(rows):
        if bed >= 0 and held.bed[row] == bed and count < 2 * size and not chosen_already(chosen, count, row):
            chosen[count] = row
            count += 1
    ward = world.places.ward[bed] if bed >= 0 else -1
    scattered = uniform(state) < SCATTERED_SHARE
    for _ in range(8 * size):
        row = below(state, rows)
        if count >= 2 * size or chosen_already(chosen, count, row):
            continue
        near = held.bed[row] >= 0 and world.places.ward[held.bed[row]] == ward
        if near or scattered or uniform(state) < STRAY_SHARE:
            chosen[count] = row
            count += 1
    return count


@kernel
def order(world: Any, state: Any, chosen: Any, count: int, keys: Any) -> None:
    """Sort the chosen rows in place: mostly dearest to leave waiting first, with noise; sometimes at random."""
    by_price = uniform(state) < 0.75
    for index in range(count):
        key = uniform(state)
        if by_price:
            key -= 0.75 * np.log(np.float64(world.batch.unplaced_price[chosen[index]] + 1))
        keys[index] = key
    if uniform(state) < TARGET_FIRST_SHARE:
        keys[0] = -1e9
    for index in range(1, count):
        row, key = chosen[index], keys[index]
        place_ = index
        while place_ > 0 and keys[place_ - 1] > key:
            chosen[place_] = chosen[place_ - 1]
            keys[place_] = keys[place_ - 1]
            place_ -= 1
        chosen[place_] = row
        keys[place_] = key


@kernel
def step(world: Any, before: Any, state: Any, chosen: Any, keys: Any, size: int, warmth: float) -> int:
    """One ruin and recreate; the change in total cost, 0 when it was undone.

    Accepted when it is no worse, or with probability ``exp(-change / warmth)``.
    """
    count = choose(world, state, chosen, size)
    change = 0
    for index in range(count):
        change -= take_out(world, chosen[index])
        copy_row(world.held, before, chosen[index])
    order(world, state, chosen, count, keys)
    for index in range(count):
        change += put_in(world, chosen[index])
    if change <= 0 or (warmth > 0 and uniform(state) < np.exp(-change / warmth)):
        return change
    for index in range(count):
        take_out(world, chosen[index])
    for index in range(count):
        copy_row(before, world.held, chosen[index])
        put_back(world, chosen[index])
    return 0


@kernel
def construct(world: Any, rows: Any) -> int:
    """Put every row in, in the order given; the total cost."""
    total = 0
    for index in range(rows.size):
        total += put_in(world, rows[index])
    return total


@kernel
def improve(
    world: Any,
    before: Any,
    best: Any,
    state: Any,
    chosen: Any,
    keys: Any,
    totals: Any,
    steps: int,
    size: int,
    warmth: float,
    cooling: float,
) -> None:
    """Take ``steps`` steps; ``totals`` int64 (2,): cost now and cost of ``best``, both written."""
    for _ in range(steps):
        totals[0] += step(world, before, state, chosen, keys, 1 + below(state, size), warmth)
        warmth *= cooling
        if totals[0] < totals[1]:
            totals[1] = totals[0]
            for row in range(world.held.bed.size):
                copy_row(world.held, best, row)


@kernel
def empty(world: Any) -> None:
    """Take everything out, so that the world is as it was."""
    for row in range(world.held.bed.size):
        take_out(world, row)

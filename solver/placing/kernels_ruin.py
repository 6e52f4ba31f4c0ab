"""A batch decided together: many requests are taken out and put back at a time, while the total cost falls.

Ruin and recreate (Schrimpf et al. 2000, Record breaking optimization results using the ruin and recreate
principle) with simulated annealing as the judge of each step. Whom a step takes out, one of five ways says; ways
that lead to better plans are gone more often (Ropke and Pisinger 2006, An adaptive large neighborhood search
heuristic). Who is put back now and then overlooks a bed (Christiaens and Vanden Berghe 2020, Slack induction by
string removals), so that the same order need not end in the same plan.

Arrays
------
``World`` of ``kernels_batch``, patched in place; ``before`` and ``best`` are copies of its ``held``, written.
chosen int64 (rows out,)  rows of a step, written. keys float64 (rows out,)  scratch.
"""

from typing import Any, Final

import numpy as np

from solver.engine.jit import kernel
from solver.engine.kernels_random import below, uniform
from solver.placing.kernels_batch import leave_if_in, put_back, put_in, take_out

NOBODY: Final = -1

WAITING_SHARE: Final = 0.5
"""How often a step is about a request that waits though it need not."""

STRAY_SHARE: Final = 0.1
"""How often somebody from anywhere is taken out as well."""

TARGET_FIRST_SHARE: Final = 0.5
"""How often the target is put back before the others."""

BY_PRICE_SHARE: Final = 0.75
"""How often those who are dear to leave waiting are put back first; else in any order."""

BLINKS: Final = 0.02
"""How often a bed is overlooked."""

BED, RIVALS, CHAIN, SUPPLY, ANYWHERE = range(5)
WAYS: Final = 5
"""Ways to choose whom to take out with the target: who lies in a bed it could have and others of that ward; who lies in
its beds; who lies in a bed of whom was just taken out; who uses what it needs; anybody."""

MEMORY: Final = 0.02
LEAST_WEIGHT: Final = 0.05
"""How fast the weight of a way follows its success, and the weight it never falls below."""


@kernel
def copy_row(source: Any, target: Any, places: Any, row: int) -> None:
    """Copy what one request holds from one ``Held`` to another; ``places`` of ``Batch``."""
    target.bed[row] = source.bed[row]
    target.start[row] = source.start[row]
    target.companion[row] = source.companion[row]
    target.own_cost[row] = source.own_cost[row]
    for index in range(places[row]):
        target.unit[row, index] = source.unit[row, index]
        target.unit_from[row, index] = source.unit_from[row, index]
        target.unit_until[row, index] = source.unit_until[row, index]
    target.lot_count[row] = source.lot_count[row]
    for index in range(source.lot_count[row]):
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
def excess(world: Any, row: int) -> int:
    """What a request costs above the least it could, shortages it shares with others not counted."""
    held = world.held
    now = held.own_cost[row] if held.bed[row] >= 0 else world.batch.unplaced_price[row]
    return now - world.choices.least_cost[row]


@kernel
def target_of(world: Any, state: Any) -> int:
    """A row to do something for: every other time one that waits but has a bed it could have, if any does; else of
    two the one with more excess."""
    held, rows = world.held, world.held.bed.size
    if uniform(state) < WAITING_SHARE:
        waiting, found = 0, NOBODY
        for row in range(rows):
            if held.bed[row] < 0 and world.choices.ptr[row + 1] > world.choices.ptr[row]:
                waiting += 1
                if below(state, waiting) == 0:
                    found = row
        if found >= 0:
            return found
    one, other = below(state, rows), below(state, rows)
    return other if excess(world, other) > excess(world, one) else one


@kernel
def better_bed(world: Any, state: Any, row: int) -> int:
    """Some bed that could cost a request less than what it has; any of its beds if none could; -1: it has none."""
    choices, held = world.choices, world.held
    first, last = choices.ptr[row], choices.ptr[row + 1]
    if first == last:
        return NOBODY
    low, high = first, last
    if held.bed[row] >= 0:
        while low < high:
            middle = (low + high) // 2
            if choices.least[middle] < held.own_cost[row]:
                low = middle + 1
            else:
                high = middle
        if low > first:
            last = low
    return choices.bed[first + below(state, last - first)]


@kernel
def holder(world: Any, state: Any, bed: int, chosen: Any, count: int) -> int:
    """Somebody of the batch who has the bed and is not chosen yet, from a random one onwards; -1: nobody."""
    held, rows = world.held, world.held.bed.size
    first = below(state, rows)
    for step_ in range(rows):
        row = first + step_ if first + step_ < rows else first + step_ - rows
        if held.bed[row] == bed and not chosen_already(chosen, count, row):
            return row
    return NOBODY


@kernel
def shares_supply(world: Any, row: int, other: int) -> bool:
    """Whether two requests could use the same type of unit or the same drug."""
    batch = world.batch
    for one in range(batch.equipment_first_choice[row], batch.equipment_first_choice[row + 1]):
        for two in range(batch.equipment_first_choice[other], batch.equipment_first_choice[other + 1]):
            if batch.equipment_choice[one] == batch.equipment_choice[two]:
                return True
    for one in range(batch.drug_first_choice[row], batch.drug_first_choice[row + 1]):
        for two in range(batch.drug_first_choice[other], batch.drug_first_choice[other + 1]):
            if batch.drug_choice[one] == batch.drug_choice[two]:
                return True
    return False


@kernel
def next_out(world: Any, state: Any, way: int, bed: int, chosen: Any, count: int) -> int:
    """One more row to take out the given way, or a stray; -1 or a row that is chosen already: nobody this time.

    ``bed``: what the target could have. The first of ``chosen`` is the target.
    """
    held, rows = world.held, world.held.bed.size
    stray = below(state, rows)
    if way == ANYWHERE or uniform(state) < STRAY_SHARE:
        return stray
    if way == RIVALS:
        bed = better_bed(world, state, chosen[0])
        return holder(world, state, bed, chosen, count) if bed >= 0 else NOBODY
    if way == CHAIN:
        bed = better_bed(world, state, chosen[count - 1])
        return holder(world, state, bed, chosen, count) if bed >= 0 else NOBODY
    if way == SUPPLY:
        return stray if held.bed[stray] >= 0 and shares_supply(world, chosen[0], stray) else NOBODY
    near = bed >= 0 and held.bed[stray] >= 0 and world.places.ward[held.bed[stray]] == world.places.ward[bed]
    return stray if near else NOBODY


@kernel
def choose(world: Any, state: Any, way: int, chosen: Any, size: int) -> int:
    """Rows to take out, written to ``chosen``; their number, at most ``2 * size``.

    First a target, then who is in its way: who has a bed that it could have, then more by the ``way``.
    """
    chosen[0] = target_of(world, state)
    count = 1
    bed = better_bed(world, state, chosen[0])
    if way != ANYWHERE and bed >= 0:
        while count < 2 * size:
            row = holder(world, state, bed, chosen, count)
            if row < 0:
                break
            chosen[count] = row
            count += 1
    for _ in range(8 * size):
        if count >= 2 * size:
            break
        row = next_out(world, state, way, bed, chosen, count)
        if row >= 0 and not chosen_already(chosen, count, row):
            chosen[count] = row
            count += 1
    return count


@kernel
def order(world: Any, state: Any, chosen: Any, count: int, keys: Any) -> None:
    """Sort the chosen rows in place: mostly dearest to leave waiting first, with noise; sometimes at random."""
    by_price = uniform(state) < BY_PRICE_SHARE
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
def step(
    world: Any, before: Any, state: Any, chosen: Any, keys: Any, count: int, warmth: float
) -> tuple[bool, int]:
    """Take the first ``count`` chosen out and put them back; whether that stands, and the change in total cost.

    It stands when it costs no more than before, or by chance with probability ``exp(-change / warmth)``. It is given
    up as soon as those who are still out would make it too dear even at the least they can cost.
    """
    least_cost = world.choices.least_cost
    change = rest = 0
    for index in range(count):
        row = chosen[index]
        change -= take_out(world, row)
        rest += least_cost[row]
        copy_row(world.held, before, world.batch.places, row)
    order(world, state, chosen, count, keys)
    limit = -warmth * np.log(1.0 - uniform(state))
    put = 0
    while put < count and change + rest <= limit:
        rest -= least_cost[chosen[put]]
        change += put_in(world, chosen[put], state, BLINKS)
        put += 1
    if put == count and change <= limit:
        return True, change
    for index in range(put):
        leave_if_in(world, chosen[index])
    for index in range(count):
        copy_row(before, world.held, world.batch.places, chosen[index])
        put_back(world, chosen[index])
    return False, 0


@kernel
def construct(world: Any, rows: Any, state: Any) -> int:
    """Put every row in, in the order given; the total cost."""
    total = 0
    for index in range(rows.size):
        total += put_in(world, rows[index], state, 0.0)
    return total


@kernel
def way_of(weights: Any, state: Any) -> int:
    """A way at random, by weight."""
    total = 0.0
    for way in range(WAYS):
        total += weights[way]
    left = uniform(state) * total
    for way in range(WAYS - 1):
        left -= weights[way]
        if left < 0:
            return way
    return WAYS - 1


@kernel
def improve(
    world: Any,
    before: Any,
    best: Any,
    stale: Any,
    state: Any,
    chosen: Any,
    keys: Any,
    weights: Any,
    totals: Any,
    steps: int,
    size: int,
    warmth: float,
) -> None:
    """Take ``steps`` steps; ``totals`` int64 (2,): cost now and cost of ``best``, both written.

    ``stale`` bool (n,): rows that ``best`` may hold otherwise than the world. ``weights`` float64 (WAYS,).
    """
    for _ in range(steps):
        way = way_of(weights, state)
        count = choose(world, state, way, chosen, 1 + below(state, 1 + below(state, size)))
        stands, change = step(world, before, state, chosen, keys, count, warmth)
        success = 1.0 if change < 0 else 0.0
        weights[way] = max(LEAST_WEIGHT, weights[way] + MEMORY * (success - weights[way]))
        if not stands:
            continue
        totals[0] += change
        for index in range(count):
            stale[chosen[index]] = True
        if totals[0] < totals[1]:
            totals[1] = totals[0]
            for row in range(stale.size):
                if stale[row]:
                    copy_row(world.held, best, world.batch.places, row)
                    stale[row] = False


@kernel
def empty(world: Any) -> None:
    """Take everything out, so that the world is as it was."""
    for row in range(world.held.bed.size):
        leave_if_in(world, row)

"""What each request of a batch can have: its beds, cheapest first, so that looking again costs little.

A search puts the same requests in thousands of times. Which beds suit a request, and what they cost by themselves,
never changes meanwhile; when one could be taken at the earliest changes only when somebody is put into its room or
taken out. So the beds are found once, sorted by the least they can cost, and each remembers its first start until
its room changes. Found to be impossible beside the people who are there before the batch, a bed is left out.

Arrays
------
``Choices``; ``first``, ``seen`` and ``changed`` are written.
"""

from typing import Any, NamedTuple

from solver.engine.jit import kernel
from solver.engine.kernels_random import uniform
from solver.engine.types import Int64
from solver.placing.kernels import (
    BED,
    COST,
    LOT_PLACES,
    NOTHING_YET,
    START,
    forget_starts,
    lots_of,
    try_bed,
    units_of,
)
from solver.placing.kernels_beds import next_start, static_cost, static_mask
from solver.placing.layout import FAR


class Choices(NamedTuple):
    """Beds for each request, those of request i at ``ptr[i] : ptr[i + 1]``, by ``least`` upwards.

    ptr int64 (n + 1,). bed, price (of the bed by itself), least (price and delay at the first start beside those who
    are there before), first (first start now), seen (``changed`` of the room then) int64 (n_choices,).
    changed int64 (n_rooms,): how often somebody was put into the room or taken out.
    least_cost int64 (n,): no way to decide the request costs less, whatever the others have.
    """

    ptr: Int64
    bed: Int64
    price: Int64
    least: Int64
    first: Int64
    seen: Int64
    changed: Int64
    least_cost: Int64


@kernel
def look_once(places: Any, stays: Any, ask: Any, prices: Any, first: Any, price: Any) -> None:
    """For every bed the first start and the price by itself; ``first`` (``FAR``: never) and ``price`` int64
    (n_beds,) are written."""
    for bed in range(places.room.size):
        first[bed] = FAR
        if static_mask(places, ask, bed, ask.base) == 0:
            first[bed] = next_start(places, stays, ask, bed, ask.base)
            price[bed] = static_cost(places, ask, bed, prices)


@kernel
def place_in_choices(
    world: Any, ask: Any, equipment: Any, drugs: Any, row: int, state: Any, blinks: float
) -> bool:
    """The cheapest place for a request among its beds; the answer is in the scratch, as of ``kernels.place``.

    With ``blinks`` 0 the cost is that of ``kernels.place``; of several equally cheap places it may be another. Else
    each bed is overlooked that often.
    """
    places, stays, choices, scratch = world.places, world.stays, world.choices, world.scratch
    forget_starts(ask, scratch)
    for ward in range(scratch.ward_from.size):
        scratch.ward_from[ward] = ask.base
    best = NOTHING_YET
    scratch.found[BED] = -1
    for choice in range(choices.ptr[row], choices.ptr[row + 1]):
        if choices.least[choice] >= best:
            break
        bed = choices.bed[choice]
        room = places.room[bed]
        if choices.seen[choice] != choices.changed[room]:
            choices.seen[choice] = choices.changed[room]
            choices.first[choice] = next_start(places, stays, ask, bed, ask.base)
        start = choices.first[choice]
        if start >= FAR or choices.price[choice] + ask.delay_price * (start - ask.needed_by) >= best:
            continue
        if blinks > 0 and uniform(state) < blinks:
            continue
        scratch.first_start[bed] = start
        scratch.static_cost[bed] = choices.price[choice]
        best = try_bed(
            places,
            stays,
            world.cover,
            world.units,
            world.lots,
            ask,
            equipment,
            drugs,
            world.prices,
            scratch,
            bed,
            best,
        )
    if scratch.found[BED] < 0:
        return False
    scratch.found[COST] = best
    ward, start = places.ward[scratch.found[BED]], scratch.found[START]
    units_of(world.units, equipment, ask, ward, start, world.prices, scratch)
    _, scratch.found[LOT_PLACES] = lots_of(world.lots, drugs, ask, ward, start, world.prices, scratch)
    return True

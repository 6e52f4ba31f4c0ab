"""The least a request costs in each of its beds if it were alone: what others take can only make it dearer.

Arrays are those of ``World`` of ``kernels_batch``; its scratch and the last two arguments are written.
"""

from typing import Any

from solver.engine.jit import kernel
from solver.placing.kernels import (
    IMPOSSIBLE,
    NOT_YET,
    NOTHING_YET,
    forget_starts,
    lots_of,
    start_cost,
    units_of,
)
from solver.placing.kernels_beds import next_start, on_grid
from solver.placing.kernels_cover import cover_cost, ward_short_until
from solver.placing.layout import FAR


@kernel
def least_on_ward(
    world: Any,
    ask: Any,
    equipment: Any,
    drugs: Any,
    units_count: bool,
    lots_count: bool,
    ward: int,
    start: int,
) -> int:
    """The least that nurses and units cost on a ward from a start; ``IMPOSSIBLE`` where the stay cannot be.

    ``units_count``, ``lots_count``: whether units and lots are looked at. What lots cost never is: of several ways to
    make up a quantity the kernels know only one.
    """
    end = start + ask.duration
    if ward_short_until(world.places, world.cover, ask, ward, start, end) > 0:
        return IMPOSSIBLE
    cost = cover_cost(world.places, world.cover, ask, ward, start, end, world.prices)
    if units_count:
        price = units_of(world.units, equipment, ask, ward, start, world.prices, world.scratch)
        if price < 0:
            return IMPOSSIBLE
        cost += price
    if lots_count:
        price, _ = lots_of(world.lots, drugs, ask, ward, start, world.prices, world.scratch)
        if price < 0:
            return IMPOSSIBLE
    return cost


@kernel
def least_in_beds(
    world: Any,
    ask: Any,
    equipment: Any,
    drugs: Any,
    units_count: bool,
    lots_count: bool,
    row: int,
    begins: Any,
    least: Any,
) -> None:
    """For every choice of a request the first start it could have alone (``FAR``: none) and the least it costs."""
    choices, scratch, places = world.choices, world.scratch, world.places
    forget_starts(ask, scratch)
    columns = (ask.latest - ask.base) // ask.step + 1
    for choice in range(choices.ptr[row], choices.ptr[row + 1]):
        begins[choice], least[choice] = FAR, NOTHING_YET
        bed, start = choices.bed[choice], choices.first[choice]
        ward = places.ward[bed]
        while start <= ask.latest:
            if choices.price[choice] + ask.delay_price * (start - ask.needed_by) >= least[choice]:
                break
            cell = ward * columns + (start - ask.base) // ask.step
            if scratch.ward_cost[cell] == NOT_YET:
                scratch.ward_cost[cell] = least_on_ward(
                    world, ask, equipment, drugs, units_count, lots_count, ward, start
                )
            if scratch.ward_cost[cell] >= 0:
                cost = (
                    choices.price[choice]
                    + start_cost(places, ask, start, world.prices)
                    + scratch.ward_cost[cell]
                )
                begins[choice] = min(begins[choice], start)
                least[choice] = min(least[choice], cost)
            start = next_start(places, world.stays, ask, bed, on_grid(ask, start + 1))

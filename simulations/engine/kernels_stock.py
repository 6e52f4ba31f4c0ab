"""What is used up and ordered again."""

from typing import Any

from simulations.engine.codes import (
    DEMAND,
    EXPIRY,
    FREE,
    IS_STOCK,
    KIND_BITS,
    LEAD,
    LEAD_TIME,
    NEWEST,
    NOW,
    OLDEST,
    ON_ORDER,
    ONCE,
    ORDER_COUNT,
    ORDER_UP_TO,
    ORDINARY,
    PART_BITS,
    PERISHES,
    RECEIPT,
    REORDER_POINT,
    RESOURCE_CODE,
)
from simulations.engine.jit import inner
from simulations.engine.kernels_draw import draw
from simulations.engine.kernels_heap import push_seldom
from simulations.engine.kernels_levels import add_free

ORDERS = 0
ORDERED = 1
RECEIVED = 2
USED = 3
EXPIRED = 4


@inner
def review(tables: Any, run: Any, r: int) -> None:
    """Order up to the mark, if what there is and comes less what is waited for has fallen to the reorder point."""
    position = run.level[r, FREE] + run.level[r, ON_ORDER] - run.level[r, DEMAND]
    if position > tables.resource[r, REORDER_POINT]:
        return
    units = tables.resource[r, ORDER_UP_TO] - position
    run.level[r, ON_ORDER] += units
    number = run.level[r, ORDER_COUNT]
    run.level[r, ORDER_COUNT] += 1
    code = tables.resource[r, RESOURCE_CODE]
    lead = draw(
        tables.distribution,
        tables.parameter,
        tables.sample,
        run.key,
        tables.resource[r, LEAD],
        LEAD_TIME,
        code,
        number,
        ONCE,
    )
    what = (((units << PART_BITS) | r) << KIND_BITS) | RECEIPT
    push_seldom(
        run.heap_time, run.heap_key, run.heap_what, run.counter, run.clock[NOW] + lead, ORDINARY, what
    )
    run.supplies[r, ORDERS] += 1
    run.supplies[r, ORDERED] += units


@inner
def use(tables: Any, run: Any, r: int, units: int) -> None:
    """Take ``units`` from the shelf, the oldest first."""
    add_free(tables, run, r, -units)
    run.supplies[r, USED] += units
    if tables.resource[r, PERISHES]:
        ring = run.lot.shape[1]
        left = units
        while left > 0 and run.level[r, OLDEST] < run.level[r, NEWEST]:
            place = run.level[r, OLDEST] % ring
            taken = min(left, run.lot[r, place])
            run.lot[r, place] -= taken
            left -= taken
            if run.lot[r, place] == 0:
                run.level[r, OLDEST] += 1
    review(tables, run, r)


@inner
def shelve(tables: Any, run: Any, r: int, units: int) -> None:
    """``units`` that perish together are on the shelf from now on (the caller counts them as free)."""
    if tables.resource[r, PERISHES]:
        serial = run.level[r, NEWEST]
        run.level[r, NEWEST] += 1
        run.lot[r, serial % run.lot.shape[1]] = units
        what = (((serial << PART_BITS) | r) << KIND_BITS) | EXPIRY
        until = run.clock[NOW] + tables.shelf_life[r]
        push_seldom(run.heap_time, run.heap_key, run.heap_what, run.counter, until, ORDINARY, what)


@inner
def receive(tables: Any, run: Any, r: int, units: int) -> None:
    """An order arrives."""
    run.level[r, ON_ORDER] -= units
    run.supplies[r, RECEIVED] += units
    add_free(tables, run, r, units)
    shelve(tables, run, r, units)


@inner
def expire(tables: Any, run: Any, r: int, serial: int) -> None:
    """What is left of a delivery is thrown away."""
    if serial < run.level[r, OLDEST]:
        return
    place = serial % run.lot.shape[1]
    units = run.lot[r, place]
    run.lot[r, place] = 0
    run.level[r, OLDEST] = serial + 1
    run.supplies[r, EXPIRED] += units
    add_free(tables, run, r, -units)
    review(tables, run, r)


@inner
def review_needs(tables: Any, run: Any, o: int) -> None:
    """Somebody goes on waiting for the needs of option ``o``."""
    for i in range(tables.option[o, 0], tables.option[o, 1]):
        if tables.resource[tables.need[i, 0], IS_STOCK]:
            review(tables, run, tables.need[i, 0])

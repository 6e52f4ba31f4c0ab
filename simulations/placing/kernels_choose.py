"""The beds that a simple policy may take, in its order."""

from typing import Any

from simulations.placing.layout import NOW
from solver.engine.jit import inner


@inner
def beds_in_order(
    places: Any, of_bed_count: Any, counter: Any, priority: int, choosing: Any, row: int
) -> int:
    """Fill ``choosing.buffer`` with the beds a row may take; returns how many.

    Of a ward that keeps beds free, who is not urgent takes none of the last ones: staffed, clean, and neither taken
    nor booked.
    """
    guarded = priority > choosing.urgent[0]
    choosing.free[:] = 0
    if guarded:
        for bed in range(places.room.size):
            clean = places.clean_from[bed] <= counter[NOW]
            if places.staffed[bed] and clean and of_bed_count[bed] == 0:
                choosing.free[places.ward[bed]] += 1
    count = 0
    order = choosing.order[choosing.which[row]]
    for index in range(order.size):
        bed = order[index]
        kept = choosing.kept_free[places.ward[bed]]
        if not guarded or kept == 0 or choosing.free[places.ward[bed]] > kept:
            choosing.buffer[count] = bed
            count += 1
    return count

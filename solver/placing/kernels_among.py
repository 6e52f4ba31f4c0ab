"""The decision restricted to some beds: the cheapest of them for one request; what a person chose, what differs.

Arrays are those of ``kernels``; only ``layout.Scratch`` is written.
"""

from typing import Any

from solver.engine.jit import kernel
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


@kernel
def place_among(
    places: Any,
    stays: Any,
    cover: Any,
    units: Any,
    lots: Any,
    ask: Any,
    equipment: Any,
    drugs: Any,
    prices: Any,
    scratch: Any,
    beds: Any,
) -> bool:
    """The cheapest place for a request among ``beds``, int64 (n,), every hard rule kept; answers as ``place`` does.

    Ties go to the bed that comes first, then to the earlier start.
    """
    for ward in range(scratch.ward_from.size):
        scratch.ward_from[ward] = ask.base
    forget_starts(ask, scratch)
    best = NOTHING_YET
    scratch.found[BED] = -1
    for bed in beds:
        if static_mask(places, ask, bed, ask.base):
            continue
        scratch.first_start[bed] = next_start(places, stays, ask, bed, ask.base)
        scratch.static_cost[bed] = static_cost(places, ask, bed, prices)
        best = try_bed(places, stays, cover, units, lots, ask, equipment, drugs, prices, scratch, bed, best)
    if scratch.found[BED] < 0:
        return False
    scratch.found[COST] = best
    ward = places.ward[scratch.found[BED]]
    units_of(units, equipment, ask, ward, scratch.found[START], prices, scratch)
    _, scratch.found[LOT_PLACES] = lots_of(lots, drugs, ask, ward, scratch.found[START], prices, scratch)
    return True

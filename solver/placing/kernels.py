"""The decision: the cheapest bed, start, units and lots for one request, or which rules stand against each bed.

Arrays are those of ``layout`` and of equipment's and pharmacy's kernels; only ``layout.Scratch`` is written.
"""

from typing import Any, Final

import numpy as np

from solver.engine.jit import kernel
from solver.equipment import rules as equipment_rules
from solver.equipment.kernels import pick_units
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.pharmacy import rules as pharmacy_rules
from solver.pharmacy.kernels import pick_lots
from solver.placing import rules
from solver.placing.codes import rule_bit
from solver.placing.kernels_beds import (
    awaits_departure,
    companion_bed,
    neighbours,
    next_start,
    static_cost,
    static_mask,
    timeline,
)
from solver.placing.kernels_cover import cover_cost, ward_mask
from solver.placing.layout import FAR

COMPANION_PLACE: Final = rule_bit(rules.COMPANION_PLACE)
UNIT_LENT: Final = rule_bit(equipment_rules.UNIT_LENT)
UNIT_TYPE: Final = rule_bit(equipment_rules.UNIT_TYPE)
LOT_PLACE: Final = rule_bit(pharmacy_rules.LOT_PLACE)
DRUG_GIVEN: Final = rule_bit(pharmacy_rules.DRUG_GIVEN)
PREDICTED_DEPARTURE: Final = rules.NUMBER[rules.PREDICTED_DEPARTURE.id]
NIGHT_TRANSFER: Final = rules.NUMBER[rules.NIGHT_TRANSFER.id]
UNIT_DISTANCE: Final = rules.NUMBER[equipment_rules.UNIT_DISTANCE.id]
UNIT_SUBSTITUTE: Final = rules.NUMBER[equipment_rules.UNIT_SUBSTITUTE.id]
EARLIEST_EXPIRY: Final = rules.NUMBER[pharmacy_rules.EARLIEST_EXPIRY_FIRST.id]
DRUG_SUBSTITUTE: Final = rules.NUMBER[pharmacy_rules.DRUG_SUBSTITUTE.id]
SAFETY_STOCK: Final = rules.NUMBER[pharmacy_rules.SAFETY_STOCK.id]

NIGHT_FROM: Final = 22 * 60
NIGHT_UNTIL: Final = 7 * 60
NOT_YET: Final = -2
IMPOSSIBLE: Final = -1
NOTHING_YET: Final = 1 << 62
"""A cost above every real one."""
BED, START, COMPANION, COST, LOT_PLACES = range(5)


@kernel
def is_night(places: Any, minute: int) -> bool:
    """Whether a minute falls between 22:00 and 07:00 local time."""
    local = (minute + places.utc_offset[0]) % MINUTES_PER_DAY
    return local >= NIGHT_FROM or local < NIGHT_UNTIL


@kernel
def start_cost(places: Any, ask: Any, start: int, prices: Any) -> int:
    """Price of starting at a minute: delay, and a transfer at night."""
    cost = ask.delay_price * (start - ask.needed_by)
    if ask.night_matters and is_night(places, start):
        cost += prices[NIGHT_TRANSFER]
    return cost


@kernel
def units_of(units: Any, equipment: Any, ask: Any, ward: int, start: int, prices: Any, scratch: Any) -> int:
    """Price of the cheapest free units for the request on a ward, -1 when some are missing."""
    end = start + ask.duration
    lending = ask.active & UNIT_LENT != 0
    minute, step = prices[UNIT_DISTANCE], prices[UNIT_SUBSTITUTE]
    return pick_units(
        units, equipment, ward, start, end, lending, minute, step, scratch.unit, scratch.unit_price
    )


@kernel
def lots_of(
    lots: Any, drugs: Any, ask: Any, ward: int, start: int, prices: Any, scratch: Any
) -> tuple[int, int]:
    """Price of the lots for the request on a ward and the places used; price -1 when something is short."""
    return pick_lots(
        lots,
        drugs,
        ask.person,
        ask.antigens,
        ward,
        start,
        ask.active & LOT_PLACE != 0,
        prices[EARLIEST_EXPIRY],
        prices[DRUG_SUBSTITUTE],
        prices[SAFETY_STOCK],
        scratch.lot_need,
        scratch.lot,
        scratch.lot_quantity,
    )


@kernel
def ward_cost(
    places: Any,
    cover: Any,
    units: Any,
    lots: Any,
    ask: Any,
    equipment: Any,
    drugs: Any,
    prices: Any,
    scratch: Any,
    ward: int,
    start: int,
) -> int:
    """Price of nurses, units and lots for a stay on a ward from ``start``; ``IMPOSSIBLE`` when a hard rule stands."""
    end = start + ask.duration
    if ward_mask(places, cover, ask, ward, start, end):
        return IMPOSSIBLE
    unit_price = units_of(units, equipment, ask, ward, start, prices, scratch)
    if unit_price < 0:
        return IMPOSSIBLE
    lot_price, _ = lots_of(lots, drugs, ask, ward, start, prices, scratch)
    if lot_price < 0:
        return IMPOSSIBLE
    return unit_price + lot_price + cover_cost(places, cover, ask, ward, start, end, prices)


@kernel
def look_at_beds(places: Any, stays: Any, ask: Any, prices: Any, scratch: Any) -> None:
    """For every bed its first possible start and its own price; for every ward a lower bound on any stay there."""
    scratch.ward_lower[:] = NOTHING_YET
    for bed in range(places.room.size):
        scratch.first_start[bed] = FAR
        if static_mask(places, ask, bed, ask.base):
            continue
        start = next_start(places, stays, ask, bed, ask.base)
        scratch.first_start[bed] = start
        if start >= FAR:
            continue
        cost = static_cost(places, ask, bed, prices)
        scratch.static_cost[bed] = cost
        ward = places.ward[bed]
        lower = cost + ask.delay_price * (start - ask.needed_by)
        scratch.ward_lower[ward] = min(scratch.ward_lower[ward], lower)


@kernel
def place(
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
) -> bool:
    """The cheapest place for a request, every hard rule kept; the answer is in ``scratch.found``, ``unit``, ``lot``.

    Branch and bound over wards in order of their lower bound; within a ward over beds and starts. Ties go to the
    ward and bed with the lower index, then to the earlier start. Returns whether there is a place.
    """
    look_at_beds(places, stays, ask, prices, scratch)
    columns = (ask.latest - ask.base) // ask.step + 1
    scratch.ward_cost[: scratch.ward_lower.size * columns] = NOT_YET
    best = NOTHING_YET
    scratch.found[BED] = -1
    for ward in np.argsort(scratch.ward_lower, kind="mergesort"):
        if scratch.ward_lower[ward] >= best:
            break
        for position in range(places.ward_ptr[ward], places.ward_ptr[ward + 1]):
            bed = places.ward_beds[position]
            start = scratch.first_start[bed]
            while start <= ask.latest:
                lower = scratch.static_cost[bed] + start_cost(places, ask, start, prices)
                if scratch.static_cost[bed] + ask.delay_price * (start - ask.needed_by) >= best:
                    break
                cell = ward * columns + (start - ask.base) // ask.step
                if scratch.ward_cost[cell] == NOT_YET:
                    scratch.ward_cost[cell] = ward_cost(
                        places, cover, units, lots, ask, equipment, drugs, prices, scratch, ward, start
                    )
                extra = scratch.ward_cost[cell]
                if extra >= 0:
                    if awaits_departure(stays, bed, start):
                        extra += prices[PREDICTED_DEPARTURE]
                    beside = -1
                    if ask.companion_kinds:
                        beside = companion_bed(places, stays, ask, bed, start, start + ask.duration)
                    if lower + extra < best and (beside >= 0 or ask.companion_kinds == 0):
                        best = lower + extra
                        scratch.found[BED] = bed
                        scratch.found[START] = start
                        scratch.found[COMPANION] = beside
                start = next_start(places, stays, ask, bed, start + ask.step)
    if scratch.found[BED] < 0:
        return False
    scratch.found[COST] = best
    ward = places.ward[scratch.found[BED]]
    units_of(units, equipment, ask, ward, scratch.found[START], prices, scratch)
    _, scratch.found[LOT_PLACES] = lots_of(lots, drugs, ask, ward, scratch.found[START], prices, scratch)
    return True


@kernel
def masks(
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
    out: Any,
) -> None:
    """For every bed the hard rules that stand against a start at ``ask.base``; ``out`` int64 (n_beds,) is written.

    Missing units count as ``unit_type``, short drugs as ``drug_given``, though a stricter rule may be behind them.
    """
    start = ask.base
    end = start + ask.duration
    for ward in range(places.ward_ptr.size - 1):
        mask = ward_mask(places, cover, ask, ward, start, end)
        if units_of(units, equipment, ask, ward, start, prices, scratch) < 0:
            mask |= UNIT_TYPE
        price, _ = lots_of(lots, drugs, ask, ward, start, prices, scratch)
        if price < 0:
            mask |= DRUG_GIVEN
        for position in range(places.ward_ptr[ward], places.ward_ptr[ward + 1]):
            bed = places.ward_beds[position]
            own, _ = timeline(places, stays, ask, bed, start, end)
            beside, _ = neighbours(places, stays, ask, bed, start, end)
            out[bed] = mask | own | beside | static_mask(places, ask, bed, start)
            if ask.companion_kinds and companion_bed(places, stays, ask, bed, start, end) < 0:
                out[bed] |= COMPANION_PLACE

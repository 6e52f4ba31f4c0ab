"""The decision: the cheapest bed, start, units and lots for one request, or which rules stand against each bed.

Arrays are those of ``layout`` and of equipment's and pharmacy's kernels; only ``layout.Scratch`` is written.
"""

from typing import Any, Final

from solver.engine.jit import kernel
from solver.equipment import rules as equipment_rules
from solver.equipment.kernels import ANYWHERE, pick_units
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
    on_grid,
    static_cost,
    static_mask,
    timeline,
)
from solver.placing.kernels_cover import cover_cost, ward_mask, ward_short_until
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
    lending = ask.active & UNIT_LENT != 0 and ward != ANYWHERE
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
        ask.active & LOT_PLACE != 0 and ward != ANYWHERE,
        prices[EARLIEST_EXPIRY],
        prices[DRUG_SUBSTITUTE],
        prices[SAFETY_STOCK],
        scratch.lot_need,
        scratch.lot,
        scratch.lot_quantity,
    )


@kernel
def supply_exists(
    units: Any, lots: Any, ask: Any, equipment: Any, drugs: Any, prices: Any, scratch: Any, start: int
) -> bool:
    """Whether units and lots for a start exist at all, wherever they lie."""
    if units_of(units, equipment, ask, ANYWHERE, start, prices, scratch) < 0:
        return False
    price, _ = lots_of(lots, drugs, ask, ANYWHERE, start, prices, scratch)
    return price >= 0


@kernel
def supplied_from(
    units: Any, lots: Any, ask: Any, equipment: Any, drugs: Any, prices: Any, scratch: Any, start: int
) -> int:
    """The first start of the grid from ``start`` on for which supply exists; ``FAR`` when there is none.

    What is missing everywhere is missing on each of hundreds of wards and thousands of beds: asked once per start
    and remembered, for the starts passed over too.
    """
    first = (start - ask.base) // ask.step
    column = first
    last = (ask.latest - ask.base) // ask.step
    while column <= last and scratch.supply[column] == NOT_YET:
        if supply_exists(units, lots, ask, equipment, drugs, prices, scratch, ask.base + column * ask.step):
            scratch.supply[column] = ask.base + column * ask.step
            break
        column += 1
    found = scratch.supply[column] if column <= last else FAR
    for passed in range(first, min(column, last + 1)):
        scratch.supply[passed] = found
    return found


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
    """Price of nurses, units and lots for a stay on a ward from ``start``; ``IMPOSSIBLE`` when a hard rule stands.

    Where cover is short, ``scratch.ward_from`` learns before which minute no start can succeed.
    """
    end = start + ask.duration
    short = ward_short_until(places, cover, ask, ward, start, end)
    if short > 0:
        scratch.ward_from[ward] = short
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
    for ward in range(scratch.ward_lower.size):
        scratch.ward_lower[ward] = NOTHING_YET
        scratch.ward_from[ward] = ask.base
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
def forget_starts(ask: Any, scratch: Any) -> None:
    """Mark every cell of ``ward_cost`` and ``supply`` as not looked at."""
    columns = (ask.latest - ask.base) // ask.step + 1
    for cell in range(scratch.ward_lower.size * columns):
        scratch.ward_cost[cell] = NOT_YET
    for column in range(columns):
        scratch.supply[column] = NOT_YET


@kernel
def cheapest(values: Any) -> int:
    """Index of the smallest value, the lowest index on ties; few wards are ever looked at, so no sorting."""
    least = 0
    for index in range(1, values.size):
        if values[index] < values[least]:
            least = index
    return least


@kernel
def try_bed(
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
    bed: int,
    best: int,
) -> int:
    """The lower of ``best`` and the bed's own best cost over all starts; a better one is noted in ``found``."""
    ward = places.ward[bed]
    columns = (ask.latest - ask.base) // ask.step + 1
    start = scratch.first_start[bed]
    while start <= ask.latest:
        if start < scratch.ward_from[ward]:
            start = next_start(places, stays, ask, bed, on_grid(ask, scratch.ward_from[ward]))
            continue
        if scratch.static_cost[bed] + ask.delay_price * (start - ask.needed_by) >= best:
            break
        supplied = supplied_from(units, lots, ask, equipment, drugs, prices, scratch, start)
        if supplied > start:
            start = next_start(places, stays, ask, bed, supplied)
            continue
        cell = ward * columns + (start - ask.base) // ask.step
        if scratch.ward_cost[cell] == NOT_YET:
            scratch.ward_cost[cell] = ward_cost(
                places, cover, units, lots, ask, equipment, drugs, prices, scratch, ward, start
            )
        if scratch.ward_cost[cell] >= 0:
            cost = scratch.static_cost[bed] + start_cost(places, ask, start, prices) + scratch.ward_cost[cell]
            if awaits_departure(stays, bed, start):
                cost += prices[PREDICTED_DEPARTURE]
            beside = -1
            if ask.companion_kinds:
                beside = companion_bed(places, stays, ask, bed, start, start + ask.duration)
            if cost < best and (beside >= 0 or ask.companion_kinds == 0):
                best = cost
                scratch.found[BED] = bed
                scratch.found[START] = start
                scratch.found[COMPANION] = beside
        start = next_start(places, stays, ask, bed, start + ask.step)
    return best


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
    forget_starts(ask, scratch)
    best = NOTHING_YET
    scratch.found[BED] = -1
    for _ in range(scratch.ward_lower.size):
        ward = cheapest(scratch.ward_lower)
        if scratch.ward_lower[ward] >= best:
            break
        scratch.ward_lower[ward] = NOTHING_YET
        for position in range(places.ward_ptr[ward], places.ward_ptr[ward + 1]):
            bed = places.ward_beds[position]
            best = try_bed(
                places, stays, cover, units, lots, ask, equipment, drugs, prices, scratch, bed, best
            )
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

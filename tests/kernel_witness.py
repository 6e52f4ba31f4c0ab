"""A second witness for every case the referee is asked about: the kernels must say the same of the same bed."""

from __future__ import annotations

from solver.equipment.rules import UNIT_DISTANCE, UNIT_SUBSTITUTE
from solver.hospital import Allocation, Companion, Request
from solver.pharmacy.rules import DRUG_SUBSTITUTE, EARLIEST_EXPIRY_FIRST, SAFETY_STOCK
from solver.placing import kernels, kernels_beds, kernels_cover, rules
from solver.placing.arrays import Arrays
from solver.placing.asks import Pricing, compile_request
from solver.placing.codes import rules_in
from solver.placing.records import Records
from solver.placing.referee import Counts

BED_RULES = (
    rules.BED_FREE,
    rules.BED_CLEAN,
    rules.BED_OPEN,
    rules.BED_STAFFED,
    rules.BED_KIND,
    rules.BED_FEATURES,
    rules.BED_WEIGHT,
    rules.CARE_LEVEL,
    rules.ROOM_EXCLUDED,
    rules.WARD_AGE,
    rules.ROOM_SEX,
    rules.ISOLATION_ROOM,
    rules.ISOLATION_COHORT,
    rules.EXPOSURE_COHORT,
    rules.KEEP_APART,
    rules.NURSING_FLOOR,
    rules.SKILL_ON_DUTY,
    rules.WARD_POOL,
)
ELSEWHERE = (UNIT_DISTANCE, UNIT_SUBSTITUTE, EARLIEST_EXPIRY_FIRST, DRUG_SUBSTITUTE, SAFETY_STOCK)


def kernels_agree(
    request: Request, allocation: Allocation, records: Records, published: str | None, counts: Counts
) -> None:
    """Assert that the kernels' mask and price of the allocation's bed are the referee's.

    Left out: transfers and decisions taken again (the arrays are asked without the stay that is left), companions'
    places and whatever concerns units and lots, which have tests of their own.
    """
    if request.from_stay_id is not None or request.companion is not Companion.NONE:
        return
    if (
        allocation.companion_bed_id is not None
        or allocation.end != allocation.start + request.duration_minutes
    ):
        return
    if f"{allocation.id}/stay" in records.stays:
        return
    arrays, pricing = Arrays(records), Pricing.of(records.profile)
    ask = compile_request(request, arrays, pricing, published=published).ask._replace(base=allocation.start)
    bed = arrays.bed_number[allocation.bed_id]
    broken = {rule.id for rule in BED_RULES if records.profile.active(rule) and counts.get(rule.id, 0) > 0}
    assert set(rules_in(_mask(arrays, ask, bed))) == broken, "kernels and referee disagree on hard rules"
    soft = sum(
        amount * records.profile.weight(rules.RULES[rule_id])
        for rule_id, amount in counts.items()
        if rules.RULES[rule_id] not in ELSEWHERE
    )
    assert _price(arrays, ask, bed, pricing) == soft, "kernels and referee disagree on the price"


def _mask(arrays: Arrays, ask, bed: int) -> int:
    start, end = ask.base, ask.base + ask.duration
    ward = int(arrays.places.ward[bed])
    return (
        kernels_beds.static_mask(arrays.places, ask, bed, start)
        | kernels_beds.timeline(arrays.places, arrays.stays, ask, bed, start, end)[0]
        | kernels_beds.neighbours(arrays.places, arrays.stays, ask, bed, start, end)[0]
        | kernels_cover.ward_mask(arrays.places, arrays.cover, ask, ward, start, end)
    )


def _price(arrays: Arrays, ask, bed: int, pricing: Pricing) -> int:
    start, end = ask.base, ask.base + ask.duration
    ward = int(arrays.places.ward[bed])
    cost = kernels_beds.static_cost(arrays.places, ask, bed, pricing.prices)
    cost += kernels.start_cost(arrays.places, ask, start, pricing.prices)
    cost += kernels_cover.cover_cost(arrays.places, arrays.cover, ask, ward, start, end, pricing.prices)
    if kernels_beds.awaits_departure(arrays.stays, bed, start):
        cost += int(pricing.prices[rules.NUMBER[rules.PREDICTED_DEPARTURE.id]])
    return int(cost)

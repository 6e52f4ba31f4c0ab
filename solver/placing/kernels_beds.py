"""Which beds a request may take and what they cost by themselves: beds, rooms, ages, people beside.

Arrays: ``layout.Places``, ``layout.Stays``, ``layout.Ask``; all read, none written. Masks are bit sets of hard rules.
"""

from typing import Any, Final

from solver.engine.jit import inlined
from solver.hospital import BedKind, Feature, Isolation
from solver.hospital.timegrid import MINUTES_PER_DAY, MINUTES_PER_YEAR
from solver.placing import rules
from solver.placing.codes import FEATURE, ISOLATION, KIND, rule_bit
from solver.placing.layout import FAR
from solver.placing.problem import COT_AGE_YEARS, INCUBATOR_AGE_YEARS, SHORT_STAY_MINUTES

BED_FREE: Final = rule_bit(rules.BED_FREE)
BED_CLEAN: Final = rule_bit(rules.BED_CLEAN)
BED_OPEN: Final = rule_bit(rules.BED_OPEN)
BED_STAFFED: Final = rule_bit(rules.BED_STAFFED)
BED_KIND: Final = rule_bit(rules.BED_KIND)
BED_FEATURES: Final = rule_bit(rules.BED_FEATURES)
BED_WEIGHT: Final = rule_bit(rules.BED_WEIGHT)
CARE_LEVEL: Final = rule_bit(rules.CARE_LEVEL)
ROOM_EXCLUDED: Final = rule_bit(rules.ROOM_EXCLUDED)
WARD_AGE: Final = rule_bit(rules.WARD_AGE)
ROOM_SEX: Final = rule_bit(rules.ROOM_SEX)
ISOLATION_ROOM: Final = rule_bit(rules.ISOLATION_ROOM)
ISOLATION_COHORT: Final = rule_bit(rules.ISOLATION_COHORT)
EXPOSURE_COHORT: Final = rule_bit(rules.EXPOSURE_COHORT)
KEEP_APART: Final = rule_bit(rules.KEEP_APART)

SPECIALITY: Final = rules.NUMBER[rules.SPECIALITY.id]
SCARCE_CARE_LEVEL: Final = rules.NUMBER[rules.SCARCE_CARE_LEVEL.id]
SCARCE_ISOLATION: Final = rules.NUMBER[rules.SCARCE_ISOLATION.id]
SCARCE_FEATURE: Final = rules.NUMBER[rules.SCARCE_FEATURE.id]
SCARCE_SINGLE: Final = rules.NUMBER[rules.SCARCE_SINGLE.id]
SINGLE_ROOM: Final = rules.NUMBER[rules.SINGLE_ROOM.id]
OBSERVATION_BED: Final = rules.NUMBER[rules.OBSERVATION_BED.id]
EXTRA_BED: Final = rules.NUMBER[rules.EXTRA_BED.id]
STABILITY: Final = rules.NUMBER[rules.STABILITY.id]

COT: Final = KIND[BedKind.COT]
INCUBATOR: Final = KIND[BedKind.INCUBATOR]
SHORT_KINDS: Final = sum(1 << KIND[kind] for kind in (BedKind.TROLLEY, BedKind.CHAIR, BedKind.LOUNGE_SEAT))
OBSERVATION: Final = FEATURE[Feature.OBSERVATION]
NEGATIVE: Final = FEATURE[Feature.NEGATIVE_PRESSURE]
POSITIVE: Final = FEATURE[Feature.POSITIVE_PRESSURE]
ANTEROOM: Final = FEATURE[Feature.ANTEROOM]
AIRBORNE: Final = ISOLATION[Isolation.AIRBORNE]
PROTECTIVE: Final = ISOLATION[Isolation.PROTECTIVE]
MIXED_ROOM: Final = 0
ROOM_OF_THE_FIRST: Final = 3


@inlined
def bits_set(bits: int) -> int:
    """Number of ones."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@inlined
def among(value: int, values: Any) -> bool:
    """Whether a short array holds the value."""
    for index in range(values.size):
        if values[index] == value:
            return True
    return False


@inlined
def kind_suits(kind: int, ask: Any, start: int) -> bool:
    """Whether the kind of bed suits the length of the stay and the age at its start."""
    if SHORT_KINDS >> kind & 1:
        return ask.duration <= SHORT_STAY_MINUTES
    if kind in (COT, INCUBATOR):
        years = (start - ask.born) // MINUTES_PER_YEAR
        return ask.born_known and years < (COT_AGE_YEARS if kind == COT else INCUBATOR_AGE_YEARS)
    return True


@inlined
def age_suits(places: Any, ward: int, ask: Any, start: int) -> bool:
    """Whether the ward takes the person's age at the start."""
    if places.any_age[ward]:
        return True
    years = (start - ask.born) // MINUTES_PER_YEAR
    return ask.born_known and places.age_from[ward] <= years < places.age_until[ward]


@inlined
def isolation_suits(features: int, isolation: int) -> bool:
    """Whether the room has the pressures (and the anteroom) that the isolation needs."""
    airborne = isolation & AIRBORNE != 0
    protective = isolation & PROTECTIVE != 0
    if airborne and not features & NEGATIVE:
        return False
    if protective and not features & POSITIVE:
        return False
    return not (airborne and protective and not features & ANTEROOM)


@inlined
def static_mask(places: Any, ask: Any, bed: int, start: int) -> int:
    """Hard rules a bed breaks whoever else is there; ages are taken at ``start``."""
    mask = 0
    if not places.staffed[bed]:
        mask |= BED_STAFFED
    if not kind_suits(places.kind[bed], ask, start):
        mask |= BED_KIND
    if ask.features & ~places.features[bed]:
        mask |= BED_FEATURES
    if ask.weight > places.max_weight[bed]:
        mask |= BED_WEIGHT
    if ask.care_level > places.care_level[bed]:
        mask |= CARE_LEVEL
    room = places.room[bed]
    if among(room, ask.excluded):
        mask |= ROOM_EXCLUDED
    if not age_suits(places, places.ward[bed], ask, start):
        mask |= WARD_AGE
    policy = places.sex_policy[room]
    if policy not in (MIXED_ROOM, ROOM_OF_THE_FIRST) and policy != ask.sex:
        mask |= ROOM_SEX
    if not isolation_suits(places.room_features[room], ask.isolation):
        mask |= ISOLATION_ROOM
    return mask & ask.active


@inlined
def static_cost(places: Any, ask: Any, bed: int, prices: Any) -> int:
    """Price of a bed by itself: speciality, scarcity, preferences, stability."""
    room = places.room[bed]
    cost = 0
    if ask.speciality_differs[places.ward[bed]]:
        cost += prices[SPECIALITY]
    cost += prices[SCARCE_CARE_LEVEL] * max(0, places.care_level[bed] - ask.care_level)
    if places.pressure[room] and ask.isolation & (AIRBORNE | PROTECTIVE) == 0:
        cost += prices[SCARCE_ISOLATION]
    cost += prices[SCARCE_FEATURE] * bits_set(places.special[bed] & ~ask.special_needed)
    if places.single[room]:
        if ask.isolation == 0 and not ask.end_of_life and ask.sex != 0:
            cost += prices[SCARCE_SINGLE]
    elif ask.end_of_life:
        cost += prices[SINGLE_ROOM]
    if ask.falls_risk and not places.features[bed] & OBSERVATION:
        cost += prices[OBSERVATION_BED]
    if places.extra[bed]:
        cost += prices[EXTRA_BED]
    if ask.published >= 0 and ask.published != bed:
        cost += prices[STABILITY]
    return cost


@inlined
def timeline(places: Any, stays: Any, ask: Any, bed: int, start: int, end: int) -> tuple[int, int]:
    """Hard rules broken by the bed's own calendar, and the minute until which at least one of them stays broken."""
    mask = 0
    until = 0
    free_from = end + ask.cleaning_minutes
    if ask.isolation & AIRBORNE:
        free_from += places.air_minutes[places.room[bed]]
    for index in range(stays.of_bed_count[bed]):
        other = stays.of_bed[bed, index]
        if stays.start[other] < end and start < stays.end[other]:
            mask |= BED_FREE
        elif (stays.end[other] <= start < stays.free_from[other]) or (
            end <= stays.start[other] < free_from and not stays.pinned[other]
        ):
            mask |= BED_CLEAN
        else:
            continue
        until = max(until, stays.free_from[other])
    if start < places.clean_from[bed]:
        mask |= BED_CLEAN
        until = max(until, places.clean_from[bed])
    if ask.active & BED_OPEN:
        closed = closed_until(places, bed, start, end)
        if closed > 0:
            mask |= BED_OPEN
            until = max(until, closed)
    return mask, until


@inlined
def closed_until(places: Any, bed: int, start: int, end: int) -> int:
    """The minute until which the bed stays closed for a stay ``[start, end)``; 0 when it is open throughout."""
    until = 0
    for index in range(places.closed_count[bed]):
        if places.closed_from[bed, index] < end and start < places.closed_until[bed, index]:
            until = max(until, places.closed_until[bed, index])
    if places.closes[bed] > 0:
        local = (start + places.utc_offset[0]) % MINUTES_PER_DAY
        if not (places.opens[bed] <= local and local + end - start <= places.closes[bed]):
            until = max(until, start + 1)
    return until


@inlined
def pair_mask(stays: Any, ask: Any, other: int, sex_matters: bool) -> int:
    """Hard rules broken by sharing a room with one other stay at the same time."""
    if stays.sex[other] < 0 or stays.person[other] == ask.person:
        return 0
    mask = 0
    if sex_matters and (ask.sex == 0 or stays.sex[other] != ask.sex):
        mask |= ROOM_SEX
    isolation = ask.isolation | stays.isolation[other]
    if isolation != 0:
        same = ask.cohort >= 0 and ask.cohort == stays.cohort[other]
        if not same or isolation & PROTECTIVE:
            mask |= ISOLATION_COHORT
    if ask.exposure != stays.exposure[other]:
        mask |= EXPOSURE_COHORT
    if among(stays.person[other], ask.apart):
        mask |= KEEP_APART
    return mask


@inlined
def neighbours(places: Any, stays: Any, ask: Any, bed: int, start: int, end: int) -> tuple[int, int]:
    """Hard rules broken by who shares the room, and the minute until which at least one of them stays broken."""
    room = places.room[bed]
    sex_matters = places.sex_policy[room] == ROOM_OF_THE_FIRST
    mask = 0
    until = 0
    for position in range(places.room_ptr[room], places.room_ptr[room + 1]):
        other_bed = places.room_beds[position]
        if other_bed == bed:
            continue
        for index in range(stays.of_bed_count[other_bed]):
            other = stays.of_bed[other_bed, index]
            if stays.start[other] < end and start < stays.end[other]:
                broken = pair_mask(stays, ask, other, sex_matters) & ask.active
                if broken:
                    mask |= broken
                    until = max(until, stays.end[other])
    return mask, until


@inlined
def on_grid(ask: Any, minute: int) -> int:
    """The first start of the request's grid at or after a minute."""
    if minute <= ask.base:
        return ask.base
    return ask.base + (minute - ask.base + ask.step - 1) // ask.step * ask.step


@inlined
def next_start(places: Any, stays: Any, ask: Any, bed: int, start: int) -> int:
    """The first start of the grid from ``start`` on at which bed and room take the stay; ``FAR`` when none."""
    while start <= ask.latest:
        end = start + ask.duration
        mask, until = timeline(places, stays, ask, bed, start, end)
        if mask == 0:
            mask, until = neighbours(places, stays, ask, bed, start, end)
            if mask == 0:
                return start
        start = on_grid(ask, max(until, start + 1))
    return FAR


@inlined
def awaits_departure(stays: Any, bed: int, start: int) -> bool:
    """Whether the bed is still held by someone whose departure before ``start`` is only predicted."""
    for index in range(stays.of_bed_count[bed]):
        other = stays.of_bed[bed, index]
        if stays.pinned[other] and stays.predicted[other] and stays.end[other] <= start:
            return True
    return False


@inlined
def companion_bed(places: Any, stays: Any, ask: Any, bed: int, start: int, end: int) -> int:
    """A free place of a fitting kind beside the bed for the same time; -1 when there is none."""
    room = places.room[bed]
    for position in range(places.room_ptr[room], places.room_ptr[room + 1]):
        other = places.room_beds[position]
        if other != bed and ask.companion_kinds >> places.kind[other] & 1:
            mask, _ = timeline(places, stays, ask, other, start, end)
            if mask == 0:
                return other
    return -1

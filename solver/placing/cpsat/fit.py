"""Which beds suit a request whatever the hour, and at which prices: the rules between one request and one bed.

Every function returns an array over all beds (n_beds,), or over beds and starts (n_beds, n_starts).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import BedKind, Companion, Feature, Isolation, Priority, Sex, SexPolicy
from solver.hospital.places import MAX_AGE_YEARS
from solver.hospital.timegrid import MINUTES_PER_DAY, MINUTES_PER_YEAR
from solver.placing import rules
from solver.placing.cpsat.scene import FEATURE_BIT, KIND, POLICY, Scene, bits, special_count
from solver.placing.problem import COT_AGE_YEARS, INCUBATOR_AGE_YEARS, SHORT_STAY_MINUTES

SEATS: Final = [KIND[kind] for kind in (BedKind.CHAIR, BedKind.TROLLEY, BedKind.LOUNGE_SEAT)]
COMPANION_KINDS: Final = {
    Companion.COT: [KIND[BedKind.COT]],
    Companion.CARER_BED: [KIND[kind] for kind in (BedKind.CHAIR, BedKind.TROLLEY, BedKind.EXTRA_BED)],
}
NIGHT: Final = (22 * 60, 7 * 60)
"""Local minutes of the day from and until which moves have a price."""


def suits(scene: Scene, number: int) -> Bool:
    """Whether each bed keeps every hard rule that neither the hour nor other stays touch."""
    beds, request, person = scene.beds, scene.requests[number], scene.person(number)
    good = beds.max_weight >= person.weight_kg
    if scene.active(rules.BED_STAFFED):
        good &= beds.staffed
    if scene.active(rules.BED_FEATURES):
        good &= (bits(request.care.features) & ~beds.offered) == 0
    if scene.active(rules.CARE_LEVEL):
        good &= beds.care_level >= request.care.care_level
    if scene.active(rules.BED_KIND) and request.duration_minutes > SHORT_STAY_MINUTES:
        good &= ~np.isin(beds.kind, SEATS)
    return good & _room_suits(scene, number)[beds.room]


def _room_suits(scene: Scene, number: int) -> Bool:
    """Whether each room does (n_rooms,)."""
    rooms, request, person = scene.rooms, scene.requests[number], scene.person(number)
    good = np.ones(len(rooms.ids), bool)
    if scene.active(rules.ROOM_EXCLUDED) and request.excluded_room_ids:
        good &= np.array([room_id not in request.excluded_room_ids for room_id in rooms.ids], bool)
    if scene.active(rules.ROOM_SEX):
        for policy, sex in ((SexPolicy.FEMALE, Sex.FEMALE), (SexPolicy.MALE, Sex.MALE)):
            if person.sex is not sex:
                good &= rooms.policy != POLICY[policy]
    if scene.active(rules.ISOLATION_ROOM):
        needed = _pressure_needed(person.isolation)
        good &= (needed & ~rooms.features) == 0
    return good


def _pressure_needed(isolation: frozenset[Isolation]) -> int:
    needed = 0
    if Isolation.AIRBORNE in isolation:
        needed |= FEATURE_BIT[Feature.NEGATIVE_PRESSURE]
    if Isolation.PROTECTIVE in isolation:
        needed |= FEATURE_BIT[Feature.POSITIVE_PRESSURE]
    if {Isolation.AIRBORNE, Isolation.PROTECTIVE} <= isolation:
        needed |= FEATURE_BIT[Feature.ANTEROOM]
    return needed


def suits_age(scene: Scene, number: int) -> Bool:
    """Whether ward and kind of bed suit the age at each start (n_beds, n_starts)."""
    beds, born, starts = scene.beds, scene.person(number).born, scene.starts[number]
    wards = list(scene.records.wards.values())
    low = np.array([ward.age_from_years for ward in wards], np.int64)
    high = np.array([ward.age_until_years for ward in wards], np.int64)
    good = np.ones((len(beds.ids), len(starts)), bool)
    if born is None:
        every = (low == 0) & (high == MAX_AGE_YEARS)
        ages, fits = np.full(len(starts), MAX_AGE_YEARS), np.repeat(every[:, None], len(starts), axis=1)
    else:
        ages = (starts - born) // MINUTES_PER_YEAR
        fits = (low[:, None] <= ages) & (ages < high[:, None])
    if scene.active(rules.WARD_AGE):
        good &= fits[beds.ward]
    if scene.active(rules.BED_KIND):
        for kind, until in ((BedKind.COT, COT_AGE_YEARS), (BedKind.INCUBATOR, INCUBATOR_AGE_YEARS)):
            good[beds.kind == KIND[kind]] &= ages < until
    return good


def suits_companion(scene: Scene, number: int) -> Bool:
    """Whether each bed may be the companion's place (n_beds,)."""
    return np.isin(scene.beds.kind, COMPANION_KINDS[scene.requests[number].companion])


def is_open(scene: Scene, number: int) -> Bool:
    """Whether each bed is open during the whole stay from each start, and clean by then (n_beds, n_starts)."""
    beds, starts = scene.beds, scene.starts[number]
    duration = scene.requests[number].duration_minutes
    good = starts >= beds.clean_at[:, None]
    if not scene.active(rules.BED_OPEN):
        return good
    good &= ~beds.closed[:, None]
    if len(beds.blocks):
        bed, begin, end = beds.blocks.T
        hit = (begin[:, None] < starts + duration) & (starts < end[:, None])
        np.logical_and.at(good, bed, ~hit)
    minute = (starts + scene.offset) % MINUTES_PER_DAY
    hours = (beds.opens[:, None] <= minute) & (minute + duration <= beds.closes[:, None])
    always = (beds.opens == 0) & (beds.closes == 0)
    good &= hours | always[:, None]
    return good


def bed_prices(scene: Scene, number: int) -> Int64:
    """Price of each bed by itself (n_beds,)."""
    beds, request, person, weight = scene.beds, scene.requests[number], scene.person(number), scene.weight
    care = request.care
    price = weight(rules.SCARCE_CARE_LEVEL) * np.maximum(0, beds.care_level - care.care_level)
    price += weight(rules.SCARCE_FEATURE) * special_count(beds.features & ~bits(care.features))
    price += weight(rules.EXTRA_BED) * (beds.kind == KIND[BedKind.EXTRA_BED])
    if person.falls_risk:
        price += weight(rules.OBSERVATION_BED) * ((beds.offered & FEATURE_BIT[Feature.OBSERVATION]) == 0)
    published = scene.published.get(request.id)
    if published is not None:
        price += weight(rules.STABILITY) * np.array([bed_id != published for bed_id in beds.ids], bool)
    return price + _room_prices(scene, number)[beds.room] + _ward_prices(scene, number)[beds.ward]


def _room_prices(scene: Scene, number: int) -> Int64:
    rooms, person = scene.rooms, scene.person(number)
    price = np.zeros(len(rooms.ids), np.int64)
    if not person.isolation & {Isolation.AIRBORNE, Isolation.PROTECTIVE}:
        price += scene.weight(rules.SCARCE_ISOLATION) * rooms.pressure
    if not person.isolation and not person.end_of_life and person.sex is not Sex.UNKNOWN:
        price += scene.weight(rules.SCARCE_SINGLE) * rooms.single
    if person.end_of_life:
        price += scene.weight(rules.SINGLE_ROOM) * ~rooms.single
    return price


def _ward_prices(scene: Scene, number: int) -> Int64:
    speciality = scene.requests[number].care.speciality
    foreign = [
        bool(ward.specialities) and speciality not in ward.specialities
        for ward in scene.records.wards.values()
    ]
    return scene.weight(rules.SPECIALITY) * np.array(foreign, np.int64)


def start_prices(scene: Scene, number: int) -> Int64:
    """Price of each start by itself (n_starts,)."""
    request, starts = scene.requests[number], scene.starts[number]
    price = scene.weight(rules.DELAY[request.priority]) * np.maximum(0, starts - request.needed_by)
    if request.from_stay_id is not None and request.priority in (Priority.SOON, Priority.ROUTINE):
        minute = (starts + scene.offset) % MINUTES_PER_DAY
        at_night = (minute >= NIGHT[0]) | (minute < NIGHT[1])
        price = price + scene.weight(rules.NIGHT_TRANSFER) * at_night
    return price


def predicted_prices(scene: Scene, number: int) -> Int64:
    """Price of relying on a departure that is only predicted (n_beds, n_starts)."""
    earliest = np.full(len(scene.beds.ids), np.iinfo(np.int64).max)
    stays = scene.stays
    for bed, end, begin, mover in zip(
        *(part[stays.predicted] for part in (stays.bed, stays.end, stays.start, stays.mover)), strict=True
    ):
        # A stay that somebody of the batch leaves may end when that start comes.
        since = begin + 1 if mover >= 0 else end
        earliest[bed] = min(earliest[bed], since)
    return scene.weight(rules.PREDICTED_DEPARTURE) * (scene.starts[number] >= earliest[:, None])

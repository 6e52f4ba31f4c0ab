"""Random small batches: a hospital, two or three requests, and plans drawn from all that might be given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    BedKind,
    Care,
    Companion,
    Departure,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Hospital,
    LotState,
    LotUse,
    OperationalStatus,
    Request,
    Sex,
    SexPolicy,
    Stay,
    StayState,
    UnitState,
    UnitUse,
)
from solver.placing.problem import PlacingOptions
from solver.placing.records import Records
from solver.placing.referee import Counts, Decided, broken, check, recount
from solver.placing.rules import DEFAULT_PROFILE
from tests.builders import DAY, HOUR, NOW, applied, nurse, years_before
from tests.strategies import requests
from tests.strategies_hospital import HORIZON, SKILLS, Draw, hospitals, mostly

Plan = Mapping[str, Allocation | None]


@dataclass(frozen=True)
class Batch:
    """A hospital at a minute, requests to it, and beds published before."""

    hospital: Hospital
    requests: tuple[Request, ...]
    options: PlacingOptions
    published: Mapping[str, str]

    def records(self, profile: Profile | None = None) -> Records:
        """The referee's view of the hospital; a new one each time."""
        return Records.of(self.hospital, NOW, profile or Profile(), self.options)


CALM = Care("medicine")
MOSTLY = st.sampled_from([True, True, False])
RARELY = st.sampled_from([False, False, False, False, True])
PLAIN_BED = {
    "kind": BedKind.BED, "staffed": True, "status": OperationalStatus.UNOCCUPIED, "clean_at": None,
    "opens": 0, "closes": 0, "blocks": (), "features": frozenset({Feature.OXYGEN, Feature.MONITOR}),
    "care_level": 3,
}  # fmt: skip
PLAIN_PERSON = {
    "sex": Sex.FEMALE,
    "allergies": frozenset(),
    "isolation": frozenset(),
    "exposed_to": frozenset(),
    "born": years_before(40),
    "weight_kg": 75,
}
PLAIN_LOT = {"state": LotState.AVAILABLE, "ward_id": None, "expires": NOW + 3 * DAY, "reserved": 0}


@st.composite
def kinder_hospitals(draw: Draw) -> Hospital:
    """Hospitals in which plans can be clean: most records plain, nurses (few) on every ward, fewer stays."""
    hospital = draw(hospitals())
    rosters = [
        nurse(f"kind-{ward.id}-{number}", ward.id, skills=frozenset(SKILLS))
        for ward in hospital.wards
        for number in range(draw(st.sampled_from([3, 4, 2, 1, 0])))
    ]
    companions = st.sampled_from([BedKind.BED, BedKind.BED, BedKind.BED, BedKind.COT, BedKind.CHAIR])
    return replace(
        hospital,
        wards=tuple(
            _plain(draw, ward, blocks=(), age_from_years=0, age_until_years=150) for ward in hospital.wards
        ),
        rooms=tuple(_plain(draw, room, blocks=(), sex_policy=SexPolicy.FIRST) for room in hospital.rooms),
        beds=tuple(_plain(draw, bed, **{**PLAIN_BED, "kind": draw(companions)}) for bed in hospital.beds),
        persons=tuple(_plain(draw, one, **PLAIN_PERSON) for one in hospital.persons),
        units=tuple(_plain(draw, unit, state=UnitState.FREE, lendable=True) for unit in hospital.units),
        lots=tuple(_plain(draw, lot, **PLAIN_LOT, on_hand=12) for lot in hospital.lots),
        staff=(*hospital.staff, *(member for member, _ in rosters)),
        shifts=(*hospital.shifts, *(shift for _, shift in rosters)),
        stays=_fewer(draw, hospital.stays),
    ).checked()


def _plain(draw: Draw, record: Any, **plain: Any) -> Any:
    """Usually the record with plain values, sometimes as drawn."""
    return record if draw(RARELY) else replace(record, **plain)


def _fewer(draw: Draw, stays: Sequence[Stay]) -> tuple[Stay, ...]:
    kept = [stay for stay in stays if draw(mostly(False, True))]
    ids = {stay.id for stay in kept}
    return tuple(stay for stay in kept if stay.with_stay_id is None or stay.with_stay_id in ids)


@st.composite
def batches(draw: Draw, most: int = 3, transfers: bool = True, bundles: bool = True) -> Batch:
    """Requests for different persons, most of them without odd wishes, so that plans can be clean."""
    hospital = draw(st.one_of(*[kinder_hospitals()] * 4, hospitals()))
    persons = draw(st.permutations(hospital.persons))
    asked = []
    for number in range(draw(st.integers(2, most))):
        one = draw(requests(replace(hospital, persons=(persons[number],))))
        one = replace(one, id=f"q{number}", max_wait_minutes=draw(st.sampled_from([0, 60, 120])))
        if not draw(RARELY):
            one = replace(one, needed_by=NOW, companion=Companion.NONE, care=CALM)
        if not draw(RARELY):
            one = replace(one, excluded_room_ids=frozenset())
        if not transfers or one.from_stay_id in {stay.with_stay_id for stay in hospital.stays}:
            # The joint model takes the place of who accompanies a mover for taken: ``placing.solve`` does not ask it.
            one = replace(one, from_stay_id=None)
        if not bundles:
            one = replace(one, equipment=one.equipment[:1], drugs=one.drugs[:1])
        asked.append(one)
    step = draw(st.sampled_from([30, 60]))
    published = {"q0": hospital.beds[0].id} if draw(mostly(False, True)) else {}
    return Batch(hospital, tuple(asked), PlacingOptions(step, HORIZON, DAY), published)


@st.composite
def moving_batches(draw: Draw) -> Batch:
    """Batches in which some requests continue a stay, in hospitals where no fixed stay breaks anything."""
    batch = draw(batches())
    kept: list[Stay] = []
    for number, asked_one in enumerate(batch.requests):
        bed = draw(st.sampled_from(batch.hospital.beds))
        end = NOW + draw(st.sampled_from([HOUR, 2 * HOUR, DAY]))
        departure = draw(st.sampled_from(list(Departure)))
        one = Stay(
            f"s{number}", asked_one.person_id, bed.id, NOW - DAY, end, CALM, StayState.OCCUPYING, departure
        )
        if not _hard(recount(_with_stays(batch, [*kept, one]).records())):
            kept.append(one)
    batch = _with_stays(batch, kept)
    theirs = {stay.person_id: stay.id for stay in kept}
    asked = [
        replace(r, from_stay_id=theirs.get(r.person_id) if draw(MOSTLY) else None) for r in batch.requests
    ]
    return replace(batch, requests=tuple(asked))


def _with_stays(batch: Batch, stays: Sequence[Stay]) -> Batch:
    return replace(batch, hospital=replace(batch.hospital, stays=tuple(stays), unit_bookings=()))


def grid(request: Request, options: PlacingOptions) -> range:
    """The starts a request may have."""
    base = max(request.needed_by, NOW)
    latest = max(request.needed_by + request.max_wait_minutes, base)
    return range(base, latest + 1, options.start_step_minutes)


def judged(batch: Batch, plan: Plan, records: Records) -> Counts:
    """What the referee says that all decisions of a plan add together."""
    total: Counter[str] = Counter()
    for request in batch.requests:
        allocation = plan.get(request.id)
        decided = Decided(request, allocation, batch.published.get(request.id))
        for rule_id, amount in check(decided, records).items():
            total[rule_id] += amount
        records = applied(request, allocation, records)
    return {rule_id: amount for rule_id, amount in total.items() if amount}


def bundles(request: Request, batch: Batch) -> Iterator[Allocation]:
    """Everything of the decision space that a request might be given, clean or not."""
    records = batch.records()
    for bed_id, start in product(records.beds, grid(request, batch.options)):
        bare = Allocation(
            request.id, request.id, request.person_id, bed_id, start, start + request.duration_minutes
        )
        places: Sequence[str | None] = [None]
        if request.companion is not Companion.NONE:
            places = [
                other for other in records.beds_of_room[records.beds[bed_id].room_id] if other != bed_id
            ]
        units = [list(unit_choices(need, bare, records)) for need in request.equipment]
        lots = [list(lot_choices(need, records)) for need in request.drugs]
        for place, unit_uses, lot_uses in product(places, product(*units), product(*lots)):
            yield replace(
                bare,
                units=tuple(use for uses in unit_uses for use in uses),
                lots=tuple(use for uses in lot_uses for use in uses),
                companion_bed_id=place,
            )


def unit_choices(need: EquipmentNeed, bare: Allocation, records: Records) -> Iterator[tuple[UnitUse, ...]]:
    """As many units of accepted types as a need asks for."""
    accepted = (need.type_id, *records.equipment_types[need.type_id].substitutes)
    units = [unit.id for unit in records.units.values() if unit.type_id in accepted]
    start = bare.start + need.offset_minutes
    end = bare.end if need.duration_minutes is None else start + need.duration_minutes
    for chosen in combinations(units, need.count):
        yield tuple(UnitUse(need.type_id, unit_id, start, end) for unit_id in chosen)


def lot_choices(need: DrugNeed, records: Records) -> Iterator[tuple[LotUse, ...]]:
    """The full quantity from one or two lots of accepted drugs; of two, every split."""
    accepted = (need.drug_id, *records.drugs[need.drug_id].equivalents)
    lots = [lot for lot in records.lots.values() if lot.drug_id in accepted]
    for lot in lots:
        yield (LotUse(need.drug_id, lot.id, need.quantity),)
    for one, other in combinations(lots, 2):
        for first in range(1, need.quantity):
            split = (one.id, first), (other.id, need.quantity - first)
            yield tuple(LotUse(need.drug_id, lot_id, quantity) for lot_id, quantity in split)


@st.composite
def plans(draw: Draw, batch: Batch) -> Plan:
    """Request after request is usually given what is clean after those before, sometimes anything or nothing."""
    plan: dict[str, Allocation | None] = {}
    records = batch.records()
    for request in batch.requests:
        every = list(bundles(request, batch))
        pool = [
            one for one in every[:: 1 + len(every) // 150] if not _hard(check(Decided(request, one), records))
        ]
        if not pool or draw(RARELY):
            pool = every
        plan[request.id] = None if not pool or draw(RARELY) else draw(st.sampled_from(pool))
        records = applied(request, plan[request.id], records)
    return plan


def made_clean(batch: Batch, plan: Plan) -> Plan:
    """The plan without the decisions that break a hard rule after those before them."""
    records, kept = batch.records(), dict(plan)
    for request in batch.requests:
        if _hard(check(Decided(request, kept[request.id]), records)):
            kept[request.id] = None
        records = applied(request, kept[request.id], records)
    return kept


def _hard(counts: Counts) -> bool:
    return bool(broken(counts, DEFAULT_PROFILE))

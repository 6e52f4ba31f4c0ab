"""Random small hospitals, requests and allocations for property and agreement tests.

:func:`cases` draws a checked hospital of one or two wards, a minute and a request; :func:`allocations` draws
anything that might be answered to it, good or bad. Plain values are drawn more often than odd ones, so that
requests can often be placed. Times are multiples of five minutes around ``NOW``.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    Companion,
    DrugNeed,
    EquipmentNeed,
    Hospital,
    LotUse,
    Priority,
    Request,
    UnitUse,
)
from solver.placing.problem import PlacingOptions
from solver.placing.records import Records
from tests.builders import DAY, HOUR, NOW
from tests.strategies_hospital import CARE, HORIZON, Draw, hospitals, minutes, mostly


@dataclass(frozen=True)
class Case:
    """A hospital at a minute and one request to it."""

    hospital: Hospital
    request: Request
    options: PlacingOptions
    now: int = NOW

    def records(self, profile: Profile | None = None) -> Records:
        """The referee's view of the hospital; a new one each time."""
        return Records.of(self.hospital, self.now, profile or Profile(), self.options)


@st.composite
def requests(draw: Draw, hospital: Hospital) -> Request:
    """A request for one of the hospital's persons, new or to move them from a stay they have."""
    person = draw(st.sampled_from(hospital.persons))
    theirs = [stay.id for stay in hospital.stays if stay.person_id == person.id and stay.with_stay_id is None]
    duration = draw(st.sampled_from([60, 6 * HOUR, 12 * HOUR, 13 * HOUR, 2 * DAY]))
    return Request(
        "q",
        person.id,
        draw(st.sampled_from(list(Priority))),
        draw(CARE),
        NOW - HOUR,
        draw(minutes(-HOUR, 6 * HOUR)),
        duration,
        draw(st.sampled_from([0, 60, 240])),
        equipment=draw(mostly((), *_equipment_needs(duration))),
        drugs=draw(mostly((), *DRUG_NEEDS)),
        companion=draw(mostly(Companion.NONE, Companion.COT, Companion.CARER_BED)),
        from_stay_id=draw(mostly(None, *theirs)),
        excluded_room_ids=draw(mostly(frozenset(), frozenset({hospital.rooms[0].id}))),
    )


def _equipment_needs(duration: int) -> tuple[tuple[EquipmentNeed, ...], ...]:
    pump = EquipmentNeed("pump")
    brief = EquipmentNeed("syringe", 1, duration // 4, duration // 2)
    return (pump,), (pump, brief), (EquipmentNeed("pump", 2),)


DRUG_NEEDS: tuple[tuple[DrugNeed, ...], ...] = (
    (DrugNeed("heparin", 5),),
    (DrugNeed("heparin", 8, 4 * HOUR), DrugNeed("other", 2)),
    (DrugNeed("cells", 2, 6 * HOUR),),
)


@st.composite
def cases(draw: Draw) -> Case:
    """A hospital, a request to it, and options with a short horizon (the recount counts its minutes)."""
    hospital = draw(hospitals())
    asked = draw(requests(hospital))
    step = draw(st.sampled_from([15, 30, 60]))
    return Case(hospital, asked, PlacingOptions(step, HORIZON, DAY))


@st.composite
def allocations(draw: Draw, case: Case) -> Allocation:
    """Anything that might be given for the case's request: any bed, units and lots, right or wrong."""
    asked, beds = case.request, [bed.id for bed in case.hospital.beds]
    base = max(asked.needed_by, case.now)
    start = base + case.options.start_step_minutes * draw(st.integers(0, 4))
    end = start + draw(mostly(asked.duration_minutes, asked.duration_minutes + 60))
    given = Allocation("a", asked.id, asked.person_id, draw(st.sampled_from(beds)), start, end)
    companions = mostly(None, *beds) if asked.companion is Companion.NONE else st.sampled_from([None, *beds])
    return Allocation(
        given.id,
        given.request_id,
        given.person_id,
        given.bed_id,
        start,
        end,
        tuple(_unit_uses(draw, case, given)),
        tuple(_lot_uses(draw, case)),
        draw(companions),
    )


def _unit_uses(draw: Draw, case: Case, given: Allocation) -> list[UnitUse]:
    units = [unit.id for unit in case.hospital.units]
    uses = []
    for need in case.request.equipment:
        start = given.start + need.offset_minutes
        end = given.end if need.duration_minutes is None else start + need.duration_minutes
        for _ in range(draw(mostly(need.count, 0, need.count + 1))):
            shift = draw(mostly(0, 30))
            uses.append(UnitUse(need.type_id, draw(st.sampled_from(units)), start + shift, end + shift))
    if draw(mostly(False, True)):
        uses.append(UnitUse("syringe", draw(st.sampled_from(units)), given.start, given.end))
    return uses


def _lot_uses(draw: Draw, case: Case) -> list[LotUse]:
    lots = [lot.id for lot in case.hospital.lots]
    uses = []
    for need in case.request.drugs:
        first = draw(st.integers(0, need.quantity))
        for quantity in (first, need.quantity - first + draw(mostly(0, 1))):
            if quantity:
                uses.append(LotUse(need.drug_id, draw(st.sampled_from(lots)), quantity))
    if draw(mostly(False, True)):
        uses.append(LotUse("other", draw(st.sampled_from(lots)), 1))
    return uses

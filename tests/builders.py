"""Small hospitals a person can solve by hand, shared by all tests of placing.

:func:`a_hospital` gives one ward with one bay, well staffed and clean, on which nothing stands against
a plain request; each test changes the one thing it is about. Times are minutes since 1970-01-01T00:00Z;
``NOW`` is a Thursday noon in UTC.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    Bed,
    Care,
    Drug,
    EquipmentType,
    Hospital,
    Lot,
    NursingRatio,
    Person,
    Priority,
    Request,
    Room,
    Sex,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    Ward,
)
from solver.hospital.timegrid import MINUTES_PER_DAY, MINUTES_PER_YEAR
from solver.placing.problem import PlacingOptions
from solver.placing.records import Record, Records, consequences
from solver.placing.referee import Counts, Decided, check, recount
from tests.kernel_witness import kernels_agree

HOUR = 60
DAY = MINUTES_PER_DAY
NOW = 29_000_880
"""2025-02-20T12:00Z."""

HORIZON = 2 * DAY
RATIOS = (
    NursingRatio(0, 5, 5, "California Title 22 section 70217: medical and surgical 1:5"),
    NursingRatio(1, 4, 4, "California Title 22 section 70217: telemetry 1:4"),
    NursingRatio(2, 3, 3, "California Title 22 section 70217: step-down 1:3"),
    NursingRatio(3, 2, 2, "California Title 22 section 70217: critical care 1:2"),
)


def years_before(age: int, at: int = NOW) -> int:
    """The minute a person of ``age`` whole years at ``at`` was born: their birthday is that very minute."""
    return at - age * MINUTES_PER_YEAR


def person(person_id: str, **changes: Any) -> Person:
    """A woman of 40 whom no rule minds."""
    return replace(Person(person_id, Sex.FEMALE, years_before(40)), **changes)


def stay(stay_id: str, bed_id: str, start: int = 0, end: int = DAY, **changes: Any) -> Stay:
    """A booked stay of person ``p-<id>``; start and end count from ``NOW``."""
    made = Stay(stay_id, f"p-{stay_id}", bed_id, NOW + start, NOW + end, Care("medicine"))
    return replace(made, **changes)


def occupant(stay_id: str, bed_id: str, end: int = DAY, **changes: Any) -> Stay:
    """Someone who has lain in the bed for a day; the end counts from ``NOW``."""
    return stay(stay_id, bed_id, -DAY, end, state=StayState.OCCUPYING, **changes)


def nurse(
    nurse_id: str, ward_id: str, start: int = -DAY, end: int = 5 * DAY, **changes: Any
) -> tuple[Any, Any]:
    """One nurse without special skills and one long shift of theirs."""
    skills = changes.pop("skills", frozenset())
    member = StaffMember(nurse_id, ward_id, skills, student=changes.pop("student", False))
    return member, replace(Shift(f"shift-{nurse_id}", nurse_id, ward_id, NOW + start, NOW + end), **changes)


def a_hospital() -> Hospital:
    """Ward ``W`` of medicine with bay ``R`` (``B1`` to ``B4``); ward ``V`` with room ``S`` (``C1``, ``C2``).

    Two nurses on ``W`` and one on ``V`` for the whole horizon; ``p-new`` and ``p-old`` are known; no stays.
    Pumps ``P1`` (kept on W) and ``P2`` (on V), a driver ``Y1`` that may stand in; heparin lots ``L1`` and,
    expiring later, ``L2``, 10 each, in the central pharmacy.
    """
    rosters = [nurse("n1", "W"), nurse("n2", "W"), nurse("n3", "V")]
    return Hospital(
        sites=(Site("site", "Site"),),
        wards=(Ward("W", "site", "Ward W", frozenset({"medicine"})), Ward("V", "site", "Ward V", floor=1)),
        rooms=(Room("R", "W", "Bay R"), Room("S", "V", "Room S")),
        beds=(*(Bed(f"B{number}", "R") for number in range(1, 5)), Bed("C1", "S"), Bed("C2", "S")),
        ratios=RATIOS,
        equipment_types=(
            EquipmentType("pump", "Pump", substitutes=("syringe",)),
            EquipmentType("syringe", "Driver"),
        ),
        units=(Unit("P1", "pump", "W"), Unit("P2", "pump", "V"), Unit("Y1", "syringe", "W")),
        drugs=(
            Drug("heparin", "Heparin", "heparin", equivalents=("heparin2",)),
            Drug("heparin2", "H2", "heparin"),
        ),
        lots=(Lot("L1", "heparin", 10, NOW + 30 * DAY), Lot("L2", "heparin", 10, NOW + 60 * DAY)),
        staff=tuple(member for member, _ in rosters),
        shifts=tuple(shift for _, shift in rosters),
        persons=(person("p-new"), person("p-old")),
    )


def records_of(
    *changes: Record,
    hospital: Hospital | None = None,
    profile: Profile | None = None,
    options: PlacingOptions | None = None,
    without: Mapping[type, Iterable[str]] | None = None,
) -> Records:
    """Records of :func:`a_hospital` at ``NOW`` with ``changes`` put and ``without`` (kind: ids) dropped.

    A stay whose person nobody declared brings a plain one along.
    """
    records = Records.of(hospital or a_hospital(), NOW, profile or Profile(), options or PlacingOptions())
    for record in changes:
        records.put(record)
    for kind, ids in (without or {}).items():
        for record_id in ids:
            records.drop(kind, record_id)
    for held in list(records.stays.values()):
        if held.person_id not in records.persons:
            records.put(person(held.person_id))
    return records


def changed(record: Any, **changes: Any) -> Any:
    """A copy of a frozen record with other fields, checked at the door again."""
    return replace(record, **changes)


def request(person_id: str = "p-new", **changes: Any) -> Request:
    """A plain request: medicine, level 0, needed now, for a day."""
    made = Request(f"q-{person_id}", person_id, Priority.SOON, Care("medicine"), NOW - HOUR, NOW, DAY)
    return replace(made, **changes)


def given(asked: Request, bed_id: str = "B1", start: int = 0, **changes: Any) -> Allocation:
    """The bed given to a request from ``start`` minutes after it is needed, for as long as asked."""
    begin = asked.needed_by + start
    made = Allocation(
        f"a-{asked.id}", asked.id, asked.person_id, bed_id, begin, begin + asked.duration_minutes
    )
    return replace(made, **changes)


def counts_of(
    asked: Request, allocation: Allocation | None, records: Records, published: str | None = None
) -> Counts:
    """What the referee's ``check`` says a decision adds; proves on the way that ``recount`` and kernels agree."""
    decided = Decided(asked, allocation, published)
    found = check(decided, records)
    before = recount(records)
    after = recount(applied(asked, allocation, records), [decided])
    assert found == difference(after, before), "check and recount disagree"
    if allocation is not None:
        kernels_agree(asked, allocation, records, published, found)
    return found


def difference(after: Counts, before: Counts) -> Counts:
    """Amounts of ``after`` less those of ``before``, without zeros."""
    amounts = {rule_id: after.get(rule_id, 0) - before.get(rule_id, 0) for rule_id in {*after, *before}}
    return {rule_id: amount for rule_id, amount in amounts.items() if amount}


def applied(asked: Request, allocation: Allocation | None, records: Records) -> Records:
    """A copy of the records with an allocation's consequences; the stay a transfer leaves, and whoever
    accompanies it, have ended."""
    after = copy.deepcopy(records)
    if allocation is None:
        return after
    new = consequences(asked, replace(allocation, lots=()), records)
    if asked.from_stay_id in records.stays:
        for left in records.stays.values():
            if asked.from_stay_id not in (left.id, left.with_stay_id):
                continue
            if left.start >= allocation.start:
                after.drop(Stay, left.id)
            elif allocation.start < left.end:
                after.put(replace(left, end=allocation.start))
    for record in (*new.stays, *new.bookings):
        after.put(record)
    for use in allocation.lots:
        after.put(with_more_reserved(after.lots[use.lot_id], use.quantity))
    return after


def with_more_reserved(lot: Lot, quantity: int) -> Lot:
    """A lot with more reserved, past the record's door even beyond its stock, as a faulty storage might."""
    forged = copy.copy(lot)
    object.__setattr__(forged, "reserved", lot.reserved + quantity)
    return forged

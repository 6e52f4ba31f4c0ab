"""Each check of each record, from both sides: the last value let in and the first refused."""

from __future__ import annotations

from typing import Any

import pytest

from solver.hospital import (
    Allocation,
    Bed,
    Block,
    BookingKind,
    BookingTerms,
    Care,
    CleaningTimes,
    Drug,
    DrugNeed,
    EquipmentNeed,
    EquipmentType,
    Feature,
    Infection,
    InfectionStatus,
    Interval,
    Isolation,
    Lot,
    LotUse,
    NursingRatio,
    Person,
    PooledCapacity,
    Priority,
    Request,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)
from solver.hospital.timegrid import MINUTES_PER_YEAR
from tests.unit.hospital.doors import MAX_MINUTE, let_in, refused

NOW = 29_000_160
DAY = 1440
RATIO = NursingRatio(0, 5, 4, "Title 22")
SITE = Site("S", "Site", "Asia/Shanghai")
WARD = Ward("W", "S", "Ward")
ROOM = Room("R", "W", "Room")
BED = Bed("B", "R")
BLOCK = Block(NOW, None, "repair")
POOLED = PooledCapacity()
CLEANING = CleaningTimes()
PERSON = Person("P")
INFECTION = Infection("mrsa")
CARE = Care("medicine")
STAY = Stay("s", "P", "B", NOW, NOW + DAY, CARE)
TYPE = EquipmentType("pump", "Pump")
UNIT = Unit("u", "pump", "W")
BOOKING = UnitBooking("k", "u", "W", NOW, NOW + 60)
TERMS = BookingTerms("b", "pump", NOW, NOW + 60)
DRUG = Drug("heparin", "Heparin", "heparin")
LOT = Lot("l", "heparin", 10, NOW)
MEMBER = StaffMember("n", "W")
SHIFT = Shift("h", "n", "W", NOW, NOW + 480)
REQUEST = Request("q", "P", Priority.SOON, CARE, NOW, NOW, DAY)
EQUIPMENT_NEED = EquipmentNeed("pump")
DRUG_NEED = DrugNeed("heparin", 1)
ALLOCATION = Allocation("a", "q", "P", "B", NOW, NOW + DAY)

LET_IN: list[tuple[Any, dict[str, Any]]] = [
    (SITE, {"time_zone": "Europe/Berlin"}),
    (SITE, {"transport_base_minutes": 0, "transport_floor_minutes": 1440}),
    (WARD, {"floor": -20, "building": 1000}),
    (WARD, {"age_from_years": 149, "age_until_years": 150}),
    (WARD, {"ratios": (RATIO, NursingRatio(1, 4, 4, "Title 22"))}),
    (WARD, {"specialities": frozenset({"medicine", "cardiology"})}),
    (ROOM, {"air_changes_per_hour": 100, "features": frozenset({Feature.NEGATIVE_PRESSURE})}),
    (BED, {"care_level": 3, "max_weight_kg": 1, "clean_at": NOW}),
    (BED, {"opens": 0, "closes": 1440}),
    (BED, {"opens": 480, "closes": 481}),
    (BLOCK, {"end": NOW + 1}),
    (POOLED, {"telemetry_channels": 1_000_000, "oxygen_flow": 0}),
    (CLEANING, {"routine": 0, "ultraviolet": 1440, "air_removal_permille": 990}),
    (PERSON, {"born": -150 * MINUTES_PER_YEAR, "weight_kg": 700}),
    (PERSON, {"born": None, "isolation": frozenset(Isolation)}),
    (PERSON, {"infections": (INFECTION, Infection("rsv")), "keep_apart": frozenset({"Q"})}),
    (INFECTION, {"status": InfectionStatus.CONFIRMED}),
    (CARE, {"care_level": 3, "skills": frozenset({"midwife"}), "features": frozenset({Feature.OXYGEN})}),
    (STAY, {"end": NOW + 1, "with_stay_id": "t"}),
    (TYPE, {"turnaround_minutes": 7 * DAY, "substitutes": ("syringe", "driver")}),
    (UNIT, {"owner_ward_id": "V", "lendable": False}),
    (BOOKING, {"end": NOW + 1}),
    (BOOKING, {"terms": TERMS}),
    (TERMS, {"latest_start": NOW, "priority": 1_000, "held_until": NOW, "series_id": "s"}),
    (DRUG, {"equivalents": ("a", "b"), "safety_stock": 0}),
    (LOT, {"reserved": 10}),
    (LOT, {"expires": 0, "crossmatched_for": "P"}),
    (RATIO, {"floor_patients": 120, "target_patients": 120}),
    (RATIO, {"floor_patients": 1, "target_patients": 1}),
    (MEMBER, {"grade": 12, "skills": frozenset({"dialysis"})}),
    (SHIFT, {"breaks": (Interval(NOW, NOW + 30), Interval(NOW + 450, NOW + 480))}),
    (SHIFT, {"response_minutes": 1440, "called_at": NOW}),
    (EQUIPMENT_NEED, {"count": 20, "offset_minutes": 0, "duration_minutes": 1}),
    (DRUG_NEED, {"quantity": 1_000_000_000, "use_within_minutes": 1}),
    (REQUEST, {"max_wait_minutes": 30 * DAY, "duration_minutes": 400 * DAY}),
    (REQUEST, {"equipment": (EquipmentNeed("pump", 1, DAY - 60, 60),)}),
    (REQUEST, {"excluded_room_ids": frozenset({"R1", "R2"})}),
    (ALLOCATION, {"lots": (LotUse("heparin", "l", 1),)}),
]

REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (SITE, {"time_zone": "Shanghai"}, "time_zone"),
    (SITE, {"time_zone": "../etc/passwd"}, "time_zone"),
    (SITE, {"transport_base_minutes": 1441}, "transport_base_minutes"),
    (SITE, {"name": "a\nb"}, "name"),
    (WARD, {"floor": -21}, "floor"),
    (WARD, {"building": 1001}, "building"),
    (WARD, {"age_from_years": 16, "age_until_years": 16}, "age_from_years, age_until_years"),
    (WARD, {"age_until_years": 151}, "age_from_years, age_until_years"),
    (WARD, {"ratios": (RATIO, RATIO)}, "ratios"),
    (WARD, {"specialities": frozenset({""})}, "specialities"),
    (ROOM, {"air_changes_per_hour": 101}, "air_changes_per_hour"),
    (ROOM, {"features": frozenset({"negative_pressure?"})}, "features"),
    (ROOM, {"sex_policy": "any"}, "sex_policy"),
    (BED, {"care_level": 4}, "care_level"),
    (BED, {"max_weight_kg": 0}, "max_weight_kg"),
    (BED, {"clean_at": -1}, "clean_at"),
    (BED, {"opens": 480, "closes": 480}, "opens, closes"),
    (BED, {"opens": 0, "closes": 1441}, "opens, closes"),
    (BED, {"status": "free"}, "status"),
    (BLOCK, {"end": NOW}, "start, end"),
    (BLOCK, {"reason": " "}, "reason"),
    (POOLED, {"dialysis_points": -1}, "dialysis_points"),
    (POOLED, {"oxygen_flow": 1_000_001}, "oxygen_flow"),
    (CLEANING, {"terminal": 1441}, "terminal"),
    (CLEANING, {"air_removal_permille": 1000}, "air_removal_permille"),
    (CLEANING, {"air_removal_permille": 0}, "air_removal_permille"),
    (PERSON, {"born": -150 * MINUTES_PER_YEAR - 1}, "born"),
    (PERSON, {"born": MAX_MINUTE + 1}, "born"),
    (PERSON, {"weight_kg": 701}, "weight_kg"),
    (PERSON, {"isolation": frozenset({"contagious"})}, "isolation"),
    (PERSON, {"infections": (INFECTION, INFECTION)}, "infections"),
    (PERSON, {"keep_apart": frozenset({"P"})}, "keep_apart"),
    (PERSON, {"allergies": frozenset({" penicillin"})}, "allergies"),
    (PERSON, {"sex": "f"}, "sex"),
    (INFECTION, {"organism": ""}, "organism"),
    (INFECTION, {"status": "maybe"}, "status"),
    (CARE, {"care_level": -1}, "care_level"),
    (CARE, {"skills": frozenset({""})}, "skills"),
    (CARE, {"features": frozenset({"sea view"})}, "features"),
    (CARE, {"speciality": ""}, "speciality"),
    (STAY, {"end": NOW}, "start, end"),
    (STAY, {"state": "gone"}, "state"),
    (STAY, {"with_stay_id": ""}, "with_stay_id"),
    (TYPE, {"turnaround_minutes": 7 * DAY + 1}, "turnaround_minutes"),
    (TYPE, {"substitutes": ("pump",)}, "substitutes"),
    (TYPE, {"substitutes": ("a", "a")}, "substitutes"),
    (UNIT, {"owner_ward_id": ""}, "owner_ward_id"),
    (UNIT, {"state": "lost"}, "state"),
    (BOOKING, {"end": NOW}, "start, end"),
    (BOOKING, {"kind": "loan"}, "kind"),
    (BOOKING, {"terms": TERMS, "allocation_id": "a"}, "terms"),
    (BOOKING, {"terms": TERMS, "kind": BookingKind.MAINTENANCE}, "terms"),
    (TERMS, {"latest_start": NOW - 1}, "earliest, latest_start"),
    (TERMS, {"priority": 0}, "priority"),
    (TERMS, {"priority": 1_001}, "priority"),
    (TERMS, {"booking_id": ""}, "booking_id"),
    (TERMS, {"series_id": " "}, "series_id"),
    (TERMS, {"held_until": -1}, "held_until"),
    (TERMS, {"revision": 0}, "revision"),
    (DRUG, {"equivalents": ("heparin",)}, "equivalents"),
    (DRUG, {"equivalents": ("a", "a")}, "equivalents"),
    (DRUG, {"safety_stock": -1}, "safety_stock"),
    (DRUG, {"handling": "fragile"}, "handling"),
    (LOT, {"reserved": 11}, "reserved"),
    (LOT, {"on_hand": -1}, "on_hand"),
    (LOT, {"on_hand": 1_000_000_001}, "on_hand"),
    (LOT, {"on_hand": 2.5}, "on_hand"),
    (LOT, {"blood_group": "C+"}, "blood_group"),
    (RATIO, {"floor_patients": 7}, "floor_patients"),
    (RATIO, {"target_patients": 6}, "target_patients"),
    (RATIO, {"care_level": 4}, "care_level"),
    (RATIO, {"source": " "}, "source"),
    (MEMBER, {"grade": 0}, "grade"),
    (MEMBER, {"skills": frozenset({""})}, "skills"),
    (SHIFT, {"breaks": (Interval(NOW - 1, NOW + 30),)}, "breaks"),
    (SHIFT, {"breaks": (Interval(NOW + 450, NOW + 481),)}, "breaks"),
    (SHIFT, {"response_minutes": 1441}, "response_minutes"),
    (SHIFT, {"end": NOW}, "start, end"),
    (EQUIPMENT_NEED, {"count": 0}, "count"),
    (EQUIPMENT_NEED, {"count": 21}, "count"),
    (EQUIPMENT_NEED, {"duration_minutes": 0}, "duration_minutes"),
    (DRUG_NEED, {"quantity": 0}, "quantity"),
    (DRUG_NEED, {"use_within_minutes": 0}, "use_within_minutes"),
    (REQUEST, {"duration_minutes": 0}, "duration_minutes"),
    (REQUEST, {"duration_minutes": 400 * DAY + 1}, "duration_minutes"),
    (REQUEST, {"max_wait_minutes": 30 * DAY + 1}, "max_wait_minutes"),
    (REQUEST, {"equipment": (EquipmentNeed("pump", 1, DAY - 60, 61),)}, "equipment"),
    (REQUEST, {"equipment": (EQUIPMENT_NEED, EQUIPMENT_NEED)}, "equipment"),
    (REQUEST, {"equipment": tuple(EquipmentNeed(f"t{i}") for i in range(51))}, "equipment"),
    (REQUEST, {"drugs": (DRUG_NEED, DRUG_NEED)}, "drugs"),
    (REQUEST, {"excluded_room_ids": frozenset({"R1", ""})}, "excluded_room_ids"),
    (REQUEST, {"excluded_room_ids": frozenset(f"R{i}" for i in range(10_001))}, "excluded_room_ids"),
    (REQUEST, {"priority": 1}, "priority"),
    (ALLOCATION, {"lots": (LotUse("heparin", "l", 0),)}, "lots"),
    (ALLOCATION, {"end": NOW}, "start, end"),
]


def label(value: object) -> str:
    if isinstance(value, dict):
        return "-".join(value)
    return type(value).__name__ if not isinstance(value, str) else ""


@pytest.mark.parametrize(("record", "changes"), LET_IN, ids=label)
def test_a_value_at_the_edge_is_let_in(record: Any, changes: dict[str, Any]) -> None:
    let_in(record, changes)


@pytest.mark.parametrize(("record", "changes", "field"), REFUSED, ids=label)
def test_a_value_beyond_the_edge_is_refused_by_name(record: Any, changes: dict[str, Any], field: str) -> None:
    refused(record, changes, field)

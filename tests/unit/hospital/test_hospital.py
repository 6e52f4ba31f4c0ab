"""What only shows when records meet: duplicates, unknown ids, two in one bed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import (
    Bed,
    Care,
    Drug,
    EquipmentType,
    Hospital,
    Lot,
    NursingRatio,
    Person,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Unit,
    UnitBooking,
    Ward,
)
from solver.hospital.hospital import REFERENCES

NOW = 29_000_160


def stay(stay_id: str, start: int, end: int, bed_id: str = "B") -> Stay:
    return Stay(stay_id, "P", bed_id, NOW + start, NOW + end, Care("medicine"))


def hospital() -> Hospital:
    """One of everything."""
    return Hospital(
        sites=(Site("S", "Site"),),
        wards=(Ward("W", "S", "Ward"),),
        rooms=(Room("R", "W", "Room"),),
        beds=(Bed("B", "R"), Bed("C", "R")),
        ratios=(NursingRatio(0, 5, 5, "Title 22"),),
        equipment_types=(EquipmentType("pump", "Pump"), EquipmentType("driver", "Driver", 15, ("pump",))),
        units=(Unit("u", "pump", "W", "W"),),
        unit_bookings=(UnitBooking("k", "u", "W", NOW, NOW + 60),),
        drugs=(Drug("h", "H", "h"), Drug("g", "G", "h", equivalents=("h",))),
        lots=(Lot("l", "h", 5, NOW, ward_id="W"),),
        staff=(StaffMember("n", "W"),),
        shifts=(Shift("t", "n", "W", NOW, NOW + 480),),
        persons=(Person("P"),),
        stays=(stay("s", 0, 60), replace(stay("b", 0, 60, "C"), with_stay_id="s")),
    )


def problems(broken: Hospital) -> list[str]:
    with pytest.raises(InvalidInstance) as caught:
        broken.checked()
    return [str(problem) for problem in caught.value.problems]


def test_a_consistent_hospital_is_itself() -> None:
    assert hospital().checked() == hospital()


@pytest.mark.parametrize("name", [name for name, _ in hospital().collections()])
def test_an_id_used_twice_is_named(name: str) -> None:
    records: tuple[Any, ...] = getattr(hospital(), name)
    found = problems(replace(hospital(), **{name: (*records, records[0])}))
    assert f"{name} {records[0].id!r}, id" in found[0]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: f"{r.collection}.{r.field}")
def test_a_reference_to_nothing_is_named(reference: Any) -> None:
    records = list(getattr(hospital(), reference.collection))
    records[-1] = replace(records[-1], **{reference.field: ("gone",) if reference.many else "gone"})
    found = problems(replace(hospital(), **{reference.collection: tuple(records)}))
    assert any(f"{reference.collection} {records[-1].id!r}, {reference.field}" in line for line in found)
    assert any("'gone'" in line and reference.target in line for line in found)


def test_every_reference_of_a_full_hospital_is_in_use() -> None:
    """The table above is proved by each of its rows pointing at something."""
    for reference in REFERENCES:
        values = [getattr(record, reference.field) for record in getattr(hospital(), reference.collection)]
        assert any(values), reference


def test_two_in_one_bed_are_refused_and_one_after_the_other_is_not() -> None:
    apart = replace(hospital(), stays=(stay("s", 0, 60), stay("t", 60, 120)))
    assert apart.checked() is apart
    assert "'t', bed_id" in problems(replace(apart, stays=(stay("s", 0, 61), stay("t", 60, 120))))[0]


def test_a_long_stay_over_two_short_ones_clashes_with_both() -> None:
    stays = (stay("long", 0, 100), stay("one", 10, 20), stay("two", 30, 40))
    assert len(problems(replace(hospital(), stays=stays))) == 2


def test_a_unit_is_booked_once_at_a_time() -> None:
    booking = UnitBooking("k", "u", "W", NOW, NOW + 60)
    after = UnitBooking("m", "u", "W", NOW + 60, NOW + 90)
    apart = replace(hospital(), unit_bookings=(booking, after))
    assert apart.checked() is apart
    assert (
        "'m', unit_id" in problems(replace(apart, unit_bookings=(booking, replace(after, start=NOW + 59))))[0]
    )


def test_each_level_has_one_ratio_in_the_hospital() -> None:
    ratio = NursingRatio(0, 5, 5, "Title 22")
    assert "ratios" in problems(replace(hospital(), ratios=(ratio, ratio)))[0]
    both = replace(hospital(), ratios=(ratio, NursingRatio(1, 4, 4, "Title 22")))
    assert both.checked() is both


def test_a_wards_own_ratio_comes_before_the_hospitals() -> None:
    own = NursingRatio(0, 4, 4, "ward policy")
    ward = Ward("W", "S", "Ward", ratios=(own,))
    assert hospital().ratio(ward, 0) is own
    assert hospital().ratio(Ward("W", "S", "Ward"), 0) == NursingRatio(0, 5, 5, "Title 22")
    assert hospital().ratio(ward, 3) is None


def test_all_problems_are_listed_at_once() -> None:
    broken = replace(
        hospital(), beds=(Bed("B", "gone"), Bed("C", "R")), stays=(stay("s", 0, 61), stay("t", 60, 120))
    )
    assert len(problems(broken)) == 2


@pytest.mark.parametrize("name", ["substance", "strength", "form", "route"])
def test_only_the_same_substance_strength_form_and_route_may_stand_in_for_a_drug(name: str) -> None:
    """Safeguard 6: anything else needs a prescriber."""
    drugs = hospital().drugs
    other = replace(drugs[1], **{name: "another"})
    found = problems(replace(hospital(), drugs=(drugs[0], other)))
    assert len(found) == 1
    assert "drugs 'g', equivalents" in found[0]
    assert f"the same {name}" in found[0]


def test_a_drug_that_stands_in_for_nothing_may_be_any() -> None:
    drugs = hospital().drugs
    other = replace(drugs[1], substance="another", equivalents=())
    assert replace(hospital(), drugs=(drugs[0], other)).checked()

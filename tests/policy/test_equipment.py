"""Equipment: the units asked for, free, usable, lent, near; substitutes only where approved."""

from __future__ import annotations

import pytest

from solver.hospital import (
    BookingKind,
    EquipmentNeed,
    EquipmentType,
    Site,
    Unit,
    UnitBooking,
    UnitState,
    UnitUse,
    Ward,
)
from tests.builders import DAY, HOUR, NOW, given, records_of, request
from tests.policy.sides import amount, broken, kept

PUMP = EquipmentNeed("pump")


def use(unit_id: str, type_id: str = "pump", start: int = 0, end: int = DAY) -> UnitUse:
    """A unit during minutes counted from ``NOW``."""
    return UnitUse(type_id, unit_id, NOW + start, NOW + end)


def booked(unit_id: str, start: int, end: int, ward_id: str = "W", **changes) -> UnitBooking:
    """A booking in minutes from ``NOW``."""
    return UnitBooking(f"k-{unit_id}-{start}", unit_id, ward_id, NOW + start, NOW + end, **changes)


def with_units(rule_id: str, records, *uses: UnitUse, needs=(PUMP,), start: int = 0) -> int:
    """What a request with these needs, given these units, adds to a rule."""
    asked = request(equipment=needs)
    return amount(rule_id, records, asked, given(asked, start=start, units=uses))


# --- unit_type ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("needs", "uses", "expected"),
    [
        ((), (), 0),
        ((PUMP,), (), 1),
        ((PUMP,), (use("P1"),), 0),
        ((PUMP,), (use("Y1"),), 0),
        ((PUMP,), (use("P1"), use("P2")), 1),
        ((EquipmentNeed("pump", 2),), (use("P1"),), 1),
        ((EquipmentNeed("pump", 2),), (use("P1"), use("P2")), 0),
        ((EquipmentNeed("syringe"),), (use("Y1", "syringe"),), 0),
        ((EquipmentNeed("syringe"),), (use("P1", "syringe"),), 2),
        ((EquipmentNeed("syringe"),), (use("Y1", "pump"),), 2),
        ((), (use("P1"),), 1),
    ],
)
@broken("unit_type")
@kept("unit_type")
def test_units_are_of_the_type_asked_for_or_an_approved_substitute_as_many_as_asked(needs, uses, expected):
    """A driver may stand in for a pump; nobody approved a pump for a driver."""
    assert with_units("unit_type", records_of(), *uses, needs=needs) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(HOUR, 3 * HOUR, 0), (HOUR, 3 * HOUR - 1, 2), (HOUR + 1, 3 * HOUR + 1, 2), (0, DAY, 2)],
)
@broken("unit_type")
@kept("unit_type")
def test_a_unit_is_there_for_exactly_the_time_it_is_needed(start: int, end: int, expected: int):
    """From an hour after arrival for two hours."""
    need = EquipmentNeed("pump", 1, HOUR, 2 * HOUR)
    assert with_units("unit_type", records_of(), use("P1", start=start, end=end), needs=(need,)) == expected


@kept("unit_type")
def test_the_time_of_need_moves_with_the_start_of_the_stay():
    late = use("P1", start=30, end=30 + DAY)
    assert with_units("unit_type", records_of(), late, start=30) == 0
    assert with_units("unit_type", records_of(), use("P1"), start=30) == 2


# --- unit_free ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("end", "expected"), [(-15, 0), (-14, 1)])
@broken("unit_free")
@kept("unit_free")
def test_a_unit_is_free_again_after_its_turnaround(end: int, expected: int):
    """A pump takes 15 minutes between two uses."""
    assert with_units("unit_free", records_of(booked("P1", -HOUR, end)), use("P1")) == expected


@pytest.mark.parametrize(("end", "expected"), [(-15 - 7, 0), (-15 - 6, 1)])
@broken("unit_free")
@kept("unit_free")
def test_a_unit_leaves_for_another_ward_early_enough_to_be_there(end: int, expected: int):
    """P2 is kept on V, one floor away: 5 + 2 minutes. A use on V itself needs no transport."""
    assert with_units("unit_free", records_of(booked("P2", -HOUR, end, "V")), use("P2")) == expected


@pytest.mark.parametrize(
    ("start", "kind", "expected"),
    [
        (DAY + 15, BookingKind.MAINTENANCE, 0),
        (DAY + 14, BookingKind.MAINTENANCE, 1),
        (DAY + 15, BookingKind.USE, 0),
        (DAY + 14, BookingKind.USE, 1),
    ],
)
@broken("unit_free")
@kept("unit_free")
def test_who_comes_next_finds_the_unit_ready(start: int, kind: BookingKind, expected: int):
    records = records_of(booked("P1", start, start + HOUR, kind=kind))
    assert with_units("unit_free", records, use("P1")) == expected


@pytest.mark.parametrize(("end", "expected"), [(0, 0), (1, 1)])
@broken("unit_free")
@kept("unit_free")
def test_maintenance_itself_needs_neither_transport_nor_turnaround(end: int, expected: int):
    records = records_of(booked("P1", -HOUR, end, kind=BookingKind.MAINTENANCE))
    assert with_units("unit_free", records, use("P1")) == expected


@broken("unit_free")
def test_one_unit_does_not_serve_for_two():
    needs = (EquipmentNeed("pump", 2),)
    assert with_units("unit_free", records_of(), use("P1"), use("P1"), needs=needs) == 1
    assert with_units("unit_free", records_of(), use("P1"), use("P2"), needs=needs) == 0


# --- unit_usable --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (UnitState.BROKEN, 1),
        (UnitState.RECALLED, 1),
        (UnitState.MAINTENANCE, 1),
        (UnitState.FREE, 0),
        (UnitState.ATTACHED, 0),
        (UnitState.CLEANING, 0),
    ],
)
@broken("unit_usable")
@kept("unit_usable")
def test_a_unit_broken_recalled_or_in_maintenance_is_not_given_out(state: UnitState, expected: int):
    assert with_units("unit_usable", records_of(Unit("P1", "pump", "W", state=state)), use("P1")) == expected


# --- unit_lent ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("owner", "lendable", "expected"),
    [("V", False, 1), ("V", True, 0), ("W", False, 0), ("W", True, 0), (None, False, 0)],
)
@broken("unit_lent")
@kept("unit_lent")
def test_a_wards_own_unit_serves_another_ward_only_if_lent(owner: str | None, lendable: bool, expected: int):
    unit = Unit("P1", "pump", "W", owner, lendable)
    assert with_units("unit_lent", records_of(unit), use("P1")) == expected


# --- unit_distance ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("home", "expected"),
    [
        (Ward("V", "site", "Ward V", floor=0), 5),
        (Ward("V", "site", "Ward V", floor=3), 5 + 3 * 2),
        (Ward("V", "site", "Ward V", floor=-3), 5 + 3 * 2),
        (Ward("V", "site", "Ward V", building=1), 5 + 8),
    ],
)
@broken("unit_distance")
def test_each_minute_of_transport_costs(home: Ward, expected: int):
    assert with_units("unit_distance", records_of(home), use("P2")) == expected


@broken("unit_distance")
def test_walking_times_are_the_sites_own():
    site = Site("site", "Site", "UTC", 1, 10, 100)
    assert with_units("unit_distance", records_of(site), use("P2")) == 1 + 10


@kept("unit_distance")
def test_a_unit_kept_on_the_ward_costs_no_transport():
    assert with_units("unit_distance", records_of(), use("P1")) == 0


# --- unit_substitute ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("unit_id", "expected"), [("P1", 0), ("Y1", 1), ("Z1", 2)])
@broken("unit_substitute")
@kept("unit_substitute")
def test_each_step_down_the_list_of_substitutes_costs(unit_id: str, expected: int):
    records = records_of(
        EquipmentType("old", "Old pump"),
        EquipmentType("pump", "Pump", substitutes=("syringe", "old")),
        Unit("Z1", "old", "W"),
    )
    assert with_units("unit_substitute", records, use(unit_id)) == expected

"""Bookings planned over a hospital as it stands: what a request becomes, and when a unit is away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.engine.result import Budget
from solver.equipment.availability import Wish, outlook
from solver.equipment.live import Wanted, live_problem, wanted_of
from solver.equipment.recurring import recurring
from solver.equipment.solve import solve
from solver.hospital.equipment import BookingKind, EquipmentType, Unit, UnitBooking, UnitState

NOW = 29_540_160
TYPES = (EquipmentType("pump", "Pump", 15, ("big pump",)), EquipmentType("big pump", "Big", 30))
WARDS = ("A", "B")


def ways(here: str, there: str) -> int:
    return 0 if here == there else 10


def wanted(**changes: object) -> Wanted:
    return replace(Wanted("M", ("pump",), "B", NOW + 60, NOW + 300, 90), **changes)


def problem(*asked, units, bookings=()):
    return live_problem(asked, TYPES, units, bookings, WARDS, ways, NOW)


def test_a_use_takes_its_way_and_its_turnaround_and_maintenance_what_it_says():
    units = [Unit("U", "pump", "A")]
    bookings = [
        UnitBooking("b2", "U", "B", NOW + 100, NOW + 150),
        UnitBooking("b1", "U", "A", NOW - 50, NOW + 20),
        UnitBooking("b3", "U", "A", NOW + 165, NOW + 200, BookingKind.MAINTENANCE),
        UnitBooking("b4", "U", "A", NOW - 900, NOW - 800),
    ]
    found, without = problem(wanted(), units=units, bookings=bookings)
    assert found.units[0].unavailable == ((0, 35), (90, 200))
    assert without == ()


def test_who_asks_for_two_at_once_gets_both_together_each_time_or_not():
    units = [Unit("U", "pump", "A"), Unit("V", "pump", "B")]
    found, _ = problem(wanted(type_ids=("pump", "pump"), every=1440, times=2), units=units)
    assert [one.id for one in found.requests] == ["M/1", "M/2", "M/1#2", "M/2#2"]
    assert [one.kit for one in found.requests] == ["M", "M", "M#2", "M#2"]
    assert [wanted_of(one.id) for one in found.requests] == [
        ("M", 1, 1),
        ("M", 2, 1),
        ("M", 1, 2),
        ("M", 2, 2),
    ]
    plan = solve(found, Budget(seconds=60.0), 1).plan
    assert sorted((one.start, one.unit_id) for one in plan.served) == [
        (60, "U"),
        (60, "V"),
        (1500, "U"),
        (1500, "V"),
    ]


def test_an_approved_substitute_serves_and_its_longer_turnaround_is_kept():
    found, _ = problem(wanted(), units=[Unit("U", "pump", "A"), Unit("G", "big pump", "A")])
    assert (found.requests[0].type_ids, found.requests[0].clean) == (("big pump", "pump"), 30)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(Unit("U", "pump", "A", state=UnitState.BROKEN), id="broken"),
        pytest.param(Unit("U", "pump", "A", state=UnitState.RECALLED), id="recalled"),
        pytest.param(Unit("U", "pump", "A", owner_ward_id="A", lendable=False), id="another ward's"),
        pytest.param(Unit("U", "bed scale", "A"), id="of another type"),
    ],
)
def test_who_has_no_unit_is_named_and_not_in_the_problem(unit):
    types = (*TYPES, EquipmentType("bed scale", "Scale"))
    found, without = live_problem([wanted()], types, [unit], [], WARDS, ways, NOW)
    assert (found.requests, without) == ((), ("M",))


def test_a_unit_that_is_not_lent_serves_its_own_ward():
    own = Unit("U", "pump", "B", owner_ward_id="B", lendable=False)
    found, _ = problem(wanted(), wanted(id="N", ward_id="A"), units=[own, Unit("V", "pump", "A")])
    of = {one.id: one.type_ids for one in found.requests}
    assert of == {"M/1": ("pump", "pump of B"), "N/1": ("pump",)}


@pytest.mark.parametrize("start", [40, 90, 200])
def test_the_plan_begins_when_who_asks_for_a_free_unit_is_told_that_one_is(start):
    """Two answers about one unit, from two pieces of code, must not differ."""
    units = [Unit("U", "pump", "A")]
    bookings = [UnitBooking("b", "U", "B", NOW + start, NOW + start + 70)]
    asked = wanted(earliest=NOW, latest_start=NOW + 900)
    found, _ = problem(asked, units=units, bookings=bookings)
    [served] = solve(found, Budget(seconds=60.0), 1).plan.served
    [told] = outlook("pump", TYPES, units, bookings, ways, Wish("B", NOW, NOW + 900, 90, NOW))
    assert NOW + served.start == told.start


def test_the_first_of_many_keeps_its_name_and_each_has_the_window_of_its_turn():
    found, _ = problem(wanted(), units=[Unit("U", "pump", "A")])
    turns = list(recurring(found.requests, 1440, 3))
    assert [(one.id, one.earliest, one.latest_start) for one in turns] == [
        ("M/1", 60, 300),
        ("M/1#2", 1500, 1740),
        ("M/1#3", 2940, 3180),
    ]

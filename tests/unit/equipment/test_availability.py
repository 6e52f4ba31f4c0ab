"""Who has it now, who is next, when is it free: with the same minutes that the bundle decision counts."""

from __future__ import annotations

from dataclasses import replace

from solver.equipment.availability import Wish, outlook
from solver.hospital.equipment import BookingKind, EquipmentType, Unit, UnitBooking, UnitState

TYPES = (
    EquipmentType("pump", "Pump", 15, ("old pump",)),
    EquipmentType("old pump", "Old pump", 5),
    EquipmentType("scanner", "Scanner"),
)
UNIT = Unit("P1", "pump", "A")
NOW = 1000
WISH = Wish("B", NOW, NOW + 400, 60, NOW)


def ways(here: str, there: str) -> int:
    return 0 if here == there else 20


def booking(number: int, start: int, end: int, **changes) -> UnitBooking:
    return replace(UnitBooking(f"K{number}", "P1", "A", start, end), **changes)


def asked(*bookings, units=(UNIT,), wish=WISH, type_id="pump"):
    return outlook(type_id, TYPES, units, bookings, ways, wish)


def test_one_query_tells_who_has_it_who_is_next_and_when_it_is_free():
    """Free at 1065 after turnaround, 20 minutes on the way; the second booking leaves 1300 - 1085 = 215 minutes."""
    has_it, next_one = booking(1, 950, 1050), booking(2, 1300, 1400)
    [found] = asked(next_one, has_it)
    assert (found.has_it, found.next_one, found.start, found.way) == (has_it, next_one, 1085, 20)


def test_the_use_its_turnaround_and_the_way_fit_between_two_bookings_to_the_minute():
    fits = booking(1, 900, 1000), booking(2, 1110, 1200)
    assert asked(*fits)[0].start == 1035
    tight = booking(1, 900, 1000), booking(2, 1109, 1200)
    assert asked(*tight)[0].start == 1235


def test_a_booking_elsewhere_takes_the_unit_from_when_it_leaves_its_place():
    assert asked(booking(1, 1110, 1200))[0].start == 1020
    assert asked(booking(1, 1110, 1200, ward_id="B"))[0].start == 1235


def test_maintenance_takes_no_way_and_no_turnaround():
    found = asked(booking(1, 1095, 1200, kind=BookingKind.MAINTENANCE))
    assert found[0].start == 1020
    assert asked(booking(1, 1094, 1200, kind=BookingKind.MAINTENANCE))[0].start == 1220


def test_who_fits_nowhere_in_the_window_is_listed_last_without_a_start():
    busy = booking(1, 900, 1366)
    other = Unit("P0", "pump", "B")
    assert [(one.unit.id, one.start) for one in asked(busy, units=(UNIT, other))] == [
        ("P0", 1000),
        ("P1", None),
    ]
    assert asked(booking(1, 900, 1365))[0].start == 1400


def test_a_unit_that_may_not_go_is_left_out():
    refused = (
        replace(UNIT, state=UnitState.BROKEN),
        replace(UNIT, owner_ward_id="A", lendable=False),
        replace(UNIT, type_id="scanner"),
    )
    assert asked(units=refused) == []
    assert [one.unit.id for one in asked(units=(replace(UNIT, owner_ward_id="B", lendable=False),))] == ["P1"]
    assert asked(type_id="bed") == []


def test_among_equals_the_type_asked_for_comes_first_then_the_shorter_way():
    late = replace(WISH, earliest=1100)
    units = (Unit("S", "old pump", "B"), Unit("P9", "pump", "A"), Unit("P2", "pump", "B"))
    assert [(one.unit.id, one.step) for one in asked(units=units, wish=late)] == [
        ("P2", 0),
        ("P9", 0),
        ("S", 1),
    ]

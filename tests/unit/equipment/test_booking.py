"""Bookings put between those that there are: the soonest start at which each part has a unit."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.equipment.availability import Wish, blocked, outlook
from solver.equipment.booking import Depot, Given, matched
from solver.hospital.equipment import EquipmentType, Unit, UnitBooking

NOW = 29_540_160
TYPES = (EquipmentType("pump", "Pump", 15, ("big pump",)), EquipmentType("big pump", "Big", 30))


def ways(here: str, there: str) -> int:
    return 0 if here == there else 10


def depot(units, bookings=()):
    return Depot(TYPES, units, bookings, ways, NOW)


def test_the_type_asked_for_comes_before_a_substitute_and_who_is_near_before_who_is_far():
    units = [Unit("C", "big pump", "A"), Unit("B", "pump", "B"), Unit("A", "pump", "A")]
    found = depot(units)
    given = [found.give(["pump"], "A", NOW + 60, NOW + 60, 30) for _ in range(4)]
    assert [one and one.unit_ids for one in given] == [("A",), ("B",), ("C",), None]


def test_what_is_given_is_taken_with_its_way_and_its_turnaround():
    found = depot([Unit("B", "pump", "B")])
    assert found.give(["pump"], "A", NOW, NOW + 900, 30) == Given(NOW + 10, ("B",))
    # 30 minutes of use, 15 of turnaround, 10 of the way from where it is kept.
    assert found.give(["pump"], "A", NOW, NOW + 900, 30) == Given(NOW + 65, ("B",))


def test_units_that_are_used_together_begin_when_the_last_of_them_is_free():
    taken = [UnitBooking("b", "A", "A", NOW, NOW + 100), UnitBooking("c", "B", "A", NOW + 105, NOW + 200)]
    found = depot([Unit("A", "pump", "A"), Unit("B", "pump", "A")], taken)
    assert found.give(["pump", "pump"], "A", NOW, NOW + 900, 60) == Given(NOW + 215, ("A", "B"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param([["x", "y"], ["x"]], ("y", "x"), id="the first gives way"),
        pytest.param([["x"], ["x"]], None, id="one for two"),
        pytest.param([["x", "y"], ["y", "z"], ["x"]], ("y", "z", "x"), id="a chain of three"),
        pytest.param([], (), id="nothing asked"),
    ],
)
def test_each_part_has_a_unit_of_its_own_if_there_is_a_way(wanted, expected):
    assert matched(wanted) == expected


SPANS = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-50, 300), st.integers(1, 90)), max_size=8)


@given(SPANS, st.integers(0, 200), st.integers(0, 200), st.integers(1, 90), st.integers(1, 2))
def test_no_start_before_the_one_given_would_do(spans, earliest, wait, duration, parts):
    """Against every minute of the window, and against the answer to who asks for a free unit."""
    units = [Unit("A", "pump", "A"), Unit("B", "pump", "B"), Unit("C", "big pump", "A")]
    bookings = [UnitBooking(f"{n}", u, "A", NOW + s, NOW + s + d) for n, (u, s, d) in enumerate(spans)]
    window = NOW + earliest, NOW + earliest + wait
    got = depot(units, bookings).give(["pump"] * parts, "A", *window, duration)
    free = {
        minute: [unit.id for unit in units if fits(unit, bookings, minute, duration)]
        for minute in range(window[0], window[1] + 1)
    }
    soonest = next((minute for minute, ids in free.items() if len(ids) >= parts), None)
    assert (got and got.start) == soonest
    if got is not None:
        assert len(set(got.unit_ids)) == parts
        assert set(got.unit_ids) <= set(free[got.start])
    if parts == 1:
        told = outlook("pump", TYPES, units, bookings, ways, Wish("A", *window, duration, NOW))
        assert told[0].start == soonest


def fits(unit, bookings, start, duration):
    """Counted plainly."""
    turnaround = {"pump": 15, "big pump": 30}[unit.type_id]
    way = ways(unit.ward_id, "A")
    mine = (one for one in bookings if one.unit_id == unit.id)
    taken = set(itertools.chain(*(range(*blocked(one, unit, turnaround, ways)) for one in mine)))
    return start >= NOW + way and not taken & set(range(start - way, start + duration + turnaround))

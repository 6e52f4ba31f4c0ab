"""A hospital's bookings to come as a plan that stands, and its repair when units are out of use."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.engine.result import Budget
from solver.equipment.booking import Depot
from solver.equipment.live_repair import Fleet, live_plan
from solver.equipment.referee import recount_bookings
from solver.equipment.repair import repair
from solver.hospital.equipment import BookingKind, BookingTerms, EquipmentType, Unit, UnitBooking, UnitState

NOW = 29_540_160
TYPES = (EquipmentType("pump", "Pump", 15, ("big pump",)), EquipmentType("big pump", "Big", 60))
WARDS = ("A", "B")
BROKEN = UnitState.BROKEN


def ways(here: str, there: str) -> int:
    return 0 if here == there else 10


def fleet(*units: Unit) -> Fleet:
    return Fleet({one.id: one for one in TYPES}, {unit.id: unit for unit in units}, WARDS, ways, NOW)


def own(id_: str, unit_id: str, start: int, end: int, wait: int = 0, **terms: object) -> UnitBooking:
    """A booking on ward A whose window begins with it and lasts ``wait`` minutes."""
    asked = BookingTerms(id_, "pump", NOW + start, NOW + start + wait)
    return UnitBooking(id_, unit_id, "A", NOW + start, NOW + end, terms=replace(asked, **terms))


def repaired(units, bookings, changes=0, rounds=0):
    live = live_plan(fleet(*units), bookings)
    assert recount_bookings(live.problem, live.plan).broken == 0, "what stands must stand in the problem"
    return live, repair(
        live.problem, live.plan, live.outages, 0, changes, rounds, 1, Budget(seconds=30.0, iterations=2000)
    )


def told(done):
    return {one.request_id: (one.unit_id, one.start) for one in done.plan.served}


def test_who_lost_a_unit_has_another_and_nobody_else_is_touched():
    units = [Unit("U", "pump", "A", state=BROKEN), Unit("V", "pump", "A")]
    live, done = repaired(units, [own("m", "U", 60, 90, 240), own("n", "V", 60, 120, 240)])
    assert live.hit == ("m",)
    assert (done.verified, done.moved, done.lost, done.changed) == (True, ("m",), (), ())
    assert told(done) == {"m": ("V", 135), "n": ("V", 60)}


def test_a_long_wait_in_the_window_that_was_asked_for_is_better_than_nothing():
    """With the usual prices a booking of priority 1 would be left out rather than wait for more than 300 minutes."""
    units = [Unit("U", "pump", "A", state=BROKEN), Unit("V", "pump", "A")]
    bundle = UnitBooking("x", "V", "A", NOW, NOW + 900, allocation_id="a")
    _, done = repaired(units, [own("m", "U", 60, 90, 2000), bundle])
    assert (done.lost, told(done)) == ((), {"m": ("V", 915)})


def test_where_nothing_is_free_in_the_window_another_gives_way_as_far_as_changes_are_allowed():
    units = [Unit("U", "pump", "A", state=BROKEN), Unit("V", "pump", "A")]
    bookings = [own("m", "U", 60, 90), own("n", "V", 60, 120, 240)]
    _, none = repaired(units, bookings)
    assert (none.lost, none.changed) == (("m",), ())
    _, one = repaired(units, bookings, changes=1, rounds=3)
    assert (one.moved, one.lost, one.changed) == (("m",), (), ("n",))
    assert told(one) == {"m": ("V", 60), "n": ("V", 105)}


def test_the_turnaround_of_a_substitute_is_not_held_against_what_stands():
    units = [Unit("U", "pump", "A"), Unit("G", "big pump", "A"), Unit("X", "pump", "A", state=BROKEN)]
    close = [own("m", "U", 60, 90), own("n", "U", 105, 120), own("h", "X", 60, 70), own("i", "X", 85, 95)]
    live, done = repaired(units, close)
    assert live.hit == ("h", "i")
    assert told(done)["h"] == ("G", 60)
    assert done.lost == ("i",), "a big pump needs an hour after each use"


def test_nobody_makes_room_by_going_where_the_turnaround_is_longer_than_there_is_time():
    units = [Unit("U", "pump", "A", state=BROKEN), Unit("V", "pump", "A"), Unit("G", "big pump", "A")]
    bundle = UnitBooking("x", "G", "A", NOW + 120, NOW + 200, allocation_id="a")
    bookings = [own("m", "U", 60, 90), own("n", "V", 60, 90), bundle]
    _, done = repaired(units, bookings, changes=1, rounds=3)
    assert told(done) == {"n": ("V", 60)}, "a pump would be ready again at 105, the big pump at 150"


def test_what_is_on_its_way_stays_and_so_does_what_is_used_with_it():
    units = [Unit("U", "pump", "B"), Unit("V", "pump", "A"), Unit("W", "pump", "A", state=BROKEN)]
    kit = {"booking_id": "k"}
    bookings = [own("k1", "U", 5, 30, **kit), own("k2", "V", 5, 30, **kit), own("m", "W", 40, 60)]
    live, done = repaired(units, bookings)
    assert [one.id for one in live.problem.requests] == ["m"]
    assert live.problem.units[1].unavailable == ((5, 45),)
    assert (done.moved, done.lost) == ((), ("m",))


def test_units_that_are_used_together_go_elsewhere_together_or_are_lost_together():
    kit = {"booking_id": "k"}
    bookings = [own("k1", "U", 60, 90, 60, **kit), own("k2", "V", 60, 90, 60, **kit)]
    units = [Unit("U", "pump", "A", state=BROKEN), Unit("V", "pump", "A")]
    _, done = repaired(units, bookings)
    assert (done.lost, done.plan.served) == (("k1", "k2"), ())
    _, done = repaired([*units, Unit("W", "pump", "A")], bookings)
    assert {start for _, start in told(done).values()} == {60}
    assert {unit for unit, _ in told(done).values()} == {"V", "W"}


@pytest.mark.parametrize("kind", [BookingKind.MAINTENANCE, BookingKind.USE])
def test_maintenance_and_bundles_are_minutes_in_which_a_unit_is_away(kind):
    bundle = {"kind": kind} if kind is BookingKind.MAINTENANCE else {"allocation_id": "a"}
    taken = UnitBooking("x", "V", "A", NOW + 50, NOW + 100, **bundle)
    live = live_plan(fleet(Unit("V", "pump", "A")), [taken])
    assert live.problem.requests == ()
    assert live.problem.units[0].unavailable == ((50, 100 if kind is BookingKind.MAINTENANCE else 115),)


def test_a_use_of_which_nobody_said_what_was_asked_for_has_its_own_minute_alone():
    units = [Unit("U", "pump", "A", state=BROKEN), Unit("V", "pump", "A")]
    _, done = repaired(units, [UnitBooking("m", "U", "A", NOW + 60, NOW + 90)])
    assert told(done) == {"m": ("V", 60)}


USES = st.lists(
    st.tuples(st.sampled_from([1, 2]), st.integers(0, 400), st.integers(0, 120), st.integers(5, 60)),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(USES, st.sets(st.sampled_from("UVG"), max_size=2), st.integers(0, 2))
def test_whatever_was_booked_stands_and_is_repaired_by_the_rules(uses, broken, changes):
    """Bookings as the service makes them, then units fail."""
    whole = [Unit("U", "pump", "A"), Unit("V", "pump", "B"), Unit("G", "big pump", "A")]
    depot, bookings = Depot(TYPES, whole, [], ways, NOW), []
    for number, (parts, start, wait, minutes) in enumerate(uses):
        window = NOW + start, NOW + start + wait
        given_ = depot.give(["pump"] * parts, "A", *window, minutes)
        for part, unit_id in enumerate(given_.unit_ids if given_ else ()):
            terms = BookingTerms(f"b{number}", "pump", *window)
            times = given_.start, given_.start + minutes
            bookings.append(UnitBooking(f"b{number}/{part}", unit_id, "A", *times, terms=terms))
    units = [replace(unit, state=BROKEN) if unit.id in broken else unit for unit in whole]
    live, done = repaired(units, bookings, changes, rounds=2)
    assert done.verified
    assert {one for one, (unit, _) in told(done).items() if unit in broken} == set()
    assert set(live.hit) <= {*done.moved, *done.lost}

"""Recommending on a hospital small enough to reckon by hand: what differs, in which order, and what it takes away."""

from __future__ import annotations

import itertools

import pytest

from solver.engine.result import Budget
from solver.hospital import (
    Bed,
    BedKind,
    BookingKind,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Isolation,
    Priority,
    Room,
    UnitBooking,
)
from solver.placing.language import Language
from solver.placing.live import LiveHospital
from solver.placing.problem import Method
from solver.placing.recommend import APART_MINUTES, recommend
from solver.placing.taking import Scarce
from solver.placing.telling import said
from tests.builders import DAY, HOUR, NOW, changed, occupant, person, records_of, request, stay

PRESSED = frozenset({Feature.NEGATIVE_PRESSURE})


def live_with(*records, **changes) -> LiveHospital:
    return LiveHospital(records_of(*records, **changes))


def offered(live, asked, count=3, **changes):
    numbers = itertools.count()
    budget = changes.pop("budget", Budget(iterations=count))
    return recommend(live, asked, lambda: f"a-{next(numbers)}", budget, **changes)


def places(found):
    return [(option.allocation.bed_id, option.allocation.start - NOW) for option in found.options]


def taken(live, asked, **changes):
    """What the best option takes away, as kind and of what."""
    option = offered(live, asked, 1, **changes).options[0]
    return {(one.kind, one.of) for one in option.takes}


def test_options_are_other_rooms_first_and_then_the_same_rooms_half_a_shift_later():
    found = offered(live_with(), request(priority=Priority.ROUTINE, max_wait_minutes=DAY), 4)
    assert places(found) == [("B1", 0), ("C1", 0), ("B1", APART_MINUTES), ("C1", APART_MINUTES)]
    assert found.complete
    costs = [option.decision.cost for option in found.options]
    assert costs == sorted(costs)
    assert all(option.decision.verified for option in found.options)


def test_the_same_room_later_comes_before_a_room_that_is_dearer_than_the_wait():
    beds = [changed(live_with().records.beds[b], kind=BedKind.EXTRA_BED, care_level=3) for b in ("C1", "C2")]
    asked = request(priority=Priority.ROUTINE, max_wait_minutes=APART_MINUTES)
    assert places(offered(live_with(*beds), asked, 2)) == [("B1", 0), ("B1", APART_MINUTES)]


def test_whoever_may_not_wait_is_offered_each_room_once_and_that_is_all_there_is():
    found = offered(live_with(), request(max_wait_minutes=APART_MINUTES - 1), 10)
    assert places(found) == [("B1", 0), ("C1", 0)]
    assert found.complete


def test_a_later_start_in_the_same_room_is_on_the_grid():
    live = live_with()
    step = live.records.options.start_step_minutes
    found = offered(live, request(max_wait_minutes=2 * DAY), 4)
    assert APART_MINUTES % step == 0
    assert all((option.allocation.start - NOW) % step == 0 for option in found.options)


def test_the_first_option_is_the_bundle_that_placing_gives():
    live = live_with(occupant("x", "B1"))
    asked = request(equipment=(EquipmentNeed("pump"),), drugs=(DrugNeed("heparin", 4),))
    decision = live.decide(asked, "a-0")
    first = offered(live, asked).options[0]
    assert first.decision == decision
    assert first.allocation == decision.allocation


def test_each_option_has_units_and_lots_of_its_own_ward():
    asked = request(equipment=(EquipmentNeed("pump"),))
    found = offered(live_with(), asked, 2)
    assert [[use.unit_id for use in option.allocation.units] for option in found.options] == [["P1"], ["P2"]]


def test_recommending_leaves_no_trace():
    live = live_with(occupant("x", "B1"))
    before = live.records.hospital()
    offered(live, request(), 5)
    assert live.records.hospital() == before


def test_nothing_fits_is_no_option_and_complete():
    live = live_with()
    found = offered(live, request(care=changed(request().care, features=PRESSED)))
    assert found.options == ()
    assert found.complete


def test_a_rule_that_is_waived_is_waived_for_every_option():
    asked = request(care=changed(request().care, features=PRESSED), max_wait_minutes=0)
    found = offered(live_with(), asked, 5, waived=frozenset({"bed_features"}))
    assert places(found) == [("B1", 0), ("C1", 0)]


def test_rooms_differ_also_where_a_person_waived_the_exclusion_of_rooms():
    asked = request(excluded_room_ids=frozenset({"R"}), max_wait_minutes=0)
    assert places(offered(live_with(), asked, 5)) == [("C1", 0)]
    found = offered(live_with(), asked, 5, waived=frozenset({"room_excluded"}))
    assert places(found) == [("B1", 0), ("C1", 0)]


def test_a_deadline_that_is_over_gives_the_quickest_answer_and_says_so():
    late = Budget(seconds=1, iterations=3, timer=itertools.count(0, 5).__next__)
    found = offered(live_with(), request(), budget=late)
    assert [option.decision.method for option in found.options] == [Method.FIRST_FIT]
    assert not found.complete


def test_a_deadline_that_comes_in_between_gives_what_was_found_until_then():
    ticks = iter([0, 0, 0, 9, 9, 9])
    found = offered(live_with(), request(), budget=Budget(seconds=1, iterations=3, timer=lambda: next(ticks)))
    assert places(found) == [("B1", 0)]
    assert not found.complete


# --- what is taken away -----------------------------------------------------------------------------------------
def test_the_last_empty_room_with_negative_pressure_is_told():
    airborne = person("p-new", isolation=frozenset({Isolation.AIRBORNE}))
    rooms = (Room("N1", "W", "Single", features=PRESSED), Room("N2", "W", "Single 2", features=PRESSED))
    two = live_with(airborne, *rooms, Bed("X1", "N1"), Bed("X2", "N2"))
    one = live_with(airborne, *rooms, Bed("X1", "N1"), Bed("X2", "N2"), stay("x", "X2", HOUR, 2 * HOUR))
    assert taken(two, request()) == set()
    assert taken(one, request()) == {
        (Scarce.NEGATIVE_PRESSURE_ROOM, "site"),
        (Scarce.SINGLE_ROOM, "site"),
    }


def test_a_room_that_is_free_only_before_or_after_the_stay_is_no_other_room():
    airborne = person("p-new", isolation=frozenset({Isolation.AIRBORNE}))
    rooms = (Room("N1", "W", "Single", features=PRESSED), Room("N2", "W", "Single 2", features=PRESSED))
    beds = (Bed("X1", "N1"), Bed("X2", "N2"))
    later = live_with(airborne, *rooms, *beds, stay("x", "X2", DAY, 2 * DAY))
    assert (Scarce.NEGATIVE_PRESSURE_ROOM, "site") not in taken(later, request())


@pytest.mark.parametrize(
    ("feature", "kind"),
    [
        (Feature.NEGATIVE_PRESSURE, Scarce.NEGATIVE_PRESSURE_ROOM),
        (Feature.POSITIVE_PRESSURE, Scarce.POSITIVE_PRESSURE_ROOM),
    ],
)
def test_each_pressure_is_counted_for_itself(feature, kind):
    other = next(f for f in (Feature.NEGATIVE_PRESSURE, Feature.POSITIVE_PRESSURE) if f is not feature)
    rooms = (
        Room("N1", "W", "One", features=frozenset({feature})),
        Room("N2", "W", "Two", features=frozenset({other})),
    )
    beds = (Bed("X1", "N1"), Bed("X2", "N2"))
    asked = request(excluded_room_ids=frozenset({"R", "S", "N2"}))
    assert taken(live_with(*rooms, *beds), asked) == {(kind, "site")}


def test_a_bed_beside_somebody_takes_no_room_away():
    room = Room("N1", "W", "Two beds", features=PRESSED)
    live = live_with(room, Bed("X1", "N1"), Bed("X2", "N1"), occupant("x", "X1", 2 * DAY))
    assert taken(live, request(excluded_room_ids=frozenset({"R", "S"}))) == set()


def test_the_last_critical_care_bed_and_the_last_staffed_bed_of_a_ward_are_told():
    beds = [Bed(f"I{n}", "R", care_level=3) for n in (1, 2)]
    asked = request(care=changed(request().care, care_level=3))
    assert taken(live_with(*beds), asked) == set()
    assert taken(live_with(*beds, stay("x", "I2")), asked) == {(Scarce.CRITICAL_CARE_BED, "site")}
    away = request(excluded_room_ids=frozenset({"R"}))
    assert taken(live_with(), away) == set()
    assert taken(live_with(stay("x", "C2")), away) == {(Scarce.STAFFED_BED, "V")}
    assert taken(live_with(stay("x", "C2", -HOUR, 0)), away) == {(Scarce.STAFFED_BED, "V")}, "not clean yet"
    unstaffed = changed(live_with().records.beds["C2"], staffed=False)
    assert taken(live_with(unstaffed), away) == {(Scarce.STAFFED_BED, "V")}


def test_the_last_free_unit_of_its_type_is_told_while_it_is_used():
    asked = request(equipment=(EquipmentNeed("pump", duration_minutes=HOUR),))
    soon = UnitBooking("u", "P2", "V", NOW + 30, NOW + 2 * HOUR, BookingKind.USE)
    later = changed(soon, start=NOW + 5 * HOUR, end=NOW + 6 * HOUR)
    assert taken(live_with(), asked) == set()
    assert taken(live_with(later), asked) == set()
    assert taken(live_with(soon), asked) == {(Scarce.UNIT, "pump")}


def test_a_stock_that_falls_below_its_safety_stock_is_told_with_what_is_left():
    drug = changed(live_with().records.drugs["heparin"], safety_stock=15)
    live = live_with(drug)
    assert taken(live, request(drugs=(DrugNeed("heparin", 5),))) == set()
    (one,) = offered(live, request(drugs=(DrugNeed("heparin", 6),)), 1).options[0].takes
    assert (one.kind, one.of, one.left) == (Scarce.SAFETY_STOCK, "heparin", 14)
    assert "14 of heparin" in said(one.sentence, Language.ENGLISH)
    assert "heparin 剩余 14" in said(one.sentence, Language.CHINESE)

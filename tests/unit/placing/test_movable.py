"""Who may be asked to make way, and when."""

import pytest

from solver.hospital import Isolation
from solver.placing.concessions import TARIFFS, Concession, Kind, concede, displacing
from solver.placing.displace import Booking
from solver.placing.live import LiveHospital
from solver.placing.movable import earliest_move, may_be_moved, move_request
from solver.placing.problem import Decision
from tests.builders import DAY, HOUR, NOW, given, occupant, person, records_of, request

NOBODY = frozenset()


def test_who_lies_here_and_is_well_enough_may_be_asked():
    stay = occupant("s", "B1", 5 * DAY)
    records = records_of(stay)
    assert may_be_moved(stay, records, NOBODY)
    assert move_request(stay, records, "m").from_stay_id == "s"


@pytest.mark.parametrize("change", [{"isolation": frozenset({Isolation.CONTACT})}, {"end_of_life": True}])
def test_nobody_isolated_or_at_the_end_of_life_is(change):
    stay = occupant("s", "B1", 5 * DAY)
    assert not may_be_moved(stay, records_of(stay, person("p-s", **change)), NOBODY)


def test_nobody_who_is_accompanied_is():
    stay, beside = occupant("s", "B1", 5 * DAY), occupant("c", "B2", 5 * DAY, with_stay_id="s")
    records = records_of(stay, beside)
    assert not may_be_moved(stay, records, NOBODY)
    assert not may_be_moved(beside, records, NOBODY)


def test_moves_begin_when_the_night_is_over():
    stay = occupant("s", "B1", 5 * DAY)
    records = records_of(stay)
    assert earliest_move(stay, records) == NOW
    records.now = NOW + 11 * HOUR
    assert earliest_move(stay, records) == NOW + 19 * HOUR


def test_who_is_displaced_and_finds_nothing_costs_what_an_unplaced_request_costs():
    records, theirs = records_of(), request("p-old")
    booking = Booking(theirs, given(theirs, "B1"))
    fixed = TARIFFS[Kind.DISPLACE_BOOKING].price
    assert displacing(booking, None, records).price == fixed + 7_680_000
    assert displacing(booking, given(theirs, "B2", start=30), records).price == fixed + 30 * 4_000
    assert displacing(booking, given(theirs, "B2"), records).price == fixed


def test_a_new_place_that_breaks_a_rule_is_noticed():
    theirs, stay = request("p-old"), occupant("s", "B2")
    live = LiveHospital(records_of(stay))
    booked = given(theirs, "B1")
    live.apply(Decision(theirs, booked, 0))
    for bed_id, keeps in (("B3", True), ("B2", False)):
        change = Concession(
            Kind.DISPLACE_BOOKING,
            theirs.id,
            0,
            booking=Booking(theirs, booked),
            to=given(theirs, bed_id, id="a"),
        )
        with live.trial():
            assert concede([change], live) is keeps

"""Chains: who is moved so that somebody finds a place, on a hospital a person can solve by hand.

Bed C1 alone has a monitor, bed B1 alone has oxygen; who needs neither fits everywhere.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import Bed, BedKind, Care, Departure, Feature, Priority, Room, SexPolicy
from solver.placing.chains import Bounds, Chain, Movable, find_chain
from solver.placing.displace import Booking
from solver.placing.live import LiveHospital
from solver.placing.moving import Limits, lounge_rooms, may_sit, move_request
from solver.placing.problem import Decision, Method
from tests.builders import DAY, HOUR, NOW, given, occupant, person, records_of, request

MONITOR = Care("medicine", features=frozenset({Feature.MONITOR}))
OXYGEN = Care("medicine", features=frozenset({Feature.OXYGEN}))
PLACES = (
    Bed("C1", "S", features=frozenset({Feature.MONITOR})),
    Bed("B1", "R", features=frozenset({Feature.OXYGEN})),
)
C2 = occupant("sC2", "C2", end=5 * DAY)


def hospital(*stays, **changes) -> LiveHospital:
    return LiveHospital(records_of(*PLACES, C2, *stays, **changes))


def lying(live: LiveHospital, *stay_ids: str) -> list[Movable]:
    limits = Limits()
    return [
        Movable(s, move_request(live.records.stays[s], live.records, limits, f"move-{s}")) for s in stay_ids
    ]


def booked(live: LiveHospital, person_id: str, bed_id: str, **changes) -> Movable:
    live.put(person(person_id))
    asked = request(person_id, **{"priority": Priority.ROUTINE, "max_wait_minutes": DAY, **changes})
    booking = Booking(asked, given(asked, bed_id))
    live.apply(Decision(asked, booking.allocation, 0))
    return Movable(f"{booking.allocation.id}/stay", asked, booking)


def urgent(**changes):
    return request(**{"priority": Priority.URGENT, "care": MONITOR, "max_wait_minutes": 6 * HOUR, **changes})


def chain(live: LiveHospital, movable, asked=None, **bounds) -> Chain | None:
    asked = asked or urgent()
    numbers = itertools.count()
    found = live.find(asked, "found")
    limits = Bounds(**{"milliseconds": 10_000, **bounds})
    return find_chain(live, asked, found, movable, lambda: f"new-{next(numbers)}", limits)


def beds(found: Chain) -> list[tuple[str | None, str]]:
    return [
        (None if link.moved is None else link.moved.stay_id, link.decision.allocation.bed_id)
        for link in found.links
    ]


def test_who_has_only_booked_the_bed_is_rebooked():
    live = hospital()
    other = booked(live, "p-other", "C1")
    found = chain(live, [other])
    (first, then) = found.links
    assert first.moved is None
    assert (first.decision.allocation.bed_id, first.decision.allocation.start) == ("C1", NOW)
    assert then.moved is other
    assert then.decision.allocation.bed_id.startswith("B")


def test_who_lies_in_the_bed_goes_first_and_the_bed_is_cleaned_before_the_other_comes():
    live = hospital(occupant("sC1", "C1", end=5 * DAY))
    found = chain(live, lying(live, "sC1"))
    away, comes = found.links
    assert away.moved.stay_id == "sC1"
    assert away.decision.allocation.bed_id.startswith("B")
    assert comes.decision.allocation.bed_id == "C1"
    left = away.decision.allocation.start
    assert comes.decision.allocation.start >= left + live.records.cleaning.discharge


def three_deep() -> LiveHospital:
    """The monitored bed is taken by somebody who needs oxygen, the oxygen by somebody who may go to B4 alone."""
    return hospital(
        occupant("sC1", "C1", end=5 * DAY, care=OXYGEN),
        occupant("sB1", "B1", end=5 * DAY),
        occupant("sB2", "B2", end=5 * DAY),
        occupant("sB3", "B3", end=5 * DAY),
    )


def in_another_room(live: LiveHospital) -> list[Movable]:
    """Everybody but the one in B1 may move out of the room only; that one within it too."""
    movable = lying(live, "sC1", "sB1", "sB2", "sB3")
    return [
        replace(one, asks=replace(one.request, excluded_room_ids=frozenset({"S"})))
        if one.stay_id == "sB1"
        else one
        for one in movable
    ]


def test_a_chain_of_two_moves_is_found_and_its_links_come_in_the_order_to_carry_them_out():
    live = three_deep()
    found = chain(live, in_another_room(live))
    assert beds(found) == [("sB1", "B4"), ("sC1", "B1"), (None, "C1")]
    starts = [link.decision.allocation.start for link in found.links]
    assert starts == sorted(starts)
    assert chain(live, in_another_room(live), depth=1) is None


def test_who_may_sit_waits_for_the_way_home_in_the_lounge_when_no_other_bed_is_left():
    full = [occupant(f"sB{n}", f"B{n}", end=5 * DAY) for n in range(1, 5)]
    leaves = occupant("sC1", "C1", end=6 * HOUR, departure=Departure.CONFIRMED)
    lounge = (Room("L", "W", "Lounge", sex_policy=SexPolicy.MIXED), Bed("L1", "L", kind=BedKind.LOUNGE_SEAT))
    live = hospital(leaves, *full, *lounge)
    assert may_sit(leaves, live.records)
    rooms = lounge_rooms(live.records)
    asked = move_request(leaves, live.records, Limits(), "move-sC1", rooms)
    found = chain(live, [Movable("sC1", asked)], urgent(max_wait_minutes=2 * HOUR))
    assert beds(found) == [("sC1", "L1"), (None, "C1")]
    assert found.links[1].decision.allocation.start < leaves.end


def test_the_gain_is_what_the_referee_counts_with_a_price_for_every_move():
    live = three_deep()
    movable = in_another_room(live)
    found = chain(live, movable)
    cheaper = chain(live, movable, move_price=30_000)
    assert cheaper.gain - found.gain == 2 * 10_000
    before = live.judged(urgent(), None, Method.KERNEL).cost
    cost = 0
    with live.trial():
        for link in found.links:
            decision = live.judged(link.decision.request, link.decision.allocation, Method.KERNEL)
            assert decision.verified
            cost += decision.cost
            live.apply(decision)
    assert found.gain == before - cost - 2 * 40_000


def test_a_chain_dearer_than_waiting_is_none():
    live = hospital(occupant("sC1", "C1", end=5 * DAY))
    assert chain(live, lying(live, "sC1"), move_price=10**8) is None


def test_nobody_is_moved_for_who_fits_as_well_without():
    live = hospital(occupant("sB1", "B1", end=5 * DAY))
    assert chain(live, lying(live, "sB1")) is None


def test_who_is_not_named_movable_is_not_moved():
    live = three_deep()
    fixed = [one for one in in_another_room(live) if one.stay_id != "sB1"]
    assert chain(live, fixed) is None


def test_a_search_leaves_no_trace():
    live = three_deep()
    other = booked(live, "p-other", "B4", duration_minutes=HOUR)
    before = live.records.hospital()
    chain(live, [*in_another_room(live), other])
    assert live.records.hospital() == before


def test_when_its_time_is_over_the_search_ends_with_what_it_has():
    """A second passes at every look at the clock."""
    live = three_deep()
    found = {}
    for seconds in (1, 60):
        ticks = itertools.count()
        found[seconds] = find_chain(
            live,
            urgent(),
            None,
            in_another_room(live),
            lambda: "new",
            Bounds(milliseconds=1000 * seconds),
            timer=lambda ticks=ticks: next(ticks),
        )
    assert found[1] is None
    assert found[60].complete


def test_a_chain_found_before_the_search_was_done_says_so():
    """Two beds have monitors; there is time to try whoever lies in one of them."""
    second = Bed("B4", "R", features=frozenset({Feature.MONITOR}))
    live = hospital(second, occupant("sC1", "C1", end=5 * DAY), occupant("sB4", "B4", end=5 * DAY))
    movable, found = lying(live, "sC1", "sB4"), {}
    for seconds in (1, 60):
        ticks = itertools.count()
        limits = Bounds(milliseconds=1000 * seconds)
        found[seconds] = find_chain(
            live, urgent(), None, movable, lambda: "new", limits, timer=lambda ticks=ticks: next(ticks)
        )
    assert not found[1].complete
    assert found[60].complete


@pytest.mark.parametrize("bad", [{"depth": 4}, {"tries": 0}, {"milliseconds": 0}, {"move_price": -1}])
def test_bounds_out_of_range_are_refused(bad):
    with pytest.raises(InvalidInstance):
        Bounds(**bad)

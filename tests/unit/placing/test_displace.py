"""Displacing: which booking is taken back for whom, on a hospital where only bed B1 ever comes free."""

from __future__ import annotations

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import Care, EquipmentNeed, Feature, Person, Priority, Sex
from solver.placing.bounds import Bounds
from solver.placing.displace import Booking, exchange, wants_exchange
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from solver.placing.referee import Decided, broken, check
from tests.builders import DAY, HOUR, NOW, given, person, records_of
from tests.exchanges import FULL, IDS, book, emergency, exchanged, live_with


def test_an_emergency_takes_the_bed_somebody_routine_has_booked_from_later_on():
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR)
    assert live.find(emergency(), "a") is None
    found = exchanged(live, emergency(), booking)
    assert found is not None
    assert (found.urgent.allocation.bed_id, found.urgent.allocation.start) == ("B1", NOW)
    assert found.displaced == booking
    assert found.urgent.verified
    assert found.again.verified
    # B1 is free again when the emergency has left and it is cleaned: within the day the other may wait.
    assert found.again.allocation.start >= NOW + DAY


def test_who_is_displaced_and_finds_nothing_else_is_told_why_and_from_when_it_fits():
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR, max_wait_minutes=HOUR)
    found = exchanged(live, emergency(), booking)
    assert found.again.allocation is None
    assert {standing.rule_id for standing in found.again.why_not.standing} >= {"bed_free"}
    assert found.again.why_not.fits_from >= NOW + DAY


def test_looking_for_an_exchange_leaves_no_trace():
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR, equipment=(EquipmentNeed("pump"),))
    before = live.records.hospital()
    assert exchanged(live, emergency(), booking) is not None
    assert live.records.hospital() == before
    assert live.find(emergency(), "a") is None


def test_the_booking_whose_patient_loses_least_is_taken_back():
    """Two rooms come free; the routine patient of one may wait, the other patient is needed soon."""
    live = LiveHospital(records_of(*FULL[:-1]))
    soon = book(live, "p-soon", 3 * HOUR, "B1", priority=Priority.SOON)
    routine = book(live, "p-routine", 3 * HOUR, "C2")
    for order in ((soon, routine), (routine, soon)):
        found = exchanged(live, emergency(), *order)
        assert found.displaced == routine
    assert exchanged(live, emergency(), soon).displaced == soon


def test_the_gain_is_what_the_referee_counts_for_both_decisions():
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR)
    found = exchanged(live, emergency(), booking)
    unplaced = live.judged(emergency(), None, found.urgent.method).cost
    delay = 1_000 * (found.again.allocation.start - booking.request.needed_by)
    standing = live.judged(booking.request, found.again.allocation, found.again.method).cost
    assert found.gain > 0
    assert found.gain == unplaced - found.urgent.cost - delay
    assert standing >= delay


def test_a_late_place_counts_as_none_from_a_bound_on():
    start = NOW + 3 * HOUR
    asked = emergency(max_wait_minutes=DAY)
    late = given(asked, "B1", start=3 * HOUR)
    assert wants_exchange(asked, late, NOW, Bounds(after_minutes=3 * HOUR - 1))
    assert not wants_exchange(asked, late, NOW, Bounds(after_minutes=3 * HOUR))
    # What could not start earlier is not late.
    assert not wants_exchange(asked, late, start, Bounds(after_minutes=0))
    assert not wants_exchange(asked, None, NOW, Bounds(tries=0))


def test_an_exchange_lets_the_urgent_one_start_earlier_than_the_late_place():
    """B1 is taken for a while by a routine patient who could as well come tomorrow."""
    live = live_with()
    booking = book(live, "p-routine", 1, duration_minutes=6 * HOUR)
    asked = emergency(max_wait_minutes=DAY)
    late = live.find(asked, "a")
    assert late.start > NOW + 6 * HOUR
    found = exchanged(live, asked, booking)
    assert found.urgent.allocation.start == NOW
    assert exchanged(live, asked, booking, after_minutes=late.start - NOW) is None


def test_nothing_is_taken_back_where_the_other_would_lose_more():
    """Half an hour of an urgent patient is worth less than a day and a half of a routine one."""
    live = live_with()
    booking = book(live, "p-routine", 1, duration_minutes=30, max_wait_minutes=0)
    asked = emergency(priority=Priority.URGENT, max_wait_minutes=DAY)
    late = live.find(asked, "a")
    assert NOW + 45 <= late.start <= NOW + 90
    assert exchanged(live, asked, booking, after_minutes=15) is None


def test_a_booking_that_holds_the_last_pumps_is_taken_back_though_beds_are_free():
    live = LiveHospital(records_of())
    needs = (EquipmentNeed("pump", 2), EquipmentNeed("syringe"))
    elsewhere = frozenset({"S"})
    here = frozenset({"R"})
    booking = book(live, "p-routine", 3 * HOUR, "C2", equipment=needs, excluded_room_ids=here)
    live.withdraw(booking.request, booking.allocation)
    allocation = live.find(booking.request, "with-pumps")
    booking = Booking(booking.request, allocation)
    live.apply(Decision(booking.request, allocation, 0))
    asked = emergency(equipment=(EquipmentNeed("pump"),), excluded_room_ids=elsewhere)
    assert live.find(asked, "a") is None
    assert exchanged(live, asked, booking).urgent.allocation.start == NOW


def test_a_booking_of_the_other_sex_gives_up_the_room_it_closes():
    """B2 is free, but in a bay where a man is booked a woman may not lie."""
    live = LiveHospital(records_of(*FULL[3:]))
    man = book(live, "p-man", 3 * HOUR, who=Person("p-man", Sex.MALE, person("x").born))
    assert exchanged(live, emergency(), man) is not None


def test_a_bed_that_never_suits_is_no_reason_to_take_a_booking_back():
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR)
    needy = emergency(care=Care("medicine", features=frozenset({Feature.BARIATRIC})))
    assert exchanged(live, needy, booking) is None


def test_a_patient_who_needs_another_bed_at_once_may_displace_too():
    """A transfer out of B2, which is no place to move to: B1 is, once its booking is taken back."""
    live = live_with()
    booking = book(live, "p-routine", 3 * HOUR)
    moved = emergency(
        person_id="p-sB2", from_stay_id="sB2", excluded_room_ids=frozenset({"S"}), duration_minutes=4 * DAY
    )
    assert live.find(moved, "a") is None
    found = exchange(live, moved, None, [booking], IDS, Bounds())
    assert found.urgent.allocation.bed_id == "B1"
    assert found.urgent.verified


def test_at_most_so_many_bookings_are_tried(monkeypatch: pytest.MonkeyPatch):
    live = LiveHospital(records_of(*FULL[:-1]))
    bookings = [book(live, "p-1", 3 * HOUR), book(live, "p-2", 3 * HOUR, "C2", priority=Priority.SOON)]
    withdrawn = []
    withdraw = live.withdraw
    monkeypatch.setattr(live, "withdraw", lambda r, a: (withdrawn.append(r.id), withdraw(r, a)))
    for tries in (1, 2):
        withdrawn.clear()
        assert exchanged(live, emergency(), *bookings, tries=tries) is not None
        # One more for the referee's count of the chosen one.
        assert len(withdrawn) == tries + 1


def test_displacing_breaks_no_hard_rule():
    live = live_with()
    found = exchanged(live, emergency(), book(live, "p-routine", 3 * HOUR))
    live.withdraw(found.displaced.request, found.displaced.allocation)
    for decision in (found.urgent, found.again):
        counts = check(Decided(decision.request, decision.allocation), live.records)
        assert broken(counts, live.records.profile) == ()
        live.apply(decision)


def test_bounds_out_of_range_are_refused_with_every_problem():
    with pytest.raises(InvalidInstance) as refused:
        Bounds(after_minutes=-1, tries=101, imminent_minutes=2000)
    assert len(refused.value.problems) == 3

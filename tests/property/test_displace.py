"""Whatever the hospital and whoever is booked: an exchange makes the whole cheaper and breaks nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from solver.hospital import Minute, Priority, Request, Stay
from solver.placing.bounds import Bounds
from solver.placing.displace import Booking, Exchange, exchange, movable
from solver.placing.layout import FAR
from solver.placing.live import LiveHospital
from solver.placing.referee import Decided, broken, check, cost, recount
from tests.builders import HOUR, NOW
from tests.builders import given as the_bed
from tests.kernel_witness import BED_RULES
from tests.strategies import Case, cases, requests

LEFT_OUT = {"nursing_floor", "skill_on_duty", "ward_pool"}


def booked(data: st.DataObject, case: Case) -> tuple[LiveHospital, list[Booking]]:
    """The case's hospital with less urgent requests booked where they fit best: more than it has beds."""
    if data.draw(st.booleans()):
        case = replace(case, hospital=replace(case.hospital, stays=()))
    live = LiveHospital(case.records())
    bookings = []
    for number in range(len(case.hospital.beds) + 2):
        asked = replace(
            data.draw(requests(case.hospital)),
            id=f"q{number}",
            priority=data.draw(st.sampled_from([Priority.SOON, Priority.ROUTINE])),
            needed_by=NOW + HOUR * data.draw(st.integers(1, 3)),
            max_wait_minutes=data.draw(st.sampled_from([0, 24 * HOUR])),
            from_stay_id=None,
        )
        decision = live.decide(asked, f"b{number}")
        live.apply(decision)
        if decision.allocation is not None:
            bookings.append(Booking(asked, decision.allocation))
    return live, bookings


def urgent_like(data: st.DataObject, case: Case, bookings: list[Booking]) -> Request:
    """An urgent request for now that asks for what some booking has, or the case's own."""
    like = data.draw(st.sampled_from([case.request, *(booking.request for booking in bookings)]))
    return replace(
        like,
        id="u",
        person_id=case.request.person_id,
        priority=data.draw(st.sampled_from([Priority.EMERGENCY, Priority.URGENT])),
        needed_by=NOW,
        duration_minutes=max(like.duration_minutes, 12 * HOUR),
        from_stay_id=None,
    )


def carried_out(live: LiveHospital, found: Exchange) -> None:
    live.withdraw(found.displaced.request, found.displaced.allocation)
    live.apply(found.urgent)
    live.apply(found.again)


@given(data=st.data(), case=cases())
def test_the_total_cost_falls_by_the_gain_and_no_hard_rule_is_broken_more(data: st.DataObject, case: Case):
    live, bookings = booked(data, case)
    urgent = urgent_like(data, case, bookings)
    given_now = live.find(urgent, "u")
    may_move = [booking for booking in bookings if movable(booking, live)]
    found = exchange(live, urgent, given_now, may_move, ("u", "again"), Bounds(after_minutes=0))
    event("exchanged" if found is not None else "left as it is")
    if found is None:
        return
    profile, displaced = live.records.profile, found.displaced
    bed_id = displaced.allocation.bed_id
    with live.trial():
        live.apply(live.judged(urgent, given_now, found.urgent.method))
        stood = [Decided(urgent, given_now), Decided(displaced.request, displaced.allocation, bed_id)]
        before = recount(live.records, stood)
    carried_out(live, found)
    decided = [
        Decided(urgent, found.urgent.allocation),
        Decided(displaced.request, found.again.allocation, bed_id),
    ]
    after = recount(live.records, decided)
    assert cost(before, profile) - cost(after, profile) == found.gain > 0
    worse = {rule_id: after[rule_id] - before.get(rule_id, 0) for rule_id in after}
    assert broken(worse, profile) == ()
    assert found.urgent.allocation.start < (FAR if given_now is None else given_now.start)


@given(data=st.data(), case=cases())
def test_the_kernels_first_start_without_a_booking_is_the_referees(data: st.DataObject, case: Case):
    """Beds, rooms and who lies there; by trying every start of the grid in every bed of the room."""
    live, bookings = booked(data, case)
    urgent = urgent_like(data, case, bookings)
    stay_ids = [f"{booking.allocation.id}/stay" for booking in bookings]
    starts = live.starts_without(urgent, stay_ids)
    for booking, stay_id, start in zip(bookings, stay_ids, starts, strict=True):
        with live.trial():
            live.drop(Stay, stay_id)
            assert start == first_start(live, urgent, booking)


def first_start(live: LiveHospital, urgent: Request, booking: Booking) -> Minute:
    """The first start of the grid at which a bed of the booking's room breaks no rule of beds and people."""
    records = live.records
    bare = replace(urgent, equipment=(), drugs=())
    looked_at = {rule.id for rule in BED_RULES} - LEFT_OUT
    base = max(urgent.needed_by, live.now)
    last = max(urgent.needed_by + urgent.max_wait_minutes, base)
    room_id = records.beds[booking.allocation.bed_id].room_id
    for start in range(base, last + 1, records.options.start_step_minutes):
        for bed_id in records.beds_of_room[room_id]:
            counts = check(Decided(bare, the_bed(bare, bed_id, start - bare.needed_by)), records)
            if not looked_at & set(broken(counts, records.profile)):
                return start
    return FAR

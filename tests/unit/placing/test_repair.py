"""Repair: which bookings are changed within a budget of moves, on hospitals a person can solve by hand."""

from __future__ import annotations

import itertools

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import Bed, Block, Care, Feature, Priority, Room, StayState
from solver.placing.displace import Booking, Exchange
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method
from solver.placing.repair import Effort, Moved, Repaired, repair
from tests.builders import DAY, HOUR, NOW, changed, given, occupant, person, records_of, request, stay
from tests.exchanges import book, emergency, live_with

BEDS = ("B1", "B2", "B3", "B4")


def booked(live: LiveHospital, person_id: str, bed_id: str, **changes) -> Booking:
    """A booking for a day from now on in a bed of ward W; ``W`` is closed afterwards."""
    live.put(changes.pop("who", person(person_id)))
    asked = request(person_id, **{"max_wait_minutes": 0, **changes})
    booking = Booking(asked, given(asked, bed_id))
    live.apply(Decision(asked, booking.allocation, 0))
    return booking


def after_closing_w(*bookings: Booking, live: LiveHospital, movable=(), **effort) -> Repaired:
    """Take the bookings out, close ward W, repair."""
    bookings = sorted(bookings, key=lambda booking: booking.request.priority)
    for booking in bookings:
        live.withdraw(booking.request, booking.allocation)
    live.put(changed(live.records.wards["W"], blocks=(Block(NOW, None, "closed"),)))
    numbers = itertools.count()
    return repair(live, bookings, movable, lambda: f"again-{next(numbers)}", Effort(**effort))


def test_what_still_holds_is_kept_and_takes_no_move():
    live = LiveHospital(records_of())
    bookings = [booked(live, "p-one", "B1"), booked(live, "p-two", "C1")]
    done = after_closing_w(*bookings, live=live, max_moves=5)
    assert done.kept == (bookings[1],)
    assert [step.booking for step in done.steps] == [bookings[0]]
    assert done.steps[0].decision.allocation.bed_id == "C2"
    assert (done.moves, done.waiting) == (1, ())


def test_the_budget_is_hard_and_goes_to_whom_waiting_costs_most():
    """Two places are left for four bookings, one move is allowed."""
    live = LiveHospital(records_of())
    ranks = (Priority.ROUTINE, Priority.EMERGENCY, Priority.SOON, Priority.URGENT)
    bookings = [
        booked(live, f"p-{rank.name}", bed, priority=rank) for rank, bed in zip(ranks, BEDS, strict=True)
    ]
    for most, moved in ((0, ()), (1, ("EMERGENCY",)), (2, ("EMERGENCY", "URGENT"))):
        with live.trial():
            done = after_closing_w(*bookings, live=live, max_moves=most)
            assert done.moves == most
            assert {step.booking.request.priority.name for step in done.steps} == set(moved)
            assert len(done.waiting) == 4 - most


def test_with_too_few_moves_who_precedes_gets_one_though_another_would_save_more():
    """The place of who had waited longer saved less, because it is hours away: with one move allowed they lost theirs,
    and who came after them kept one."""
    suction = frozenset({Feature.SUCTION})
    live = LiveHospital(records_of(occupant("c", "C1", 4 * HOUR), Bed("C1", "S", features=suction)))
    first = booked(live, "p-first", "B1", care=Care("medicine", features=suction), max_wait_minutes=DAY)
    second = booked(live, "p-second", "B2", max_wait_minutes=DAY)
    done = after_closing_w(first, second, live=live, max_moves=1)
    assert [step.booking for step in done.steps] == [first]
    assert done.waiting == (second,)
    assert after_closing_w(first, second, live=live, max_moves=2).waiting == ()


def an_emergency_that_needs_two_moves_and_a_light_patient_who_needs_one():
    """A repair of both with so many moves, and the second booking: the free bed bears no more than 60 kg."""
    live = live_with(Bed("C3", "S", max_weight_kg=60))
    routine = book(live, "p-routine", 3 * HOUR)
    asked = emergency(max_wait_minutes=0)
    light = booked(live, "p-light", "B3", who=person("p-light", weight_kg=50))
    live.put(changed(live.records.persons["p-new"], weight_kg=120))
    bookings = [Booking(asked, given(asked, "B2")), light]
    live.withdraw(light.request, light.allocation)
    numbers = itertools.count()
    return lambda most: repair(
        live, bookings, [routine], lambda: f"again-{next(numbers)}", Effort(most)
    ), bookings


def test_with_too_few_moves_an_emergency_has_its_two_before_a_less_urgent_booking_has_its_one():
    """Whoever found a place directly was served first; the emergency, whose place takes two moves, had one left."""
    repaired, (_, light) = an_emergency_that_needs_two_moves_and_a_light_patient_who_needs_one()
    for most, waiting in ((2, (light,)), (3, ())):
        done = repaired(most)
        assert any(isinstance(step, Exchange) for step in done.steps)
        assert done.waiting == waiting


def test_a_move_that_does_not_suffice_for_who_precedes_goes_to_the_next_whom_it_suffices():
    """The emergency loses nothing by it: the bed is none for them, and one move brings them no other."""
    repaired, (first, light) = an_emergency_that_needs_two_moves_and_a_light_patient_who_needs_one()
    done = repaired(1)
    assert [step.booking for step in done.steps] == [light]
    assert done.steps[0].decision.allocation.bed_id == "C3"
    assert done.waiting == (first,)
    assert done.further[0].moves == 2, "and what the exchange would save is told"


def test_improving_the_chosen_together_leaves_nobody_of_them_out_while_moves_are_short():
    live = LiveHospital(records_of(Bed("C3", "S"), Bed("C4", "S")))
    bookings = [booked(live, f"p-{bed}", bed, max_wait_minutes=DAY) for bed in BEDS]
    for most in (1, 2, 3):
        with live.trial():
            done = after_closing_w(*bookings, live=live, max_moves=most, improve_steps=50)
            assert done.waiting == tuple(bookings[most:])


def test_each_further_move_is_told_with_what_it_saves_and_saves_that():
    """What the next step is told to save is by how much the plan with one more move is cheaper."""
    live = LiveHospital(records_of())
    ranks = (Priority.ROUTINE, Priority.SOON, Priority.URGENT)
    bookings = [booked(live, f"p-{r.name}", bed, priority=r) for r, bed in zip(ranks, BEDS, strict=False)]
    plans = []
    for most in range(4):
        with live.trial():
            plans.append(after_closing_w(*bookings, live=live, max_moves=most, improve_steps=0))
    assert [len(plan.further) for plan in plans] == [2, 1, 0, 0]
    for fewer, more in itertools.pairwise(plans[:3]):
        assert fewer.cost - fewer.further[0].saves == more.cost
    assert plans[2].cost == plans[3].cost, "there is no third place"


def test_the_cost_is_what_the_referee_counts_for_the_whole():
    live = LiveHospital(records_of(Bed("C3", "S"), Bed("C4", "S")))
    bookings = [booked(live, f"p-{bed}", bed, max_wait_minutes=DAY) for bed in BEDS]
    done = after_closing_w(*bookings, live=live, max_moves=3)
    total = 0
    with live.trial():
        for step in done.steps:
            asked, bed_id = step.booking.request, step.booking.allocation.bed_id
            again = live.judged(asked, step.decision.allocation, Method.KERNEL, published=bed_id)
            assert again.verified
            live.apply(again)
            total += again.cost
    total += sum(live.judged(b.request, None, Method.KERNEL).cost for b in done.waiting)
    assert total == done.cost
    assert done.moves == 3


def test_deciding_them_together_finds_the_plan_that_one_at_a_time_misses():
    """The urgent patient fits both beds and likes the plain one; the heavy patient fits the plain one alone."""
    isolation = Room("T", "V", "Room T", features=frozenset({Feature.NEGATIVE_PRESSURE}))
    light = Bed("D1", "T", max_weight_kg=100)
    live = LiveHospital(records_of(isolation, light, occupant("sC2", "C2", end=5 * DAY)))
    urgent = booked(live, "p-urgent", "B1", priority=Priority.URGENT)
    heavy = booked(live, "p-heavy", "B2", who=person("p-heavy", weight_kg=120))
    beds = {}
    for steps in (0, 100):
        with live.trial():
            done = after_closing_w(urgent, heavy, live=live, max_moves=2, improve_steps=steps)
            beds[steps] = [
                s.decision.allocation.bed_id for s in sorted(done.steps, key=lambda s: s.booking.request.id)
            ]
    assert beds == {0: ["C1"], 100: ["C1", "D1"]}


def test_somebody_urgent_takes_the_place_of_a_less_urgent_booking_for_two_moves():
    """Only B1 ever comes free; the emergency's own bed is closed."""
    live = live_with()
    routine = book(live, "p-routine", 3 * HOUR)
    asked = emergency(max_wait_minutes=0)
    lost = Booking(asked, given(asked, "B2"))
    numbers = itertools.count()
    for most, steps, saved in ((1, 0, 1), (2, 1, 0)):
        done = repair(live, [lost], [routine], lambda: f"again-{next(numbers)}", Effort(most))
        assert len(done.steps) == steps
        assert [further.moves for further in done.further] == [2] * saved
    assert isinstance(done.steps[0], Exchange)
    assert done.steps[0].displaced == routine
    assert done.moves == 2
    assert done.cost == live.judged(asked, None, Method.KERNEL).cost - done.steps[0].gain


def test_nobody_who_has_come_or_is_on_the_way_is_taken_back():
    live = live_with()
    routine = book(live, "p-routine", 3 * HOUR)
    held = live.records.stays[f"{routine.allocation.id}/stay"]
    asked = emergency(max_wait_minutes=0)
    lost = Booking(asked, given(asked, "B2"))
    for state in (StayState.IN_TRANSIT, StayState.OCCUPYING):
        live.put(changed(held, state=state))
        done = repair(live, [lost], [routine], lambda: "again", Effort(5))
        assert (done.steps, done.waiting) == ((), (lost,))


def test_a_repair_leaves_no_trace_on_the_hospital():
    live = LiveHospital(records_of())
    bookings = [booked(live, f"p-{bed}", bed) for bed in BEDS]
    for booking in bookings:
        live.withdraw(booking.request, booking.allocation)
    before = live.records.hospital()
    numbers = itertools.count()
    done = repair(live, bookings[:2], (), lambda: f"again-{next(numbers)}", Effort(1))
    assert done.kept == tuple(bookings[:2])
    assert live.records.hospital() == before


def test_the_bed_a_transfer_will_leave_is_given_to_nobody_in_the_same_repair():
    """Found with the access matrix: whoever came this very minute and was moved at once counted as gone, and another
    booking was put into the bed they lay in; the database refused it."""
    full = [occupant(f"s{bed}", bed, end=5 * DAY) for bed in ("B1", "B2", "B3", "C2")]
    live = LiveHospital(records_of(*full, stay("sC1", "C1", 0, DAY, state=StayState.OCCUPYING)))
    live.put(Room("T", "V", "Room T"))
    live.put(Bed("D1", "T"))
    lies = live.records.persons["p-sC1"]
    moved = booked(live, lies.id, "B4", who=lies, from_stay_id="sC1", priority=Priority.EMERGENCY)
    live.put(stay("sC1", "C1", 0, 1, state=StayState.OCCUPYING))
    other = booked(live, "p-other", "B4", needed_by=NOW)
    done = after_closing_w(moved, other, live=live, max_moves=5)
    assert [step.decision.allocation.bed_id for step in done.steps] == ["D1"]
    assert done.waiting == (other,)


def test_a_rule_a_person_overrode_for_a_booking_stays_overridden():
    live = LiveHospital(records_of())
    booking = booked(live, "p-one", "B1")
    waived = Booking(booking.request, booking.allocation, frozenset({"bed_open"}))
    assert after_closing_w(waived, live=live, max_moves=1).kept == (waived,)


@pytest.mark.parametrize("bad", [{"max_moves": -1}, {"max_moves": 1, "further": -1}])
def test_an_effort_below_nothing_is_refused(bad):
    with pytest.raises(InvalidInstance):
        Effort(**bad)


def test_the_same_repair_twice_gives_the_same_plan():
    live = LiveHospital(records_of(Bed("C3", "S"), Bed("C4", "S")))
    bookings = [booked(live, f"p-{bed}", bed, max_wait_minutes=DAY) for bed in BEDS]
    plans = []
    for _ in range(2):
        with live.trial():
            done = after_closing_w(*bookings, live=live, max_moves=4)
            plans.append([(s.booking.request.id, s.decision.allocation.bed_id) for s in done.steps])
    assert plans[0] == plans[1]
    assert all(isinstance(step, Moved) for step in done.steps)

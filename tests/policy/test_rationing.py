"""Safeguard 5: who a person is changes nothing unless a rule names it. The order is priority, then waiting time."""

from itertools import count, product

import pytest

from solver.engine.result import Budget
from solver.hospital import Block, Priority, Sex
from solver.placing.ahead import in_turn
from solver.placing.displace import Booking
from solver.placing.live import LiveHospital
from solver.placing.precedence import precedence
from solver.placing.repair import Effort, repair
from tests.builders import DAY, NOW, changed, given, person, records_of, request, years_before

SOMEBODY = {"sex": Sex.FEMALE, "born": years_before(40)}
OTHERS = [
    {"sex": sex, "born": born}
    for sex, born in product((Sex.FEMALE, Sex.MALE), (years_before(1), years_before(40), years_before(95)))
]


def decided(facts: dict, priority: Priority):
    """What a person gets on an empty bay whose ward takes every age, and at what price."""
    live = LiveHospital(records_of(person("p-new", **facts)))
    decision = live.decide(request(priority=priority), "a")
    return decision.allocation, decision.cost, decision.prices


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("facts", OTHERS)
def test_age_and_sex_change_neither_bed_nor_start_nor_price_where_no_rule_names_them(facts, priority):
    assert decided(facts, priority) == decided(SOMEBODY, priority)


@pytest.mark.parametrize("facts", OTHERS)
def test_of_two_who_ask_together_the_more_urgent_is_served_whoever_they_are(facts):
    """One bed is left, and the other request stands first in the batch."""
    beds = [changed(bed, staffed=False) for bed in records_of().beds.values() if bed.id != "B1"]
    live = LiveHospital(records_of(*beds, person("p-new", **facts)))
    asked = [
        request("p-old", priority=Priority.URGENT, max_wait_minutes=0),
        request("p-new", priority=Priority.EMERGENCY, max_wait_minutes=0),
    ]
    decisions = live.decide_batch(asked, ["a", "b"], Budget(iterations=200), 1)
    assert [decision.allocation is not None for decision in decisions] == [False, True]


@pytest.mark.parametrize("facts", OTHERS)
def test_with_one_move_for_two_who_lost_their_beds_who_precedes_has_it_whoever_they_are(facts):
    closed = changed(records_of().wards["W"], blocks=(Block(NOW, None, "closed"),))
    live = LiveHospital(records_of(closed, person("p-old", **facts)))
    asked = [request("p-new", max_wait_minutes=0), request("p-old", max_wait_minutes=0)]
    for order in (asked, asked[::-1]):
        bookings = [Booking(one, given(one, bed)) for one, bed in zip(order, ("B1", "B2"), strict=True)]
        ids = count()
        done = repair(live, bookings, (), lambda ids=ids: f"again-{next(ids)}", Effort(max_moves=1))
        assert [step.booking for step in done.steps] == bookings[:1]


@pytest.mark.parametrize("facts", OTHERS)
def test_who_waits_gets_in_their_turn_what_anybody_would(facts):
    def turn(**whose):
        live = LiveHospital(records_of(person("p-new", **whose)))
        got = in_turn(live, request(), None, lambda: "a", lambda found: None)
        return got.allocation, got.cost

    assert turn(**facts) == turn(**SOMEBODY)


def test_where_somebody_stands_on_the_waiting_list_follows_from_urgency_and_waiting_alone():
    """The order that a committee sets is a function of these: nothing of who a person is comes into it."""
    urgent = precedence(Priority.URGENT, NOW - 5, "a", NOW)
    assert urgent < precedence(Priority.SOON, NOW - DAY, "b", NOW)
    assert precedence(Priority.URGENT, NOW - 6, "b", NOW) < urgent
    assert urgent < precedence(Priority.URGENT, NOW - 5, "b", NOW), "a tie is stated: the id decides"

"""Safeguard 5: who a person is changes nothing unless a rule names it. The order is priority, then waiting time."""

from itertools import product

import pytest

from solver.engine.result import Budget
from solver.hospital import Priority, Sex
from solver.placing.live import LiveHospital
from tests.builders import changed, person, records_of, request, years_before

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

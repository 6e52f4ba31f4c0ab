"""The referee's two counts hold each other to account, whatever the hospital and whatever is given."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from solver.engine.rule import Level, Profile
from solver.placing.explain import explain, why_not_that_bed
from solver.placing.language import Language
from solver.placing.problem import Decision, Price
from solver.placing.referee import Counts, Decided, broken, check, cost, recount
from solver.placing.rules import DEFAULT_PROFILE, HARD, RULES
from solver.placing.telling import said
from tests.builders import applied, difference
from tests.strategies import Case, allocations, cases


@given(data=st.data(), case=cases())
def test_check_equals_the_recount_after_less_the_recount_before(data: st.DataObject, case: Case):
    records = case.records()
    allocation = data.draw(allocations(case))
    published = data.draw(st.sampled_from([None, *records.beds]))
    decided = Decided(case.request, allocation, published)
    found = check(decided, records)
    before = recount(records)
    after = recount(applied(case.request, allocation, records), [decided])
    for rule_id in found:
        event(rule_id)
    assert found == difference(after, before)


@given(data=st.data(), case=cases())
def test_two_decisions_count_the_same_in_a_row_as_together(data: st.DataObject, case: Case):
    """The referee has no memory: the second is checked on the hospital the first left."""
    records = case.records()
    first = data.draw(allocations(case))
    again = replace(case.request, id="q2", person_id=data.draw(st.sampled_from(sorted(records.persons))))
    again = replace(again, from_stay_id=None)
    second = replace(data.draw(allocations(case)), id="b", request_id="q2", person_id=again.person_id)
    between = applied(case.request, first, records)
    after = applied(again, second, between)
    one, two = Decided(case.request, first), Decided(again, second)
    steps = added(check(one, records), check(two, between))
    assert steps == difference(recount(after, [one, two]), recount(records))


@given(data=st.data(), case=cases())
def test_no_rule_sees_what_the_hospital_switched_off(data: st.DataObject, case: Case):
    rule = data.draw(st.sampled_from([rule for rule in HARD if rule.level is Level.OVERRIDABLE]))
    counts = check(Decided(case.request, data.draw(allocations(case))), case.records())
    everything = broken(counts, DEFAULT_PROFILE)
    without = broken(counts, Profile("own", switched_off=frozenset({rule.id})))
    waived = broken(counts, DEFAULT_PROFILE, frozenset({rule.id}))
    assert without == waived == tuple(rule_id for rule_id in everything if rule_id != rule.id)


@given(data=st.data(), case=cases(), language=st.sampled_from(Language))
def test_every_decision_can_be_told_and_every_other_bed_answered_for(
    data: st.DataObject, case: Case, language: Language
):
    records = case.records()
    allocation = data.draw(st.one_of(st.none(), allocations(case)))
    counts = check(Decided(case.request, allocation), records)
    prices = tuple(Price(r, n, n * DEFAULT_PROFILE.weight(RULES[r])) for r, n in counts.items())
    decision = Decision(case.request, allocation, cost(counts, DEFAULT_PROFILE), prices)
    sentences = [
        *explain(decision, records).sentences,
        *(why_not_that_bed(decision, bed_id, records) for bed_id in records.beds),
    ]
    assert all((line := said(sentence, language)) and "{" not in line for sentence in sentences)


def added(one: Counts, other: Counts) -> Counts:
    """The sum of two counts, without zeros."""
    sums = {rule_id: one.get(rule_id, 0) + other.get(rule_id, 0) for rule_id in {*one, *other}}
    return {rule_id: amount for rule_id, amount in sums.items() if amount}

"""The referee's two counts hold each other to account, whatever the hospital and whatever is given."""

from hypothesis import event, given
from hypothesis import strategies as st

from solver.placing.referee import Decided, check, recount
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

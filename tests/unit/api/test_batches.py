"""How far a batch is searched."""

import pytest

from api.services.batches import slack
from solver.engine.rule import Profile
from solver.hospital import Priority
from solver.placing import rules
from tests.builders import request

ROUTINE_LEFT = rules.UNPLACED[Priority.ROUTINE].weight


@pytest.mark.parametrize("with_them", [(), (Priority.ROUTINE,), (Priority.SOON, Priority.EMERGENCY)])
def test_no_batch_may_cost_as_much_more_than_the_least_as_a_routine_request_without_a_place(with_them):
    """Urgent fellows had a slack of their own: some hours of their waiting."""
    batch = [request(priority=priority) for priority in (Priority.URGENT, *with_them)]
    assert slack(batch, Profile()) == ROUTINE_LEFT - 1
    cheap = Profile(weights={"unplaced_routine": 0})
    assert slack(batch, cheap) == 0


def test_emergencies_alone_are_searched_for_unless_nothing_is_cheaper():
    """A batch of emergencies was done with when it cost 26 hours of an emergency's waiting more than the least."""
    assert slack([request(priority=Priority.EMERGENCY)] * 3, Profile()) == 0

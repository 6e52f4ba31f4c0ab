"""What the workers of a roster search share."""

import numpy as np
import pytest

from solver.engine.result import Budget, Unobserved
from solver.rostering.arrays import SCALE, compiled
from solver.rostering.search import empty_plan
from solver.rostering.sharing import Log, rank
from tests.roster_cases import ward


@pytest.fixture
def log():
    return Log(compiled(ward()), Budget(iterations=10).start(), Unobserved())


def _plan(log, missing, cost):
    plan = empty_plan(log.compiled)
    plan.total[:] = cost * SCALE, missing
    return plan


def test_the_leader_misses_the_fewest_people_and_among_those_costs_the_least(log):
    for missing, cost in ((2, 5), (1, 9), (1, 7), (1, 8), (2, 1)):
        log.note_plan(_plan(log, missing, cost), 1)
    assert rank(log.leader) == (1, 7 * SCALE)


def test_the_leader_stays_as_it_is_while_its_worker_goes_on(log):
    plan = _plan(log, 0, 7)
    log.note_plan(plan, 1)
    plan.duty[:] = 1
    plan.total[0] = 0
    assert np.all(log.leader.duty == -1)
    assert rank(log.leader) == (0, 7 * SCALE)


def test_nobody_hears_of_a_roster_that_lacks_people_who_must_be_there(log):
    log.note_plan(_plan(log, 1, 7), 1)
    assert log.trace == []
    log.note_plan(_plan(log, 0, 9), 2)
    assert [point.cost for point in log.trace] == [9]

"""Half a million operations of two service processes on one storage, each deciding between the other's commits."""

import pytest

from benchmarks.safety.replay.run import play

SEEDS = range(2, 22, 2)
OPERATIONS = 50_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_fails_two_processes_stay_one_and_answer_once_the_faults_stop(seed):
    report = play(seed, OPERATIONS)
    assert report.operations >= OPERATIONS
    assert report.crashes > 50
    assert report.counts["acknowledged"] > OPERATIONS / 5

"""Half a million operations of one service process alone with its storage, all faults drawn from ten seeds.

A failure's message names its seed, its step and the command that repeats it.
"""

import pytest

from benchmarks.safety.replay.run import play

SEEDS = range(1, 21, 2)
OPERATIONS = 50_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_fails_one_process_keeps_its_promises_and_answers_once_the_faults_stop(seed):
    report = play(seed, OPERATIONS)
    assert report.operations >= OPERATIONS
    assert report.crashes > 50
    assert report.counts["acknowledged"] > OPERATIONS / 5

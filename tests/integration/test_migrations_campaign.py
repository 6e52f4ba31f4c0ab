"""The campaign of migrations on both databases: many stays on the embedded one, fewer where a server builds the guards'
indexes anew at each step (the whole campaign has a hundred thousand on each)."""

import pytest

from benchmarks.safety.migrations import GUARD, STAYS, good, run

FEWER = 4_000


@pytest.mark.slow
def test_a_hundred_thousand_stays_outlive_every_step_and_the_judge_comes_back_with_each(tmp_path):
    judged(run("sqlite", STAYS, tmp_path, None))


@pytest.mark.slow
def test_stays_outlive_every_step_on_postgresql_and_the_judge_comes_back_with_each(
    tmp_path, postgresql_server
):
    judged(run("postgresql", FEWER, tmp_path, postgresql_server))


def judged(found):
    """Nothing is wrong with the way, and the control's way is found to be."""
    assert found.faults == []
    assert any(GUARD in name for name in found.control_named), "a lost guard is named"
    assert found.control_winners > 1, "without it the bed is given away more than once"
    assert good(found)
    assert {
        "0004 down",
        "0009 up",
        "0010 up",
        "0011 up",
        "0013 up",
        "0015 up",
        "0016 up",
        "0017 up",
        "0018 up",
        "0019 up",
        "0020 up",
        "base back",
        "0020 again",
    } <= found.seconds.keys()

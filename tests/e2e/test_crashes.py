"""SIGKILL under load: of the service on either database, of PostgreSQL itself. The long form:
``python -m benchmarks.safety.crashes``."""

import pytest

from benchmarks.safety.crashes import campaign

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", 3), ("postgresql", 1), ("server", 1)])
def test_what_was_acknowledged_survives_a_kill_and_is_answered_again(kind, rounds):
    with campaign(kind, seed=1) as begun:
        for crash in begun.rounds(rounds):
            assert crash.faults == ()
            assert crash.acknowledged > 0
            assert crash.unanswered > 0, "nobody was waiting: the kill came too late to show anything"


@pytest.mark.parametrize("kind", ["hasty", "asynchronous"])
def test_a_service_that_answers_before_its_commit_is_durable_is_found_out(kind):
    with campaign(kind, seed=1) as begun:
        (crash,) = begun.rounds(1)
    assert any(fault.startswith("lost: ") for fault in crash.faults)
    assert any(fault.startswith("repeated: ") for fault in crash.faults)

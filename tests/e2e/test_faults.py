"""Disk full, file gone, PostgreSQL gone or silent, under load: nothing is falsely acknowledged, nobody meets more than
503 with a time to come back, and it is over soon after the fault is.

`python -m benchmarks.safety.faults --rounds 20` is the long form.
"""

import pytest

from benchmarks.safety.faults import FAULTS, ward

LONG = {"locked_for_long"}
"""Left to the long form."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_service_bears_with_every_fault_of_what_keeps_the_hospital(kind):
    with ward(kind) as begun:
        for name, fault in FAULTS[kind].items():
            if name in LONG:
                continue
            ordeal, broken = begun.undergo(fault, name)
            assert broken == [], name
            assert sum(attempt.done for attempt in ordeal.of("change")) > 0, name


@pytest.mark.slow
def test_a_service_that_takes_a_failed_commit_for_a_success_is_found_out():
    with ward("trusting") as begun:
        _, broken = begun.undergo(FAULTS["trusting"]["writes_refused"], "1")
    assert any(sentence.startswith("lost: ") for sentence in broken)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dark", "ageless"])
def test_a_service_that_leaves_the_bedside_in_the_dark_or_hides_its_age_is_found_out(kind):
    with ward(kind) as begun:
        _, broken = begun.undergo(FAULTS[kind]["gone"], "1")
    assert any(sentence.startswith("bedside: ") for sentence in broken)
    assert not any(sentence.startswith("lost: ") for sentence in broken)

"""Power cuts under the embedded database, simulated at random places of a recording of the real service. The long form:
``python -m benchmarks.safety.power_cuts``."""

import random
from dataclasses import replace

import pytest

from benchmarks.safety.power_cuts import cuts, record

pytestmark = pytest.mark.slow
CUTS = 25
COMMANDS = 80


def test_no_power_cut_takes_what_was_acknowledged():
    recording = record("full", "test", COMMANDS)
    made = list(cuts(recording, CUTS, random.Random(1)))
    assert [cut.faults for cut in made if cut.faults] == []
    assert made[0].acknowledged < made[-1].acknowledged, "cuts at one place only show little"
    # Without the last write the recording is not of this run, and is refused.
    last = max(number for number, entry in enumerate(recording.entries) if entry.kind == "write")
    shorter = replace(recording, entries=recording.entries[:last] + recording.entries[last + 1 :])
    with pytest.raises(RuntimeError, match="something was not recorded"):
        shorter.complete()


def test_a_service_that_syncs_now_and_then_loses_what_it_acknowledged_and_leaves_nothing_half_done():
    made = list(cuts(record("normal", "test", COMMANDS), CUTS, random.Random(1)))
    found = [cut.faults for cut in made if cut.faults]
    assert len(found) >= CUTS // 5
    assert all(fault.startswith("lost: ") for faults in found for fault in faults)


def test_a_service_that_keeps_its_books_in_a_transaction_of_their_own_is_found_half_done():
    # One cut in six falls between the two commits.
    made = list(cuts(record("apart", "test", COMMANDS // 2), 3 * CUTS, random.Random(1)))
    faults = [fault for cut in made for fault in cut.faults]
    assert any("there is no audit line for" in fault for fault in faults)
    assert not any(fault.startswith("lost: ") for fault in faults), "its answers wait for the second commit"

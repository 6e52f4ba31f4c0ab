"""The judge of histories, shown what can and what cannot have been so."""

import pytest

from benchmarks.safety.histories import Acted, History, faults
from benchmarks.safety.history import CONTROLS, SERVICES, right
from models.outbox import StoredEvent


def told(state, revision, began=0.0):
    return Acted(
        began, began + 1, {"request_id": f"r{revision}", "state": state, "hospital_revision": revision}
    )


def event(sequence, topic, **payload):
    return StoredEvent(sequence, topic, {"subject": f"r{sequence}", **payload}, sequence, 0)


SOUND = [
    event(1, "allocation.placed", request_id="r1", bed_id="B0"),
    event(2, "request.unplaced"),
    event(3, "request.released", subject="r1"),
    event(4, "allocation.placed", request_id="r2", bed_id="B0"),
]
ANSWERS = [told("placed", 1), told("unplaced", 2)]


@pytest.mark.parametrize(
    ("events", "answers", "fault"),
    [
        (SOUND, ANSWERS, ""),
        (
            [*SOUND, event(5, "allocation.placed", request_id="r5", bed_id="B0")],
            ANSWERS,
            "B0 was given to r5",
        ),
        ([*SOUND[:3], event(4, "request.unplaced")], ANSWERS, "r4 was told to wait while 1 beds were free"),
        ([*SOUND[:2], *SOUND[3:]], ANSWERS, "event 4 does not follow 2"),
        (SOUND, [told("placed", 1, began=5), told("unplaced", 2)], "asked after revision 2 was told"),
        (SOUND, [told("placed", 4)], "told placed, which no event tells"),
    ],
)
def test_the_judge_finds_what_cannot_have_been_so(events, answers, fault):
    found = faults(History(told=list(answers)), events, beds=1)
    assert any(fault in sentence for sentence in found) if fault else found == []


def test_a_service_is_right_without_a_fault_and_a_control_with_the_fault_it_was_made_for():
    for case in SERVICES:
        assert right(case, [])
        assert not right(case, ["B0 was given to r5"])
    for case in CONTROLS:
        assert right(case, ["something else", f"r5: {case.sign} r4"])
        assert not right(case, [])
        assert not right(case, ["something else"])

"""A patient's ward: what it asks follows from what it was told."""

import pytest

from simulations.load.timeline import Op
from tests.load_hospital import patient


def told(request: str, state: str, revision: int = 1):
    """An answer about a request."""
    return {
        "request_id": request,
        "state": state,
        "revision": revision,
        "hospital_revision": revision,
        "allocation": {"id": f"alc_{request}"},
    }


def answered(someone, *answers):
    """Ask one question after the other, each answered so; what was asked."""
    asked = []
    for status, body in answers:
        question = someone.next()
        asked.append(question)
        someone.heard(question, status, body)
    return asked


MOVED = (
    (0.0, Op.ASK),
    (0.1, Op.ARRIVE),
    (0.2, Op.TRANSFER),
    (0.3, Op.ARRIVE),
    (0.4, Op.LEAVE),
)


@pytest.fixture
def moving():
    """Someone who lies in a bed and was promised another."""
    someone = patient(*MOVED)
    answered(someone, (201, told("r1", "placed")), (200, told("r1", "arrived")), (201, told("r2", "placed")))
    return someone


def test_an_arrival_that_is_learnt_of_by_a_look_is_one_and_the_patient_leaves_that_bed(moving):
    answered(moving, (409, {}), (200, told("r2", "arrived", 2)))
    assert moving.coming is None
    leaving = moving.next()
    assert (leaving.kind, leaving.request_id) == ("leave", "r2")


@pytest.mark.parametrize("state", ["left", "released"])
def test_a_promise_that_a_look_finds_ended_is_no_longer_waited_for(moving, state):
    answered(moving, (409, {}), (200, told("r2", state, 2)))
    assert moving.coming is None
    leaving = moving.next()
    assert (leaving.kind, leaving.request_id) == ("leave", "r1")


def test_a_promise_that_can_no_longer_be_taken_back_keeps_nobody_from_leaving(moving):
    answered(moving, (409, {}), (200, told("r2", "expired", 2)))
    leaving = moving.next()
    assert (leaving.kind, leaving.request_id) == ("leave", "r1")
    moving.heard(leaving, 200, told("r1", "left", 3))
    assert moving.due() is None


def test_a_promise_that_still_stands_is_taken_back_before_the_patient_leaves(moving):
    answered(moving, (409, {}), (200, told("r2", "placed", 2)))
    asked = answered(moving, (200, told("r2", "released", 3)), (200, told("r1", "left", 4)))
    assert [(each.kind, each.request_id) for each in asked] == [("release", "r2"), ("leave", "r1")]
    assert moving.due() is None

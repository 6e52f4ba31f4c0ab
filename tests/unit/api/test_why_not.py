"""What is told of the changes that would make a place possible, and to whom."""

import json

import pytest

from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.why_not import Asked, told
from api.solving.messages import Relaxed
from solver.hospital import Allocation, Care, Priority, Request
from solver.placing.conceding import Question
from solver.placing.concessions import Concession, Kind, Relaxation
from solver.placing.language import Language
from solver.placing.problem import Method, PlacingProblem
from solver.placing.telling import told as worded
from tests.api_service import NOW, small_hospital

SITES = {"W1": "S", "W2": "S"}
REQUEST = Request("req", "known-1", Priority.URGENT, Care("medicine"), NOW, NOW, 600, 0)
GIVEN = Allocation("alc", "req", "known-1", "B2", NOW, NOW + 600)


def answer(role, ward, *changes):
    """What somebody is told whose role is held on a ward."""
    hospital = small_hospital()
    problem = PlacingProblem(hospital, NOW, (REQUEST,))
    question = Question(REQUEST)
    principal = Principal("acc", "login", (Grant(role, ward_id=ward),), "tok", True, 0)
    relaxation = Relaxation(changes, REQUEST, frozenset(), GIVEN)
    found = Relaxed(relaxation=relaxation, method=Method.KERNEL, bound=0, proven=False)
    access = Access(principal, Permission.WHY_NOT, SITES)
    return worded(told(Asked(question, problem, (), None, 1), found, None, access, "UTC"), Language.ENGLISH)


@pytest.mark.parametrize(
    ("role", "ward", "seen"),
    [
        (Role.WARD_MANAGER, "W1", True),
        (Role.NURSE, "W1", True),
        (Role.DOCTOR, "W1", False),
        (Role.NURSE, "W2", False),
        (Role.WARD_MANAGER, "W2", True),
    ],
)
def test_who_is_on_call_is_named_to_those_alone_who_may_read_the_roster(role, ward, seen):
    """A doctor, who may not read shifts, was told the ids of those on call."""
    body = answer(role, ward, Concession(Kind.CALL_NURSE, "OC", 240_000, "W1"))
    (change,) = body["relaxation"]["changes"]
    assert change["subject_id"] == ("OC" if seen else None)
    assert (change["ward_id"], change["price"]) == ("W1", 240_000)
    assert "on call" in change["sentence"]
    assert ("OC" in json.dumps(body)) == seen


def test_something_cheaper_that_cannot_be_carried_out_is_said_to_be_left_out():
    """Such an answer was only called unproven, and nobody could know why."""
    question = Question(REQUEST)
    problem = PlacingProblem(small_hospital(), NOW, (REQUEST,))
    access = Access(
        Principal("acc", "login", (Grant(Role.NURSE),), "tok", True, 0), Permission.WHY_NOT, SITES
    )
    for unconfirmed in (True, False):
        found = Relaxed(relaxation=None, method=Method.KERNEL, bound=0, proven=False, unconfirmed=unconfirmed)
        body = worded(
            told(Asked(question, problem, (), None, 1), found, None, access, "UTC"), Language.ENGLISH
        )
        assert any("one after the other" in reason for reason in body["reasons"]) is unconfirmed

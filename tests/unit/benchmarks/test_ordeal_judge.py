"""The judge of faults names a promise that was not kept: each answer is made up, and one thing is wrong with it."""

from dataclasses import replace

import pytest

from benchmarks.safety.judge import Kept, Reading, Start, key_hash
from benchmarks.safety.load import Told
from benchmarks.safety.ordeal import Attempt, Ordeal
from benchmarks.safety.ordeal_judge import PROBLEM, Promise, broken
from models.audit import Anchor

BEGAN, OVER = 10.0, 12.0
START = Start(Anchor(0, bytes(32)), "acc")
EMPTY = Reading({}, {}, {}, {}, {}, (), {}, frozenset(), 0, ())
REFUSING = Promise(refuses=True, reads_go_on=True, wait_seconds=3.0)


def attempt(kind, began, status=200, **more):
    return Attempt(kind, f"/{kind}", began, began + 0.1, status, **more)


def refusal(kind, began, problem="not-stored", **more):
    told = {"media": PROBLEM, "problem": problem, "retry_after": "1", **more}
    return attempt(kind, began, 503, **told)


BORNE = [
    attempt("read", 11.0),
    refusal("change", 11.0, key="k"),
    refusal("ready", 11.0, "storage-unavailable"),
    attempt("metrics", 11.0, storing=0.0),
    attempt("change", 13.0, 201, key="k"),
    attempt("ready", 13.0),
    attempt("metrics", 13.0, storing=1.0),
]


def judged(attempts, promise=REFUSING, reading=EMPTY, told=()):
    return broken(Ordeal(attempts, list(told), BEGAN, OVER), promise, reading, START)


def without(kind, status=None):
    return [one for one in BORNE if one.kind != kind or (status is not None and one.status != status)]


def test_a_service_that_bore_with_the_fault_broke_no_promise():
    assert judged(BORNE) == []


@pytest.mark.parametrize(
    ("attempts", "sentence"),
    [
        ([*BORNE, attempt("change", 11.2, 500)], "change: /change was answered 500"),
        ([*BORNE, attempt("change", 11.2, 409)], "change: /change was answered 409"),
        ([*BORNE, attempt("read", 9.0, None)], "read: /read was answered not at all"),
        ([*BORNE, refusal("change", 11.2, media="text/html")], "was refused as text/html"),
        ([*BORNE, refusal("change", 11.2, retry_after=None)], "refused without a time to come back"),
        ([*BORNE, replace(attempt("change", 9.0), ended=12.5)], "waited 3.5 s; promised 3"),
        ([*BORNE, refusal("read", 11.5, "storage-unavailable")], "was refused (storage-unavailable) though"),
        (without("read"), "read: nobody could read at any time"),
        ([*without("read"), attempt("read", 13.0)], "read: nobody was answered during the fault"),
        (without("change", 503), "fault: not one change was refused"),
        (without("ready", 503), "never said that changes are not stored"),
        (without("metrics"), "never said that changes are not stored"),
        ([*BORNE, refusal("ready", 14.0)], "/readyz does not say that the service is well again"),
        ([*BORNE, attempt("metrics", 14.0, storing=0.0)], "does not say that changes are stored again"),
        (without("change", 201), "recovery: no change was stored within 5 s"),
        (
            [*without("change", 201), attempt("change", 17.5, 201)],
            "recovery: no change was stored within 5 s",
        ),
    ],
)
def test_a_promise_that_was_not_kept_is_named(attempts, sentence):
    assert any(sentence in found for found in judged(attempts)), judged(attempts)


def test_a_change_that_was_said_not_to_be_made_and_was_is_found():
    kept = {key_hash("acc", "k"): Kept(201, {"request_id": "r"}, 1, 5)}
    denied = [one for one in BORNE if one.status != 201]
    found = judged(denied, reading=replace(EMPTY, kept=kept), told=[Told("k", "/requests", {})])
    assert "denied: /change was said not to be stored, and it is" in found


def test_a_change_that_was_denied_and_then_replayed_is_found():
    answered_before = [*without("change", 201), attempt("change", 13.0, 201, key="k", replayed=True)]
    assert "denied: /change was said not to be stored, and had been answered before" in judged(
        answered_before
    )
    not_known = refusal("change", 11.5, "outcome-unknown", key="k")
    assert judged([*answered_before, not_known]) == []


def test_where_questions_cannot_be_answered_refusing_them_breaks_no_promise():
    refused = [*without("read"), refusal("read", 11.0), attempt("read", 13.0)]
    assert judged(refused, Promise(refuses=True, reads_go_on=False, wait_seconds=3.0)) == []

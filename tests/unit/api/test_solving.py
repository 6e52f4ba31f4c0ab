"""What the solver process answers is read strictly: it is a plan, or it is none."""

import json
import multiprocessing
import time

import pytest

from api.solving.messages import MOST_BYTES, READY, NoPlan, failure, read_plan
from api.solving.process import SolverProcess

GIVEN = {
    "id": "a-1",
    "request_id": "r-1",
    "person_id": "p-1",
    "bed_id": "B1",
    "start": 100,
    "end": 160,
    "units": [],
    "lots": [],
    "companion_bed_id": None,
    "conditional": False,
    "revision": 0,
}
PLAN = {"given": [GIVEN, None], "methods": ["cpsat", "cpsat"], "cost": 10, "bound": 7}


def test_a_plan_is_read_with_what_was_given_and_what_was_not():
    plan = read_plan(json.dumps(PLAN).encode(), 2)
    assert plan.given[0].bed_id == "B1"
    assert plan.given[1] is None
    assert (plan.cost, plan.bound) == (10, 7)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80\x05\x95",  # somebody else's format
        b"null",
        b"[]",
        json.dumps(PLAN | {"cost": "10"}).encode(),
        json.dumps(PLAN | {"cost": 10.5}).encode(),
        json.dumps(PLAN | {"bound": "none"}).encode(),
        json.dumps(PLAN | {"more": 1}).encode(),
        json.dumps(PLAN | {"methods": ["magic", "cpsat"]}).encode(),
        json.dumps(PLAN | {"methods": ["cpsat"]}).encode(),
        json.dumps(PLAN | {"given": [GIVEN]}).encode(),
        json.dumps(PLAN | {"given": [GIVEN, None, None]}).encode(),
        json.dumps(PLAN | {"given": [GIVEN | {"end": 100}, None]}).encode(),  # ends when it begins
        json.dumps(PLAN | {"given": [GIVEN | {"start": None}, None]}).encode(),
    ],
)
def test_anything_else_is_garbage(raw):
    with pytest.raises(NoPlan) as none:
        read_plan(raw, 2)
    assert none.value.reason == "garbage"


@pytest.mark.parametrize("reason", ["out_of_memory", "failed"])
def test_a_process_may_say_that_it_has_no_plan(reason):
    with pytest.raises(NoPlan) as none:
        read_plan(failure(reason), 2)
    assert none.value.reason == reason


def stop_at_once(connection, memory_bytes):
    """A process that ends before it is ready."""


def test_a_process_that_never_gets_ready_is_no_plan_and_is_started_anew():
    process = SolverProcess(stop_at_once, workers=1, memory_bytes=MOST_BYTES)
    try:
        for _ in range(2):
            with pytest.raises(NoPlan) as none:
                process.solve(None, 30)
            assert none.value.reason == "died"
    finally:
        process.close()
    with pytest.raises(NoPlan):
        process.solve(None, 1)
    assert process.pid is None


def get_ready(connection, memory_bytes):
    """A process that is ready and waits to be asked."""
    connection.send_bytes(READY)
    time.sleep(60)


def test_a_process_that_is_asked_too_late_is_not_made_to_pay_for_it():
    process = SolverProcess(get_ready, workers=1, memory_bytes=MOST_BYTES)
    try:
        process.start()
        pid = process.pid
        assert process._child.connection.poll(30)
        with pytest.raises(NoPlan) as none:
            process.solve(None, 0)
        assert none.value.reason == "busy"
        assert process.pid == pid
    finally:
        process.close()


def sleep_on(connection, memory_bytes):
    """A process that is never ready."""
    time.sleep(60)


def test_a_process_that_is_not_ready_in_time_is_left_to_get_ready():
    process = SolverProcess(sleep_on, workers=1, memory_bytes=MOST_BYTES)
    try:
        process.start()
        pid = process.pid
        with pytest.raises(NoPlan) as none:
            process.solve(None, 0.1)
        assert none.value.reason == "starting"
        assert process.pid == pid
    finally:
        process.close()
    assert multiprocessing.active_children() == []

"""Lateness, and what of it the machine is to blame for."""

import orjson
import pytest

from benchmarks.service.deadlines import Hurried, Stalls, at_share, degraded_of, lateness, watch
from benchmarks.service.traces import stages
from benchmarks.service.under_load import WrongAnswers
from benchmarks.service.workload import PLACE
from simulations.load.loops import Exchange

STALLS = Stalls((1.0, 2.0), (1.5, 2.25))


def answer(began, seconds, deadline_ms, **told):
    return Exchange(PLACE, began, seconds, 201, orjson.dumps(told), str(deadline_ms))


@pytest.mark.parametrize(
    ("start", "end", "stalled"),
    [(0.0, 1.0, 0.0), (0.0, 1.25, 0.25), (1.25, 2.125, 0.375), (1.5, 2.0, 0.0), (0.0, 9.0, 0.75)],
)
def test_only_stalls_that_fell_into_a_questions_time_count(start, end, stalled):
    assert STALLS.within(start, end) == stalled


def test_an_answer_before_its_deadline_is_not_late_and_stalls_never_make_it_early():
    placed = [answer(0.0, 0.02, 20), answer(0.0, 0.5, 200), answer(0.9, 0.5, 200), answer(1.2, 0.5, 400)]
    found = lateness(placed, STALLS)
    assert found.raw == pytest.approx([0.0, 0.3, 0.3, 0.1])
    assert found.net == pytest.approx([0.0, 0.3, 0.0, 0.0])


def test_the_control_thread_writes_down_when_it_came_to_run_late():
    moments = iter([0.0, 0.0015, 1.0, 1.5, 2.0, 2.001])
    turns = iter([False, False, False, True])
    found = watch(lambda: next(turns), lambda: next(moments), lambda _: None)
    assert found == Stalls((1.001,), (1.5,))
    assert found.seconds == pytest.approx(0.499)


def test_what_is_told_of_a_share_is_not_exceeded_by_any_answer_of_it():
    values = [0.0] * 999 + [5.0]
    assert at_share(values, 0.99) == 0.0
    assert at_share(values, 0.999) == 5000.0
    assert at_share([*values, *[0.0] * 999, 0.0], 0.999) == 0.0


def test_what_is_degraded_must_look_so_and_what_looks_so_must_say_it():
    hasty = {"state": "placed", "degraded": True, "allocation": {"method": "first_fit"}}
    best = {"state": "placed", "degraded": False, "allocation": {"method": "kernel"}}
    assert degraded_of([answer(0, 1, 20, **hasty), answer(0, 1, 20, **best)]) == 1
    for wrong in ({**hasty, "degraded": False}, {**best, "degraded": True}):
        with pytest.raises(WrongAnswers):
            degraded_of([answer(0, 1, 20, **wrong)])


@pytest.mark.parametrize("told", [True, False])
def test_every_placement_has_a_deadline_whether_the_service_is_told_or_not(told):
    source = Hurried([b'{"priority":"soon"}'], "token", told)
    for _ in range(50):
        message = source.next()
        body = orjson.loads(message.raw.partition(b"\r\n\r\n")[2])
        assert 20 <= int(message.about) <= 500
        assert body.get("deadline_ms") == (int(message.about) if told else None)


def test_a_trace_tells_of_the_latest_first_what_they_waited_for_and_what_was_collected_meanwhile():
    times = {"came": 1.0, "taken": 1.1, "begun": 1.101, "decided": 1.104, "storing": 1.105, "answered": 1.2}
    late = {"name": "request.place", "due": 1.05, "batch": 3, **times}
    in_time = late | {"due": 1.5, "batch": 7}
    lines = list(stages([in_time, {"collected": 2, "at": 1.02, "took": 0.05}, late]))
    assert "late 150.0" in lines[1]
    assert "3 in its batch" in lines[1]
    assert "in the queue 100.0; others of its batch 1.0; its own decision 3.0" in lines[1]
    assert "meanwhile 50.0 of collecting" in lines[1]
    assert "late -300.0" in lines[2]
    assert lines[-1].startswith("1 collections of garbage, 1 longer than 1 ms")

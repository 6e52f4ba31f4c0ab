"""What is told of a load, when it is void, and where the knee is."""

from collections import Counter

import pytest

from simulations.load.plan import Planned, Wanted
from simulations.load.record import Histogram, Record, merged
from simulations.load.result import Loaded
from simulations.load.shapes import Shape
from simulations.load.timeline import Pace
from simulations.reports.load_page import load_page
from tests.load_hospital import journey


def loaded(record, shape=Shape.STEADY, found=(), compression=3600.0, steps=()):
    pace = Pace.of(0.0, 1.0, [(10.0, compression / 3600)])
    planned = Planned(((journey(), ()),), pace, 0.0, 10.0, 1.0, 11.0, 20.0, steps)
    return Loaded(Wanted(10.0, rate=20.0, shape=shape), planned, record, 1, 200.0, found, {"answers": 7})


def record(*seconds, late=0.001, slices=2):
    made = Record([Histogram() for _ in range(slices)])
    for number, each in enumerate(seconds):
        made.latency("ask", each, number / len(seconds))
        made.late.add(late)
        made.slip.add(0.0)
    made.seconds = 10.0
    made.statuses = Counter({"ask 201": len(seconds)})
    return made


def test_percentiles_are_those_of_the_values_to_three_digits():
    found = record(*(n / 1000 for n in range(1, 1001))).everything
    assert found.milliseconds(50) == pytest.approx(500, rel=0.002)
    assert found.milliseconds(99) == pytest.approx(990, rel=0.002)
    assert found.milliseconds(100) == pytest.approx(1000, rel=0.002)
    assert Histogram().milliseconds(99) == 0.0


def test_records_of_processes_add_up():
    one, other = record(0.1, 0.2), record(0.3, 0.4, 0.5)
    one.fault("a"), other.fault("b")
    whole = merged([one.packed(), other.packed()])
    assert whole.everything.count == 5
    assert whole.latencies["ask"].milliseconds(100) == pytest.approx(500, rel=0.002)
    assert whole.faults == ["a", "b"]
    assert whole.counts["faults"] == 2
    assert whole.statuses == {"ask 201": 5}


def test_a_run_whose_generator_was_late_is_void_and_says_so():
    assert loaded(record(0.1, late=0.009)).void == []
    (reason,) = loaded(record(0.1, late=0.011)).void
    assert "generator itself was late" in reason
    assert "10 ms" in reason


def test_a_run_in_which_nothing_was_measured_is_void():
    assert loaded(record()).void == ["Nothing was measured."]


def test_answers_that_take_long_on_the_hospitals_clock_are_told():
    # The stay is ten hours: half an hour is five percent of it.
    assert loaded(record(1.0), compression=1700.0).warnings == []
    (warning,) = loaded(record(1.0), compression=1900.0).warnings
    assert "--sites" in warning


def test_what_was_answered_in_a_second_counts_the_seconds_that_were_measured():
    """A load that grows ends at its knee."""
    early, other = record(*[0.1] * 8), record(*[0.1] * 8)
    early.seconds, other.seconds = 3.0, 4.0
    assert loaded(merged([early.packed(), other.packed()])).figures()["answered_a_second"] == 4.0


def test_the_knee_is_the_last_step_within_the_goal():
    steps = ((1.0, 1.0), (2.0, 1.1), (3.0, 1.21), (4.0, 1.331))
    found = loaded(record(0.1, 0.1, 0.9, 0.1, slices=4), Shape.STEP, steps=steps)
    mean = sum(multiple for _, multiple in steps) / 4
    assert found.knee == pytest.approx(20 * 1.1 / mean)
    assert loaded(record(0.9, 0.1, slices=4), Shape.STEP, steps=steps).knee is None
    assert found.figures()["knee_a_second"] == found.knee
    assert found.knee_found
    unbroken = loaded(record(0.1, 0.1, 0.1, 0.1, slices=4), Shape.STEP, steps=steps)
    assert not unbroken.knee_found, "the service bears more than was asked"
    assert "bears more" in load_page("Load", "", {"scenario": "", **unbroken.figures()})


def test_the_page_tells_faults_reasons_and_latencies():
    figures = {
        "name": "x",
        "scenario": "abc",
        **loaded(record(0.1, late=1.0), found=["lost: <r1>"]).figures(),
    }
    page = load_page("Load", "wardflow simulate load <s>", figures)
    assert "1 faults" in page
    assert "lost: &lt;r1&gt;" in page
    assert "<strong>Void.</strong>" in page
    assert "&lt;s&gt;" in page
    assert "Nothing was broken" not in page

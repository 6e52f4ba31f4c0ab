"""Student's intervals, beside scipy and beside the promise of their level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulations.statistics.intervals import Interval, Precision, interval, student

values = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=2, max_size=30)


@given(values=values, level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_is_students(values: list[float], level: float) -> None:
    found = interval(np.array(values), level)
    half = stats.t.ppf(0.5 + level / 2, len(values) - 1) * stats.sem(values)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-6)
    assert found.half_width == pytest.approx(half, rel=1e-9, abs=1e-9)


@given(values=values, factor=st.floats(0.01, 100), shift=st.floats(-1e3, 1e3))
def test_another_unit_gives_the_same_interval_in_that_unit(
    values: list[float], factor: float, shift: float
) -> None:
    plain, other = interval(np.array(values)), interval(np.array(values) * factor + shift)
    scale = factor * (max(map(abs, values)) + 1) + abs(shift)
    assert other.mean == pytest.approx(plain.mean * factor + shift, abs=1e-9 * scale)
    assert other.half_width == pytest.approx(plain.half_width * factor, rel=1e-5, abs=1e-7 * scale)


def test_the_intervals_hold_as_often_as_their_level_says() -> None:
    """2,000 samples of ten: 95 % +- 1.5 % (three standard errors) must hold the true mean."""
    samples = np.random.default_rng(11).normal(3.0, 2.0, (2000, 10))
    held = np.mean([interval(sample).covers(3.0) for sample in samples])
    assert 0.935 <= held <= 0.965


def test_replications_without_an_observation_are_left_out() -> None:
    assert interval(np.array([1.0, np.nan, 3.0])) == interval(np.array([1.0, 3.0]))


def test_one_replication_says_nothing_of_its_error_and_none_says_nothing() -> None:
    assert interval(np.array([4.0])) == Interval(4.0, math.inf, 0.95, 1)
    none = interval(np.array([np.nan]))
    assert math.isnan(none.mean)
    assert none.replications == 0


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        student(level, 3)


def made(mean: float, half_width: float, replications: int = 10) -> Interval:
    return Interval(mean, half_width, 0.95, replications)


@pytest.mark.parametrize(
    ("precision", "found", "enough"),
    [
        (Precision(absolute=0.5), made(10, 0.5), True),
        (Precision(absolute=0.5), made(10, 0.51), False),
        (Precision(relative=0.25), made(10, 2.0), True),  # 0.25 / 1.25 of the estimate
        (Precision(relative=0.25), made(-10, 2.1), False),
        (Precision(relative=0.25, absolute=2.1), made(10, 2.1), True),
        (Precision(absolute=0.5), made(10, 0.1, replications=4), False),  # narrow by luck
        (Precision(absolute=0.5), made(math.nan, 0.0), False),
        (Precision(relative=0.25), made(0.0, 0.0), True),
    ],
)
def test_a_precision_knows_when_it_is_reached(precision: Precision, found: Interval, enough: bool) -> None:
    assert precision.reached(found) is enough


def test_twice_as_narrow_takes_four_times_as_many() -> None:
    assert Precision(absolute=0.5).needed(made(10, 1.0)) == 40


@pytest.mark.parametrize("wrong", [{}, {"relative": 0.0}, {"absolute": -1.0}, {"absolute": math.nan}])
def test_a_precision_that_could_never_be_reached_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Precision(**wrong)

"""Replications are added until it is enough, never beyond the budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulations.statistics.intervals import Interval, Precision, interval
from simulations.statistics.sequential import Stopping


def run(stopping: Stopping, values: np.ndarray) -> int:
    made = 0
    while (number := stopping.next_number(made, [interval(values[:made])])) > made:
        made = number
    return made


@given(seed=st.integers(0, 1000), wanted=st.floats(0.05, 2.0), most=st.integers(5, 200))
def test_it_ends_precise_enough_or_at_the_budget(seed: int, wanted: float, most: int) -> None:
    values = np.random.default_rng(seed).normal(5, 1, most)
    stopping = Stopping(5, most, Precision(absolute=wanted))
    made = run(stopping, values)
    assert 5 <= made <= most
    assert made == most or interval(values[:made]).half_width <= wanted


def test_a_narrower_interval_takes_more_replications() -> None:
    values = np.random.default_rng(1).normal(5, 1, 5000)
    few, many = (run(Stopping(5, 5000, Precision(absolute=wanted)), values) for wanted in (0.5, 0.1))
    assert few < 40 < many


def test_without_a_precision_exactly_the_first_ones_are_made() -> None:
    assert run(Stopping(7, 100), np.zeros(100)) == 7


def test_every_watched_measure_must_be_precise_enough() -> None:
    narrow, wide = Interval(1, 0.1, 0.95, 10), Interval(1, 0.9, 0.95, 10)
    stopping = Stopping(5, 100, Precision(absolute=0.5))
    assert stopping.next_number(10, [narrow]) == 10
    assert stopping.next_number(10, [narrow, wide]) == 20


@pytest.mark.parametrize(("first", "most"), [(0, 5), (6, 5)])
def test_a_budget_below_the_beginning_is_refused(first: int, most: int) -> None:
    with pytest.raises(ValueError, match="first <= most"):
        Stopping(first, most)

"""MSER-5 beside its definition, and on series whose warm-up is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulations.statistics.warm_up import mser

finite = st.floats(-1e4, 1e4, allow_nan=False, width=32)


def by_definition(series: np.ndarray, batch: int) -> list[float]:
    means = series[: len(series) // batch * batch].reshape(-1, batch).mean(axis=1)
    kept = [means[d:] for d in range(len(means) - 1)]
    return [float(((rest - rest.mean()) ** 2).sum() / len(rest) ** 2) for rest in kept]


@given(series=arrays(np.float64, st.integers(50, 90), elements=finite), batch=st.integers(1, 5))
def test_the_statistic_is_the_one_of_the_paper(series: np.ndarray, batch: int) -> None:
    expected = by_definition(series, batch)
    scale = float(np.abs(series).max()) ** 2 + 1
    assert np.allclose(mser(series, batch).statistic, expected, rtol=1e-6, atol=1e-9 * scale)


def test_a_decaying_beginning_is_left_out_and_the_rest_kept() -> None:
    rng = np.random.default_rng(5)
    series = 10 + rng.normal(0, 0.3, 1000) - 10 * np.exp(-np.arange(1000) / 20)
    found = mser(series)
    assert found.settled
    assert 50 <= found.observations <= 150
    assert found.observations % 5 == 0


def test_a_few_last_observations_that_happen_to_be_alike_are_no_steady_state() -> None:
    """The statistic of the last batches is the smallest of all here; what it would leave out is nearly everything."""
    series = np.concatenate(
        [np.linspace(0, 10, 50), 10 + np.random.default_rng(3).normal(0, 1, 440), np.full(10, 10.0)]
    )
    found = mser(series)
    assert int(np.argmin(found.statistic)) >= 96
    assert found.settled
    assert found.observations <= 60


def test_a_series_that_never_settles_is_called_so() -> None:
    series = np.arange(500, dtype=float)
    assert not mser(series).settled


def test_a_series_that_begins_settled_loses_next_to_nothing() -> None:
    assert mser(np.random.default_rng(2).normal(0, 1, 2000)).observations <= 200


@pytest.mark.parametrize("wrong", [np.zeros(49), np.full(50, np.nan), np.append(np.zeros(50), np.inf)])
def test_too_few_or_unreal_observations_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"at least 10|not finite"):
        mser(wrong)

"""Histograms of waits: narrow enough buckets, and quantiles that are interpolated."""

import numpy as np
import pytest

from simulations.engine.kernels_levels import bucket_of
from simulations.engine.outcome import BUCKETS, bucket_edges, quantile, share_above

plain_bucket_of = getattr(bucket_of, "py_func", bucket_of)


def histogram(values: np.ndarray) -> np.ndarray:
    found = np.zeros(BUCKETS, np.int64)
    for value in values:
        found[plain_bucket_of(float(value))] += 1
    return found


def test_a_value_lies_between_the_edges_of_its_bucket() -> None:
    edges = bucket_edges()
    assert len(edges) == BUCKETS + 1
    for value in np.concatenate([np.logspace(-3, 8, 500), edges[2:-1]]):
        bucket = plain_bucket_of(float(value))
        assert edges[bucket] <= value < edges[bucket + 1]
    assert plain_bucket_of(0.0) == 0
    assert plain_bucket_of(1e-9) == 1
    assert plain_bucket_of(1e30) == BUCKETS - 1


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.99])
def test_a_quantile_is_near_that_of_the_values(level: float) -> None:
    values = np.random.default_rng(1).exponential(3.0, 20_000)
    assert quantile(histogram(values), level) == pytest.approx(np.quantile(values, level), rel=0.003)


@pytest.mark.parametrize("limit", [0.0, 0.5, 3.0, 10.0])
def test_a_share_above_is_near_that_of_the_values(limit: float) -> None:
    values = np.random.default_rng(1).exponential(3.0, 20_000)
    assert share_above(histogram(values), limit) == pytest.approx((values > limit).mean(), abs=0.001)


def test_who_did_not_wait_is_told_from_who_waited_a_moment() -> None:
    counted = histogram(np.array([0.0] * 6 + [1.0] * 4))
    assert quantile(counted, 0.5) == 0.0
    assert share_above(counted, 0.0) == pytest.approx(0.4)


def test_of_nothing_there_is_no_quantile() -> None:
    nothing = np.zeros(BUCKETS, np.int64)
    assert np.isnan(quantile(nothing, 0.5))
    assert np.isnan(share_above(nothing, 1.0))

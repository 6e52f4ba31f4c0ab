"""Draws against the moments of their distributions, and the normal quantile against scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from simulations.engine.distributions import (
    Constant,
    Distribution,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    PhaseType,
    Triangular,
    Uniform,
    Weibull,
)
from simulations.engine.kernels_draw import draw
from simulations.engine.kernels_ziggurat import EXPONENTIAL_EDGES, NORMAL_EDGES, bell
from simulations.engine.sampling import Samples

DRAWS = 20_000
KEY = np.array([11, 12], np.uint64)


def drawn(distribution: Distribution, count: int = DRAWS) -> np.ndarray:
    samples = Samples()
    row = samples.add(distribution)
    arrays = (
        np.array(samples.distribution, np.int64),
        np.array(samples.parameter, np.float64),
        np.array(samples.sample, np.float64),
    )
    for array in arrays:
        array.setflags(write=False)
    return np.array([draw(*arrays, KEY, row, 3, 4, number, 1) for number in range(count)])


@pytest.mark.parametrize(
    ("distribution", "mean", "sd"),
    [
        (Exponential(2.0), 2.0, 2.0),
        (Uniform(1.0, 3.0), 2.0, 2.0 / math.sqrt(12.0)),
        (Triangular(1.0, 2.0, 6.0), 3.0, math.sqrt((1 + 4 + 36 - 2 - 6 - 12) / 18.0)),
        (LogNormal(5.0, 4.0), 5.0, 4.0),
        (Gamma(3.0, 1.5), 3.0, 1.5),
        (Gamma(2.0, 3.0), 2.0, 3.0),
        (Erlang(4.0, 4), 4.0, 2.0),
        (Weibull(2.0, 3.0), 3.0 * math.gamma(1.5), 3.0 * math.sqrt(1.0 - math.gamma(1.5) ** 2)),
        (Normal(10.0, 2.0), 10.0, 2.0),
        (Empirical((1.0, 5.0), (3.0, 1.0)), 2.0, math.sqrt(3.0)),
        (Empirical((3.0, 1.0, 2.0), interpolated=True), 2.0, 1.0 / math.sqrt(3.0)),
        (PhaseType((1.0, 0.0), ((0.0, 0.5), (0.0, 0.5))), 4.0, math.sqrt(8.0)),
        (PhaseType((0.25, 0.75), ((1.0, 0.0), (0.0, 0.2))), 4.0, math.sqrt(2 * (0.25 + 0.75 * 25) - 16.0)),
    ],
    ids=str,
)
def test_draws_have_the_mean_and_the_spread_they_were_asked_for(
    distribution: Distribution, mean: float, sd: float
) -> None:
    values = drawn(distribution)
    assert values.min() >= 0.0
    assert values.mean() == pytest.approx(mean, abs=4.5 * sd / math.sqrt(DRAWS))
    assert values.std() == pytest.approx(sd, rel=0.06)


@pytest.mark.parametrize(
    ("distribution", "law"),
    [
        (Exponential(2.0), stats.expon(scale=2.0)),
        (Gamma(2.0, 3.0), stats.gamma((2.0 / 3.0) ** 2, scale=4.5)),
        (Weibull(2.0, 3.0), stats.weibull_min(2.0, scale=3.0)),
        (Erlang(4.0, 4), stats.gamma(4.0, scale=1.0)),
        (Normal(10.0, 1.0), stats.norm(10.0, 1.0)),
        (LogNormal(5.0, 4.0), stats.lognorm(math.sqrt(math.log(1.64)), scale=5.0 / math.sqrt(1.64))),
    ],
    ids=["exponential", "gamma", "weibull", "erlang", "normal", "lognormal"],
)
def test_draws_follow_their_law(distribution: Distribution, law: stats.rv_continuous) -> None:
    assert stats.kstest(drawn(distribution, 5000), law.cdf).pvalue > 1e-4


def test_a_constant_is_one_and_what_falls_below_the_minimum_is_the_minimum() -> None:
    assert set(drawn(Constant(7.0), 5)) == {7.0}
    assert drawn(Normal(1.0, 5.0, 0.5), 200).min() == 0.5


@pytest.mark.parametrize(
    ("distribution", "law"),
    [(Exponential(1.0), stats.expon()), (Normal(50.0, 1.0), stats.norm(50.0))],
    ids=["exponential", "normal"],
)
def test_tails_that_no_layer_reaches_hold_what_the_law_says(
    distribution: Distribution, law: stats.rv_continuous
) -> None:
    """One number in 2,000 to 4,000 lies beyond the lowest layer of the ziggurat, one in 100 at the edge of a layer."""
    count = 200_000
    values = drawn(distribution, count)
    for share in (1e-4, 4e-4, 0.01, 0.1, 0.25):
        found = np.array([(values > law.isf(share)).sum(), (values < law.ppf(share)).sum()])
        assert np.abs(found - count * share).max() < 4.5 * math.sqrt(count * share)
    fine = np.histogram(law.cdf(values), 2000, (0.0, 1.0))[0]
    assert stats.chisquare(fine).pvalue > 1e-4


def test_layers_of_the_ziggurat_have_equal_areas_up_to_the_top() -> None:
    for edges, density in ((NORMAL_EDGES, bell), (EXPONENTIAL_EDGES, lambda x: math.exp(-x))):
        heights = np.array([density(x) for x in edges])
        areas = edges[1:-1] * np.diff(heights[1:])
        assert areas == pytest.approx(edges[0] * heights[1], rel=1e-9)
        assert (np.diff(edges) < 0.0).all()

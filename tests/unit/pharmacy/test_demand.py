"""Demand is estimated from what was issued, though some days ran out."""

import numpy as np
import pytest

from solver.engine.errors import InvalidInstance
from solver.pharmacy.reorder.demand import Demand, estimate


def history(mean: float, size: float, days: int, stock: int, seed: int = 1):
    """Issues of days on which between nothing and twice ``stock`` units were there."""
    rng = np.random.default_rng(seed)
    wanted = rng.negative_binomial(size, size / (size + mean), days)
    there = rng.integers(0, 2 * stock + 1, days)
    return np.minimum(wanted, there), wanted >= there


@pytest.mark.parametrize(("mean", "size", "stock"), [(3.0, 2.0, 4), (12.0, 5.0, 14), (60.0, 20.0, 70)])
def test_days_that_ran_out_do_not_bias_the_estimate(mean: float, size: float, stock: int) -> None:
    issued, ran_out = history(mean, size, 1500, stock)
    found = estimate(issued, ran_out)
    assert found.mean == pytest.approx(mean, rel=0.06)
    # What was issued, and what was issued on the days that did not run out, are both far off.
    assert issued.mean() < 0.8 * mean
    assert issued[~ran_out].mean() < 0.95 * mean


def test_taking_days_that_ran_out_for_all_that_was_wanted_gives_what_was_issued() -> None:
    issued, ran_out = history(12.0, 5.0, 700, 14)
    assert estimate(issued, np.zeros_like(ran_out)).mean == pytest.approx(issued.mean(), rel=0.01)


def test_weekdays_differ_where_the_history_says_so() -> None:
    rng = np.random.default_rng(2)
    rates = np.array([10, 10, 10, 10, 10, 2, 2])
    issued = rng.poisson(rates[np.arange(364) % 7])
    found = estimate(issued, np.zeros(364, bool))
    assert found.means == pytest.approx(rates.tolist(), rel=0.2)
    assert found.starting(5).means == (*found.means[5:], *found.means[:5])
    assert len(estimate(issued[:27], np.zeros(27, bool)).means) == 1


def test_a_rare_item_has_no_weekdays_that_chance_made() -> None:
    issued = np.zeros(84, np.int64)
    issued[[3, 31, 52]] = 1
    means = estimate(issued, np.zeros(84, bool)).means
    assert max(means) < 1.25 * min(means)


def test_chances_sum_to_one_and_have_the_mean() -> None:
    for demand in (Demand((3.0, 1.0), 2.0), Demand((0.0,), np.inf), Demand((40.0,), np.inf)):
        chances = demand.chances()
        assert chances.sum(axis=1) == pytest.approx(1)
        assert (chances * np.arange(chances.shape[1])).sum(axis=1) == pytest.approx(demand.means, abs=1e-3)


def test_an_item_nobody_asked_for_has_no_demand() -> None:
    assert estimate(np.zeros(50, np.int64), np.zeros(50, bool)).mean == 0


@pytest.mark.parametrize(("issued", "ran_out"), [([], []), ([1, -1], [False, False]), ([1, 2], [True])])
def test_what_is_no_history_is_refused(issued: list, ran_out: list) -> None:
    with pytest.raises(InvalidInstance):
        estimate(np.array(issued, np.int64), np.array(ran_out, bool))

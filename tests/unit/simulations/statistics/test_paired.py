"""Paired differences, Holm's correction, and how often they are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulations.statistics.paired import differences, holm, p_value

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_gives_what_the_rule_gives_by_hand() -> None:
    """0.01 x 4, 0.02 x 3, 0.03 x 2 (not below 0.06), 0.5 x 1."""
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


@given(p_values)
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for p, corrected in zip(p_values, adjusted, strict=True):
        assert p <= corrected <= min(1.0, p * len(p_values)) + 1e-12
    order = np.argsort(p_values, kind="stable")
    assert list(np.diff(np.array(adjusted)[order]) >= 0) == [True] * (len(p_values) - 1)


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=20).filter(lambda each: np.std(each) > 1e-3))
def test_the_p_value_is_that_of_the_t_test(changes: list[float]) -> None:
    assert p_value(np.array(changes)) == pytest.approx(stats.ttest_1samp(changes, 0).pvalue, abs=1e-9)


def test_an_equal_change_of_what_is_never_left_to_chance_is_certain_and_no_change_is_none() -> None:
    a = np.full(3, 5.0)
    [moved, same] = differences([(a, a - 2), (a, a)])
    assert (moved.decided, moved.interval.mean, moved.interval.half_width) == (True, -2.0, 0.0)
    assert (same.decided, same.p_value, same.interval.mean) == (False, 1.0, 0.0)


@pytest.mark.parametrize(("replications", "decided"), [(2, False), (5, False), (6, True)])
def test_a_few_equal_changes_of_what_chance_moves_are_no_proof(replications: int, decided: bool) -> None:
    """Two replications with one refusal more each were proof enough: their spread was 0."""
    a = np.arange(replications) + 0.1
    [found] = differences([(a, a + 1)])
    assert found.p_value == 2.0 ** (1 - replications)
    assert found.decided == decided


def test_sums_of_the_same_in_another_order_are_no_difference() -> None:
    a = np.full(6, 0.1 + 0.2 + 0.3)
    [found] = differences([(a, np.full(6, 0.3 + 0.2 + 0.1))])
    assert (found.decided, found.interval.mean) == (False, 0.0)


def test_shared_patients_make_the_interval_narrower_than_separate_ones() -> None:
    rng = np.random.default_rng(3)
    common = rng.normal(20, 5, 30)
    a, b = common + rng.normal(0, 1, 30), common - 2 + rng.normal(0, 1, 30)
    [paired] = differences([(a, b)])
    [unpaired] = differences([(a, rng.permutation(b))])
    assert paired.decided
    assert paired.interval.half_width < unpaired.interval.half_width / 2


def test_intervals_of_many_measures_are_wider_than_those_of_one() -> None:
    rng = np.random.default_rng(4)
    pairs = [(rng.normal(0, 1, 10), rng.normal(0, 1, 10)) for _ in range(8)]
    for found in differences(pairs):
        assert found.simultaneous.half_width > found.interval.half_width
        assert found.simultaneous.level == pytest.approx(1 - 0.05 / 8)


def test_ten_measures_without_any_difference_mislead_in_at_most_one_comparison_of_twenty() -> None:
    """1,000 comparisons of ten measures: some difference is claimed in 5 % +- 2 % of them at most."""
    rng = np.random.default_rng(8)
    noise = rng.normal(0, 1, (1000, 10, 12))
    zero = np.zeros(12)
    misled = [any(each.decided for each in differences([(zero, row) for row in trial])) for trial in noise]
    assert np.mean(misled) <= 0.07


def test_other_numbers_of_replications_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        differences([(np.zeros(3), np.zeros(4))])

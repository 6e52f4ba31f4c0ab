"""Durations of which some have not ended: the estimates hold the truth where leaving those out does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulations.statistics.censored import FAMILIES, Estimate, estimates
from simulations.statistics.survival import Lifetimes, kaplan_meier, shares_by_outcome


def lives(*rows: tuple[float, float, bool]) -> Lifetimes:
    entry, exit_, ended = zip(*rows, strict=True)
    return Lifetimes(np.array(entry, float), np.array(exit_, float), np.array(ended, bool))


def watched(seed: int, durations: np.ndarray, window: float = 100.0) -> Lifetimes:
    """``durations`` that begin at any time in a window or before it, as somebody sees them who looks in the window."""
    begun = np.random.default_rng(seed).uniform(-window, window, len(durations))
    seen = begun + durations > 0
    begun, durations = begun[seen], durations[seen]
    entry = np.maximum(-begun, 0.0)
    return Lifetimes(entry, np.minimum(durations, window - begun), durations <= window - begun)


def drawn(name: str, seed: int, count: int) -> tuple[np.ndarray, tuple[float, float]]:
    """Durations, and the parameters that they come from."""
    rng = np.random.default_rng(seed)
    match name:
        case "exponential":
            return rng.exponential(40.0, count), (40.0, 1.0)
        case "weibull":
            return 50.0 * rng.weibull(1.6, count), (1.6, 50.0)
        case "lognormal":
            return rng.lognormal(math.log(30.0), 0.8, count), (30.0, 0.8)
    return rng.gamma(2.0, 20.0, count), (2.0, 20.0)


def test_the_curve_is_the_one_of_a_worked_example() -> None:
    """Five watched: ends at 1, 3 and 4, one lost at 2; the one who comes at age 2 counts from then on only."""
    curve = kaplan_meier(lives((0, 1, True), (0, 2, False), (0, 3, True), (0, 4, True), (2, 5, False)))
    assert curve.times.tolist() == [1.0, 3.0, 4.0]
    assert curve.at_risk.tolist() == [4, 3, 2]
    assert curve.left == pytest.approx([3 / 4, 3 / 4 * 2 / 3, 3 / 4 * 2 / 3 * 1 / 2])
    assert curve.share_left(np.array([0.5, 1.0, 3.5])) == pytest.approx([1.0, 0.75, 0.5])


def test_without_censoring_the_mean_is_the_mean() -> None:
    durations = np.array([1.0, 2.0, 2.0, 7.0])
    mean, error = kaplan_meier(Lifetimes(np.zeros(4), durations, np.ones(4, bool))).mean()
    assert mean == pytest.approx(3.0)
    assert error == pytest.approx(durations.std() / 2)


@pytest.mark.parametrize("name", FAMILIES)
def test_parameters_are_found_again_though_half_has_not_ended_or_began_unseen(name: str) -> None:
    durations, truth = drawn(name, 3, 4000)
    found = watched(3, durations)
    assert 0.2 < 1 - found.events / len(found) < 0.6
    by_name = {each.family: each for each in estimates(found)}
    assert by_name[name].parameters == pytest.approx(truth, rel=0.07)
    assert by_name[name].fits


def test_the_mean_of_those_that_ended_is_too_short_and_of_those_present_too_long() -> None:
    """What the estimates are for: the two means that come to mind are both wrong."""
    inside, ended, present = [], [], []
    for seed in range(40):
        durations, _ = drawn("lognormal", seed, 400)
        truth = 30.0 * math.exp(0.32)
        found = watched(seed, durations)
        [best] = [each for each in estimates(found) if each.family == "lognormal"]
        inside.append(abs(best.mean - truth) <= best.mean_half)
        ended.append(found.exit[found.ended & (found.entry == 0)].mean() / truth)
        present.append(found.exit[found.ended & (found.entry > 0)].mean() / truth)
    assert np.mean(inside) >= 0.85
    assert max(ended) < 0.9
    assert min(present) > 1.1


def test_the_family_is_found_and_a_wrong_one_does_not_fit() -> None:
    durations, _ = drawn("lognormal", 1, 3000)
    found = estimates(watched(1, durations))
    assert found[0].family == "lognormal"
    assert [each.family for each in found if each.fits] == ["lognormal"]


def test_with_few_ends_only_the_exponential_is_tried_and_its_interval_is_wide() -> None:
    [few] = estimates(lives((0, 5, True), (0, 9, False)))
    assert (few.family, few.mean) == ("exponential", 14.0)
    [none] = estimates(lives((0, 5, False), (0, 9, False)))
    assert math.isinf(none.mean_half)


def test_shares_of_outcomes_are_not_bent_by_what_has_not_ended() -> None:
    """Half go to 1 after 10 hours, half to 2 after 60: within 70 hours most of those that ended went to 1."""
    rng = np.random.default_rng(5)
    outcome = rng.integers(1, 3, 4000)
    durations = np.where(outcome == 1, rng.exponential(10.0, 4000), rng.exponential(60.0, 4000))
    until = rng.uniform(0, 300, 4000)
    found = Lifetimes(np.zeros(4000), np.minimum(durations, until), durations <= until)
    naive = (outcome[found.ended] == 1).mean()
    share = shares_by_outcome(found, outcome)[1]
    assert naive > 0.54
    assert abs(share - 0.5) < 0.025


def test_an_interval_of_the_mean_is_that_of_the_exponential_where_it_is_known() -> None:
    durations, _ = drawn("exponential", 9, 500)
    found = {each.family: each for each in estimates(Lifetimes(np.zeros(500), durations, np.ones(500, bool)))}
    gamma: Estimate = found["gamma"]
    assert gamma.mean_half == pytest.approx(1.96 * durations.mean() / math.sqrt(500), rel=0.12)

"""Growth of memory, told from noise."""

import math
import random

import pytest

from benchmarks.service.soak import GROWTH_GOAL, Sample, growth, more_than_before


def samples(an_hour: float, noise: float = 0.3, seconds: int = 300, seed: int = 1) -> list[Sample]:
    """A process of 300 MB that grows by a share an hour, with noise that lasts for some seconds."""
    rng, drift, found = random.Random(seed), 0.0, []
    for second in range(seconds):
        drift = 0.8 * drift + rng.gauss(0, noise * math.sqrt(1 - 0.64))
        found.append(Sample(second, 300 * (1 + an_hour * second / 3600) + drift, 40, 12))
    return found


def test_a_straight_line_is_found_exactly() -> None:
    found = growth(samples(0.5, noise=0))
    assert found.an_hour == pytest.approx(0.5, rel=0.01)
    assert found.low == pytest.approx(found.high, rel=0.01)


def test_a_leak_is_told_from_noise_and_a_steady_service_is_not_accused() -> None:
    assert growth(samples(0.5)).leaks
    for seed in range(20):
        steady = growth(samples(0.0, seed=seed))
        assert not steady.leaks
        assert steady.low < steady.an_hour < steady.high


def test_what_cannot_be_told_in_the_time_is_neither_a_leak_nor_proven() -> None:
    short = growth(samples(GROWTH_GOAL, noise=3.0, seconds=60))
    assert not short.leaks
    assert not short.proven
    assert growth(samples(0.0, noise=0.001)).proven


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="3 or more"):
        growth(samples(0.0, seconds=25))


def test_files_that_are_opened_and_not_closed_are_noticed() -> None:
    steady = [Sample(second, 300, 40 + second % 3, 12) for second in range(90)]
    leaking = [Sample(second, 300, 40 + second // 20, 12) for second in range(90)]
    assert more_than_before(steady, lambda sample: sample.files) == 0
    assert more_than_before(leaking, lambda sample: sample.files) == 2

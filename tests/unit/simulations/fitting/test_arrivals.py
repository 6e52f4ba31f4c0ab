"""Rates of arrival are found again, by hour and weekday, also where some could not have been seen."""

from __future__ import annotations

import numpy as np
import pytest

from simulations.fitting.arrivals import HOURS, Arrivals, arrivals, garwood

DAYS = 140
PEAK = np.array([0.4] * 8 + [1.8] * 10 + [0.7] * 6)
WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.8, 0.8])


def came(
    seed: int, per_day: float, hours: np.ndarray, days: np.ndarray, first_weekday: int = 0
) -> np.ndarray:
    """Moments of a Poisson process of DAYS days."""
    rng = np.random.default_rng(seed)
    weekday = (np.arange(DAYS) + first_weekday) % 7
    rates = per_day / 24 * np.outer(days[weekday] / days.mean(), hours / hours.mean()).ravel()
    counts = rng.poisson(rates)
    return np.sort(np.repeat(np.arange(DAYS * HOURS), counts) + rng.uniform(size=counts.sum()))


def seen(times: np.ndarray, first_weekday: int = 0, hidden: np.ndarray | None = None) -> Arrivals:
    nothing = np.zeros(DAYS * 1440, dtype=bool)
    return arrivals(times, DAYS * 24.0, first_weekday * 24, nothing if hidden is None else hidden)


def test_rate_hours_and_weekdays_are_found_again() -> None:
    inside = []
    for seed in range(30):
        found = seen(came(seed, 12.0, PEAK, WEEK, first_weekday=3), first_weekday=3)
        inside.append(found.low <= 12.0 <= found.high)
        assert found.by_hour is not None
        assert found.by_weekday is not None
        assert np.mean(found.by_hour) == pytest.approx(1.0)
    assert np.mean(inside) >= 0.85
    assert np.corrcoef(found.by_hour, PEAK)[0, 1] > 0.95
    assert np.corrcoef(found.by_weekday, WEEK)[0, 1] > 0.8


def test_a_rate_that_never_changes_is_told_as_one_number() -> None:
    told = [seen(came(seed, 12.0, np.ones(24), np.ones(7))) for seed in range(60)]
    assert sum(each.by_hour is not None for each in told) <= 3
    assert sum(each.by_weekday is not None for each in told) <= 3


def test_time_in_which_nobody_could_be_seen_is_no_time_without_arrivals() -> None:
    """Every other hour is hidden: half of the arrivals are missing, and the rate is what it was."""
    times = came(4, 20.0, np.ones(24), np.ones(7))
    hidden = (np.arange(DAYS * 1440) // 60) % 2 == 1
    kept = times[~hidden[(times * 60).astype(int)]]
    found, naive = seen(kept, hidden=hidden), seen(kept)
    assert found.low <= 20.0 <= found.high
    assert naive.high < 12.0


def test_days_more_alike_or_more_different_than_chance_are_noticed() -> None:
    rng = np.random.default_rng(8)
    same = np.sort(np.concatenate([day * 24 + rng.uniform(0, 24, 8) for day in range(DAYS)]))
    wild = np.sort(np.concatenate([d * 24 + rng.uniform(0, 24, rng.choice([2, 14])) for d in range(DAYS)]))
    assert seen(same).surprise > 0.99
    assert seen(wild).surprise < 0.01
    assert 0.01 < seen(came(1, 8.0, np.ones(24), np.ones(7))).surprise < 0.99


@pytest.mark.parametrize("days", [14, 15, 17])
@pytest.mark.parametrize("start", [0, 55])
def test_days_that_differ_by_chance_alone_are_no_surprise_whatever_the_period(days: int, start: int) -> None:
    """Weekdays that occur once less in the period were expected to bring fewer."""
    told = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        times = np.sort(rng.uniform(0, days * 24, rng.poisson(40 * days)))
        told.append(arrivals(times, days * 24.0, start, np.zeros(days * 1440, dtype=bool)).surprise)
    assert min(told) > 0.001
    assert 0.3 < np.mean(told) < 0.7


def test_hours_in_which_nobody_could_be_seen_make_no_day_a_surprise() -> None:
    """Half of the first week is hidden, by the days of that week and not by the weekday."""
    times = came(5, 40.0, np.ones(24), np.ones(7))
    hidden = np.arange(DAYS * 1440) < 84 * 60
    kept = times[~hidden[(times * 60).astype(int)]]
    assert 0.001 < seen(kept, hidden=hidden).surprise < 0.999


def test_the_interval_of_a_count_is_garwoods() -> None:
    assert garwood(10) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert garwood(0) == pytest.approx((0.0, 3.689), abs=1e-3)

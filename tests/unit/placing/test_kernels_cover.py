"""Cover by the minute: what a stay takes of its ward, beside the same counted one minute after the other."""

import numpy as np
import pytest

from solver.placing.kernels_cover import HOUR, draw, exceeded, lowest

BEGIN, MINUTES, WARD = 1_030, 3 * HOUR, 1
STAYS = [(BEGIN - 50, BEGIN - 20), (BEGIN - 50, BEGIN), (BEGIN - 7, BEGIN + 61), (BEGIN + 5, BEGIN + 6)]
STAYS += [(BEGIN + 30, BEGIN + 151), (BEGIN + 100, BEGIN + 900), (BEGIN + MINUTES, BEGIN + MINUTES + 9)]


def named(stay):
    return f"{stay[0] - BEGIN} to {stay[1] - BEGIN}"


@pytest.fixture
def supply():
    """Two wards, two series, three hours."""
    dice = np.random.default_rng(1)
    full_hours = len([m for m in range(BEGIN, BEGIN + MINUTES) if m % HOUR == 0])
    slack = dice.integers(-50, 200, (2, 2, MINUTES)).astype(np.int32)
    return slack, dice.integers(-50, 200, (2, full_hours)).astype(np.int32)


@pytest.mark.parametrize("stay", STAYS, ids=named)
@pytest.mark.parametrize("sign", [1, -1], ids=["taken", "given back"])
def test_a_stay_takes_what_it_needs_of_its_own_minutes_and_full_hours_alone(supply, stay, sign):
    slack, balance = supply
    minutes = [m - BEGIN for m in range(*stay) if 0 <= m - BEGIN < MINUTES]
    hours = [m for m in range(BEGIN, BEGIN + MINUTES) if m % HOUR == 0]
    taken = [place for place, minute in enumerate(hours) if stay[0] <= minute < stay[1]]
    expected, expected_balance = slack.copy(), balance.copy()
    for series, need in enumerate((30, 0)):
        expected[WARD, series, minutes] -= sign * need
    expected_balance[WARD, taken] -= sign * 20
    window = np.array([BEGIN, BEGIN, BEGIN + MINUTES], np.int64)
    draw(slack, balance, window, WARD, *stay, sign * np.array([30, 0], np.int64), sign * 20)
    np.testing.assert_array_equal(slack, expected)
    np.testing.assert_array_equal(balance, expected_balance)


@pytest.mark.parametrize(("first", "last"), [(0, MINUTES), (3, 4), (17, 95)])
@pytest.mark.parametrize("need", [0, 1, 120])
def test_the_smallest_slack_and_what_a_need_adds_to_a_shortage_are_those_of_each_minute(
    supply, first, last, need
):
    slack, _ = supply
    row = [int(value) for value in slack[WARD, 1, first:last]]
    assert lowest(slack, WARD, 1, first, last) == min(row)
    assert exceeded(slack[WARD, 1], first, last, need) == sum(min(max(need - v, 0), need) for v in row)

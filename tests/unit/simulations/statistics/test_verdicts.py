"""One line per measure, in words that a planner can repeat."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulations.statistics.intervals import Interval
from simulations.statistics.paired import Difference, differences
from simulations.statistics.verdicts import Words, amounts, verdict

WAITS = Words("waits for icu", "h", more="lengthens", less="shortens")


def found(mean: float, half_width: float, *, decided: bool) -> Difference:
    shown = Interval(mean, half_width, 0.95, 20)
    return Difference(shown, shown, 0.01, 0.01, decided)


@pytest.mark.parametrize(
    ("difference", "line"),
    [
        (found(-0.6134, 0.2171, decided=True), "B shortens waits for icu by 0.61 h +- 0.22, 95 %"),
        (found(1.26, 0.43, decided=True), "B lengthens waits for icu by 1.3 h +- 0.4, 95 %"),
        (
            found(-0.1, 0.43, decided=False),
            "waits for icu: no difference shown between B and A (-0.1 h +- 0.4, 95 %)",
        ),
        (
            found(-0.5, 0.61, decided=True),
            "B shortens waits for icu, by how much is not shown (0.5 h +- 0.6, 95 %)",
        ),
        (found(0.0, 0.0, decided=False), "B leaves waits for icu exactly as in A"),
        (found(math.nan, math.inf, decided=False), "waits for icu: not observed in both A and B"),
    ],
)
def test_a_verdict_says_what_changed_by_how_much_and_how_surely(difference: Difference, line: str) -> None:
    assert verdict("B", "A", WAITS, difference) == line


def test_a_verdict_from_real_pairs_names_the_better_scenario() -> None:
    rng = np.random.default_rng(6)
    a = rng.normal(12, 3, 25)
    [difference] = differences([(a, a - 1 + rng.normal(0, 0.4, 25))])
    assert verdict("B", "A", WAITS, difference).startswith("B shortens waits for icu by ")


@pytest.mark.parametrize(
    ("value", "half_width", "shown"),
    [
        (1234.5, 210.0, ("1230", "210")),
        (1234.5, 410.0, ("1200", "400")),
        (0.0512, 0.0031, ("0.051", "0.003")),
        (3.0, 0.0, ("3", "0")),
        (3.14159, math.inf, ("3.14", "unknown")),
    ],
)
def test_no_more_digits_are_shown_than_are_known(
    value: float, half_width: float, shown: tuple[str, str]
) -> None:
    assert amounts(value, half_width) == shown

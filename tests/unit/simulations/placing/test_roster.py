"""How a roster goes on behind what is known of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from simulations.hospital import generate
from simulations.placing.roster import rostered
from solver.hospital import Hospital, Shift
from solver.hospital.timegrid import MINUTES_PER_DAY

NOW = 29_540_160
SHIFT = 8 * 60


def worked(days: int) -> Hospital:
    """A ward on which one nurse works all shifts of some days, three a day."""
    hospital = generate("ward", 1, NOW)
    pattern = replace(hospital.shifts[0], breaks=())
    shifts: list[Shift] = [
        replace(pattern, id=f"S{number}", start=NOW + number * SHIFT, end=NOW + (number + 1) * SHIFT)
        for number in range(3 * days)
    ]
    return replace(hospital, shifts=tuple(shifts))


@pytest.mark.parametrize(("known", "period"), [(1, 1), (2, 1), (3, 1), (6, 1), (7, 7), (8, 7), (14, 7)])
def test_a_roster_of_a_week_or_more_is_repeated_by_the_week(known: int, period: int) -> None:
    """That of exactly one week was taken for six days, for its last night begins on the sixth."""
    _, pattern = rostered(worked(known), NOW, 2 * MINUTES_PER_DAY)
    assert pattern.period == period * MINUTES_PER_DAY
    assert pattern.first == NOW + known * MINUTES_PER_DAY


def test_every_minute_behind_a_known_week_is_worked_once() -> None:
    hospital, pattern = rostered(worked(7), NOW, 2 * MINUTES_PER_DAY)
    shifts = sorted(hospital.shifts, key=lambda shift: shift.start)
    assert all(former.end == later.start for former, later in pairwise(shifts))
    assert shifts[-1].end >= pattern.first + pattern.period + 2 * MINUTES_PER_DAY

"""The roster goes on: nurses of the days that are known, then of the last days again and again.

Supply of nurses is compiled by ``solver.placing`` for some moments, once for a scenario; a run copies it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simulations.day_plan import extended
from solver.engine.types import Int32
from solver.hospital import Hospital, Minute
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.arrays import ROLL_MINUTES, Arrays

WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Pattern:
    """From ``first`` on, what holds at a minute holds again ``period`` minutes later."""

    first: Minute
    period: Minute

    def known(self, minute: Minute) -> Minute:
        """The minute within what is compiled that is like this one."""
        return minute if minute < self.first else self.first + (minute - self.first) % self.period


def rostered(hospital: Hospital, start: Minute, horizon: Minute) -> tuple[Hospital, Pattern]:
    """The hospital with its roster gone on with until a whole period and ``horizon`` minutes are known.

    A roster of a week or more is repeated by the week, a shorter one by its last whole day.
    """
    last = max((shift.end for shift in hospital.shifts), default=start)
    days = max(1, (last - start) // MINUTES_PER_DAY)
    period = (WEEK if days >= WEEK else 1) * MINUTES_PER_DAY
    first = start + days * MINUTES_PER_DAY - period
    kept = tuple(shift for shift in hospital.shifts if shift.start < first + period)
    times = 2 + -(-(horizon + ROLL_MINUTES) // period)
    cut = replace(hospital, shifts=kept)
    # The first night of the first period is still worked by the roster before it.
    return extended(cut, first, period, times), Pattern(first + period, period)


@dataclass(frozen=True, slots=True)
class Supply:
    """What there is before anybody draws on it, as ``layout.Cover`` has it, for a grid that begins at a minute."""

    slack: Int32
    balance: Int32


def supplies(arrays: Arrays, start: Minute, pattern: Pattern) -> dict[Minute, Supply]:
    """The supply for every minute at which a grid begins: twice a day, the first at ``start``; nobody may be seated."""
    found = {}
    for minute in range(start, max(start, pattern.first) + pattern.period, ROLL_MINUTES):
        arrays.records.now = minute
        arrays.roll_cover()
        found[minute] = Supply(np.array(arrays.cover.slack), np.array(arrays.cover.balance))
    arrays.records.now = start
    arrays.roll_cover()
    return found

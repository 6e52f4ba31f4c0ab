"""A part of a roster as a problem of its own: some people and some weeks, while all else stays as it is.

What the others do is cover that is there already; what the same people work outside the weeks is taken from their
limits, and what they worked just before is their history. So the same programme serves, on the size of the part: on a
year, one schedule for four weeks takes a thousandth of one for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64
from solver.rostering import layout as at
from solver.rostering.arrays import MOST_TOLD_APART, runs_told_apart
from solver.rostering.kernels_pricing import FREE
from solver.rostering.layout import FAR, HARD, NONE, Plan, Tables
from solver.rostering.problem import DAYS_PER_WEEK, SATURDAY

FIRST_BEGIN: Final = 14
"""A window begins with day 0 or after this many days: then no run that reaches back to day 0, where it may be too
short, reaches into the window too short."""


@dataclass(frozen=True, slots=True)
class Window:
    """``people`` int64 (n,): positions in the roster; ``first`` to ``last``, exclusive: its days, whole weeks.

    tables: of the part. staffed int64 (days, n_duties): the others. given int64 (n, days): what stays decided. known
    int64 (n, days): the roster there now.
    """

    people: Int64
    first: int
    last: int
    tables: Tables
    staffed: Int64
    given: Int64
    known: Int64


def window(tables: Tables, plan: Plan, people: Int64, begin: int, end: int) -> Window:
    """The window in which ``people``, in ascending order, are free from day ``begin`` to ``end``, both Mondays or the
    end of the horizon. Runs that go on beyond ``end`` are in it, decided, up to their last day and the next Monday."""
    days = int(tables.size[0])
    first = begin if begin >= FIRST_BEGIN else 0
    last = _closed(plan.duty[people], end, days)
    known = plan.duty[people, first:last].copy()
    given = known.copy()
    given[:, begin - first : end - first] = FREE
    staffed = plan.staffed[first:last].copy()
    for row in known:
        on = np.flatnonzero(row >= 0)
        staffed[on, row[on]] -= 1
    part = _tables(tables, plan, people, first, last)
    return Window(people, first, last, part, staffed, given, known)


def _closed(duty: Int64, end: int, days: int) -> int:
    """The first Monday after the end of every run that ``end`` cuts."""
    last = end
    while last < days:
        later = duty[:, end:last] >= 0
        before = duty[:, end - 1] >= 0
        if last > end and (later != before[:, None]).any(axis=1).all():
            break
        last = min(days, last + DAYS_PER_WEEK)
    return last


def _tables(tables: Tables, plan: Plan, people: Int64, first: int, last: int) -> Tables:
    size = tables.size.copy()
    size[0] = last - first
    outside = plan.duty[people].copy()
    outside[:, first:last] = -1
    shifts = np.where(outside >= 0, tables.duty_shift[outside], -1)
    terms, most = tables.terms[people].copy(), tables.most[people].copy()
    terms[:, at.LONGEST] = np.minimum(terms[:, at.LONGEST], last - first)
    _take_amounts(terms, np.where(shifts >= 0, tables.unit[shifts], 0).sum(axis=1))
    _take_weekends(terms, shifts >= 0, (last - first) // DAYS_PER_WEEK)
    if first > 0:
        _remember(terms, tables.duty_shift, plan.duty[people, :first])
    size[2] = runs_told_apart(terms, tables.same)
    worked = np.stack([(shifts == s).sum(axis=1) for s in range(len(tables.unit))], axis=1)
    most = np.where(most >= NONE, most, most - worked)
    wish = tables.wish[people, first:last].copy()
    wish[np.broadcast_to((most <= 0)[:, None, :], wish.shape)] = FAR
    counted = _counted(most, last - first)
    terms[:, at.MOST_COUNTED] = np.where(counted.any(axis=1), np.where(counted, most, 0).sum(axis=1), 0)
    cells = {name: getattr(tables, name)[first:last].copy() for name in ("least", "wanted", "under", "over")}
    part = tables._replace(
        size=size, terms=terms, wish=wish, most=most, counted=counted, able=tables.able[people], **cells
    )
    part = part._replace(
        touched=tables.touched[: last - first].copy(), broken=tables.broken[: last - first].copy()
    )
    for array in part:
        array.setflags(write=False)
    return part


def _take_amounts(terms: Int64, outside: Int64) -> None:
    """Hard limits become less by what is worked outside; under priced ones it was worked before."""
    hard = terms[:, at.AMOUNT_PRICE] == HARD
    terms[:, at.LEAST_AMOUNT] -= np.where(hard, np.minimum(outside, terms[:, at.LEAST_AMOUNT]), 0)
    terms[:, at.MOST_AMOUNT] -= np.where(hard, outside, 0)
    terms[:, at.AMOUNT_BEFORE] += np.where(hard, 0, outside)


def _take_weekends(terms: Int64, worked: Bool, weeks: int) -> None:
    """The same for weekends; where the weeks hold no more than are left, they need not be told apart."""
    by_week = worked.reshape(len(worked), -1, DAYS_PER_WEEK)
    outside = by_week[:, :, SATURDAY:].any(axis=2).sum(axis=1)
    hard = terms[:, at.WEEKEND_PRICE] == HARD
    terms[:, at.MOST_WEEKENDS] -= np.where(hard, outside, 0)
    terms[:, at.WEEKENDS_BEFORE] += np.where(hard, 0, outside)
    left = terms[:, at.MOST_WEEKENDS] - np.where(hard, terms[:, at.WEEKENDS_BEFORE], 0)
    free = hard & (left >= weeks)
    terms[free, at.MOST_WEEKENDS] = terms[free, at.WEEKEND_PRICE] = terms[free, at.WEEKENDS_BEFORE] = 0


def _remember(terms: Int64, duty_shift: Int64, before: Int64) -> None:
    """What was worked up to the first day is history; runs since day 0 go on from those before it."""
    days = before.shape[1]
    for row, duties in zip(terms, before, strict=True):
        shifts = np.where(duties >= 0, duty_shift[duties], -1)[::-1]
        working = shifts >= 0
        run = _length(working == working[0])
        same = _length(shifts == shifts[0]) if working[0] else 0
        if row[at.KNOWN] == 1 and run == days:
            run += row[at.WORKED_BEFORE] if working[0] else row[at.OFF_BEFORE]
        if row[at.KNOWN] == 1 and same == days and row[at.LAST_SHIFT] == shifts[0]:
            same += row[at.SAME_BEFORE]
        row[at.KNOWN], row[at.LAST_SHIFT], row[at.SAME_BEFORE] = 1, shifts[0], same
        row[at.WORKED_BEFORE] = run if working[0] else 0
        row[at.OFF_BEFORE] = 0 if working[0] else run


def _length(same: Bool) -> int:
    """Of the run with which a row begins."""
    return int(np.argmin(same)) if not same.all() else len(same)


def _counted(most: Int64, days: int) -> Bool:
    """The shift type of which the fewest days are left, if they are few enough to count."""
    few = np.where((most > 0) & (most < min(days, MOST_TOLD_APART + 1)), most, NONE)
    counted = np.zeros(most.shape, np.bool_)
    rows = np.flatnonzero(few.min(axis=1) < NONE)
    counted[rows, few[rows].argmin(axis=1)] = True
    return counted

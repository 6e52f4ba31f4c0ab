"""How rostering lies in memory: the arrays that its kernels read and write.

Indices: p employee, d day, s shift type, k duty (a shift type with a skill; without skills duties are the shift types).
Costs are int64, the problem's times ``arrays.SCALE``; ``FAR`` stands for "not allowed". A limit that is not there is
``NONE`` as a most and 0 as a least; a price of ``HARD`` means that the limit may not be broken.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from solver.engine.types import Bool, Int32, Int64

FAR: Final = 1 << 58
IMPOSSIBLE: Final = 1 << 57
"""Whatever costs as much holds a ``FAR``, less what is negative beside it."""
NONE: Final = 1 << 30
HARD: Final = -1

# Columns of ``Tables.terms``.
LEAST_AMOUNT, MOST_AMOUNT, AMOUNT_PRICE = 0, 1, 2
MOST_WEEKENDS, WEEKEND_PRICE, WHOLE_WEEKEND_PRICE = 3, 4, 5
LEAST_WORKED, MOST_WORKED, WORKED_PRICE = 6, 7, 8
LEAST_OFF, MOST_OFF, OFF_PRICE = 9, 10, 11
LONGEST, MOST_COUNTED = 12, 13
KNOWN, LAST_SHIFT, SAME_BEFORE, WORKED_BEFORE, OFF_BEFORE, AMOUNT_BEFORE, WEEKENDS_BEFORE = (
    14,
    15,
    16,
    17,
    18,
    19,
    20,
)
TERMS: Final = 21
PRICES: Final = (AMOUNT_PRICE, WEEKEND_PRICE, WHOLE_WEEKEND_PRICE, WORKED_PRICE, OFF_PRICE)


class Tables(NamedTuple):
    """A problem, frozen.

    size int64 (4,): days, smallest amount of a shift, days of a same-shift run told apart, price of a person missing
    below the least cover.
    terms int64 (n_employees, TERMS): see the columns; amounts are minutes in units of ``unit`` (or shifts).
    unit int64 (n_shifts,): amount of a shift. follows bool (n_shifts, n_shifts): whether t may follow s the day after.
    same int64 (n_shifts, 3): least and most days in a row, price. counted bool (n_employees, n_shifts): shift types
    whose days count towards MOST_COUNTED. most int64 (n_employees, n_shifts): days at most.
    duty_shift int64 (n_duties,). able bool (n_employees, n_duties). wish int64 (n_employees, days, n_shifts): cost of
    working it, FAR on a day off. least, wanted, under, over int64 (days, n_duties). touched, broken int64 (days,
    longest + 1): weekends that a stretch of so many days from day d touches, and how many it leaves half worked.
    """

    size: Int64
    terms: Int64
    unit: Int64
    follows: Bool
    same: Int64
    counted: Bool
    most: Int64
    duty_shift: Int64
    able: Bool
    wish: Int64
    least: Int64
    wanted: Int64
    under: Int64
    over: Int64
    touched: Int64
    broken: Int64


class Work(NamedTuple):
    """Room for one employee's dynamic programme; nothing in it outlives a call.

    layer int64, back int32 (longest + 1, n_shifts, runs, spread, counts): cheapest stretch by its last shift, the run
    of that shift, amount above the least possible, counted days; where it came from. stretch int64 (longest + 1,
    spread, counts): the same over last shifts; stretch_end int32: which. ended, free int64 (days + 1, states): cheapest
    with a stretch that ended, or with a day before which one may begin; ended_by, free_since int32: how. tail int64,
    tail_since int32 (states,): long runs of days off.
    """

    layer: Int64
    back: Int32
    stretch: Int64
    stretch_end: Int32
    ended: Int64
    ended_by: Int32
    free: Int64
    free_since: Int32
    tail: Int64
    tail_since: Int32


class Plan(NamedTuple):
    """A roster being worked on.

    duty int64 (n_employees, days), -1 for a day off. staffed int64 (days, n_duties): people on each. personal int64
    (n_employees,): what each one's schedule costs apart from cover. total int64 (2,): all of it; people missing below
    the least cover, whose price is in it.
    """

    duty: Int64
    staffed: Int64
    personal: Int64
    total: Int64


class Sums(NamedTuple):
    """What small moves keep beside a plan, so that they need not count whole schedules.

    amount, weekends int64 (n_employees,) with those before day 0; tally int64 (n_employees, n_shifts): days with each
    shift. floor int64 (n_employees,): no schedule costs less apart from cover. rows int64 (2, days): room for the days
    that a move would give two people. duties int64 (n_employees, n_duties), partners int64 (n_employees, n_employees):
    the duties of each one, and who can take over one of them, or gives one; choices int64 (n_employees, 2): how many of
    each.
    """

    amount: Int64
    weekends: Int64
    tally: Int64
    floor: Int64
    rows: Int64
    duties: Int64
    partners: Int64
    choices: Int64


class Trial(NamedTuple):
    """Room for a step of the search: price, choice int64 (days, n_shifts): cost of working, the duty that is meant.
    schedule int64 (days,). kept int64 (width, days), kept_personal int64 (width,), who int64 (width,): the rows before,
    and whose they are."""

    price: Int64
    choice: Int64
    schedule: Int64
    kept: Int64
    kept_personal: Int64
    who: Int64


class Priced(NamedTuple):
    """What pricing found for everybody: duties int64 (n_employees, days), -1 for a day off; personal int64
    (n_employees,): cost apart from cover, FAR where no schedule was found; least int64 (1,): what all together cost at
    least, less what they are worth."""

    duties: Int64
    personal: Int64
    least: Int64

"""What one person's schedule costs apart from cover, in one pass over its days: a tenth of a microsecond a fortnight.

The dynamic programme finds schedules, and this counts one that is there: moves of single shifts are judged by it.
"""

from __future__ import annotations

from typing import Any

from solver.engine.jit import inlined, kernel
from solver.rostering import layout as at
from solver.rostering.layout import FAR, HARD, IMPOSSIBLE
from solver.rostering.problem import DAYS_PER_WEEK, SATURDAY, SUNDAY


@inlined
def _charge(units: int, price: int) -> int:
    """Price of so many units outside a limit, FAR if it is hard."""
    if units <= 0:
        return 0
    return FAR if price == HARD else units * price


@kernel
def row_cost(tables: Any, p: int, row: Any, tally: Any) -> int:
    """What duties ``row`` int64 (days,), -1 for a day off, cost employee ``p``; FAR if a hard rule is broken.

    ``tally`` int64 (n_shifts,) is room for counting. The same sum as the referee's; skills are not looked at.
    """
    terms = tables.terms[p]
    worked, off, same = terms[at.WORKED_BEFORE], terms[at.OFF_BEFORE], terms[at.SAME_BEFORE]
    last, amount = terms[at.LAST_SHIFT], terms[at.AMOUNT_BEFORE]
    open_ended = terms[at.KNOWN] == 0
    tally[:] = 0
    cost = 0
    for d in range(tables.size[0]):
        if row[d] < 0:
            if worked > 0:
                if not open_ended:
                    cost += _charge(terms[at.LEAST_WORKED] - worked, terms[at.WORKED_PRICE])
                cost += _charge(tables.same[last, 0] - same, tables.same[last, 2])
                open_ended = False
            worked = same = 0
            off += 1
            cost += _charge(min(1, off - terms[at.MOST_OFF]), terms[at.OFF_PRICE])
        else:
            s = tables.duty_shift[row[d]]
            if off > 0:
                if not open_ended:
                    cost += _charge(terms[at.LEAST_OFF] - off, terms[at.OFF_PRICE])
                open_ended = False
            elif worked > 0:
                if not tables.follows[last, s]:
                    return FAR
                if s != last:
                    cost += _charge(tables.same[last, 0] - same, tables.same[last, 2])
                    same = 0
            off = 0
            worked += 1
            same += 1
            cost += _charge(min(1, worked - terms[at.MOST_WORKED]), terms[at.WORKED_PRICE])
            cost += _charge(min(1, same - tables.same[s, 1]), tables.same[s, 2])
            cost += tables.wish[p, d, s]
            amount += tables.unit[s]
            tally[s] += 1
            last = s
        if cost >= IMPOSSIBLE:
            return FAR
    for s in range(len(tally)):
        if tally[s] > tables.most[p, s]:
            return FAR
    cost += _charge(terms[at.LEAST_AMOUNT] - amount, terms[at.AMOUNT_PRICE])
    cost += _charge(amount - terms[at.MOST_AMOUNT], terms[at.AMOUNT_PRICE])
    cost += _weekends(tables, terms, row)
    return FAR if cost >= IMPOSSIBLE else cost


@inlined
def _weekends(tables: Any, terms: Any, row: Any) -> int:
    """Price of too many weekends, and of each that is worked by half."""
    days = tables.size[0]
    weekends, halves = terms[at.WEEKENDS_BEFORE], 0
    for d in range(SATURDAY, days, DAYS_PER_WEEK):
        saturday = row[d] >= 0
        sunday = d + SUNDAY - SATURDAY < days and row[d + SUNDAY - SATURDAY] >= 0
        weekends += 1 if saturday or sunday else 0
        halves += 1 if saturday != sunday else 0
    too_many = _charge(weekends - terms[at.MOST_WEEKENDS], terms[at.WEEKEND_PRICE])
    cost: int = too_many + halves * terms[at.WHOLE_WEEKEND_PRICE]
    return cost

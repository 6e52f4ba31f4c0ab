"""What one person's schedule costs apart from cover, in one pass over its days: a tenth of a microsecond a fortnight.

The dynamic programme finds schedules, and this counts one that is there, or the days of it that a move concerns.
"""

from __future__ import annotations

from typing import Any, Final

from solver.engine.jit import inlined, kernel
from solver.rostering import layout as at
from solver.rostering.layout import FAR, HARD, IMPOSSIBLE
from solver.rostering.problem import DAYS_PER_WEEK, SATURDAY, SUNDAY

BREACH_BITS: Final = 40
BREACH: Final = 1 << BREACH_BITS
"""Price of a hard rule broken by one part, where that is allowed on the way: above the sum of all other prices, so that
costs are compared by it first."""


@inlined
def charge(units: int, price: int) -> int:
    """Price of so many units outside a limit, FAR if it is hard."""
    if units <= 0:
        return 0
    return FAR if price == HARD else units * price


@kernel
def row_cost(tables: Any, p: int, row: Any, tally: Any) -> int:
    """What duties ``row`` int64 (days,), -1 for a day off, cost employee ``p``; FAR if a hard rule is broken.

    ``tally`` int64 (n_shifts,) is room for counting. The same sum as the referee's; skills are not looked at.
    """
    days, terms = tables.size[0], tables.terms[p]
    cost = runs_cost(tables, p, row, 0, days, IMPOSSIBLE, BREACH)
    if cost >= IMPOSSIBLE:
        return FAR
    tally[:] = 0
    amount = terms[at.AMOUNT_BEFORE]
    for d in range(days):
        if row[d] >= 0:
            s = tables.duty_shift[row[d]]
            amount += tables.unit[s]
            tally[s] += 1
    for s in range(len(tally)):
        if tally[s] > tables.most[p, s]:
            return FAR
    weekends, halves = weekends_of(row, 0, days, days)
    weekends += terms[at.WEEKENDS_BEFORE]
    cost += (
        amount_cost(terms, amount) + weekend_cost(terms, weekends) + halves * terms[at.WHOLE_WEEKEND_PRICE]
    )
    return FAR if cost >= IMPOSSIBLE else cost


@inlined
def weighed(cost: int, weight: int) -> int:
    """A cost in which each ``BREACH`` counts ``weight``."""
    breaches = (cost + (BREACH >> 1)) >> BREACH_BITS
    return cost - (breaches << BREACH_BITS) + breaches * weight


@inlined
def runs_cost(tables: Any, p: int, row: Any, first: int, last: int, most: int, weight: int) -> int:
    """What runs, successions and wishes of the days from ``first`` to ``last`` cost; FAR if a hard rule is broken, or
    if more than ``most`` has come together after some of them, each ``BREACH`` taken for ``weight``.

    With ``first`` above 0 a run must begin there: the day before is none of it. What a run costs for being too short is
    counted on the day after it.
    """
    terms = tables.terms[p]
    least_worked, most_worked, worked_price = (
        terms[at.LEAST_WORKED],
        terms[at.MOST_WORKED],
        terms[at.WORKED_PRICE],
    )
    least_off, most_off, off_price = terms[at.LEAST_OFF], terms[at.MOST_OFF], terms[at.OFF_PRICE]
    worked = off = same = 0
    shift = -1
    open_ended = False
    if first == 0:
        worked, off, same = terms[at.WORKED_BEFORE], terms[at.OFF_BEFORE], terms[at.SAME_BEFORE]
        shift = terms[at.LAST_SHIFT]
        open_ended = terms[at.KNOWN] == 0
    cost = 0
    for d in range(first, last):
        if row[d] < 0:
            if worked > 0:
                if not open_ended:
                    cost += charge(least_worked - worked, worked_price)
                cost += charge(tables.same[shift, 0] - same, tables.same[shift, 2])
                open_ended = False
            worked = same = 0
            off += 1
            cost += charge(min(1, off - most_off), off_price)
        else:
            s = tables.duty_shift[row[d]]
            if off > 0:
                if not open_ended:
                    cost += charge(least_off - off, off_price)
                open_ended = False
            elif worked > 0:
                if not tables.follows[shift, s]:
                    return FAR
                if s != shift:
                    cost += charge(tables.same[shift, 0] - same, tables.same[shift, 2])
                    same = 0
            off = 0
            worked += 1
            same += 1
            cost += charge(min(1, worked - most_worked), worked_price)
            cost += charge(min(1, same - tables.same[s, 1]), tables.same[s, 2])
            cost += tables.wish[p, d, s]
            shift = s
        if cost >= IMPOSSIBLE or weighed(cost, weight) > most:
            return FAR
    return cost


@inlined
def amount_cost(terms: Any, amount: int) -> int:
    """Price of so much work of the whole horizon."""
    price = terms[at.AMOUNT_PRICE]
    cost: int = charge(terms[at.LEAST_AMOUNT] - amount, price) + charge(amount - terms[at.MOST_AMOUNT], price)
    return cost


@inlined
def weekend_cost(terms: Any, weekends: int) -> int:
    """Price of so many weekends of the whole horizon."""
    cost: int = charge(weekends - terms[at.MOST_WEEKENDS], terms[at.WEEKEND_PRICE])
    return cost


@inlined
def weekends_of(row: Any, first: int, last: int, days: int) -> tuple[int, int]:
    """Weekends that days from ``first`` to ``last`` belong to: how many of them are worked, how many by half."""
    worked, halves = 0, 0
    begin = max(0, first - 1)
    for d in range(begin + (SATURDAY - begin) % DAYS_PER_WEEK, last, DAYS_PER_WEEK):
        saturday = row[d] >= 0
        sunday = d + SUNDAY - SATURDAY < days and row[d + SUNDAY - SATURDAY] >= 0
        worked += 1 if saturday or sunday else 0
        halves += 1 if saturday != sunday else 0
    return worked, halves

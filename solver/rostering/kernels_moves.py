"""Annealing by small moves: a few days of one person changed, or exchanged between two; each costs a tenth of a
microsecond, however long the horizon is.

A move changes runs near its days, and sums over the horizon, which are kept beside the roster; so only the days from
the run before it to the run after it are counted (Ceschia et al., Annals of Operations Research 288, 2020, anneal
INRC-II with moves of this kind). Hard rules may be broken meanwhile: how far is counted above all prices, in
``BREACH``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from solver.engine.jit import inlined, kernel
from solver.engine.kernels_random import below, uniform
from solver.rostering import layout as at
from solver.rostering.kernels_rows import amount_cost, runs_cost, weekend_cost, weekends_of, weighed
from solver.rostering.kernels_search import copy_plan, cover_cost
from solver.rostering.layout import FAR, IMPOSSIBLE, NONE

SWAPS: Final = 45
TRADES: Final = 50
"""Percent of the moves that exchange days of two people; the same with those that exchange two days of one person."""
OFF: Final = 25
"""Percent of the changed days that become days off."""
LONGEST_SWAP: Final = 10
LONGEST_CHANGE: Final = 4
FARTHEST_TRADE: Final = 9


@kernel
def count_rows(tables: Any, plan: Any, sums: Any) -> None:
    """Fill the sums of a plan."""
    days = tables.size[0]
    sums.tally[:] = 0
    for p in range(len(plan.personal)):
        sums.amount[p] = tables.terms[p, at.AMOUNT_BEFORE]
        for d in range(days):
            k = plan.duty[p, d]
            if k >= 0:
                sums.amount[p] += tables.unit[tables.duty_shift[k]]
                sums.tally[p, tables.duty_shift[k]] += 1
        weekends, _ = weekends_of(plan.duty[p], 0, days, days)
        sums.weekends[p] = tables.terms[p, at.WEEKENDS_BEFORE] + weekends


@inlined
def _first(row: Any, d: int) -> int:
    """The first day of the run to which the day before ``d`` belongs."""
    first = max(0, d - 1)
    working = row[first] >= 0
    while first > 0 and (row[first - 1] >= 0) == working:
        first -= 1
    return first


@inlined
def _last(row: Any, end: int, days: int) -> int:
    """The day after the first day that is no more of the run to which ``end`` belongs."""
    last = end
    while last < days and (row[last] >= 0) == (row[end] >= 0):
        last += 1
    return min(days, last + 1)


@inlined
def _personal_change(
    tables: Any, p: int, d: int, end: int, allowed: float, weight: int, plan: Any, row: Any, sums: Any
) -> int:
    """What it costs apart from cover if ``p``'s days from ``d`` to ``end`` become those of ``row``; FAR if it cannot
    be, or is seen to be more than ``allowed`` before all is counted, as most are. ``row`` receives the days around."""
    if sums.floor[p] - weighed(plan.personal[p], weight) > allowed:
        return FAR
    old, terms, days = plan.duty[p], tables.terms[p], tables.size[0]
    first, last = _first(old, d), _last(old, end, days)
    for day in range(first, d):
        row[day] = old[day]
    for day in range(end, last):
        row[day] = old[day]
    before, halves_before = weekends_of(old, d, end, days)
    amount, weekends = sums.amount[p], sums.weekends[p]
    now: int = runs_cost(tables, p, old, first, last, FAR, 0) + halves_before * terms[at.WHOLE_WEEKEND_PRICE]
    now += amount_cost(terms, amount) + weekend_cost(terms, weekends)
    most = weighed(now, weight) + int(allowed) - sums.floor[p]
    then: int = runs_cost(tables, p, row, first, last, most, weight)
    if then >= IMPOSSIBLE:
        return FAR
    after, halves = weekends_of(row, d, end, days)
    for day in range(d, end):
        amount += tables.unit[tables.duty_shift[row[day]]] if row[day] >= 0 else 0
        amount -= tables.unit[tables.duty_shift[old[day]]] if old[day] >= 0 else 0
    then += amount_cost(terms, amount) + weekend_cost(terms, weekends + after - before)
    then += halves * terms[at.WHOLE_WEEKEND_PRICE] - now
    return then


@inlined
def _too_often(tables: Any, p: int, d: int, end: int, plan: Any, row: Any, sums: Any) -> bool:
    """Whether some shift type would be worked on more days than allowed."""
    found = False
    for day in range(d, end):
        if row[day] < 0 or row[day] == plan.duty[p, day]:
            continue
        s = tables.duty_shift[row[day]]
        if tables.most[p, s] >= NONE:
            continue
        days = sums.tally[p, s]
        for other in range(d, end):
            old = plan.duty[p, other]
            days += 1 if row[other] >= 0 and tables.duty_shift[row[other]] == s else 0
            days -= 1 if old >= 0 and tables.duty_shift[old] == s else 0
        found |= days > tables.most[p, s]
    return found


@inlined
def _cover_change(tables: Any, p: int, d: int, end: int, plan: Any, row: Any) -> int:
    """What it costs the cover if ``p``'s days become those of ``row``."""
    cost = 0
    for day in range(d, end):
        old, new = plan.duty[p, day], row[day]
        if old == new:
            continue
        if old >= 0:
            count = plan.staffed[day, old]
            cost += cover_cost(tables, day, old, count - 1) - cover_cost(tables, day, old, count)
        if new >= 0:
            count = plan.staffed[day, new]
            cost += cover_cost(tables, day, new, count + 1) - cover_cost(tables, day, new, count)
    return cost


@inlined
def _missing_change(tables: Any, p: int, d: int, end: int, plan: Any, row: Any) -> int:
    """People who would be missing below the least cover, more than now."""
    more = 0
    for day in range(d, end):
        old, new = plan.duty[p, day], row[day]
        if old == new:
            continue
        if old >= 0:
            more += 1 if plan.staffed[day, old] <= tables.least[day, old] else 0
        if new >= 0:
            more -= 1 if plan.staffed[day, new] < tables.least[day, new] else 0
    return more


@inlined
def _keep_best(missing: int, change: int, plan: Any, best: Any) -> None:
    """Before the plan becomes worse: copy it where it is better than the best. Copying at every better plan would take
    most of the time on a year."""
    worse = missing > 0 or (missing == 0 and change > 0)
    if worse and (plan.total[1], plan.total[0]) < (best.total[1], best.total[0]):
        copy_plan(plan, best)


@inlined
def _take(tables: Any, p: int, d: int, end: int, personal: int, plan: Any, row: Any, sums: Any) -> None:
    """Give ``p`` the days of ``row``, which costs ``personal`` more apart from cover."""
    days = tables.size[0]
    before, _ = weekends_of(plan.duty[p], d, end, days)
    for day in range(d, end):
        old, new = plan.duty[p, day], row[day]
        if old == new:
            continue
        if old >= 0:
            sums.amount[p] -= tables.unit[tables.duty_shift[old]]
            sums.tally[p, tables.duty_shift[old]] -= 1
            plan.staffed[day, old] -= 1
        if new >= 0:
            sums.amount[p] += tables.unit[tables.duty_shift[new]]
            sums.tally[p, tables.duty_shift[new]] += 1
            plan.staffed[day, new] += 1
        plan.duty[p, day] = new
    after, _ = weekends_of(plan.duty[p], d, end, days)
    sums.weekends[p] += after - before
    plan.personal[p] += personal


@inlined
def _alone(
    tables: Any, p: int, d: int, end: int, limit: float, weight: int, plan: Any, best: Any, sums: Any
) -> bool:
    """Give ``p`` the days of the first row if that costs at most ``limit``; whether it was done."""
    row = sums.rows[0]
    cover = _cover_change(tables, p, d, end, plan, row)
    personal = _personal_change(tables, p, d, end, limit - cover, weight, plan, row, sums)
    if personal >= IMPOSSIBLE:
        return False
    change = personal + cover
    if weighed(change, weight) > limit or _too_often(tables, p, d, end, plan, row, sums):
        return False
    missing = _missing_change(tables, p, d, end, plan, row)
    _keep_best(missing, change, plan, best)
    _take(tables, p, d, end, personal, plan, row, sums)
    plan.total[0] += change
    plan.total[1] += missing
    return True


@inlined
def _draw_change(tables: Any, plan: Any, p: int, d: int, row: Any, sums: Any, state: Any) -> int:
    """Another duty, or none, for some days of ``p`` from ``d`` on, into ``row``; the day after them, ``d`` if there is
    none."""
    duties = sums.choices[p, 0]
    if duties == 0:
        return d
    k = -1 if below(state, 100) < OFF else sums.duties[p, below(state, duties)]
    length = 1 if below(state, 2) == 0 else 1 + below(state, LONGEST_CHANGE)
    end = min(tables.size[0], d + length)
    differs = False
    for day in range(d, end):
        differs |= plan.duty[p, day] != k
        row[day] = k
    return end if differs else d


@inlined
def _draw_trade(tables: Any, plan: Any, p: int, d: int, row: Any, state: Any) -> int:
    """Day ``d`` of ``p`` exchanged with a later one, as when a stretch begins and ends a day later; the same."""
    end = min(tables.size[0], d + 2 + below(state, FARTHEST_TRADE))
    for day in range(d, end):
        row[day] = plan.duty[p, day]
    row[d], row[end - 1] = plan.duty[p, end - 1], plan.duty[p, d]
    return end if row[d] != plan.duty[p, d] else d


@inlined
def _swap(tables: Any, limit: float, weight: int, plan: Any, best: Any, sums: Any, state: Any) -> bool:
    """Some days of two people exchanged, which leaves the cover as it is; whether the roster was changed."""
    days = tables.size[0]
    p = below(state, len(plan.personal))
    partners = sums.choices[p, 1]
    if partners == 0:
        return False
    q = sums.partners[p, below(state, partners)]
    d = below(state, days)
    end = min(days, d + 1 + below(state, LONGEST_SWAP))
    differs = False
    for day in range(d, end):
        mine, other = plan.duty[p, day], plan.duty[q, day]
        differs |= mine != other
        if (mine >= 0 and not tables.able[q, mine]) or (other >= 0 and not tables.able[p, other]):
            return False
        sums.rows[0, day], sums.rows[1, day] = other, mine
    if not differs:
        return False
    allowed = limit + weighed(plan.personal[q], weight) - sums.floor[q]
    mine = _personal_change(tables, p, d, end, allowed, weight, plan, sums.rows[0], sums)
    if mine >= IMPOSSIBLE:
        return False
    allowed = limit - weighed(mine, weight)
    other = _personal_change(tables, q, d, end, allowed, weight, plan, sums.rows[1], sums)
    change = mine + other
    if other >= IMPOSSIBLE or weighed(change, weight) > limit:
        return False
    if _too_often(tables, p, d, end, plan, sums.rows[0], sums):
        return False
    if _too_often(tables, q, d, end, plan, sums.rows[1], sums):
        return False
    _keep_best(0, change, plan, best)
    _take(tables, p, d, end, mine, plan, sums.rows[0], sums)
    _take(tables, q, d, end, other, plan, sums.rows[1], sums)
    plan.total[0] += change
    return True


@kernel
def anneal_moves(
    tables: Any, steps: int, heat: float, weight: int, plan: Any, best: Any, sums: Any, state: Any
) -> int:
    """``steps`` moves at a temperature; how many changed the roster.

    ``heat`` and ``weight``, what a ``BREACH`` counts, in the arrays' units. ``sums`` are those of ``plan``. The
    cheapest plan seen is kept in ``best``.
    """
    kept = 0
    for _ in range(steps):
        limit = -heat * np.log(uniform(state) + 1e-12)
        kind = below(state, 100)
        if kind < SWAPS:
            changed = _swap(tables, limit, weight, plan, best, sums, state)
        else:
            p, d = below(state, len(plan.personal)), below(state, tables.size[0])
            if kind < TRADES:
                end = _draw_trade(tables, plan, p, d, sums.rows[0], state)
            else:
                end = _draw_change(tables, plan, p, d, sums.rows[0], sums, state)
            changed = end > d and _alone(tables, p, d, end, limit, weight, plan, best, sums)
        kept += 1 if changed else 0
    if (plan.total[1], plan.total[0]) < (best.total[1], best.total[0]):
        copy_plan(plan, best)
    return kept

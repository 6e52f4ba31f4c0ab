"""The cheapest schedule of one person, exactly: a dynamic programme over stretches of days worked.

State: day, amount of work, weekends, days of the counted shift types. A stretch is a run of days worked; what it costs
inside (prices of shifts, successions, runs of one shift) is found by a small programme from each first day.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.engine.jit import inlined, kernel
from solver.rostering import layout as at
from solver.rostering.layout import FAR, HARD, IMPOSSIBLE, NONE


@inlined
def outside(count: int, least: int, most: int, price: int) -> int:
    """Price of a count outside its limits, FAR if they are hard."""
    units = max(0, least - count) + max(0, count - most)
    if units == 0:
        return 0
    return FAR if price == HARD else units * price


@inlined
def further(count: int, most: int, price: int) -> int:
    """Price of the step that makes a count ``count``."""
    if count <= most:
        return 0
    return FAR if price == HARD else price


@kernel
def stretches(tables: Any, p: int, first: int, price: Any, work: Any) -> int:
    """Fill ``work.stretch`` with the cheapest stretches of ``p`` from day ``first``; the longest that is possible.

    ``price`` int64 (days, n_shifts): cost of working, FAR when not allowed.
    """
    days = tables.size[0]
    terms = tables.terms[p]
    n_shifts, spread = price.shape[1], work.layer.shape[3]
    runs, counts = work.layer.shape[2], min(work.layer.shape[4], terms[at.MOST_COUNTED] + 1)
    least_unit = tables.size[1]
    longest = min(terms[at.LONGEST], days - first)
    if longest < 1:
        return 0
    work.layer[1, :, :, :, :counts] = FAR
    _first_day(tables, p, first, price, work, counts)
    reached = 1
    for length in range(1, longest):
        day = first + length
        work.layer[length + 1, :, :, :, :counts] = FAR
        found = False
        for s in range(n_shifts):
            for r in range(runs):
                for x in range(min(spread, length * (work.layer.shape[3] - 1) + 1)):
                    for q in range(counts):
                        cost = work.layer[length, s, r, x, q]
                        if cost >= IMPOSSIBLE:
                            continue
                        closing = _closing(tables, s, r)
                        for t in range(n_shifts):
                            if price[day, t] >= IMPOSSIBLE or not tables.follows[s, t]:
                                continue
                            wide = x + tables.unit[t] - least_unit
                            more = q + (1 if tables.counted[p, t] else 0)
                            if more >= counts or wide >= spread:
                                continue
                            run = 0
                            total = cost + price[day, t]
                            if t == s:
                                run = min(r + 1, runs - 1)
                                total += further(r + 2, tables.same[s, 1], tables.same[s, 2])
                            else:
                                total += closing + further(1, tables.same[t, 1], tables.same[t, 2])
                            if total < work.layer[length + 1, t, run, wide, more]:
                                work.layer[length + 1, t, run, wide, more] = total
                                work.back[length + 1, t, run, wide, more] = s * runs + r
                                found = True
        if not found:
            break
        reached = length + 1
    for length in range(1, reached + 1):
        _best_ends(tables, first + length == days, work, length, counts)
    return reached


@inlined
def _closing(tables: Any, s: int, r: int) -> int:
    """Price of ending a run of ``r + 1`` days (or more, at the last told apart) with shift ``s``."""
    short = tables.same[s, 0] - (r + 1)
    if short <= 0:
        return 0
    return FAR if tables.same[s, 2] == HARD else short * tables.same[s, 2]


@inlined
def _first_day(tables: Any, p: int, first: int, price: Any, work: Any, counts: int) -> None:
    """The stretch's first day, which on day 0 may go on from what was before."""
    terms = tables.terms[p]
    runs = work.layer.shape[2]
    least_unit = tables.size[1]
    goes_on = first == 0 and terms[at.KNOWN] == 1 and terms[at.WORKED_BEFORE] > 0
    last = terms[at.LAST_SHIFT]
    for s in range(price.shape[1]):
        more = 1 if tables.counted[p, s] else 0
        if price[first, s] >= IMPOSSIBLE or more >= counts:
            continue
        cost, run, days = price[first, s], 0, 1
        if goes_on:
            if not tables.follows[last, s]:
                continue
            if s == last:
                run = min(terms[at.SAME_BEFORE], runs - 1)
                days += terms[at.SAME_BEFORE]
            else:
                cost += _closing(tables, last, terms[at.SAME_BEFORE] - 1)
        cost += further(days, tables.same[s, 1], tables.same[s, 2])
        work.layer[1, s, run, tables.unit[s] - least_unit, more] = cost
        work.back[1, s, run, tables.unit[s] - least_unit, more] = -1


@inlined
def _best_ends(tables: Any, is_end: bool, work: Any, length: int, counts: int) -> None:
    """For each amount and count the last shift with which a stretch of ``length`` is cheapest."""
    n_shifts, runs, spread = work.layer.shape[1], work.layer.shape[2], work.layer.shape[3]
    for x in range(spread):
        for q in range(counts):
            best, end = FAR, -1
            for s in range(n_shifts):
                for r in range(runs):
                    cost = work.layer[length, s, r, x, q]
                    if not is_end:
                        cost += _closing(tables, s, r)
                    if cost < best:
                        best, end = cost, s * runs + r
            work.stretch[length, x, q] = best
            work.stretch_end[length, x, q] = end


@kernel
def best_schedule(tables: Any, p: int, price: Any, work: Any, schedule: Any) -> int:
    """The cheapest schedule of employee ``p``; its cost, or FAR when none keeps the hard rules.

    ``price`` int64 (days, n_shifts): as in ``stretches``. ``schedule`` int64 (days,) receives -1 for a day off, else
    the shift. All rules of the person are kept or priced, but for ``most`` of shift types that are not counted.
    """
    days = tables.size[0]
    terms = tables.terms[p]
    n_amounts, n_weekends = terms[at.MOST_AMOUNT] + 1, terms[at.MOST_WEEKENDS] + 1
    counts = terms[at.MOST_COUNTED] + 1
    states = n_amounts * n_weekends * counts
    for d in range(days + 1):
        work.ended[d, :states] = FAR
    work.tail[:states] = FAR
    for d in range(days):
        if _open(tables, p, d, work, n_amounts, n_weekends, counts, states):
            reached = stretches(tables, p, d, price, work)
            for length in range(1, reached + 1):
                _stretch_from(tables, p, d, length, work, n_amounts, n_weekends, counts)
    return _finish(tables, p, price, work, schedule, n_amounts, n_weekends, counts)


@inlined
def _start_state(terms: Any, n_amounts: int, n_weekends: int) -> int:
    """Where everyone begins: what was counted before, capped."""
    amount = min(terms[at.AMOUNT_BEFORE], n_amounts - 1)
    return min(terms[at.WEEKENDS_BEFORE], n_weekends - 1) * n_amounts + amount


@inlined
def _too_much_before(terms: Any, n_amounts: int, n_weekends: int) -> int:
    """Price of what was above the limits before day 0."""
    weekends = max(0, terms[at.WEEKENDS_BEFORE] - (n_weekends - 1))
    amount = max(0, terms[at.AMOUNT_BEFORE] - (n_amounts - 1))
    if weekends > 0 and terms[at.WEEKEND_PRICE] == HARD:
        return FAR
    if amount > 0 and terms[at.AMOUNT_PRICE] == HARD:
        return FAR
    return weekends * max(0, terms[at.WEEKEND_PRICE]) + amount * max(0, terms[at.AMOUNT_PRICE])


@inlined
def _all_off(terms: Any, d: int) -> int:
    """Price of having had only days off from day 0 up to ``d``, exclusive, when a stretch begins there or never."""
    if terms[at.KNOWN] == 0:
        if d <= terms[at.MOST_OFF]:
            return 0
        return FAR if terms[at.OFF_PRICE] == HARD else (d - terms[at.MOST_OFF]) * terms[at.OFF_PRICE]
    return 0


@inlined
def _first_off(tables: Any, p: int, d: int, closes: bool) -> int:
    """Price of days off from day 0 to ``d``, with what was before; ``closes`` when a stretch begins at ``d``."""
    terms = tables.terms[p]
    if terms[at.KNOWN] == 0:
        return _all_off(terms, d)
    before = terms[at.OFF_BEFORE]
    cost = _too_much_before(terms, terms[at.MOST_AMOUNT] + 1, terms[at.MOST_WEEKENDS] + 1)
    if d > 0 and terms[at.WORKED_BEFORE] > 0:
        cost += outside(terms[at.WORKED_BEFORE], terms[at.LEAST_WORKED], NONE, terms[at.WORKED_PRICE])
        cost += _closing(tables, terms[at.LAST_SHIFT], terms[at.SAME_BEFORE] - 1)
    if d > 0 or before > 0:
        excess = max(0, before + d - terms[at.MOST_OFF]) - max(0, before - terms[at.MOST_OFF])
        short = max(0, terms[at.LEAST_OFF] - before - d) if closes else 0
        if excess + short > 0:
            cost = FAR if terms[at.OFF_PRICE] == HARD else cost + (excess + short) * terms[at.OFF_PRICE]
    return min(FAR, cost)


@inlined
def _open(
    tables: Any, p: int, d: int, work: Any, n_amounts: int, n_weekends: int, counts: int, states: int
) -> bool:
    """Fill ``work.free[d]``: the cheapest ways to be free to begin a stretch on day ``d``; whether there is one."""
    terms = tables.terms[p]
    work.free[d, :states] = FAR
    start = _start_state(terms, n_amounts, n_weekends)
    work.free[d, start] = _first_off(tables, p, d, True)
    work.free_since[d, start] = -1
    least, most, price = terms[at.LEAST_OFF], terms[at.MOST_OFF], terms[at.OFF_PRICE]
    told = max(least, 1) if most >= NONE else max(least, most, 1)
    for days_off in range(1, min(told, d)):
        cost = outside(days_off, least, most, price)
        if cost < IMPOSSIBLE:
            _take(work.free[d], work.free_since[d], work.ended[d - days_off], cost, d - days_off, states)
    slope = further(told + 1, most, price)
    for state in range(states):
        work.tail[state] = min(FAR, work.tail[state] + slope)
    if d >= told:
        cost = outside(told, least, most, price)
        if cost < IMPOSSIBLE:
            _take(work.tail, work.tail_since, work.ended[d - told], cost, d - told, states)
    free, since = work.free[d, :states], work.free_since[d, :states]
    least_cost = FAR
    for state in range(states):
        cheaper = work.tail[state] < free[state]
        free[state] = work.tail[state] if cheaper else free[state]
        since[state] = work.tail_since[state] if cheaper else since[state]
        least_cost = min(least_cost, free[state])
    return least_cost < IMPOSSIBLE


@inlined
def _take(target: Any, since: Any, source: Any, cost: int, day: int, states: int) -> None:
    """Lower ``target`` to ``source + cost`` where that is cheaper."""
    for state in range(states):
        total = source[state] + cost
        cheaper = total < target[state]
        target[state] = total if cheaper else target[state]
        since[state] = np.int32(day) if cheaper else since[state]


@inlined
def _stretch_price(tables: Any, p: int, d: int, length: int) -> int:
    """What a stretch costs by its length and its weekends."""
    terms = tables.terms[p]
    least, most, price = terms[at.LEAST_WORKED], terms[at.MOST_WORKED], terms[at.WORKED_PRICE]
    earlier = terms[at.WORKED_BEFORE] if d == 0 else 0
    total = earlier + length
    units = max(0, total - most) - max(0, earlier - most)
    if d + length < tables.size[0] and (d > 0 or terms[at.KNOWN] == 1):
        units += max(0, least - total)
    if units > 0 and price == HARD:
        return FAR
    return max(0, units) * max(0, price) + tables.broken[d, length] * terms[at.WHOLE_WEEKEND_PRICE]


@inlined
def _stretch_from(
    tables: Any, p: int, d: int, length: int, work: Any, n_amounts: int, n_weekends: int, counts: int
) -> None:
    """Lead every state that is free on day ``d`` over each stretch of ``length`` days."""
    terms = tables.terms[p]
    least_unit, spread = tables.size[1], work.stretch.shape[1]
    fixed = _stretch_price(tables, p, d, length)
    if fixed >= IMPOSSIBLE:
        return
    touched = tables.touched[d, length]
    for x in range(spread):
        for q in range(min(counts, work.stretch.shape[2])):
            inside = work.stretch[length, x, q]
            if inside >= IMPOSSIBLE:
                continue
            inner = (length * spread + x) * work.stretch.shape[2] + q
            amount = length * least_unit + x
            for c in range(counts - q):
                for n in range(n_weekends):
                    cost = fixed + inside
                    to = n + touched
                    if to >= n_weekends:
                        if terms[at.WEEKEND_PRICE] == HARD:
                            continue
                        cost += (to - n_weekends + 1) * terms[at.WEEKEND_PRICE]
                        to = n_weekends - 1
                    source = (c * n_weekends + n) * n_amounts
                    target = ((c + q) * n_weekends + to) * n_amounts
                    code = inner * n_weekends + n
                    _shift_amounts(
                        work, d, length, source, target, amount, cost, code, n_amounts, terms[at.AMOUNT_PRICE]
                    )


@inlined
def _shift_amounts(
    work: Any,
    d: int,
    length: int,
    source: int,
    target: int,
    amount: int,
    cost: int,
    code: int,
    n_amounts: int,
    price: int,
) -> None:
    """Lead a row of amounts ``amount`` further; above the most only at a price. Chosen from slices, without a branch,
    which compiles to packed instructions: a year's schedule takes 14 ms on instance 22, not 21."""
    fits = max(0, n_amounts - amount)
    begin, first_code = target + amount, code * n_amounts
    free = work.free[d, source : source + fits]
    ended = work.ended[d + length, begin : begin + fits]
    ended_by = work.ended_by[d + length, begin : begin + fits]
    for a in range(fits):
        total = free[a] + cost
        cheaper = total < ended[a]
        ended[a] = total if cheaper else ended[a]
        ended_by[a] = np.int32(first_code + a) if cheaper else ended_by[a]
    if price == HARD:
        return
    for a in range(fits, n_amounts):
        total = work.free[d, source + a] + cost + (a + amount - n_amounts + 1) * price
        if total < work.ended[d + length, target + n_amounts - 1]:
            work.ended[d + length, target + n_amounts - 1] = total
            work.ended_by[d + length, target + n_amounts - 1] = code * n_amounts + a


@inlined
def _at_the_end(terms: Any, state: int, n_amounts: int) -> int:
    """Price of a state at the end of the horizon: too little work."""
    short = terms[at.LEAST_AMOUNT] - state % n_amounts
    if short <= 0:
        return 0
    return FAR if terms[at.AMOUNT_PRICE] == HARD else short * terms[at.AMOUNT_PRICE]


@inlined
def _finish(
    tables: Any, p: int, price: Any, work: Any, schedule: Any, n_amounts: int, n_weekends: int, counts: int
) -> int:
    """Choose the cheapest end and write the schedule that leads to it."""
    days = tables.size[0]
    terms = tables.terms[p]
    start = _start_state(terms, n_amounts, n_weekends)
    best = min(FAR, _first_off(tables, p, days, False) + _at_the_end(terms, start, n_amounts))
    last, best_state = -1, start
    for d in range(1, days + 1):
        excess = max(0, days - d - terms[at.MOST_OFF])
        if excess > 0 and terms[at.OFF_PRICE] == HARD:
            continue
        off = excess * terms[at.OFF_PRICE] if excess > 0 else 0
        for state in range(n_amounts * n_weekends * counts):
            cost = work.ended[d, state] + off
            if cost < best:
                cost += _at_the_end(terms, state, n_amounts)
                if cost < best:
                    best, last, best_state = cost, d, state
    if best < IMPOSSIBLE:
        _write(tables, p, price, work, schedule, last, best_state, n_amounts, n_weekends)
        return best
    return FAR


@inlined
def _write(
    tables: Any,
    p: int,
    price: Any,
    work: Any,
    schedule: Any,
    last: int,
    state: int,
    n_amounts: int,
    n_weekends: int,
) -> None:
    """Go back from the best end: stretch by stretch, each found again with its days."""
    schedule[:] = -1
    spread, width = work.stretch.shape[1], work.stretch.shape[2]
    runs = work.layer.shape[2]
    while last > 0:
        code = work.ended_by[last, state]
        amount, code = code % n_amounts, code // n_amounts
        weekends, code = code % n_weekends, code // n_weekends
        q, code = code % width, code // width
        x, length = code % spread, code // spread
        first = last - length
        stretches(tables, p, first, price, work)
        end = work.stretch_end[length, x, q]
        left = q
        for back in range(length):
            s, r = end // runs, end % runs
            schedule[last - 1 - back] = s
            end = work.back[length - back, s, r, x, left]
            x -= tables.unit[s] - tables.size[1]
            left -= 1 if tables.counted[p, s] else 0
        counted = state // (n_amounts * n_weekends) - q
        state = (counted * n_weekends + weekends) * n_amounts + amount
        last = work.free_since[first, state]

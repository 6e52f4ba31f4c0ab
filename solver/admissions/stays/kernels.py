"""What a change of stays costs, exactly and without carrying it out; and carrying it out."""

from __future__ import annotations

from typing import Any

from solver.admissions.stays.layout import (
    BEGIN,
    BY_PERSON,
    CROWD,
    DELAY,
    END,
    FIRST,
    HARD,
    MINUTE_UNITS,
    MINUTES,
    MIXED,
    NEW_ROOM,
    NEW_START,
    OLD_ROOM,
    OLD_START,
    ONE_SEX,
    OUT,
    OVERSTAY,
    OVERTIME,
    PLANNED,
    PRIVATE,
    RISK,
    SEX,
    SHARED,
    SOFT,
    SPECIALISM,
    STAY,
    SURGERY,
    TRANSFER,
)
from solver.engine.jit import inlined, inner


@inlined
def cell(tables: Any, r: int, d: int, n: int, women: int, privates: int, might: int) -> tuple[int, int]:
    """Hard units and cost of a room on a day with ``n`` people."""
    beds, price = tables.beds[r], tables.price
    hard, soft = 0, -tables.idle_bed[d] * min(n, beds)
    if n > beds:
        hard += price[CROWD] * (n - beds)
    if n + might > beds:
        soft += price[OVERSTAY] * (n + might - beds)
    if n > 1:
        soft += price[SHARED] * privates
        if tables.same[r] == 1 and 0 < women < n:
            count = min(women, n - women) if price[BY_PERSON] == 1 else 1
            hard += price[ONE_SEX] * count
            soft += price[MIXED] * count
    return hard, soft


@inlined
def turnover(tables: Any, plan: Any, turn: Any) -> tuple[int, int]:
    """What changes in a room when one is no more there on some days, and another is on others: a row of
    ``Trial.turn``."""
    r, goes, gone, left, comes, came, stays = turn[0], turn[1], turn[2], turn[3], turn[4], turn[5], turn[6]
    last_out, last_in = left < 0, stays < 0
    left = -1 - left if last_out else left
    stays = -1 - stays if last_in else stays
    from_day, to_day = gone, left
    if goes < 0 or (comes >= 0 and came < from_day):
        from_day = came
    if goes < 0 or (comes >= 0 and stays > to_day):
        to_day = stays
    hard, soft = 0, 0
    for d in range(from_day, min(to_day + 1, tables.size[2])):
        n, women, privates, might = plan.there[r, d], plan.women[r, d], plan.privates[r, d], plan.might[r, d]
        n_new, women_new, privates_new, might_new = n, women, privates, might
        if goes >= 0:
            if gone <= d < left:
                n_new -= 1
                women_new -= tables.need[goes, SEX]
                privates_new -= tables.need[goes, PRIVATE]
            elif d == left and last_out:
                might_new -= tables.need[goes, RISK]
        if comes >= 0:
            if came <= d < stays:
                n_new += 1
                women_new += tables.need[comes, SEX]
                privates_new += tables.need[comes, PRIVATE]
            elif d == stays and last_in:
                might_new += tables.need[comes, RISK]
        if n_new == n and women_new == women and privates_new == privates and might_new == might:
            continue
        hard_old, soft_old = cell(tables, r, d, n, women, privates, might)
        hard_new, soft_new = cell(tables, r, d, n_new, women_new, privates_new, might_new)
        hard += hard_new - hard_old
        soft += soft_new - soft_old
    return hard, soft


@inlined
def day_of(tables: Any, p: int, start: int, k: int) -> int:
    """The day after the first ``k`` days of a stay, marked as the end of the stay where it is."""
    return -1 - (start + k) if k == tables.need[p, STAY] else start + k


@inlined
def own(tables: Any, plan: Any, p: int, party: Any) -> tuple[int, int]:
    """What changes for the patient alone: the match with the room, transfers, delay, being left out."""
    old, new, begin, end = party[OLD_ROOM], party[NEW_ROOM], party[BEGIN], party[END]
    hard, soft = 0, 0
    for k in range(begin, end):
        g = tables.profile[p, k]
        if new >= 0:
            soft += tables.fit[g, new]
        if old >= 0:
            soft -= tables.fit[g, old]
    before = plan.place[p, begin - 1] if begin > 0 else tables.home[p]
    after = plan.place[p, end] if end < tables.need[p, STAY] else -1
    for side in range(2):
        other = before if side == 0 else after
        if other >= 0:
            if new >= 0 and new != other:
                soft += tables.price[TRANSFER]
            if old >= 0 and old != other:
                soft -= tables.price[TRANSFER]
    if old >= 0:
        soft -= tables.price[DELAY] * (party[OLD_START] - tables.need[p, FIRST])
    else:
        hard -= tables.price[OUT]
    if new >= 0:
        soft += tables.price[DELAY] * (party[NEW_START] - tables.need[p, FIRST])
    else:
        hard += tables.price[OUT]
    return hard, soft


@inlined
def list_cost(tables: Any, x: int, d: int, minutes: int) -> tuple[int, int]:
    """Hard units and cost of a specialism's planned surgery on a day."""
    slots = tables.slots[x, d]
    return (
        MINUTE_UNITS * max(0, minutes - tables.most[x, d]),
        tables.price[OVERTIME] * max(0, minutes - slots) - tables.idle_minute[d] * min(minutes, slots),
    )


@inlined
def day_cost(tables: Any, d: int, minutes: int) -> tuple[int, int]:
    """Hard units and cost of a day's surgery altogether."""
    return (
        MINUTE_UNITS * max(0, minutes - tables.day_most[d]),
        tables.price[OVERTIME] * max(0, minutes - tables.day_slots[d]),
    )


@inlined
def theatre_of(tables: Any, plan: Any, p: int, d: int, sign: int) -> tuple[int, int]:
    """What changes when ``p`` comes to the theatres of a day, or leaves them."""
    x, minutes = tables.need[p, SPECIALISM], sign * tables.need[p, MINUTES]
    hard_before, soft_before = day_cost(tables, d, plan.busy[d])
    hard, soft = day_cost(tables, d, plan.busy[d] + minutes)
    hard -= hard_before
    soft -= soft_before
    if tables.need[p, PLANNED] == 1:
        hard_before, soft_before = list_cost(tables, x, d, plan.used[x, d])
        hard_after, soft_after = list_cost(tables, x, d, plan.used[x, d] + minutes)
        hard += hard_after - hard_before
        soft += soft_after - soft_before
    return hard, soft


@inlined
def goes(tables: Any, trial: Any, i: int, turn: int) -> None:
    """The old place of party ``i``, to be left, into a row of ``Trial.turn``."""
    p, was = trial.who[i], trial.party[i, OLD_START]
    trial.turn[turn, 0] = trial.party[i, OLD_ROOM]
    trial.turn[turn, 1] = p
    trial.turn[turn, 2] = was + trial.party[i, BEGIN]
    trial.turn[turn, 3] = day_of(tables, p, was, trial.party[i, END])
    trial.turn[turn, 4] = -1


@inlined
def comes(tables: Any, trial: Any, i: int, turn: int) -> None:
    """The new place of party ``i`` into a row of ``Trial.turn``, in which perhaps somebody goes."""
    p, becomes = trial.who[i], trial.party[i, NEW_START]
    trial.turn[turn, 0] = trial.party[i, NEW_ROOM]
    trial.turn[turn, 4] = p
    trial.turn[turn, 5] = becomes + trial.party[i, BEGIN]
    trial.turn[turn, 6] = day_of(tables, p, becomes, trial.party[i, END])


@inlined
def turns_of(tables: Any, trial: Any, i: int, together: bool) -> int:
    """Fill ``Trial.turn`` for party ``i``, or for two that take each other's room; how many rooms change."""
    goes(tables, trial, 0 if together else i, 0)
    if together:
        goes(tables, trial, 1, 1)
        comes(tables, trial, 1, 0)
        comes(tables, trial, 0, 1)
        return 2
    old, new = trial.party[i, OLD_ROOM], trial.party[i, NEW_ROOM]
    if old == new:
        comes(tables, trial, i, 0)
        return 1
    if old >= 0 and new < 0:
        return 1
    at = 1 if old >= 0 else 0
    trial.turn[at, 1] = -1
    comes(tables, trial, i, at)
    return at + 1


@inner
def change(tables: Any, plan: Any, trial: Any, i: int, together: bool) -> tuple[int, int]:
    """Hard units and cost that party ``i`` adds if nothing else changes; or two together, on the same days."""
    hard, soft = 0, 0
    for at in range(turns_of(tables, trial, i, together)):
        more_hard, more_soft = turnover(tables, plan, trial.turn[at])
        hard += more_hard
        soft += more_soft
    for at in range(2 if together else 1):
        more_hard, more_soft = own(tables, plan, trial.who[i + at], trial.party[i + at])
        hard += more_hard
        soft += more_soft
    p, party = trial.who[i], trial.party[i]
    if tables.need[p, SPECIALISM] >= 0 and not together:
        for side in range(2):
            room = party[OLD_ROOM] if side == 0 else party[NEW_ROOM]
            day = tables.need[p, SURGERY] + (party[OLD_START] if side == 0 else party[NEW_START])
            if room >= 0 and (
                party[OLD_START] != party[NEW_START] or party[OLD_ROOM] < 0 or party[NEW_ROOM] < 0
            ):
                more_hard, more_soft = theatre_of(tables, plan, p, day, 2 * side - 1)
                hard += more_hard
                soft += more_soft
    return hard, soft


@inlined
def lodge(tables: Any, plan: Any, p: int, r: int, start: int, begin: int, end: int, sign: int) -> None:
    """Count a patient in or out of a room for some days of the stay."""
    for d in range(start + begin, start + end):
        if sign > 0:
            plan.people[r, d, plan.there[r, d]] = p
        else:
            last = plan.there[r, d] - 1
            for i in range(last):
                if plan.people[r, d, i] == p:
                    plan.people[r, d, i] = plan.people[r, d, last]
                    break
        plan.there[r, d] += sign
        plan.women[r, d] += sign * tables.need[p, SEX]
        plan.privates[r, d] += sign * tables.need[p, PRIVATE]
    if end == tables.need[p, STAY]:
        plan.might[r, start + end] += sign * tables.need[p, RISK]


@inlined
def operate(tables: Any, plan: Any, p: int, start: int, sign: int) -> None:
    """Count a patient's surgery in or out."""
    x, d = tables.need[p, SPECIALISM], start + tables.need[p, SURGERY]
    if x >= 0:
        plan.busy[d] += sign * tables.need[p, MINUTES]
        if tables.need[p, PLANNED] == 1:
            plan.used[x, d] += sign * tables.need[p, MINUTES]


@inner
def carry_out(tables: Any, plan: Any, p: int, party: Any, undo: bool) -> None:
    """One party of a move, or its way back. The totals are the caller's."""
    old, new = party[OLD_ROOM], party[NEW_ROOM]
    was, becomes = party[OLD_START], party[NEW_START]
    if undo:
        old, new, was, becomes = new, old, becomes, was
    begin, end = party[BEGIN], party[END]
    if old >= 0:
        lodge(tables, plan, p, old, was, begin, end, -1)
    if new >= 0:
        lodge(tables, plan, p, new, becomes, begin, end, 1)
    if old < 0 or new < 0 or was != becomes:
        if old >= 0:
            operate(tables, plan, p, was, -1)
        if new >= 0:
            operate(tables, plan, p, becomes, 1)
    plan.start[p] = becomes if new >= 0 else -1
    for k in range(begin, end):
        plan.place[p, k] = new


@inlined
def add(plan: Any, hard: int, soft: int) -> None:
    plan.total[HARD] += hard
    plan.total[SOFT] += soft

"""What a move of the search might be: which patients go where, which nurses take which rooms, by chance."""

from __future__ import annotations

from typing import Any

from solver.admissions.layout import (
    DAY,
    INSERT,
    NURSE,
    NURSE_RUN,
    PLACE,
    REMOVE,
    REPLACE,
    ROOM,
    SWAP,
    THEATRE,
)
from solver.engine.jit import inlined
from solver.engine.kernels_random import below, uniform

LONGEST_RUN = 8
"""Days over which one nurse takes a room, at most."""


@inlined
def among(first: Any, values: Any, p: int, value: int) -> bool:
    """Whether a value is in a person's list."""
    for at in range(first[p], first[p + 1]):
        if values[at] == value:
            return True
    return False


@inlined
def any_of(first: Any, values: Any, p: int, state: Any) -> int:
    """A value of a person's list, by chance."""
    return int(values[first[p] + below(state, first[p + 1] - first[p])])


@inlined
def theatre_for(tables: Any, plan: Any, p: int, d: int, state: Any) -> int:
    """A theatre of the day: mostly one with minutes left where the surgeon is, or one that is open already."""
    theatres = tables.size[2]
    start = below(state, theatres)
    if uniform(state) < 0.15:
        return start
    best, chosen = -1, start
    for i in range(theatres):
        t = (start + i) % theatres
        left = tables.theatre_minutes[t, d] - plan.theatre_used[t, d] - tables.need[p, 5]
        value = 0
        if left >= 0:
            value = 1 + (plan.theatre_cases[t, d] > 0) + (plan.pair_cases[tables.need[p, 6], d, t] > 0)
        if value > best:
            best, chosen = value, t
    return chosen


@inlined
def aim(trial: Any, i: int, d: int, r: int, t: int) -> None:
    trial.target[i, 0] = d
    trial.target[i, 1] = r
    trial.target[i, 2] = t


@inlined
def send_away(tables: Any, plan: Any, trial: Any, q: int, state: Any) -> int:
    """Whose place was taken goes anywhere else or, where optional, out."""
    if tables.need[q, 7] == 1 and uniform(state) < 0.5:
        aim(trial, 1, -1, -1, -1)
        return 2
    other = any_of(tables.day_first, tables.day_list, q, state)
    at = any_of(tables.room_first, tables.room_list, q, state)
    aim(trial, 1, other, at, theatre_for(tables, plan, q, other, state))
    return 2


@inlined
def propose_pair(tables: Any, plan: Any, trial: Any, kind: int, p: int, state: Any) -> int:
    """Patient ``p`` takes another's place, who takes theirs, goes elsewhere, or, where optional, goes."""
    d, r, t = plan.day[p], plan.room[p], plan.theatre[p]
    q = below(state, tables.size[0])
    if q == p or plan.day[q] < 0:
        return 0
    if (kind == SWAP and uniform(state) < 0.5) or (kind == REPLACE and d >= 0):
        # Surgeons' days are packed by exchanges among their own patients; others hardly ever fit.
        for _ in range(4):
            q = any_of(tables.case_first, tables.case_list, tables.need[p, 6], state)
            if q != p and plan.day[q] >= 0:
                break
        if q == p or plan.day[q] < 0:
            return 0
        trial.who[1] = q
        if not among(tables.day_first, tables.day_list, p, plan.day[q]):
            return 0
        if kind == REPLACE:
            aim(trial, 0, plan.day[q], plan.room[q] if uniform(state) < 0.5 else r, plan.theatre[q])
            if not among(tables.room_first, tables.room_list, p, trial.target[0, 1]):
                return 0
            return send_away(tables, plan, trial, q, state)
        if not among(tables.day_first, tables.day_list, q, d):
            return 0
        aim(trial, 0, plan.day[q], any_of(tables.room_first, tables.room_list, p, state), plan.theatre[q])
        aim(trial, 1, d, any_of(tables.room_first, tables.room_list, q, state), t)
        if uniform(state) < 0.5:
            aim(trial, 0, plan.day[q], r, plan.theatre[q])
            aim(trial, 1, d, plan.room[q], t)
        return 2
    trial.who[1] = q
    if not among(tables.room_first, tables.room_list, p, plan.room[q]):
        return 0
    if kind == SWAP:
        if not among(tables.room_first, tables.room_list, q, r):
            return 0
        if uniform(state) < 0.5:
            aim(trial, 0, d, plan.room[q], t)
            aim(trial, 1, plan.day[q], r, plan.theatre[q])
            return 2
        if not among(tables.day_first, tables.day_list, p, plan.day[q]):
            return 0
        if not among(tables.day_first, tables.day_list, q, d):
            return 0
        aim(trial, 0, plan.day[q], plan.room[q], plan.theatre[q])
        aim(trial, 1, d, r, t)
        return 2
    if not among(tables.day_first, tables.day_list, p, plan.day[q]):
        return 0
    aim(trial, 0, plan.day[q], plan.room[q], plan.theatre[q])
    return send_away(tables, plan, trial, q, state)


@inlined
def propose(tables: Any, plan: Any, trial: Any, kind: int, state: Any) -> int:
    """Fill ``trial`` with a move of patients; how many it moves, 0 when chance found none."""
    patients = tables.size[0]
    p = below(state, patients)
    admitted = plan.day[p] >= 0
    if kind == INSERT or (kind == REPLACE and uniform(state) < 0.5):
        for _ in range(8):
            if plan.day[p] < 0:
                break
            p = below(state, patients)
        if plan.day[p] >= 0:
            return 0
    elif not admitted:
        return 0
    trial.who[0] = p
    d, r, t = plan.day[p], plan.room[p], plan.theatre[p]
    if kind == REMOVE:
        if tables.need[p, 7] == 0:
            return 0
        aim(trial, 0, -1, -1, -1)
        return 1
    if kind == THEATRE:
        aim(trial, 0, d, r, below(state, tables.size[2]))
        return 0 if trial.target[0, 2] == t else 1
    if kind == ROOM:
        aim(trial, 0, d, any_of(tables.room_first, tables.room_list, p, state), t)
        return 0 if trial.target[0, 1] == r else 1
    if kind == DAY:
        other = any_of(tables.day_first, tables.day_list, p, state)
        if other == d:
            return 0
        aim(trial, 0, other, r, theatre_for(tables, plan, p, other, state))
        return 1
    if kind in (INSERT, PLACE):
        other = any_of(tables.day_first, tables.day_list, p, state)
        at = any_of(tables.room_first, tables.room_list, p, state)
        aim(trial, 0, other, at, theatre_for(tables, plan, p, other, state))
        return 1
    return propose_pair(tables, plan, trial, kind, p, state)


@inlined
def propose_nurses(tables: Any, plan: Any, trial: Any, kind: int, state: Any) -> int:
    """Fill ``trial.changes`` with rooms, shifts and new nurses; how many."""
    r, d = below(state, tables.size[1]), below(state, tables.size[5])
    s = 3 * d + below(state, 3)
    n = any_of(tables.duty_first, tables.duty_list, s, state)
    if kind == NURSE_RUN:
        end = min(tables.size[5], d + 1 + below(state, LONGEST_RUN))
        count = 0
        for day in range(d, end):
            k = tables.on_shift[n, day]
            if k >= 0 and plan.nurse[r, 3 * day + k] != n:
                trial.changes[count, 0] = r
                trial.changes[count, 1] = 3 * day + k
                trial.changes[count, 2] = n
                count += 1
        return count
    if plan.there[r, d] == 0:
        return 0
    trial.changes[0, 0] = r
    trial.changes[0, 1] = s
    if kind == NURSE:
        trial.changes[0, 2] = n
        return 0 if plan.nurse[r, s] == n else 1
    other = below(state, tables.size[1])
    if plan.nurse[other, s] == plan.nurse[r, s]:
        return 0
    trial.changes[0, 2] = plan.nurse[other, s]
    trial.changes[1, 0] = other
    trial.changes[1, 1] = s
    trial.changes[1, 2] = plan.nurse[r, s]
    return 2

"""Moves of the search and its annealing. Hard units have a price during the search, hard rules none afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.admissions.kernels import book, crowd, lodge, nurse_person, operate, relieve
from solver.admissions.layout import (
    DAY,
    HARD,
    INSERT,
    NURSE,
    NURSE_RUN,
    NURSE_SWAP,
    PATIENT_KINDS,
    PLACE,
    REMOVE,
    REPLACE,
    ROOM,
    SOFT,
    SWAP,
    THEATRE,
)
from solver.engine.jit import inlined, kernel
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
        for _ in range(16):
            if q != p and plan.day[q] >= 0 and tables.need[q, 6] == tables.need[p, 6]:
                break
            q = below(state, tables.size[0])
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
        return 1
    if kind == ROOM:
        aim(trial, 0, d, any_of(tables.room_first, tables.room_list, p, state), t)
        return 1
    if kind == DAY:
        other = any_of(tables.day_first, tables.day_list, p, state)
        aim(trial, 0, other, r, theatre_for(tables, plan, p, other, state))
        return 1
    if kind in (INSERT, PLACE):
        other = any_of(tables.day_first, tables.day_list, p, state)
        at = any_of(tables.room_first, tables.room_list, p, state)
        aim(trial, 0, other, at, theatre_for(tables, plan, p, other, state))
        return 1
    return propose_pair(tables, plan, trial, kind, p, state)


@inlined
def move_person(tables: Any, plan: Any, trial: Any, p: int, place: Any, sign: int) -> None:
    """A person comes to a place or leaves it; a place with day -1 is none, and has its price."""
    if place[0] < 0:
        plan.total[SOFT] += sign * tables.weights[7]
        return
    operate(tables, plan, p, place[0], place[2], sign)
    lodge(tables, plan, p, place[0], place[1], sign)
    nurse_person(tables, plan, trial, p, place[0], place[1], sign)


@inlined
def worth(plan: Any, trial: Any) -> float:
    """The whole plan in one number, at the price that hard units have now."""
    return float(plan.total[SOFT]) + trial.hot[1] * float(plan.total[HARD])


@inlined
def move_people(tables: Any, plan: Any, trial: Any, count: int, limit: float) -> bool:
    """Carry a proposed move out if it makes the plan dearer by at most ``limit``; whether it did."""
    before_hard, before_soft = plan.total[HARD], plan.total[SOFT]
    before = worth(plan, trial)
    for i in range(count):
        p = trial.who[i]
        trial.source[i, 0] = plan.day[p]
        trial.source[i, 1] = plan.room[p]
        trial.source[i, 2] = plan.theatre[p]
    come, taken = 0, 0
    for step in range(2 * count):
        i = step % count
        if step < count:
            move_person(tables, plan, trial, trial.who[i], trial.source[i], -1)
            taken = step + 1
            continue
        r = trial.target[i, 1]
        if worth(plan, trial) - before > limit and trial.target[i, 0] >= 0:
            break
        if trial.target[i, 0] >= 0:
            hard = crowd(tables, plan, trial.who[i], trial.target[i, 0], r)
            if worth(plan, trial) + trial.hot[1] * float(hard) - before > limit:
                break
        move_person(tables, plan, trial, trial.who[i], trial.target[i], 1)
        come += 1
    accepted = come == count and worth(plan, trial) - before <= limit and fits(tables, plan, trial, count)
    if not accepted:
        for step in range(come + taken):
            i = step if step < come else step - come
            undo_target = step < come
            move_person(
                tables,
                plan,
                trial,
                trial.who[i],
                trial.target[i] if undo_target else trial.source[i],
                -1 if undo_target else 1,
            )
        plan.total[HARD] = before_hard
        plan.total[SOFT] = before_soft
        return False
    for step in range(2 * count):
        i = step % count
        p = trial.who[i]
        if step < count and trial.source[i, 0] >= 0:
            book(tables, plan, p, trial.source[i, 0], trial.source[i, 1], -1)
        if step >= count:
            plan.day[p] = trial.target[i, 0]
            plan.room[p] = trial.target[i, 1]
            plan.theatre[p] = trial.target[i, 2]
            if trial.target[i, 0] >= 0:
                book(tables, plan, p, trial.target[i, 0], trial.target[i, 1], 1)
    return True


@inlined
def fits(tables: Any, plan: Any, trial: Any, count: int) -> bool:
    """Whether the lists of people have room for everybody."""
    for i in range(count):
        d, r = trial.target[i, 0], trial.target[i, 1]
        if d >= 0:
            for day in range(d, min(tables.size[5], d + tables.need[trial.who[i], 2])):
                if plan.genders[r, day, 0] + plan.genders[r, day, 1] > plan.people.shape[2]:
                    return False
    return True


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


@inlined
def move_nurses(tables: Any, plan: Any, trial: Any, count: int, limit: float) -> bool:
    """Carry a change of nurses out if it costs at most ``limit``; whether it did."""
    before = plan.total[SOFT]
    done, rounds = count, count
    i = 0
    while i < rounds:
        at = i if i < count else 2 * count - 1 - i
        r, s = trial.changes[at, 0], trial.changes[at, 1]
        former = plan.nurse[r, s]
        relieve(tables, plan, r, s, trial.changes[at, 2])
        trial.changes[at, 2] = former
        i += 1
        if i == count and float(plan.total[SOFT] - before) > limit:
            rounds = 2 * count
    return rounds == done


@kernel
def anneal(
    tables: Any, plan: Any, best: Any, trial: Any, steps: int, nurse_share: float, hot: Any, state: Any
) -> int:
    """So many moves at a temperature; the best plan without a broken hard rule goes to ``best``.

    hot float64 (2,): temperature, price of a hard unit. How many moves of patients were tried.
    """
    trial.hot[0] = hot[0]
    trial.hot[1] = hot[1]
    tried = 0
    for _ in range(steps):
        limit = -trial.hot[0] * np.log(1.0 - uniform(state))
        if uniform(state) < nurse_share:
            draw = uniform(state)
            kind = NURSE if draw < 0.55 else NURSE_SWAP if draw < 0.7 else NURSE_RUN
            count = propose_nurses(tables, plan, trial, kind, state)
            if count == 0:
                continue
            taken = move_nurses(tables, plan, trial, count, limit)
        else:
            kind = below(state, PATIENT_KINDS)
            count = propose(tables, plan, trial, kind, state)
            if count == 0:
                continue
            taken = move_people(tables, plan, trial, count, limit)
            tried += 1
        trial.counts[kind, 0] += 1
        if taken:
            trial.counts[kind, 1] += 1
            if plan.total[HARD] < best.total[HARD] or (
                plan.total[HARD] == best.total[HARD] and plan.total[SOFT] < best.total[SOFT]
            ):
                keep(plan, best)
    return tried


@inlined
def keep(plan: Any, best: Any) -> None:
    """What decides a plan, and its totals, from one to the other."""
    for p in range(plan.day.shape[0]):
        best.day[p] = plan.day[p]
        best.room[p] = plan.room[p]
        best.theatre[p] = plan.theatre[p]
    for r in range(plan.nurse.shape[0]):
        for s in range(plan.nurse.shape[1]):
            best.nurse[r, s] = plan.nurse[r, s]
    best.total[HARD] = plan.total[HARD]
    best.total[SOFT] = plan.total[SOFT]


@kernel
def build(tables: Any, plan: Any, trial: Any, given: Any) -> None:
    """Fill an empty plan with what ``given`` (its day, room, theatre, nurse) says, and count it."""
    for r in range(plan.nurse.shape[0]):
        for s in range(plan.nurse.shape[1]):
            n = given.nurse[r, s]
            plan.nurse[r, s] = n
    for p in range(tables.size[7]):
        d, r, t = given.day[p], given.room[p], given.theatre[p]
        plan.day[p] = d
        plan.room[p] = r
        plan.theatre[p] = t
        if d < 0:
            plan.total[SOFT] += tables.weights[7]
            continue
        if p < tables.size[0]:
            operate(tables, plan, p, d, t, 1)
        lodge(tables, plan, p, d, r, 1)
        nurse_person(tables, plan, trial, p, d, r, 1)
        book(tables, plan, p, d, r, 1)

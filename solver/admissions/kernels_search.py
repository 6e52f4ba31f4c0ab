"""Moves of the search and its annealing. Hard units have a price during the search, hard rules none afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.admissions.kernels import (
    book,
    care,
    crowd,
    lodge,
    moved,
    nurse_person,
    operate,
    over,
    relief,
    relieve,
)
from solver.admissions.kernels_moves import propose, propose_nurses
from solver.admissions.layout import MINUTES, NURSE, NURSE_RUN, NURSE_SWAP, PATIENT_KINDS, PEOPLE, SOFT
from solver.engine.jit import inlined, kernel
from solver.engine.kernels_random import below, uniform

BED, THEATRE_DAY = 1, 2
"""Parts of a patient's place that a move changes."""


@inlined
def move_person(tables: Any, plan: Any, trial: Any, p: int, place: Any, parts: int, sign: int) -> None:
    """A person comes to parts of a place or leaves them; a place with day -1 is none, and has its price."""
    plan.total[SOFT] += sign * moved(tables, p, place[0], place[1], place[2])
    if place[0] < 0:
        plan.total[SOFT] += sign * tables.weights[7]
        return
    if parts & THEATRE_DAY:
        operate(tables, plan, p, place[0], place[2], sign)
    if parts & BED:
        lodge(tables, plan, p, place[0], place[1], sign)
        nurse_person(tables, plan, trial, p, place[0], place[1], sign)


@inlined
def price_of(plan: Any, trial: Any) -> float:
    """What the broken rules of a plan cost now."""
    return trial.hot[1] * float(plan.total[PEOPLE]) + trial.hot[2] * float(plan.total[MINUTES])


@inlined
def worth(plan: Any, trial: Any) -> float:
    """The whole plan in one number, at the prices that broken rules have now."""
    return float(plan.total[SOFT]) + price_of(plan, trial)


@inlined
def overtime(tables: Any, plan: Any, trial: Any, i: int, other: int) -> int:
    """Minutes of overtime that the ``i``-th place of a move brings at least, once the move's people have left."""
    p, d, t = trial.who[i], trial.target[i, 0], trial.target[i, 2]
    minutes, u = tables.need[p, 5], tables.need[p, 6]
    surgeon, theatre = plan.surgeon_used[u, d], plan.theatre_used[t, d]
    if plan.day[p] == d:
        surgeon -= minutes
        theatre -= minutes if plan.theatre[p] == t else 0
    if other >= 0 and plan.day[other] == d:
        surgeon -= tables.need[other, 5] if tables.need[other, 6] == u else 0
        theatre -= tables.need[other, 5] if plan.theatre[other] == t else 0
    most, open_minutes = tables.surgeon_minutes[u, d], tables.theatre_minutes[t, d]
    more = over(surgeon + minutes, most) - over(surgeon, most)
    return int(more + over(theatre + minutes, open_minutes) - over(theatre, open_minutes))


@inlined
def crowding(tables: Any, plan: Any, trial: Any, i: int, other: int, most: float) -> int:
    """The same for people too many or of the other gender; counts on only up to ``most``."""
    p, d, r = trial.who[i], trial.target[i, 0], trial.target[i, 1]
    first, end, other_first, other_end = 0, 0, 0, 0
    if plan.day[p] >= 0 and plan.room[p] == r:
        first, end = plan.day[p], plan.day[p] + tables.need[p, 2]
    if other >= 0 and plan.day[other] >= 0 and plan.room[other] == r:
        other_first, other_end = plan.day[other], plan.day[other] + tables.need[other, 2]
    gender, beds, hard = tables.need[p, 0], tables.beds[r], 0
    unlike_gender = other >= 0 and tables.need[other, 0] != gender
    for day in range(d, min(tables.size[5], d + tables.need[p, 2])):
        if hard > most:
            break
        like, unlike = plan.genders[r, day, gender], plan.genders[r, day, 1 - gender]
        like -= 1 if first <= day < end else 0
        if other_first <= day < other_end:
            like -= 0 if unlike_gender else 1
            unlike -= 1 if unlike_gender else 0
        hard += 1 if unlike > like else 0
        hard += 1 if like + unlike >= beds else 0
    return hard


@inlined
def least_soft(tables: Any, plan: Any, trial: Any, count: int) -> int:
    """No less than this can a move add to the cost, whatever it does to ages, nurses and open theatres."""
    soft = 0
    for i in range(count):
        p = trial.who[i]
        if plan.day[p] < 0:
            soft -= tables.weights[7] + tables.standing[p, 3]
        else:
            soft -= tables.need[p, 8] + tables.weights[6] * (plan.day[p] - tables.need[p, 3])
        if trial.target[i, 0] < 0:
            soft += tables.weights[7]
        else:
            soft += tables.weights[6] * (trial.target[i, 0] - tables.need[p, 3])
    return soft


@inlined
def hopeless(tables: Any, plan: Any, trial: Any, count: int, limit: float) -> bool:
    """Whether a move is surely too dear: told without carrying it out, and for most moves at once."""
    slack = price_of(plan, trial) + limit - float(least_soft(tables, plan, trial, count))
    for i in range(count):
        if slack < 0.0:
            return True
        if trial.target[i, 0] >= 0:
            other = trial.who[1 - i] if count == 2 else -1
            slack -= trial.hot[2] * float(overtime(tables, plan, trial, i, other))
            if (
                i == 0 or trial.target[1, 1] != trial.target[0, 1]
            ):  # what both do to one room is looked at later
                most = slack / trial.hot[1]
                slack -= trial.hot[1] * float(crowding(tables, plan, trial, i, other, most))
    for i in range(count):
        if slack < 0.0:
            return True
        slack -= float(more_care(tables, plan, trial, i))
    return slack < 0.0


@inlined
def more_care(tables: Any, plan: Any, trial: Any, i: int) -> int:
    """How much less than ``least_soft`` assumes the ``i``-th place of a move saves of nurses' cost, at least."""
    p, d, r = trial.who[i], trial.target[i, 0], trial.target[i, 1]
    if d == plan.day[p] and r == plan.room[p]:
        return int(tables.need[p, 9])
    more = 0
    if plan.day[p] >= 0:
        more += tables.need[p, 9] - care(tables, plan, trial, p, plan.day[p], plan.room[p], True)
    if d >= 0:
        more += care(tables, plan, trial, p, d, r, False)
    return int(more)


@inlined
def parts_of(trial: Any, i: int) -> int:
    """Which parts of the ``i``-th place change."""
    if trial.source[i, 0] != trial.target[i, 0]:
        return BED | THEATRE_DAY
    bed = BED if trial.source[i, 1] != trial.target[i, 1] else 0
    return bed | (THEATRE_DAY if trial.source[i, 2] != trial.target[i, 2] else 0)


@inlined
def move_people(tables: Any, plan: Any, trial: Any, count: int, limit: float) -> bool:
    """Carry a proposed move out if it makes the plan dearer by at most ``limit``; whether it did."""
    if hopeless(tables, plan, trial, count, limit):
        return False
    people, minutes, soft = plan.total[PEOPLE], plan.total[MINUTES], plan.total[SOFT]
    before = worth(plan, trial)
    for i in range(count):
        p = trial.who[i]
        trial.source[i, 0] = plan.day[p]
        trial.source[i, 1] = plan.room[p]
        trial.source[i, 2] = plan.theatre[p]
    come = 0
    for step in range(2 * count):
        i = step % count
        parts = parts_of(trial, i)
        if step < count:
            move_person(tables, plan, trial, trial.who[i], trial.source[i], parts, -1)
            continue
        if trial.target[i, 0] >= 0:
            rise = worth(plan, trial) - before
            if parts & BED:
                hard = crowd(tables, plan, trial.who[i], trial.target[i, 0], trial.target[i, 1])
                rise += trial.hot[1] * float(hard)
            if rise > limit:
                break
        move_person(tables, plan, trial, trial.who[i], trial.target[i], parts, 1)
        come += 1
    if come == count and worth(plan, trial) - before <= limit and fits(tables, plan, trial, count):
        settle(tables, plan, trial, count)
        return True
    for step in range(come + count):
        i = step if step < come else step - come
        parts = parts_of(trial, i)
        if step < come:
            move_person(tables, plan, trial, trial.who[i], trial.target[i], parts, -1)
        else:
            move_person(tables, plan, trial, trial.who[i], trial.source[i], parts, 1)
    plan.total[PEOPLE] = people
    plan.total[MINUTES] = minutes
    plan.total[SOFT] = soft
    return False


@inlined
def settle(tables: Any, plan: Any, trial: Any, count: int) -> None:
    """Write down where the people of a move lie now."""
    for step in range(2 * count):
        i = step % count
        p, parts = trial.who[i], parts_of(trial, i)
        if step < count:
            if trial.source[i, 0] >= 0 and parts & BED:
                book(tables, plan, p, trial.source[i, 0], trial.source[i, 1], -1)
            continue
        plan.day[p] = trial.target[i, 0]
        plan.room[p] = trial.target[i, 1]
        plan.theatre[p] = trial.target[i, 2]
        if trial.target[i, 0] >= 0 and parts & BED:
            book(tables, plan, p, trial.target[i, 0], trial.target[i, 1], 1)


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
def move_nurses(tables: Any, plan: Any, trial: Any, count: int, limit: float) -> bool:
    """Carry a change of nurses out if it costs at most ``limit``; whether it did."""
    if count == 1:
        r, s, n = trial.changes[0, 0], trial.changes[0, 1], trial.changes[0, 2]
        if float(relief(tables, plan, r, s, n)) > limit:
            return False
        relieve(tables, plan, r, s, n)
        return True
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


@inlined
def is_better(plan: Any, best: Any) -> bool:
    """By broken hard rules first, a person too many as an hour of overtime, then by cost."""
    here = 60 * plan.total[PEOPLE] + plan.total[MINUTES]
    there = 60 * best.total[PEOPLE] + best.total[MINUTES]
    return bool(here < there or (here == there and plan.total[SOFT] < best.total[SOFT]))


@kernel
def anneal(
    tables: Any, plan: Any, best: Any, trial: Any, steps: int, nurse_share: float, hot: Any, state: Any
) -> int:
    """So many moves at a temperature; the best plan without a broken hard rule goes to ``best``.

    hot float64 (4,): as in ``Trial``. How many moves of patients were tried.
    """
    for i in range(trial.hot.shape[0]):
        trial.hot[i] = hot[i]
    tried = 0
    for _ in range(steps):
        allowed = -np.log(1.0 - uniform(state))
        limit = trial.hot[0] * allowed
        if uniform(state) < nurse_share:
            limit = trial.hot[3] * allowed
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
            if is_better(plan, best):
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
    for i in range(3):
        best.total[i] = plan.total[i]


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
        plan.total[SOFT] += moved(tables, p, d, r, t)
        if d < 0:
            plan.total[SOFT] += tables.weights[7]
            continue
        if p < tables.size[0]:
            operate(tables, plan, p, d, t, 1)
        lodge(tables, plan, p, d, r, 1)
        nurse_person(tables, plan, trial, p, d, r, 1)
        book(tables, plan, p, d, r, 1)

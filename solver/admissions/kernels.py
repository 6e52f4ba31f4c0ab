"""What a change of a plan costs: a person comes or goes, a room's nurse changes; counts and totals follow exactly."""

from __future__ import annotations

from typing import Any

from solver.admissions.layout import MINUTES, PEOPLE, SOFT
from solver.engine.jit import inlined


@inlined
def over(amount: int, most: int) -> int:
    """How far ``amount`` lies above ``most``."""
    return max(0, amount - most)


@inlined
def operate(tables: Any, plan: Any, p: int, d: int, t: int, sign: int) -> None:
    """Put patient ``p`` into a theatre's day (``sign`` 1), or take them out (-1)."""
    minutes, u = sign * tables.need[p, 5], tables.need[p, 6]
    if minutes == 0:
        plan.total[SOFT] += sign * tables.weights[6] * (d - tables.need[p, 3])
        return
    most = tables.surgeon_minutes[u, d]
    used = plan.surgeon_used[u, d]
    hard = over(used + minutes, most) - over(used, most)
    plan.surgeon_used[u, d] = used + minutes
    most = tables.theatre_minutes[t, d]
    used = plan.theatre_used[t, d]
    hard += over(used + minutes, most) - over(used, most)
    plan.theatre_used[t, d] = used + minutes
    soft = 0
    edge = 0 if sign > 0 else 1
    if plan.theatre_cases[t, d] == edge:
        soft += sign * tables.weights[4]
    plan.theatre_cases[t, d] += sign
    if plan.pair_cases[u, d, t] == edge:
        visited = 0
        for other in range(tables.size[2]):
            if other != t and plan.pair_cases[u, d, other] > 0:
                visited += 1
        if visited > 0:
            soft += sign * tables.weights[5]
    plan.pair_cases[u, d, t] += sign
    plan.total[MINUTES] += hard
    plan.total[SOFT] += soft + sign * tables.weights[6] * (d - tables.need[p, 3])


@inlined
def moved(tables: Any, p: int, d: int, r: int, t: int) -> int:
    """What it costs that ``p`` is there (``d`` -1: not admitted), and not where they stand by an earlier plan."""
    price = tables.standing[p, 3]
    if price == 0 or d != tables.standing[p, 0]:
        return int(price)
    theatre = tables.standing[p, 2]
    there = d < 0 or (r == tables.standing[p, 1] and (theatre < 0 or t == theatre))
    return 0 if there else int(price)


@inlined
def spread(plan: Any, r: int, d: int) -> int:
    """Oldest less youngest age group of a room's day."""
    low, high = -1, -1
    for age in range(plan.ages.shape[2]):
        if plan.ages[r, d, age] > 0:
            high = age
            if low < 0:
                low = age
    return high - low


@inlined
def lodge(tables: Any, plan: Any, p: int, d: int, r: int, sign: int) -> None:
    """Let ``p`` lie in a room from day ``d`` (``sign`` 1), or no more (-1): genders, beds, ages."""
    gender, age = tables.need[p, 0], tables.need[p, 1]
    beds = tables.beds[r]
    hard, soft = 0, 0
    for day in range(d, min(tables.size[5], d + tables.need[p, 2])):
        like, unlike = plan.genders[r, day, gender], plan.genders[r, day, 1 - gender]
        hard += min(like + sign, unlike) - min(like, unlike)
        hard += over(like + unlike + sign, beds) - over(like + unlike, beds)
        plan.genders[r, day, gender] = like + sign
        before = spread(plan, r, day)
        plan.ages[r, day, age] += sign
        soft += spread(plan, r, day) - before
    plan.total[PEOPLE] += hard
    plan.total[SOFT] += tables.weights[0] * soft


@inlined
def nurse_person(tables: Any, plan: Any, trial: Any, p: int, d: int, r: int, sign: int) -> None:
    """The nurses of a room's shifts look after ``p`` (``sign`` 1), or no more (-1): skill, load, continuity."""
    trial.token[0] += 1
    token = trial.token[0]
    lacking, overload, distinct = 0, 0, 0
    first = 3 * d
    for s in range(first, 3 * min(tables.size[5], d + tables.need[p, 2])):
        n = plan.nurse[r, s]
        lacking += over(tables.skill[p, s - first], tables.nurse_skill[n])
        most, carried = tables.most_load[n, s // 3], plan.load[n, s // 3]
        work = sign * tables.work[p, s - first]
        overload += over(carried + work, most) - over(carried, most)
        plan.load[n, s // 3] = carried + work
        if trial.stamp[n] != token:
            trial.stamp[n] = token
            distinct += 1
    soft = sign * (tables.weights[1] * lacking + tables.weights[2] * distinct)
    plan.total[SOFT] += soft + tables.weights[3] * overload


@inlined
def care(tables: Any, plan: Any, trial: Any, p: int, d: int, r: int, leaves: bool) -> int:
    """What the nurses of a room's shifts cost for ``p``: at most what is saved if ``p`` leaves, else at least what is
    added if ``p`` comes."""
    trial.token[0] += 1
    token = trial.token[0]
    lacking, overload, distinct = 0, 0, 0
    first = 3 * d
    for s in range(first, 3 * min(tables.size[5], d + tables.need[p, 2])):
        n = plan.nurse[r, s]
        lacking += over(tables.skill[p, s - first], tables.nurse_skill[n])
        if leaves:
            excess = over(plan.load[n, s // 3], tables.most_load[n, s // 3])
            overload += min(excess, tables.work[p, s - first])
        if trial.stamp[n] != token:
            trial.stamp[n] = token
            distinct += 1
    return int(tables.weights[1] * lacking + tables.weights[2] * distinct + tables.weights[3] * overload)


@inlined
def crowd(tables: Any, plan: Any, p: int, d: int, r: int) -> int:
    """How many more people too many or of the other gender, by days, the room would have with ``p`` in it."""
    gender, beds, hard = tables.need[p, 0], tables.beds[r], 0
    for day in range(d, min(tables.size[5], d + tables.need[p, 2])):
        like, unlike = plan.genders[r, day, gender], plan.genders[r, day, 1 - gender]
        hard += min(like + 1, unlike) - min(like, unlike)
        hard += 1 if like + unlike >= beds else 0
    return hard


@inlined
def book(tables: Any, plan: Any, p: int, d: int, r: int, sign: int) -> None:
    """Write down that ``p`` lies there (``sign`` 1), or no more (-1), for the moves of nurses; costs nothing."""
    first = 3 * d
    for day in range(d, min(tables.size[5], d + tables.need[p, 2])):
        count = plan.there[r, day]
        if sign > 0:
            plan.people[r, day, count] = p
        else:
            at = 0
            while plan.people[r, day, at] != p:
                at += 1
            plan.people[r, day, at] = plan.people[r, day, count - 1]
        plan.there[r, day] = count + sign
        for s in range(3 * day, 3 * day + 3):
            plan.met[p, plan.nurse[r, s]] += sign
            plan.room_load[r, s] += sign * tables.work[p, s - first]
            for k in range(tables.size[6]):
                plan.lack[r, s, k] += sign * over(tables.skill[p, s - first], k)


@inlined
def relief(tables: Any, plan: Any, r: int, s: int, n: int) -> int:
    """What it would cost that nurse ``n`` takes a room's shift over from whom it has."""
    former, d, work = plan.nurse[r, s], s // 3, plan.room_load[r, s]
    lacking = plan.lack[r, s, tables.nurse_skill[n]] - plan.lack[r, s, tables.nurse_skill[former]]
    carried, most = plan.load[former, d], tables.most_load[former, d]
    overload = over(carried - work, most) - over(carried, most)
    carried, most = plan.load[n, d], tables.most_load[n, d]
    overload += over(carried + work, most) - over(carried, most)
    distinct = 0
    for i in range(plan.there[r, d]):
        p = plan.people[r, d, i]
        distinct += (plan.met[p, n] == 0) - (plan.met[p, former] == 1)
    return int(tables.weights[1] * lacking + tables.weights[3] * overload + tables.weights[2] * distinct)


@inlined
def relieve(tables: Any, plan: Any, r: int, s: int, n: int) -> None:
    """Nurse ``n`` takes a room's shift over from whom it has."""
    former, d = plan.nurse[r, s], s // 3
    soft = plan.lack[r, s, tables.nurse_skill[n]] - plan.lack[r, s, tables.nurse_skill[former]]
    soft *= tables.weights[1]
    work = plan.room_load[r, s]
    carried, most = plan.load[former, d], tables.most_load[former, d]
    overload = over(carried - work, most) - over(carried, most)
    plan.load[former, d] = carried - work
    carried, most = plan.load[n, d], tables.most_load[n, d]
    overload += over(carried + work, most) - over(carried, most)
    plan.load[n, d] = carried + work
    distinct = 0
    for i in range(plan.there[r, d]):
        p = plan.people[r, d, i]
        if plan.met[p, former] == 1:
            distinct -= 1
        plan.met[p, former] -= 1
        if plan.met[p, n] == 0:
            distinct += 1
        plan.met[p, n] += 1
    plan.nurse[r, s] = n
    plan.total[SOFT] += soft + tables.weights[3] * overload + tables.weights[2] * distinct

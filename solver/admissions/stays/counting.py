"""A plan of stays counted from the beginning, before the kernels go on from it by differences."""

from __future__ import annotations

import numpy as np

from solver.admissions.stays.arrays import Compiled, new_plan
from solver.admissions.stays.layout import (
    BY_PERSON,
    CROWD,
    DELAY,
    FIRST,
    HARD,
    MINUTE_UNITS,
    MINUTES,
    MIXED,
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
    Plan,
    Tables,
)
from solver.engine.types import Int32


def counted(compiled: Compiled, start: Int32, place: Int32) -> Plan:
    """The plan with everything that is counted of it."""
    tables, plan = compiled.tables, new_plan(compiled)
    plan.start[:], plan.place[:] = start, place
    hard, soft = 0, compiled.constant
    for p in range(len(start)):
        if start[p] < 0:
            hard += int(tables.price[OUT])
            continue
        _count_in(tables, plan, p)
        soft += _alone(tables, plan, p)
    room_hard, room_soft = _rooms(tables, plan)
    theatre_hard, theatre_soft = _theatres(tables, plan)
    plan.total[HARD] = hard + room_hard + theatre_hard
    plan.total[SOFT] = soft + room_soft + theatre_soft
    return plan


def _count_in(tables: Tables, plan: Plan, p: int) -> None:
    need, first = tables.need[p], plan.start[p]
    rooms, days = plan.place[p, : need[STAY]], np.arange(first, first + need[STAY])
    plan.people[rooms, days, plan.there[rooms, days]] = p
    plan.there[rooms, days] += 1
    plan.women[rooms, days] += need[SEX]
    plan.privates[rooms, days] += need[PRIVATE]
    plan.might[rooms[-1], first + need[STAY]] += need[RISK]
    if need[SPECIALISM] >= 0:
        plan.busy[first + need[SURGERY]] += need[MINUTES]
        plan.used[need[SPECIALISM], first + need[SURGERY]] += need[MINUTES] * need[PLANNED]


def _alone(tables: Tables, plan: Plan, p: int) -> int:
    need = tables.need[p]
    rooms = plan.place[p, : need[STAY]]
    moves = int((rooms[1:] != rooms[:-1]).sum()) + int(tables.home[p] >= 0 and tables.home[p] != rooms[0])
    match = int(tables.fit[tables.profile[p, : need[STAY]], rooms].sum())
    delay = int(plan.start[p] - need[FIRST])
    return match + moves * int(tables.price[TRANSFER]) + delay * int(tables.price[DELAY])


def _rooms(tables: Tables, plan: Plan) -> tuple[int, int]:
    """Hard units and cost of all rooms and days."""
    price, beds = tables.price.astype(np.int64), tables.beds[:, None].astype(np.int64)
    there, women = plan.there.astype(np.int64), plan.women.astype(np.int64)
    rarer = np.minimum(women, there - women) * tables.same[:, None]
    mixed = rarer if price[BY_PERSON] else rarer > 0
    risk = np.maximum(0, there + plan.might[:, :-1] - beds)
    hard = price[CROWD] * np.maximum(0, there - beds) + price[ONE_SEX] * mixed
    soft = price[MIXED] * mixed + price[OVERSTAY] * risk + price[SHARED] * plan.privates * (there > 1)
    used = np.minimum(there, beds) * tables.idle_bed
    return int(hard.sum()), int(soft.sum() - used.sum())


def _theatres(tables: Tables, plan: Plan) -> tuple[int, int]:
    """Hard units and cost of all specialisms and days."""
    over = np.maximum(0, plan.used - tables.slots).sum() + np.maximum(0, plan.busy - tables.day_slots).sum()
    far = np.maximum(0, plan.used - tables.most).sum() + np.maximum(0, plan.busy - tables.day_most).sum()
    used = (np.minimum(plan.used, tables.slots).astype(np.int64) * tables.idle_minute).sum()
    return MINUTE_UNITS * int(far), int(tables.price[OVERTIME]) * int(over) - int(used)

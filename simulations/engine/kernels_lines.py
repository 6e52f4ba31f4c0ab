"""Lines: for each priority a doubly linked list in the order of arrival; who may start is looked for from the front."""

from typing import Any

from simulations.engine.codes import (
    ALIKE,
    CLASS,
    DEMAND,
    FREE,
    IS_STOCK,
    LEFT_OVER,
    LINE,
    NEXT,
    OPTION_FROM,
    OPTION_UNTIL,
    ORDER,
    PREVIOUS,
    PRIORITY,
    RESOURCES_FROM,
    RESOURCES_UNTIL,
    SKIPS,
    STATE,
    STEP,
    USES_STOCK,
    WAITING,
)
from simulations.engine.jit import inner, swallowed
from simulations.engine.kernels_levels import WAITS, account_crowd, wake


@inner
def fitting_option(
    pair: Any, option: Any, need: Any, guard: Any, resource: Any, level: Any, s: int, k: int, resumes: bool
) -> int:
    """The first option of step ``s`` of which all is free for class ``k``, guards kept; -1 if there is none.

    Who resumes has used up what the step needs of a stock.
    """
    for o in range(pair[s, k, OPTION_FROM], pair[s, k, OPTION_UNTIL]):
        fits = True
        for i in range(option[o, 0], option[o, 1]):
            r = need[i, 0]
            if level[r, FREE] - need[i, 1] < guard[r, k] and not (resumes and resource[r, IS_STOCK]):
                fits = False
                break
        if fits:
            return o
    return -1


@swallowed
def option_for(tables: Any, run: Any, e: int) -> int:
    """The option with which ``e`` could start its step now, -1 if none."""
    resumes = run.moment[e, LEFT_OVER] >= 0.0
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    return fitting_option(
        tables.pair, tables.option, tables.need, tables.guard, tables.resource, run.level, s, k, resumes
    )


@swallowed
def priority_of(tables: Any, run: Any, e: int) -> int:
    return tables.pair[run.entity[e, STEP], run.entity[e, CLASS], PRIORITY]


@inner
def insert(entity: Any, head: Any, tail: Any, q: int, p: int, e: int) -> None:
    """Put ``e`` into its place by ``ORDER``, looked for from the end: newcomers go there."""
    after = tail[q, p]
    while after >= 0 and entity[after, ORDER] > entity[e, ORDER]:
        after = entity[after, PREVIOUS]
    before = head[q, p] if after < 0 else entity[after, NEXT]
    entity[e, PREVIOUS] = after
    entity[e, NEXT] = before
    if after < 0:
        head[q, p] = e
    else:
        entity[after, NEXT] = e
    if before < 0:
        tail[q, p] = e
    else:
        entity[before, PREVIOUS] = e


@inner
def remove(entity: Any, head: Any, tail: Any, q: int, p: int, e: int) -> None:
    after, before = entity[e, PREVIOUS], entity[e, NEXT]
    if after < 0:
        head[q, p] = before
    else:
        entity[after, NEXT] = before
    if before < 0:
        tail[q, p] = after
    else:
        entity[before, PREVIOUS] = after


@swallowed
def demand(tables: Any, run: Any, e: int, sign: int) -> None:
    """``e`` waits (``sign`` 1) or no longer waits (-1) for what its step needs of stocks."""
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    if not tables.pair[s, k, USES_STOCK] or run.moment[e, LEFT_OVER] >= 0.0:
        return
    o = tables.pair[s, k, OPTION_FROM]
    for i in range(tables.option[o, 0], tables.option[o, 1]):
        r = tables.need[i, 0]
        if tables.resource[r, IS_STOCK]:
            run.level[r, DEMAND] += sign * tables.need[i, 1]


@swallowed
def line_up(tables: Any, run: Any, e: int, now: float) -> None:
    """``e`` waits for its step."""
    s = run.entity[e, STEP]
    account_crowd(run, s, now)
    run.crowd[s, WAITS] += 1
    run.entity[e, STATE] = WAITING
    demand(tables, run, e, 1)
    q = tables.step[s, LINE]
    run.queued[q] += 1
    insert(run.entity, run.head, run.tail, q, priority_of(tables, run, e), e)


@swallowed
def wake_line(tables: Any, run: Any, q: int) -> None:
    """Everybody in line ``q`` is to be asked."""
    for i in range(tables.line[q, RESOURCES_FROM], tables.line[q, RESOURCES_UNTIL]):
        wake(run, tables.line_resource[i])


@swallowed
def leave_line(tables: Any, run: Any, e: int, now: float) -> None:
    """``e`` waits no longer; where nobody may be overtaken, who comes next may need what has been free all along."""
    s = run.entity[e, STEP]
    account_crowd(run, s, now)
    run.crowd[s, WAITS] -= 1
    demand(tables, run, e, -1)
    q = tables.step[s, LINE]
    run.queued[q] -= 1
    remove(run.entity, run.head, run.tail, q, priority_of(tables, run, e), e)
    if not tables.line[q, SKIPS] and not tables.line[q, ALIKE]:
        wake_line(tables, run, q)

"""Services that are cut short: by somebody who goes first, or because their resource is taken away."""

from typing import Any

from simulations.engine.codes import (
    BIN_NOW,
    CAPACITY,
    CLASS,
    END_KEY,
    ENDS_AT,
    FREE,
    IS_STOCK,
    LEFT_OVER,
    LINE,
    NOW,
    OPTION,
    OPTION_FROM,
    OPTION_UNTIL,
    ORDER,
    PREEMPTS,
    RESTARTS,
    SERVING,
    SLOTS_USED,
    STARTED_AT,
    STATE,
    STEP,
    WHOLE,
)
from simulations.engine.codes import INTERRUPTED as INTERRUPTION
from simulations.engine.jit import inner, swallowed
from simulations.engine.kernels_levels import (
    SERVES,
    account,
    account_crowd,
    give_back,
    note,
    touch,
)
from simulations.engine.kernels_lines import line_up, option_for, priority_of, wake_line
from simulations.engine.outcome import Visit

INTERRUPTED = int(Visit.INTERRUPTED)


@inner
def interrupt(tables: Any, run: Any, e: int) -> None:
    """``e`` gives back what its step took and goes back into the line, to its old place."""
    now = run.clock[NOW]
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    account_crowd(run, s, now)
    run.crowd[s, SERVES] -= 1
    run.entity[e, END_KEY] = -1
    run.moment[e, LEFT_OVER] = (
        run.moment[e, WHOLE] if tables.step[s, RESTARTS] else run.moment[e, ENDS_AT] - now
    )
    o = run.entity[e, OPTION]
    for i in range(tables.option[o, 0], tables.option[o, 1]):
        give_back(tables, run, e, tables.need[i, 0], tables.need[i, 1])
    run.visits[run.counter[BIN_NOW], s, k, INTERRUPTED] += 1
    note(run, e, INTERRUPTION)
    line_up(tables, run, e, now)
    # It may go on with another option, of which all has been free already.
    wake_line(tables, run, tables.step[s, LINE])


@swallowed
def units_of(tables: Any, run: Any, e: int, r: int) -> int:
    """How many units of ``r`` an interruption of ``e`` would free: what its step took and it still holds."""
    if run.entity[e, STATE] == SERVING and run.held[e, r] > 0:
        o = run.entity[e, OPTION]
        for i in range(tables.option[o, 0], tables.option[o, 1]):
            if tables.need[i, 0] == r:
                return min(tables.need[i, 1], run.held[e, r])
    return 0


@inner
def next_to_yield(tables: Any, run: Any, r: int, above: int) -> int:
    """Who gives up ``r``: of priority numbers over ``above`` the highest, then who began last; -1 if nobody."""
    found = -1
    for e in range(run.counter[SLOTS_USED]):
        if units_of(tables, run, e, r) == 0:
            continue
        p = priority_of(tables, run, e)
        if p <= above:
            continue
        if found >= 0:
            other = priority_of(tables, run, found)
            began, rival = run.moment[e, STARTED_AT], run.moment[found, STARTED_AT]
            if p < other or (p == other and began < rival):
                continue
            if p == other and began == rival and run.entity[e, ORDER] < run.entity[found, ORDER]:
                continue
        found = e
    return found


@swallowed
def could_yield(tables: Any, run: Any, r: int, above: int) -> int:
    """Units of ``r`` that services of priority numbers over ``above`` hold."""
    total = 0
    for e in range(run.counter[SLOTS_USED]):
        units = units_of(tables, run, e, r)
        if units > 0 and priority_of(tables, run, e) > above:
            total += units
    return total


@inner
def option_by_force(tables: Any, run: Any, e: int) -> int:
    """The first option that ``e`` could start with if lower priorities were interrupted; -1 if there is none."""
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    above = priority_of(tables, run, e)
    resumes = run.moment[e, LEFT_OVER] >= 0.0
    for o in range(tables.pair[s, k, OPTION_FROM], tables.pair[s, k, OPTION_UNTIL]):
        possible = True
        for i in range(tables.option[o, 0], tables.option[o, 1]):
            r = tables.need[i, 0]
            if tables.resource[r, IS_STOCK] and resumes:
                continue
            lacking = tables.need[i, 1] + tables.guard[r, k] - run.level[r, FREE]
            if lacking > 0 and (tables.resource[r, IS_STOCK] or could_yield(tables, run, r, above) < lacking):
                possible = False
                break
        if possible:
            return o
    return -1


@swallowed
def possible_option(tables: Any, run: Any, e: int) -> int:
    """The option with which ``e`` could start now, if need be and it may by interrupting others; -1 if none."""
    o = option_for(tables, run, e)
    if o < 0 and tables.pair[run.entity[e, STEP], run.entity[e, CLASS], PREEMPTS]:
        o = option_by_force(tables, run, e)
    return o


@inner
def make_room(tables: Any, run: Any, e: int, o: int) -> None:
    """Interrupt as many lower priorities as ``e`` needs for its possible option ``o``."""
    k = run.entity[e, CLASS]
    above = priority_of(tables, run, e)
    for i in range(tables.option[o, 0], tables.option[o, 1]):
        r = tables.need[i, 0]
        while not tables.resource[r, IS_STOCK] and (
            run.level[r, FREE] < tables.need[i, 1] + tables.guard[r, k]
        ):
            interrupt(tables, run, next_to_yield(tables, run, r, above))


@inner
def change_units(tables: Any, run: Any, r: int, units: int, cuts: int) -> None:
    """``units`` more (negative: fewer) of ``r`` from now on; with ``cuts`` surplus services stop at once."""
    account(run, tables.resource[r, IS_STOCK], r, run.clock[NOW])
    run.level[r, CAPACITY] += units
    run.level[r, FREE] += units
    if units > 0:
        touch(run, r)
    elif cuts:
        while run.level[r, FREE] < 0:
            e = next_to_yield(tables, run, r, -1)
            if e < 0:
                break
            interrupt(tables, run, e)

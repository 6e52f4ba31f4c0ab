"""What the clock brings: bins that end, the warm-up that is over, capacities that change, and the start of it all."""

import math
from typing import Any

from simulations.engine.codes import (
    BEGAN_AT,
    BIN,
    BIN_JOINED,
    BIN_NOW,
    BIN_WIDTH,
    CAPACITY,
    CAPACITY_AT_START,
    CENSUS_CLASS,
    CENSUS_FROM,
    CENSUS_STEP,
    CENSUS_UNTIL,
    CENSUS_WAITS,
    CHANGE,
    CHANGED,
    CLASS,
    CLOSED,
    CODE,
    COUNTED_AS,
    CUTS,
    EARLY,
    ELAPSED,
    END,
    END_KEY,
    ENDS_AT,
    ENTERED_AT,
    FREE,
    FRESH,
    HELD,
    HOURLY,
    INTERVALS,
    IS_STOCK,
    JOINED_AT,
    KIND_BITS,
    LEFT_OVER,
    NEW_CAPACITY,
    NOW,
    NUMBER,
    OPENS,
    OPTION,
    OPTION_FROM,
    OPTION_UNTIL,
    ORDER,
    REMAINING_TIME,
    RENEGE_KEY,
    ROSTERED,
    SEQUENCE,
    SERVING,
    SOURCE,
    SOURCE_KIND,
    STARTED_AT,
    STATE,
    STEP,
    WARM,
    WARM_UP,
    WHOLE,
)
from simulations.engine.codes import FIRST as FIRST_RANK
from simulations.engine.jit import inner, kernel, swallowed
from simulations.engine.kernels_heap import push_seldom
from simulations.engine.kernels_interrupt import change_units
from simulations.engine.kernels_levels import SERVES, WAITS, account, account_crowd, wake
from simulations.engine.kernels_lines import line_up
from simulations.engine.kernels_sources import populate, schedule_next, slot
from simulations.engine.kernels_steps import lose_patience, schedule, stay
from simulations.engine.kernels_stock import review, shelve

LONGEST_SEARCH = 1000
"""Draws for a stay that has lasted some time already, before what is left is taken from a new one."""


@swallowed
def account_all(tables: Any, run: Any, now: float) -> None:
    for r in range(tables.resource.shape[0]):
        account(run, tables.resource[r, IS_STOCK], r, now)
    for s in range(tables.step.shape[0]):
        account_crowd(run, s, now)


@inner
def end_bin(tables: Any, run: Any, now: float) -> None:
    """All integrals up to ``now``, where the current bin ends, belong to it."""
    account_all(tables, run, now)
    number = run.counter[INTERVALS] - 1
    if number >= 0:
        run.bin_time[run.counter[BIN_NOW]] += now - number * run.clock[BIN_WIDTH]


@swallowed
def see(run: Any, b: int, column: int, value: float) -> None:
    run.snapshots[b, column, 0] += value
    run.snapshots[b, column, 1] += value * value


@swallowed
def look_around(tables: Any, run: Any, b: int) -> None:
    """Note what is in use, who waits and who is in service at this very moment."""
    resources = tables.resource.shape[0]
    steps = tables.step.shape[0]
    run.snapshot_count[b] += 1
    for r in range(resources):
        free = run.level[r, FREE]
        see(run, b, r, float(free if tables.resource[r, IS_STOCK] else run.level[r, CAPACITY] - free))
    for s in range(steps):
        see(run, b, resources + s, float(run.crowd[s, WAITS]))
        see(run, b, resources + steps + s, float(run.crowd[s, SERVES]))


@inner
def next_bin(tables: Any, run: Any) -> None:
    """One bin ends, the next begins."""
    now = run.clock[NOW]
    end_bin(tables, run, now)
    number = run.counter[INTERVALS]
    run.counter[INTERVALS] += 1
    run.counter[BIN_NOW] = number % run.bin_time.shape[0]
    look_around(tables, run, run.counter[BIN_NOW])
    time = (number + 1) * run.clock[BIN_WIDTH]
    push_seldom(run.heap_time, run.heap_key, run.heap_what, run.counter, time, HOURLY, BIN)


@inner
def forget(tables: Any, run: Any) -> None:
    """The warm-up is over: what was counted so far was not counted, but for the series."""
    now = run.clock[NOW]
    account_all(tables, run, now)
    run.areas[...] = 0.0
    run.crowds[...] = 0.0
    run.stays[...] = 0.0
    run.visit_times[...] = 0.0
    run.levels[...] = 0.0
    run.bin_time[...] = 0.0
    run.snapshots[...] = 0.0
    run.visits[...] = 0
    run.patients[...] = 0
    run.waits[...] = 0
    run.lengths[...] = 0
    run.supplies[...] = 0
    run.snapshot_count[...] = 0
    number = max(run.counter[INTERVALS] - 1, 0)
    run.bin_time[run.counter[BIN_NOW]] = number * run.clock[BIN_WIDTH] - now


@inner
def change(tables: Any, run: Any, row: int) -> None:
    """A shift begins: the roster says how many there are; what is broken or away stays so."""
    r = tables.change[row, CHANGED]
    units = tables.change[row, NEW_CAPACITY] - run.level[r, ROSTERED]
    run.level[r, ROSTERED] = tables.change[row, NEW_CAPACITY]
    if tables.change_time[row, 1] > 0.0:
        again = run.clock[NOW] + tables.change_time[row, 1]
        what = (row << KIND_BITS) | CHANGE
        push_seldom(run.heap_time, run.heap_key, run.heap_what, run.counter, again, EARLY, what)
    if units != 0:
        change_units(tables, run, r, units, tables.change[row, CUTS])


@swallowed
def option_held(tables: Any, run: Any, e: int) -> int:
    """The option of its step of which ``e`` holds everything; the first if there is none."""
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    first = tables.pair[s, k, OPTION_FROM]
    for o in range(first, tables.pair[s, k, OPTION_UNTIL]):
        holds = True
        for i in range(tables.option[o, 0], tables.option[o, 1]):
            if run.held[e, tables.need[i, 0]] < tables.need[i, 1]:
                holds = False
        if holds:
            return o
    return first


@swallowed
def remaining(tables: Any, run: Any, e: int, elapsed: float) -> float:
    """What is left of a stay that has lasted ``elapsed``: of the stays drawn the first that is longer."""
    whole = 0.0
    for attempt in range(LONGEST_SEARCH):
        whole = stay(tables, run, e, 1 + attempt)
        if whole >= elapsed:
            return whole - elapsed
    return whole


@inner
def place(tables: Any, run: Any, row: int, code: int) -> None:
    """Put somebody of the census where they are."""
    e = slot(run)
    s = tables.census[row, CENSUS_STEP]
    elapsed = tables.census_time[row, ELAPSED]
    run.entity[e, CLASS] = tables.census[row, CENSUS_CLASS]
    run.entity[e, STEP] = s
    run.entity[e, SOURCE] = -1
    run.entity[e, CODE] = code
    run.entity[e, NUMBER] = row
    run.entity[e, BIN_JOINED] = -1
    run.entity[e, ORDER] = run.counter[SEQUENCE]
    run.entity[e, RENEGE_KEY] = -1
    run.entity[e, END_KEY] = -1
    run.counter[SEQUENCE] += 1
    run.visit[e, tables.step[s, COUNTED_AS]] = 1
    run.moment[e, ENTERED_AT] = -math.inf
    run.moment[e, JOINED_AT] = -elapsed
    run.moment[e, LEFT_OVER] = FRESH
    for i in range(tables.census[row, CENSUS_FROM], tables.census[row, CENSUS_UNTIL]):
        r, units = tables.census_hold[i, 0], tables.census_hold[i, 1]
        run.held[e, r] += units
        run.entity[e, HELD] += units
        run.level[r, FREE] -= units
    if tables.census[row, CENSUS_WAITS]:
        line_up(tables, run, e, 0.0)
        lose_patience(tables, run, e)
        return
    run.entity[e, STATE] = SERVING
    run.entity[e, OPTION] = option_held(tables, run, e)
    left = tables.census_time[row, REMAINING_TIME]
    # Drawn even if it is known, since with it is drawn where the stay leads.
    drawn = remaining(tables, run, e, elapsed if left < 0.0 else 0.0)
    if left < 0.0:
        left = drawn
    run.moment[e, BEGAN_AT] = -elapsed
    run.moment[e, STARTED_AT] = -elapsed
    run.moment[e, WHOLE] = elapsed + left
    run.moment[e, ENDS_AT] = left
    run.crowd[s, SERVES] += 1
    run.entity[e, END_KEY] = schedule(run, e, left, END)


@kernel
def begin(tables: Any, run: Any, census_code: int) -> None:
    """Time 0: fill the event list, the shelves and the beds."""
    if run.clock[WARM] > 0.0:
        push_seldom(
            run.heap_time, run.heap_key, run.heap_what, run.counter, run.clock[WARM], FIRST_RANK, WARM_UP
        )
    for r in range(tables.resource.shape[0]):
        run.level[r, FREE] = tables.resource[r, CAPACITY_AT_START]
        if tables.resource[r, IS_STOCK]:
            shelve(tables, run, r, run.level[r, FREE])
        else:
            run.level[r, CAPACITY] = run.level[r, FREE]
            run.level[r, ROSTERED] = run.level[r, FREE]
    for row in range(tables.change.shape[0]):
        what = (row << KIND_BITS) | CHANGE
        push_seldom(
            run.heap_time, run.heap_key, run.heap_what, run.counter, tables.change_time[row, 0], EARLY, what
        )
    push_seldom(run.heap_time, run.heap_key, run.heap_what, run.counter, 0.0, HOURLY, BIN)
    for row in range(tables.census.shape[0]):
        place(tables, run, row, census_code)
    for n in range(tables.source.shape[0]):
        if tables.source[n, SOURCE_KIND] == CLOSED:
            populate(tables, run, n)
        else:
            schedule_next(tables, run, n, tables.source_time[n, OPENS])
    for r in range(tables.resource.shape[0]):
        wake(run, r)
        if tables.resource[r, IS_STOCK]:
            review(tables, run, r)

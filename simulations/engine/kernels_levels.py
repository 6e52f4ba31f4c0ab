"""What is free of each resource, who holds it, and the integrals over time of both."""

from typing import Any

import numpy as np

from simulations.engine.codes import (
    BIN_NOW,
    BROKEN,
    CAPACITY,
    CLASS,
    FREE,
    FREED,
    HELD,
    INTERVALS,
    IS_STOCK,
    IS_TOUCHED,
    LOGGED,
    NOW,
    NUMBER,
    SOURCE,
    STEP,
    TOUCHED,
    WOKEN,
)
from simulations.engine.jit import inner, swallowed
from simulations.engine.outcome import BUCKETS, LEAST_EXPONENT, LEVELS, SUB_BUCKETS, Area, Crowd

WAITS = int(Crowd.WAITING)
SERVES = int(Crowd.SERVING)
IN_USE = int(Area.IN_USE)
CAPACITIES = int(Area.CAPACITY)
OVERTIME = int(Area.OVERTIME)
EXHAUSTED = int(Area.EXHAUSTED)
FRACTION_LEFT = 52 - SUB_BUCKETS.bit_length() + 1
FIRST_BUCKET = (1023 + LEAST_EXPONENT) * SUB_BUCKETS - 1


@swallowed
def bucket_of(value: float) -> Any:
    """The bucket of a histogram ``value`` falls into, see ``outcome.bucket_edges``."""
    if value <= 0.0:
        return 0
    # The upper bits of a float: its exponent, then the first digits of its fraction, which choose the sub-bucket.
    upper = np.float64(value).view(np.int64) >> FRACTION_LEFT
    return min(max(upper - FIRST_BUCKET, 1), BUCKETS - 1)


@swallowed
def account(run: Any, is_stock: int, r: int, now: float) -> None:
    """Add what resource ``r`` was until ``now`` to its integrals; before any change of it."""
    span = now - run.since[r]
    if span > 0.0:
        run.since[r] = now
        b = run.counter[BIN_NOW]
        free = run.level[r, FREE]
        capacity = run.level[r, CAPACITY]
        # Fewer than none are there when units are broken or away that the shift has sent home already.
        present = max(free if is_stock else capacity, 0)
        shown = free if is_stock else capacity - free
        run.areas[b, r, CAPACITIES] += present * span
        if not is_stock:
            run.areas[b, r, IN_USE] += shown * span
            if free < 0:
                run.areas[b, r, OVERTIME] += (shown - present) * span
        if free <= 0 and (is_stock or present > 0):
            run.areas[b, r, EXHAUSTED] += span
        run.levels[r, min(max(shown, 0), LEVELS - 1)] += span
        interval = run.counter[INTERVALS] - 1
        if interval < run.series.shape[0]:
            run.series[interval, r] += (present if is_stock else shown) * span


@swallowed
def account_crowd(run: Any, s: int, now: float) -> None:
    """Add how many waited for and were in step ``s`` until ``now``; before any change of it."""
    span = now - run.crowd_since[s]
    if span > 0.0:
        run.crowd_since[s] = now
        b = run.counter[BIN_NOW]
        waiting, serving = run.crowd[s, WAITS] * span, run.crowd[s, SERVES] * span
        run.crowds[b, s, WAITS] += waiting
        run.crowds[b, s, SERVES] += serving
        interval = run.counter[INTERVALS] - 1
        if interval < run.series.shape[0]:
            resources, steps = run.since.shape[0], run.crowd_since.shape[0]
            run.series[interval, resources + s] += waiting
            run.series[interval, resources + steps + s] += serving


@swallowed
def touch(run: Any, r: int) -> None:
    """Something of ``r`` came free: who waits for it is to be asked."""
    if run.level[r, IS_TOUCHED] == 0:
        run.level[r, IS_TOUCHED] = FREED
        run.touched[run.counter[TOUCHED]] = r
        run.counter[TOUCHED] += 1


@swallowed
def wake(run: Any, r: int) -> None:
    """Who waits for ``r`` is to be asked even if none of it is free: they may need nothing, or interrupt others."""
    touch(run, r)
    run.level[r, IS_TOUCHED] = WOKEN


@swallowed
def add_free(tables: Any, run: Any, r: int, units: int) -> None:
    """``units`` (negative: fewer) of ``r`` are free from now on."""
    account(run, tables.resource[r, IS_STOCK], r, run.clock[NOW])
    run.level[r, FREE] += units
    if units > 0:
        touch(run, r)


@swallowed
def give_back(tables: Any, run: Any, e: int, r: int, units: int) -> int:
    """``e`` gives back up to ``units`` of ``r``; how many it had."""
    given = min(units, run.held[e, r])
    if given > 0:
        run.held[e, r] -= given
        run.entity[e, HELD] -= given
        add_free(tables, run, r, given)
    return given


@swallowed
def give_back_listed(tables: Any, run: Any, e: int, begin: int, end: int) -> None:
    """``e`` gives back what rows ``begin`` to ``end`` of ``release`` say, from whichever member it holds."""
    for row in range(begin, end):
        left = tables.release[row, 2]
        for i in range(tables.release[row, 0], tables.release[row, 1]):
            left -= give_back(tables, run, e, tables.member[i], left)
            if left == 0:
                break


@swallowed
def give_back_everything(tables: Any, run: Any, e: int) -> None:
    """``e`` leaves."""
    if run.entity[e, HELD] > 0:
        for r in range(tables.resource.shape[0]):
            give_back(tables, run, e, r, run.held[e, r])


@inner
def write_log(log: Any, counter: Any, entity: Any, now: float, e: int, event: int) -> None:
    """One row: time, event, class, step, source, number; without room it says so in ``counter``."""
    row = counter[LOGGED]
    if row >= log.shape[0]:
        counter[BROKEN] = 1
        return
    counter[LOGGED] += 1
    log[row, 0] = now
    log[row, 1] = event
    log[row, 2] = entity[e, CLASS]
    log[row, 3] = entity[e, STEP]
    log[row, 4] = entity[e, SOURCE]
    log[row, 5] = entity[e, NUMBER]


@swallowed
def note(run: Any, e: int, event: int) -> None:
    """Write down what happened to ``e``, if a log is kept."""
    if run.log.shape[0] > 0:
        write_log(run.log, run.counter, run.entity, run.clock[NOW], e, event)

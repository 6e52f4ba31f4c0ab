"""What is free of each resource, who holds it, and the integrals over time of both."""

import math
from typing import Any

from simulations.engine.codes import (
    BROKEN,
    CAPACITY,
    CLASS,
    FREE,
    FREED,
    HELD,
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
from simulations.engine.outcome import BUCKETS, LEAST_EXPONENT, LEVELS, SUB_BUCKETS
from solver.engine.jit import inner, swallowed

WAITS = 0
SERVES = 1


@swallowed
def bucket_of(value: float) -> int:
    """The bucket of a histogram ``value`` falls into, see ``outcome.bucket_edges``."""
    if value <= 0.0:
        return 0
    fraction, exponent = math.frexp(value)
    part = int((fraction * 2.0 - 1.0) * SUB_BUCKETS)
    bucket = 1 + (exponent - 1 - LEAST_EXPONENT) * SUB_BUCKETS + part
    return min(max(bucket, 1), BUCKETS - 1)


@inner
def account(level: Any, since: Any, recent: Any, levels: Any, is_stock: int, r: int, now: float) -> None:
    """Add what resource ``r`` was until ``now`` to its integrals; before any change of it."""
    span = now - since[r]
    if span > 0.0:
        since[r] = now
        free = level[r, FREE]
        capacity = level[r, CAPACITY]
        shown = free
        # Fewer than none are there when units are broken or away that the shift has sent home already.
        present = max(free if is_stock else capacity, 0)
        recent[r, 1] += present * span
        if not is_stock:
            shown = capacity - free
            recent[r, 0] += shown * span
            if free < 0:
                recent[r, 2] += (shown - present) * span
        if free <= 0 and (is_stock or present > 0):
            recent[r, 3] += span
        levels[r, min(max(shown, 0), LEVELS - 1)] += span


@swallowed
def account_crowd(run: Any, s: int, now: float) -> None:
    """Add how many waited for and were in step ``s`` until ``now``; before any change of it."""
    span = now - run.crowd_since[s]
    if span > 0.0:
        run.crowd_since[s] = now
        run.recent_crowd[s, WAITS] += run.crowd[s, WAITS] * span
        run.recent_crowd[s, SERVES] += run.crowd[s, SERVES] * span


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
    account(run.level, run.since, run.recent, run.levels, tables.resource[r, IS_STOCK], r, run.clock[NOW])
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

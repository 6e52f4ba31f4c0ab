"""Who comes, and when."""

import math
from typing import Any

from simulations.engine.codes import (
    APPOINTMENTS,
    ARRIVAL,
    AWAY,
    AWAY_TIME,
    BATCH_FROM,
    BATCH_SIZE,
    BATCH_UNTIL,
    BIN_NOW,
    CLASS,
    CLOSES,
    CODE,
    DRAWN,
    ENTERED,
    ENTERED_AT,
    FIRST_STEP,
    FREE_SLOTS,
    GAP,
    GAPS,
    GOAL,
    HELD,
    HORIZON,
    INTERVAL,
    KIND_BITS,
    LATE,
    LIST_FROM,
    LIST_UNTIL,
    LISTED,
    MADE,
    MEAN_GAP,
    MOVING,
    NO_SHOW,
    NO_SHOWS,
    NOW,
    NUMBER,
    ONCE,
    OPENS,
    ORDINARY,
    PART_BITS,
    PEOPLE,
    PEOPLE_FROM,
    PEOPLE_NUMBER,
    PHASE,
    POISSON,
    POPULATION,
    RATE_WIDTH,
    RETURN,
    ROUND,
    SLOTS_USED,
    SOURCE,
    SOURCE_CLASS,
    SOURCE_CODE,
    SOURCE_KIND,
    STATE,
    STEP,
    UNPUNCTUAL,
)
from simulations.engine.jit import inner, swallowed
from simulations.engine.kernels_draw import draw, position
from simulations.engine.kernels_heap import push, push_seldom
from simulations.engine.kernels_levels import note
from simulations.engine.kernels_philox import uniform, unit, words
from simulations.engine.kernels_steps import purpose_draw, schedule
from simulations.engine.kernels_ziggurat import exponential
from simulations.engine.outcome import Patient

ARRIVALS = int(Patient.ENTERED)


@swallowed
def next_candidate(tables: Any, run: Any, n: int, time: float) -> float:
    """The next arrival of a Poisson source after ``time``, by thinning (Lewis, Shedler 1979).

    A candidate of the highest rate is kept with the rate *at the candidate's time*; taken at the time of the arrival
    before, the answer lags behind the rates.
    """
    mean = tables.source_time[n, MEAN_GAP]
    first, end = tables.source[n, LIST_FROM], tables.source[n, LIST_UNTIL]
    width, code = tables.source_time[n, RATE_WIDTH], tables.source[n, SOURCE_CODE]
    until = min(tables.source_time[n, CLOSES], run.clock[HORIZON])
    while time <= until and mean < math.inf:
        number = run.made[n, DRAWN]
        run.made[n, DRAWN] += 1
        word, other = words(run.key, GAP, code, number, ONCE)
        gap, _ = exponential(run.key, GAP, code, number, ONCE, word)
        time += gap * mean
        if end - first == 1:
            return time
        period = width * (end - first)
        place = min(int(((time - tables.source_time[n, PHASE]) % period) / width), end - first - 1)
        if unit(other) < tables.listed[first + place] * mean:
            return time
    return math.inf


@swallowed
def schedule_next(tables: Any, run: Any, n: int, time: float) -> None:
    """Schedule the next arrival of source ``n`` after the one at ``time``."""
    kind = tables.source[n, SOURCE_KIND]
    number = run.made[n, DRAWN]
    if kind == POISSON:
        time = next_candidate(tables, run, n, time)
    else:
        run.made[n, DRAWN] += 1
        if kind == APPOINTMENTS:
            time = tables.source_time[n, OPENS] + number * tables.source_time[n, INTERVAL]
        elif kind == LISTED:
            place = tables.source[n, LIST_FROM] + number
            time = tables.listed[place] if place < tables.source[n, LIST_UNTIL] else math.inf
        else:
            code = tables.source[n, SOURCE_CODE]
            time += draw(
                tables.distribution,
                tables.parameter,
                tables.sample,
                run.key,
                tables.source[n, GAPS],
                GAP,
                code,
                number,
                ONCE,
            )
    if time < tables.source_time[n, CLOSES] and time <= run.clock[HORIZON]:
        what = (n << KIND_BITS) | ARRIVAL
        push(run.heap_time, run.heap_key, run.heap_what, run.counter, time, ORDINARY, what)


@swallowed
def arrive(tables: Any, run: Any, n: int) -> None:
    """Source ``n`` sends somebody, or several, or nobody after all: ``PEOPLE`` says how many."""
    now = run.clock[NOW]
    kind, code = tables.source[n, SOURCE_KIND], tables.source[n, SOURCE_CODE]
    number = run.made[n, DRAWN] - 1
    people = 1
    if tables.source[n, BATCH_UNTIL] > tables.source[n, BATCH_FROM]:
        begin = tables.source[n, BATCH_FROM]
        u = uniform(run.key, BATCH_SIZE, code, number, ONCE)
        people = tables.batch[begin + position(tables.batch_until, begin, tables.source[n, BATCH_UNTIL], u)]
        number = run.made[n, MADE]
        run.made[n, MADE] += people
    if kind in (LISTED, APPOINTMENTS):
        share = tables.source_time[n, NO_SHOWS]
        if share > 0.0 and uniform(run.key, NO_SHOW, code, number, ONCE) < share:
            people = 0
        elif tables.source[n, GAPS] >= 0:
            row = tables.source[n, GAPS]
            late = draw(
                tables.distribution,
                tables.parameter,
                tables.sample,
                run.key,
                row,
                UNPUNCTUAL,
                code,
                number,
                ONCE,
            )
            what = (((number << PART_BITS) | n) << KIND_BITS) | LATE
            push_seldom(run.heap_time, run.heap_key, run.heap_what, run.counter, now + late, ORDINARY, what)
            people = 0
    run.counter[PEOPLE] = people
    run.counter[PEOPLE_FROM] = n
    run.counter[PEOPLE_NUMBER] = number
    schedule_next(tables, run, n, now)


@swallowed
def slot(run: Any) -> int:
    """A free slot, cleared; there is one."""
    run.counter[FREE_SLOTS] -= 1
    e = run.free[run.counter[FREE_SLOTS]]
    run.counter[SLOTS_USED] = max(run.counter[SLOTS_USED], e + 1)
    for s in range(run.visit.shape[1]):
        run.visit[e, s] = 0
    run.entity[e, HELD] = 0
    run.entity[e, ROUND] = 0
    return e


@swallowed
def enter(tables: Any, run: Any, e: int) -> int:
    """``e`` comes into the hospital and goes to its first step."""
    now = run.clock[NOW]
    n = run.entity[e, SOURCE]
    run.entity[e, CLASS] = tables.source[n, SOURCE_CLASS]
    run.entity[e, STEP] = tables.source[n, FIRST_STEP]
    run.entity[e, GOAL] = tables.source[n, FIRST_STEP]
    run.entity[e, STATE] = MOVING
    run.moment[e, ENTERED_AT] = now
    run.patients[run.counter[BIN_NOW], run.entity[e, CLASS], ARRIVALS] += 1
    note(run, e, ENTERED)
    return e


@swallowed
def admit(tables: Any, run: Any) -> int:
    """The next of those who came at this instant."""
    e = slot(run)
    n = run.counter[PEOPLE_FROM]
    run.entity[e, SOURCE] = n
    run.entity[e, CODE] = tables.source[n, SOURCE_CODE]
    run.entity[e, NUMBER] = run.counter[PEOPLE_NUMBER]
    run.counter[PEOPLE] -= 1
    run.counter[PEOPLE_NUMBER] += 1
    return enter(tables, run, e)


@inner
def populate(tables: Any, run: Any, n: int) -> None:
    """The people of a closed source are away at first."""
    for number in range(tables.source[n, POPULATION]):
        e = slot(run)
        run.entity[e, SOURCE] = n
        run.entity[e, CODE] = tables.source[n, SOURCE_CODE]
        run.entity[e, NUMBER] = number
        run.entity[e, STATE] = AWAY
        away = purpose_draw(tables, run, e, tables.source[n, GAPS], AWAY_TIME, ONCE)
        schedule(run, e, run.clock[NOW] + away, RETURN)

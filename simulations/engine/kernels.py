"""The run: take the next event, do what it says, let whoever can start now start, and so on to the horizon."""

from typing import Any

from simulations.engine.codes import (
    ALIKE,
    ARRIVAL,
    BIN,
    BROKEN,
    CHANGE,
    END,
    END_KEY,
    ENTITY_COLUMNS,
    EVENTS,
    EVENTS_FULL,
    EXPIRY,
    FINISHED_RUN,
    FREE,
    FREE_SLOTS,
    GOAL,
    HEAP,
    HORIZON,
    IS_TOUCHED,
    KIND_BITS,
    LATE,
    LEVEL_COLUMNS,
    LINE_COLUMNS,
    LINES_FROM,
    LINES_UNTIL,
    LOG_FULL,
    LOGGED,
    LOTS_FULL,
    MOMENTS,
    NEWEST,
    NEXT,
    NOW,
    OLDEST,
    ORDER,
    OVERRUN,
    PAIR_COLUMNS,
    PART_BITS,
    PEOPLE,
    PEOPLE_FROM,
    PEOPLE_NUMBER,
    POOL_FULL,
    RECEIPT,
    RENEGE,
    RENEGE_KEY,
    RESOURCE_COLUMNS,
    RETURN,
    SKIPS,
    SLICE_OVER,
    SOURCE_COLUMNS,
    SOURCE_TIMES,
    STATE,
    STEP,
    STEP_COLUMNS,
    TOUCHED,
    WAITING,
    WARM_UP,
    WOKEN,
)
from simulations.engine.jit import given, kernel, swallowed
from simulations.engine.kernels_clock import change, end_bin, forget, next_bin
from simulations.engine.kernels_heap import close_hole, next_event, take
from simulations.engine.kernels_interrupt import possible_option
from simulations.engine.kernels_lines import leave_line, priority_of
from simulations.engine.kernels_sources import admit, arrive, enter
from simulations.engine.kernels_steps import MOVES_ON, begin_service, come, finish, judge, leave, renege
from simulations.engine.kernels_stock import expire, receive
from simulations.engine.outcome import BUCKETS, LEVELS, Area, Crowd, Patient, Stay, Time, Visit

AREAS, CROWDS, PATIENTS, STAYS, TIMES, VISITS = (
    len(each) for each in (Area, Crowd, Patient, Stay, Time, Visit)
)
KIND = (1 << KIND_BITS) - 1
PART = (1 << PART_BITS) - 1
NOBODY_MOVES = -1


@swallowed
def lacking(tables: Any, run: Any) -> int:
    """What has to grow before the next event is handled, or FINISHED_RUN.

    One event can start, at most, everybody who is there, and end in as many new events and lines of the log.
    """
    live = run.entity.shape[0] - run.counter[FREE_SLOTS]
    if run.counter[FREE_SLOTS] == 0:
        return POOL_FULL
    if (
        run.heap_time.shape[0] - run.counter[HEAP]
        < 2 * live + tables.source.shape[0] + tables.resource.shape[0] + 16
    ):
        return EVENTS_FULL
    if (
        run.log.shape[0] > 0
        and run.log.shape[0] - run.counter[LOGGED] < 4 * live + 8 * tables.step.shape[0] + 16
    ):
        return LOG_FULL
    return FINISHED_RUN


@swallowed
def precedes(tables: Any, run: Any, e: int, other: int) -> bool:
    """Whether ``e`` goes first, by priority, then by order."""
    p, q = priority_of(tables, run, e), priority_of(tables, run, other)
    return p < q or (p == q and run.entity[e, ORDER] < run.entity[other, ORDER])


@swallowed
def next_of_line(tables: Any, run: Any, q: int) -> Any:
    """Who of line ``q`` may start, and with which option: (-1, -1) if nobody."""
    for p in range(run.head.shape[1]):
        e = run.head[q, p]
        while e >= 0:
            o = possible_option(tables, run, e)
            if o >= 0:
                return e, o
            if tables.line[q, SKIPS] == 0 or tables.line[q, ALIKE]:
                return -1, -1
            e = run.entity[e, NEXT]
    return -1, -1


@swallowed
def first_of_lines(tables: Any, run: Any, r: int) -> Any:
    """Of all who wait for ``r`` and could start, the first by priority and order, with the option; or (-1, -1)."""
    found = -1
    found_option = -1
    if run.level[r, FREE] <= 0 and run.level[r, IS_TOUCHED] != WOKEN:
        return found, found_option
    for i in range(tables.resource[r, LINES_FROM], tables.resource[r, LINES_UNTIL]):
        q = tables.resource_line[i]
        if run.queued[q] == 0:
            continue
        e, o = next_of_line(tables, run, q)
        if e >= 0 and (found < 0 or precedes(tables, run, e, found)):
            found = e
            found_option = o
    return found, found_option


@swallowed
def untouch(run: Any, place: int) -> None:
    """Nobody who waits for this resource can start."""
    run.level[run.touched[place], IS_TOUCHED] = 0
    run.counter[TOUCHED] -= 1
    run.touched[place] = run.touched[run.counter[TOUCHED]]


@swallowed
def next_to_serve(tables: Any, run: Any) -> Any:
    """Of all who wait for anything that came free, the first who can start, with the option, out of line; or (-1, -1).

    All are compared before one starts: whoever waits for two things must not go before somebody more urgent who waits
    for one of them.
    """
    found = NOBODY_MOVES
    found_option = -1
    place = 0
    while place < run.counter[TOUCHED]:
        e, o = first_of_lines(tables, run, run.touched[place])
        if e < 0:
            untouch(run, place)
            continue
        if found < 0 or precedes(tables, run, e, found):
            found = e
            found_option = o
        place += 1
    if found >= 0:
        leave_line(tables, run, found, run.clock[NOW])
    return found, found_option


@swallowed
def settle(tables: Any, run: Any, mover: int) -> None:
    """Let ``mover`` come to its step, or leave, and everybody start who can; until nothing can happen at this instant.

    Who comes while something has just come free joins the line first, so that it is given to the first of all; only
    then is it judged whether the line is too long. One loop with one place for each kind of move, because whatever a
    kernel calls twice is compiled into it twice.
    """
    newcomer = NOBODY_MOVES
    while True:
        starter, o = NOBODY_MOVES, -1
        if mover >= 0:
            e, mover = mover, NOBODY_MOVES
            if run.entity[e, GOAL] < 0:
                leave(tables, run, e)
            else:
                run.entity[e, STEP] = run.entity[e, GOAL]
                starter, o = e, come(tables, run, e)
                newcomer = e
        elif run.counter[TOUCHED] > 0:
            starter, o = next_to_serve(tables, run)
        elif newcomer >= 0:
            e, newcomer = newcomer, NOBODY_MOVES
            if run.entity[e, STATE] == WAITING:
                starter, o = e, judge(tables, run, e)
                if o == MOVES_ON:
                    mover = e
        else:
            break
        if o >= 0:
            begin_service(tables, run, starter, o)


@swallowed
def rare(tables: Any, run: Any, kind: int, x: int) -> None:
    """Events in which nobody moves."""
    if kind == CHANGE:
        change(tables, run, x)
    elif kind == BIN:
        next_bin(tables, run)
    elif kind == WARM_UP:
        forget(tables, run)
    elif kind == RECEIPT:
        receive(tables, run, x & PART, x >> PART_BITS)
    elif kind == EXPIRY:
        expire(tables, run, x & PART, x >> PART_BITS)
    elif kind == LATE:
        run.counter[PEOPLE] = 1
        run.counter[PEOPLE_FROM] = x & PART
        run.counter[PEOPLE_NUMBER] = x >> PART_BITS


@swallowed
def happen(tables: Any, run: Any, key: int, what: int) -> int:
    """Handle an event; who moves on to a step now, or -1."""
    kind, x = what & KIND, what >> KIND_BITS
    if kind == END:
        if run.entity[x, END_KEY] == key:
            finish(tables, run, x)
            return x
    elif kind == ARRIVAL:
        arrive(tables, run, x)
    elif kind == RENEGE:
        if run.entity[x, RENEGE_KEY] == key:
            renege(tables, run, x)
            return x
    elif kind == RETURN:
        return enter(tables, run, x)
    else:
        rare(tables, run, kind, x)
    return NOBODY_MOVES


@swallowed
def is_full(run: Any, what: int) -> bool:
    """Whether an event is a delivery for which the ring of deliveries has no place."""
    if what & KIND != RECEIPT:
        return False
    r = (what >> KIND_BITS) & PART
    return run.level[r, NEWEST] - run.level[r, OLDEST] >= run.lot.shape[1]


@swallowed
def handle_events(tables: Any, run: Any, budget: int) -> int:
    """``advance``."""
    handled = 0
    while True:
        close_hole(run.heap_time, run.heap_key, run.heap_what, run.counter)
        short = lacking(tables, run)
        if short != FINISHED_RUN:
            return short
        if run.counter[BROKEN]:
            return OVERRUN
        mover = NOBODY_MOVES
        if run.counter[PEOPLE] == 0 and run.counter[TOUCHED] == 0:
            if handled >= budget:
                return SLICE_OVER
            first = next_event(run.counter)
            if run.counter[HEAP] == 0 or run.heap_time[first] > run.clock[HORIZON]:
                end_bin(tables, run, run.clock[HORIZON])
                return FINISHED_RUN
            key, what = run.heap_key[first], run.heap_what[first]
            if is_full(run, what):
                return LOTS_FULL
            handled += 1
            run.counter[EVENTS] += 1
            run.clock[NOW] = run.heap_time[first]
            take(run.counter)
            mover = happen(tables, run, key, what)
        if mover < 0 and run.counter[PEOPLE] > 0:
            mover = admit(tables, run)
        settle(tables, run, mover)


@kernel
def advance(tables: Any, run: Any, budget: int) -> int:
    """Handle up to ``budget`` events; why it stopped: ``codes.FINISHED_RUN`` and those after it.

    Stopped for whatever reason it can be called again, and the run goes on as if it had not stopped. The compiler is
    told how wide the tables are, so that a place in them is found without multiplying; here, because what a swallowed
    kernel tells it is forgotten.
    """
    given(tables.step.shape[1] == STEP_COLUMNS)
    given(tables.pair.shape[2] == PAIR_COLUMNS)
    given(tables.resource.shape[1] == RESOURCE_COLUMNS)
    given(tables.line.shape[1] == LINE_COLUMNS)
    given(tables.source.shape[1] == SOURCE_COLUMNS)
    given(tables.source_time.shape[1] == SOURCE_TIMES)
    given(tables.option.shape[1] == 2)
    given(tables.need.shape[1] == 2)
    given(tables.route.shape[1] == 2)
    given(tables.distribution.shape[1] == 3)
    given(tables.parameter.shape[1] == 3)
    given(run.entity.shape[1] == ENTITY_COLUMNS)
    given(run.moment.shape[1] == MOMENTS)
    given(run.level.shape[1] == LEVEL_COLUMNS)
    given(run.crowd.shape[1] == CROWDS)
    given(run.crowds.shape[2] == CROWDS)
    given(run.visits.shape[3] == VISITS)
    given(run.visit_times.shape[3] == TIMES)
    given(run.patients.shape[2] == PATIENTS)
    given(run.stays.shape[2] == STAYS)
    given(run.levels.shape[1] == LEVELS)
    given(run.waits.shape[2] == BUCKETS)
    given(run.lengths.shape[1] == BUCKETS)
    given(run.areas.shape[2] == AREAS)
    given(run.snapshots.shape[2] == 2)
    return handle_events(tables, run, budget)

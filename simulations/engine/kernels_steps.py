"""A patient's way through a step: come, start or wait, give up or finish, go on."""

from typing import Any

from simulations.engine.codes import (
    AWAY,
    AWAY_TIME,
    BALK_FROM,
    BALK_UNTIL,
    BALKED,
    BALKING_STREAM,
    BEGAN_AT,
    BIN_JOINED,
    BIN_NOW,
    CLASS,
    CLOSED,
    CODE,
    COUNTED_AS,
    DURATION,
    END,
    END_FROM,
    END_KEY,
    END_UNTIL,
    ENDS_AT,
    ENTERED_AT,
    FINISHED,
    FREE,
    FREE_SLOTS,
    FRESH,
    GAPS,
    GOAL,
    HELD,
    IS_STOCK,
    JOINED_AT,
    JOINED_LINE,
    KIND_BITS,
    LEFT,
    LEFT_OVER,
    LIMIT,
    LINE,
    MOVING,
    NOBODY,
    NOW,
    NUMBER,
    ONWARD,
    OPTION,
    OPTION_FROM,
    ORDER,
    ORDINARY,
    OVERFLOW,
    PATIENCE,
    PATIENCE_STREAM,
    PREEMPTS,
    REFUSED,
    RELEASES_OWN,
    RENEGE,
    RENEGE_KEY,
    RENEGE_TO,
    RENEGED,
    RETURN,
    ROUND,
    ROUTE_FROM,
    ROUTE_UNTIL,
    SEQUENCE,
    SERVING,
    SKIPS,
    SOURCE,
    SOURCE_KIND,
    START_FROM,
    START_UNTIL,
    STARTED,
    STARTED_AT,
    STATE,
    STAY_STREAM,
    STEP,
    TOUCHED,
    UNITS_CUT,
    UNITS_END,
    UNITS_OF,
    UNITS_START,
    USES_STOCK,
    WARM,
    WHOLE,
)
from simulations.engine.jit import swallowed
from simulations.engine.kernels_draw import draw, draw_from, position
from simulations.engine.kernels_heap import push, push_seldom
from simulations.engine.kernels_interrupt import change_units, make_room, possible_option
from simulations.engine.kernels_levels import (
    SERVES,
    WAITS,
    account,
    account_crowd,
    bucket_of,
    give_back,
    give_back_everything,
    give_back_listed,
    note,
)
from simulations.engine.kernels_lines import leave_line, line_up, option_for, priority_of
from simulations.engine.kernels_philox import VISIT_BITS, uniform, unit, words
from simulations.engine.kernels_stock import review_needs, use
from simulations.engine.outcome import Patient, Stay, Time, Visit

ARRIVALS = int(Visit.ARRIVED)
STARTS = int(Visit.STARTED)
WAITED = int(Visit.WAITED)
ENDS = int(Visit.FINISHED)
BALKERS = int(Visit.BALKED)
REFUSALS = int(Visit.REFUSED)
RENEGERS = int(Visit.RENEGED)
WAIT = int(Time.WAIT)
WAIT_SQUARED = int(Time.WAIT_SQUARED)
SERVICE = int(Time.SERVICE)
GAVE_UP = int(Time.GAVE_UP)
DEPARTURES = int(Patient.LEFT)
STAYS = int(Stay.COUNT)
STAY_TOTAL = int(Stay.TOTAL)
STAY_SQUARED = int(Stay.SQUARED)
WAITS_ON = -1
MOVES_ON = -2


@swallowed
def purpose_draw(tables: Any, run: Any, e: int, row: int, purpose: int, visit: int) -> float:
    """A value of distribution ``row`` for ``e``."""
    code, number = run.entity[e, CODE], run.entity[e, NUMBER]
    return draw(
        tables.distribution, tables.parameter, tables.sample, run.key, row, purpose, code, number, visit
    )


@swallowed
def stay(tables: Any, run: Any, e: int, visit: int) -> float:
    """How long visit number ``visit`` of ``e`` to its step takes; what decides where it leads is drawn with it."""
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    purpose, code, number = tables.step[s, STAY_STREAM], run.entity[e, CODE], run.entity[e, NUMBER]
    block = visit << VISIT_BITS
    first, second = words(run.key, purpose, code, number, block)
    run.moment[e, ONWARD] = unit(second)
    return draw_from(
        tables.distribution,
        tables.parameter,
        tables.sample,
        run.key,
        tables.pair[s, k, DURATION],
        purpose,
        code,
        number,
        block,
        first,
    )


@swallowed
def visit_of(tables: Any, run: Any, e: int, s: int) -> int:
    """How often ``e`` has come to step ``s``, or to one that shares its chance."""
    visit: int = run.visit[e, tables.step[s, COUNTED_AS]]
    return visit


@swallowed
def schedule(run: Any, e: int, time: float, kind: int) -> int:
    what = (e << KIND_BITS) | kind
    return push_seldom(run.heap_time, run.heap_key, run.heap_what, run.counter, time, ORDINARY, what)


@swallowed
def take(tables: Any, run: Any, e: int, o: int, fresh: bool, now: float) -> None:
    """``e`` gets what option ``o`` needs."""
    for i in range(tables.option[o, 0], tables.option[o, 1]):
        r, units = tables.need[i, 0], tables.need[i, 1]
        if tables.resource[r, IS_STOCK]:
            if fresh:
                use(tables, run, r, units)
        else:
            account(run, 0, r, now)
            run.level[r, FREE] -= units
            run.held[e, r] += units
            run.entity[e, HELD] += units


@swallowed
def count_start(run: Any, e: int, s: int, k: int, now: float) -> None:
    """The wait until the first start; whoever came before the warm-up, or was there, is left out."""
    b = run.entity[e, BIN_JOINED]
    joined = run.moment[e, JOINED_AT]
    if b >= 0 and joined >= run.clock[WARM]:
        wait = now - joined
        run.visits[b, s, k, STARTS] += 1
        if wait > 0.0:
            run.visits[b, s, k, WAITED] += 1
            run.visit_times[b, s, k, WAIT] += wait
            run.visit_times[b, s, k, WAIT_SQUARED] += wait * wait
        run.waits[s, k, bucket_of(wait)] += 1


@swallowed
def begin_service(tables: Any, run: Any, e: int, o: int) -> None:
    """``e`` starts, or goes on with, its step with option ``o``, which is possible."""
    now = run.clock[NOW]
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    fresh = run.moment[e, LEFT_OVER] < 0.0
    if tables.pair[s, k, PREEMPTS]:
        make_room(tables, run, e, o)
    if fresh and tables.step[s, START_UNTIL] > tables.step[s, START_FROM]:
        # Before it takes what this step needs, lest it give back that.
        give_back_listed(tables, run, e, tables.step[s, START_FROM], tables.step[s, START_UNTIL])
    take(tables, run, e, o, fresh, now)
    run.entity[e, OPTION] = o
    run.entity[e, STATE] = SERVING
    run.entity[e, RENEGE_KEY] = -1
    run.moment[e, STARTED_AT] = now
    duration = run.moment[e, LEFT_OVER]
    if fresh:
        count_start(run, e, s, k, now)
        run.moment[e, BEGAN_AT] = now
        duration = stay(tables, run, e, visit_of(tables, run, e, s))
        run.moment[e, WHOLE] = duration
    account_crowd(run, s, now)
    run.crowd[s, SERVES] += 1
    run.moment[e, ENDS_AT] = now + duration
    what = (e << KIND_BITS) | END
    run.entity[e, END_KEY] = push(
        run.heap_time, run.heap_key, run.heap_what, run.counter, now + duration, ORDINARY, what
    )
    note(run, e, STARTED)
    if tables.step[s, UNITS_START] != 0:
        change_units(
            tables, run, tables.step[s, UNITS_OF], tables.step[s, UNITS_START], tables.step[s, UNITS_CUT]
        )


@swallowed
def nobody_ahead(run: Any, q: int, p: int) -> bool:
    if run.queued[q] == 0:
        return True
    for ahead in range(p + 1):
        if run.head[q, ahead] >= 0:
            return False
    return True


@swallowed
def is_first(run: Any, q: int, p: int, e: int) -> bool:
    for ahead in range(p):
        if run.head[q, ahead] >= 0:
            return False
    return run.head[q, p] == e


@swallowed
def come(tables: Any, run: Any, e: int) -> int:
    """``e`` comes to its step: the option to start with at once, or -1: it lined up, since something else is to be
    looked at first, or not all is free.
    """
    now = run.clock[NOW]
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    b = run.counter[BIN_NOW]
    run.entity[e, ORDER] = run.counter[SEQUENCE]
    run.counter[SEQUENCE] += 1
    run.entity[e, BIN_JOINED] = b
    run.moment[e, JOINED_AT] = now
    run.moment[e, LEFT_OVER] = FRESH
    run.visit[e, tables.step[s, COUNTED_AS]] += 1
    run.visits[b, s, k, ARRIVALS] += 1
    note(run, e, JOINED_LINE)
    if run.counter[TOUCHED] == 0:
        o = option_for(tables, run, e)
        q = tables.step[s, LINE]
        if o >= 0 and (tables.line[q, SKIPS] or nobody_ahead(run, q, priority_of(tables, run, e))):
            return o
    line_up(tables, run, e, now)
    return -1


@swallowed
def leave(tables: Any, run: Any, e: int) -> None:
    """``e`` gives back everything and is gone, or away until next time."""
    now = run.clock[NOW]
    k = run.entity[e, CLASS]
    b = run.counter[BIN_NOW]
    give_back_everything(tables, run, e)
    run.patients[b, k, DEPARTURES] += 1
    entered = run.moment[e, ENTERED_AT]
    if entered >= run.clock[WARM]:
        length = now - entered
        run.stays[b, k, STAYS] += 1.0
        run.stays[b, k, STAY_TOTAL] += length
        run.stays[b, k, STAY_SQUARED] += length * length
        run.lengths[k, bucket_of(length)] += 1
    note(run, e, LEFT)
    n = run.entity[e, SOURCE]
    if n >= 0 and tables.source[n, SOURCE_KIND] == CLOSED:
        run.entity[e, STATE] = AWAY
        run.entity[e, ROUND] += 1
        away = purpose_draw(tables, run, e, tables.source[n, GAPS], AWAY_TIME, run.entity[e, ROUND])
        schedule(run, e, now + away, RETURN)
    else:
        run.entity[e, STATE] = NOBODY
        run.free[run.counter[FREE_SLOTS]] = e
        run.counter[FREE_SLOTS] += 1


@swallowed
def send(run: Any, e: int, to: int) -> None:
    """``e`` is to go to step ``to``, or out if that is -1."""
    run.entity[e, STATE] = MOVING
    run.entity[e, GOAL] = to


@swallowed
def judge(tables: Any, run: Any, e: int) -> int:
    """``e`` came and was not served at once. The option to start with, if nothing that came free concerned it or others
    can be interrupted; ``WAITS_ON``; or ``MOVES_ON``: it turns away.
    """
    now = run.clock[NOW]
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    q = tables.step[s, LINE]
    o = -1
    if tables.line[q, SKIPS] or is_first(run, q, priority_of(tables, run, e), e):
        o = possible_option(tables, run, e)
    if o >= 0:
        leave_line(tables, run, e, now)
        return o
    others = run.crowd[s, WAITS] - 1
    begin, end = tables.step[s, BALK_FROM], tables.step[s, BALK_UNTIL]
    balks = False
    if end > begin:
        block = visit_of(tables, run, e, s) << VISIT_BITS
        u = uniform(
            run.key, tables.step[s, BALKING_STREAM], run.entity[e, CODE], run.entity[e, NUMBER], block
        )
        balks = u < tables.balking[min(begin + others, end - 1)]
    full = tables.step[s, LIMIT] >= 0 and others >= tables.step[s, LIMIT]
    if balks or full:
        leave_line(tables, run, e, now)
        run.visits[run.counter[BIN_NOW], s, k, BALKERS if balks else REFUSALS] += 1
        note(run, e, BALKED if balks else REFUSED)
        send(run, e, tables.step[s, OVERFLOW])
        return MOVES_ON
    lose_patience(tables, run, e)
    if tables.pair[s, k, USES_STOCK]:
        review_needs(tables, run, tables.pair[s, k, OPTION_FROM])
    return WAITS_ON


@swallowed
def lose_patience(tables: Any, run: Any, e: int) -> None:
    """``e`` waits, but not for ever."""
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    row = tables.pair[s, k, PATIENCE]
    if row >= 0:
        patience = purpose_draw(
            tables, run, e, row, tables.step[s, PATIENCE_STREAM], visit_of(tables, run, e, s)
        )
        run.entity[e, RENEGE_KEY] = schedule(run, e, run.clock[NOW] + patience, RENEGE)


@swallowed
def renege(tables: Any, run: Any, e: int) -> None:
    """``e`` has waited long enough and moves on."""
    now = run.clock[NOW]
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    b = run.counter[BIN_NOW]
    leave_line(tables, run, e, now)
    run.entity[e, RENEGE_KEY] = -1
    run.visits[b, s, k, RENEGERS] += 1
    run.visit_times[b, s, k, GAVE_UP] += now - run.moment[e, JOINED_AT]
    note(run, e, RENEGED)
    send(run, e, tables.step[s, RENEGE_TO])


@swallowed
def next_step(tables: Any, run: Any, e: int) -> int:
    """Where ``e`` goes from its step, -1 for out; it becomes what the route says."""
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    row, end = tables.pair[s, k, ROUTE_FROM], tables.pair[s, k, ROUTE_UNTIL]
    if end - row > 1:
        row += position(tables.route_until, row, end, run.moment[e, ONWARD])
    if tables.route[row, 1] >= 0:
        run.entity[e, CLASS] = tables.route[row, 1]
    return tables.route[row, 0]


@swallowed
def finish(tables: Any, run: Any, e: int) -> None:
    """``e`` has finished its step and moves on."""
    now = run.clock[NOW]
    s, k = run.entity[e, STEP], run.entity[e, CLASS]
    account_crowd(run, s, now)
    run.crowd[s, SERVES] -= 1
    run.entity[e, END_KEY] = -1
    b = run.counter[BIN_NOW]
    run.visits[b, s, k, ENDS] += 1
    run.visit_times[b, s, k, SERVICE] += now - run.moment[e, BEGAN_AT]
    note(run, e, FINISHED)
    if tables.step[s, RELEASES_OWN]:
        o = run.entity[e, OPTION]
        for i in range(tables.option[o, 0], tables.option[o, 1]):
            give_back(tables, run, e, tables.need[i, 0], tables.need[i, 1])
    else:
        give_back_listed(tables, run, e, tables.step[s, END_FROM], tables.step[s, END_UNTIL])
    if tables.step[s, UNITS_END] != 0:
        change_units(
            tables, run, tables.step[s, UNITS_OF], tables.step[s, UNITS_END], tables.step[s, UNITS_CUT]
        )
    send(run, e, next_step(tables, run, e))

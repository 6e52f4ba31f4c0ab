"""The loop: events of a hospital in order of time, each handled on the arrays that placing decides on.

Everything that a decision is made of is ``solver.placing``'s: a turn calls the kernel that the service calls, waiting
follows ``turns``, bundles are entered as a batch enters them. What stands here is what happens in the world. Decisions
have one place in the loop: what a kernel calls twice is compiled into it twice.
"""

from typing import Any, Final

from simulations.day_plan import GRACE_MINUTES
from simulations.placing.kernels_bundles import (
    forget_uses,
    give_up_booking,
    last_until,
    mark_lying,
    redraw,
    take_out_broken,
    vacate,
)
from simulations.placing.kernels_events import join, part, schedule, take_next
from simulations.placing.kernels_line import clear_line, form_line, line_up
from simulations.placing.kernels_turn import take_turn
from simulations.placing.layout import (
    ASK,
    BOOKED,
    BOOKINGS,
    COME,
    DURATION,
    EXPECT,
    FREED,
    FULL,
    HEAP,
    KINDS,
    LEAVE,
    LEFT,
    LINE,
    LYING,
    NEWCOMER,
    NOW,
    OVERDUE,
    PRESENT,
    ROLLED,
    ROUND,
    SERVED,
    TICK,
    UNSETTLED,
)
from solver.engine.jit import inner, kernel, swallowed
from solver.placing.kernels_batch import ask_of, enter

DONE, OUT_OF_ROOM = range(2)
EVERY, COMES_AGAIN, FORWARD = range(3)
"""Columns of ``Play.habits``."""
LAST: Final = 1 << 62
"""A turn after everybody else's."""


@swallowed
def lie_down(play: Any, row: int, since: int) -> None:
    """Somebody lies in bed, and leaves when they really leave."""
    now = play.counter[NOW]
    play.state[row] = LYING
    play.came[row] = since
    join(play, play.present, PRESENT, row)
    leaves = play.due[row] = now + play.lasts[row]
    schedule(play, leaves, LEAVE, row)
    if play.notice[row] > 0:
        schedule(play, max(now + 1, leaves - play.notice[row]), EXPECT, row)
    schedule(play, play.end[row], OVERDUE, row)


@inner
def bed_is_ready(stays: Any, clean_from: Any, bed: int, now: int) -> bool:
    """Whether a bed (-1: none) is clean and nobody lies in it."""
    if bed < 0:
        return True
    for index in range(stays.of_bed_count[bed]):
        if stays.pinned[stays.of_bed[bed, index]]:
            return False
    return bool(clean_from[bed] <= now)


@swallowed
def comes_in_vain(play: Any, row: int) -> bool:
    """The bed is not ready: the patient comes again; whether the whole stay would be over by then."""
    again = play.counter[NOW] + play.habits[COMES_AGAIN]
    if play.end[row] <= again:
        return True
    play.due[row] = again
    schedule(play, again, COME, row)
    return False


@swallowed
def is_stale(play: Any, kind: int, row: int) -> bool:
    """Whether what was scheduled no longer holds."""
    now, state = play.counter[NOW], play.state[row]
    if kind == COME:
        return state != BOOKED or play.due[row] != now
    if kind == OVERDUE:
        return state != LYING or play.end[row] != now
    return kind in (EXPECT, LEAVE) and state != LYING


@swallowed
def end_of(play: Any, kind: int, row: int) -> int:
    """The forecast end of a stay after an event of its own."""
    now = play.counter[NOW]
    if kind == EXPECT:
        return max(play.due[row] + GRACE_MINUTES, now + 1)
    if kind == OVERDUE:
        return now + play.habits[FORWARD]
    return max(play.end[row], now + 1)


@inner
def arrive_or_expect(world: Any, play: Any, row: int, kind: int) -> None:
    """Somebody comes whose bed is ready, or another end of their stay becomes known."""
    now, before = play.counter[NOW], play.end[row]
    start = now if kind == COME else world.held.start[row]
    last_until(world, play, row, start, end_of(play, kind, row), kind == EXPECT)
    if kind == COME:
        part(play, play.booked, BOOKINGS, row)
        world.held.lot_count[row] = 0
        lie_down(play, row, now)
        return
    schedule(play, play.end[row], OVERDUE, row)
    if play.end[row] > before:
        take_out_broken(world, play, row, before)


@swallowed
def has_round(play: Any, kind: int) -> bool:
    """Whether who waits has a turn now: before a newcomer, if somebody left since the last round, and from time to
    time. The next such minute, or who will ask next, is scheduled."""
    counter, now = play.counter, play.counter[NOW]
    if kind == ASK:
        return counter[FREED] != 0
    due = counter[ROUND] + play.habits[EVERY]
    schedule(play, due if due > now else now + play.habits[EVERY], TICK, 0)
    return due <= now


@inner
def give_turns(play: Any, start: Any, first_come: bool, kind: int, row: int) -> None:
    """Who waits, and who asks after them, stand in line; ``start`` as ``Held`` has it."""
    clear_line(play)
    if has_round(play, kind):
        form_line(play, start, first_come)
        play.counter[ROUND] = play.counter[NOW]
        play.counter[FREED] = 0
    if kind == ASK:
        if row + 1 < play.state.size:
            schedule(play, play.asked[row + 1], ASK, row + 1)
        line_up(play, row, LAST, NEWCOMER)


@inner
def handle(world: Any, play: Any, first_come: bool, kind: int, row: int) -> None:
    """One event; whom it gives a turn stands in line afterwards."""
    counter, held, now = play.counter, world.held, play.counter[NOW]
    if kind in (ASK, TICK):
        if kind == TICK:
            forget_uses(world.units, play.trace, counter)
        give_turns(play, held.start, first_come, kind, row)
    elif kind == LEAVE:
        vacate(world, play, row)
        part(play, play.present, PRESENT, row)
        play.state[row] = LEFT
        play.left[row] = now
        counter[FREED] = 1
    elif kind != COME or (
        bed_is_ready(world.stays, world.places.clean_from, held.bed[row], now)
        and bed_is_ready(world.stays, world.places.clean_from, held.companion[row], now)
    ):
        arrive_or_expect(world, play, row, kind)
    elif comes_in_vain(play, row):
        give_up_booking(world, play, row)


@inner
def settle(world: Any, play: Any) -> None:
    """Who is in bed at the start lies there: beds and ends are given, the rest follows."""
    held = world.held
    for row in range(play.counter[UNSETTLED]):
        world.batch.numbers[row, DURATION] = play.end[row] - held.start[row]
        enter(world, ask_of(world.batch, row), row)
        mark_lying(world.stays, held, row, False)
        lie_down(play, row, held.start[row])
    play.counter[UNSETTLED] = 0


@kernel
def advance(world: Any, play: Any, choosing: Any, until: int, horizon: int) -> int:
    """Let everything happen before minute ``until``; cover counts ``horizon`` minutes from each minute on."""
    counter, window = play.counter, world.cover.window
    if counter[ROLLED]:
        redraw(world, play)
        counter[ROLLED] = 0
    if counter[UNSETTLED]:
        settle(world, play)
    while not counter[FULL]:
        if counter[SERVED] < counter[LINE]:
            turn = counter[SERVED]
            counter[SERVED] += 1
            take_turn(world, play, choosing, play.line[turn], play.why[turn])
        elif counter[HEAP] == 0 or play.times[0] >= until:
            return DONE
        else:
            what = take_next(play)
            window[1], window[2] = counter[NOW], counter[NOW] + horizon
            if not is_stale(play, what % KINDS, what // KINDS):
                handle(world, play, choosing.first_come[0] != 0, what % KINDS, what // KINDS)
    return OUT_OF_ROOM

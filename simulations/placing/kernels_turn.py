"""One turn: the decision for one row by the kernel that the service calls, and what follows from it."""

from typing import Any, Final

from simulations.placing.kernels_bundles import still_holds
from simulations.placing.kernels_choose import beds_in_order
from simulations.placing.kernels_events import join, part, schedule
from simulations.placing.layout import (
    AGAIN,
    BASE,
    BOOKED,
    BOOKINGS,
    COME,
    DECISIONS,
    DURATION,
    HIT,
    LATE,
    LATEST,
    LOGGED,
    NEWCOMER,
    NOW,
    PRODUCTION,
    PUBLISHED,
    WAITERS,
    WAITING,
    WAITS,
)
from solver.engine.jit import inner, swallowed
from solver.placing.kernels import BED, COMPANION, LOT_PLACES, START, place
from solver.placing.kernels_among import place_among
from solver.placing.kernels_batch import (
    ask_of,
    drugs_of,
    enter,
    equipment_of,
    has_room,
    leave,
    note_units,
)
from solver.placing.turns import (
    start_bounds,
    starts_late,
    wait_within_a_day,
    waited_too_long,
    worth_changing,
)

NO_BED: Final = -1


@inner
def find(world: Any, play: Any, choosing: Any, row: int, wait: int) -> bool:
    """Look for a place for a row that may wait so long; the answer is in ``world.scratch``, nothing is taken."""
    numbers = world.batch.numbers[row]
    numbers[DURATION] = play.duration[row]
    numbers[BASE], numbers[LATEST] = start_bounds(play.needed_by[row], wait, play.counter[NOW])
    play.counter[DECISIONS] += 1
    places, stays, cover, units, lots = world.places, world.stays, world.cover, world.units, world.lots
    ask, prices, scratch = ask_of(world.batch, row), world.prices, world.scratch
    equipment, drugs = equipment_of(world.batch, row), drugs_of(world.batch, row)
    if choosing.kind[0] == PRODUCTION:
        found = place(places, stays, cover, units, lots, ask, equipment, drugs, prices, scratch)
    else:
        count = beds_in_order(places, stays.of_bed_count, play.counter, play.priority[row], choosing, row)
        beds = choosing.buffer[:count]
        found = place_among(places, stays, cover, units, lots, ask, equipment, drugs, prices, scratch, beds)
    return found and has_room(world, row, scratch.found[LOT_PLACES])


@swallowed
def note_found(held: Any, scratch: Any, row: int) -> None:
    """Copy bed, start and lots that were found from the scratch space to the row."""
    held.bed[row] = scratch.found[BED]
    held.start[row] = scratch.found[START]
    held.companion[row] = scratch.found[COMPANION]
    held.lot_count[row] = scratch.found[LOT_PLACES]
    for index in range(held.lot_count[row]):
        held.lot[row, index] = scratch.lot[index]
        held.lot_need[row, index] = scratch.lot_need[index]
        held.lot_quantity[row, index] = scratch.lot_quantity[index]


@swallowed
def write_down(held: Any, taken: int, counter: Any, log: Any, row: int, bed: int) -> None:
    """Log a decision, if a log was asked for."""
    line = counter[LOGGED]
    if line == log.shape[0]:
        return
    bundle = 0
    if bed >= 0:
        bundle = held.companion[row]
        for index in range(taken):
            bundle = bundle * 31 + held.unit[row, index] + 1
        for index in range(held.lot_count[row]):
            bundle = bundle * 31 + (held.lot[row, index] + 1) * 1000 + held.lot_quantity[row, index]
    log[line, 0], log[line, 1], log[line, 2] = counter[NOW], row, bed
    log[line, 3] = held.start[row] if bed >= 0 else 0
    log[line, 4] = bundle
    counter[LOGGED] = line + 1


@swallowed
def wait_of(play: Any, row: int, why: int, attempt: int) -> int:
    """How long a row may wait in this turn: a day ahead for who has a late place, or has waited too long."""
    wait = play.wait[row]
    if why == LATE or attempt > 0:
        return wait_within_a_day(play.needed_by[row], wait, play.counter[NOW])
    return wait


@swallowed
def attempts(play: Any, row: int, why: int) -> int:
    """How often a row is looked for in its turn: who has waited too long, within their wait first, then a day ahead."""
    over = waited_too_long(play.needed_by[row], play.wait[row], play.counter[NOW])
    return 2 if why == WAITS and over else 1


@swallowed
def will_book(play: Any, row: int, start: int) -> None:
    """A row has a bundle from ``start``: it comes then."""
    play.state[row] = BOOKED
    join(play, play.booked, BOOKINGS, row)
    play.due[row] = max(start, play.counter[NOW])
    schedule(play, play.due[row], COME, row)


@swallowed
def is_over(play: Any, held: Any, row: int, why: int) -> bool:
    """Whether a row needs its turn no more."""
    now = play.counter[NOW]
    late = starts_late(play.needed_by[row], play.wait[row], held.start[row], now)
    return why == LATE and not late


@inner
def take_turn(world: Any, play: Any, choosing: Any, row: int, why: int) -> None:
    """Decide one row: it is booked, keeps what it had, or waits."""
    held, batch = world.held, world.batch
    if is_over(play, held, row, why):
        return
    if why == LATE:
        leave(world, ask_of(batch, row), row)
    kept = False
    if why == HIT:
        ask = ask_of(batch, row)
        kept = still_holds(
            world.places, world.stays, world.cover, world.units, held, ask, batch.places[row], row
        )
        why = AGAIN
    batch.numbers[row, PUBLISHED] = held.bed[row] if why == AGAIN else NO_BED
    found = False
    for attempt in range(0 if kept else attempts(play, row, why)):
        found = found or find(world, play, choosing, row, wait_of(play, row, why, attempt))
    if why == LATE and not (found and worth_changing(world.scratch.found[START], held.start[row])):
        enter(world, ask_of(batch, row), row)
        return
    if not kept and why in (AGAIN, LATE):
        play.changes[row] += 1
    if not kept and not found:
        if why in (NEWCOMER, AGAIN):
            play.state[row] = WAITING
            join(play, play.waiting, WAITERS, row)
            write_down(held, 0, play.counter, play.log, row, NO_BED)
        return
    if why == LATE:
        part(play, play.booked, BOOKINGS, row)
    if why == WAITS:
        part(play, play.waiting, WAITERS, row)
    if found:
        note_found(held, world.scratch, row)
        note_units(world, ask_of(batch, row), equipment_of(batch, row), row)
        play.end[row] = held.start[row] + play.duration[row]
        write_down(held, batch.places[row], play.counter, play.log, row, held.bed[row])
    enter(world, ask_of(batch, row), row)
    will_book(play, row, held.start[row])

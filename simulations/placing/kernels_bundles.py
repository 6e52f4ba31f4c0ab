"""A row's bundle in the arrays of placing: made to last otherwise, left behind, broken by somebody who stays on.

``world`` is ``kernels_batch.World``, ``play`` is ``layout.Play``; both are written.
"""

from typing import Any

from simulations.placing.kernels_events import part
from simulations.placing.kernels_line import clear_line, line_up
from simulations.placing.layout import AGAIN, BOOKINGS, DURATION, FULL, HIT, LINE, NOW, PRESENT, TRACES
from solver.engine.jit import inner, swallowed
from solver.equipment.kernels import unit_is_free
from solver.placing.kernels_batch import ask_of, draw_cover, enter, leave
from solver.placing.kernels_beds import AIRBORNE, neighbours, timeline
from solver.placing.kernels_cover import columns, lowest, ward_mask


@swallowed
def mark_lying(stays: Any, held: Any, row: int, sure: bool) -> None:
    """The stays of a row are of somebody who lies there; ``sure``: their discharge is ordered."""
    for which in range(2):
        if which == 0 or held.companion[row] >= 0:
            stays.pinned[held.slot[row, which]] = True
            stays.predicted[held.slot[row, which]] = not sure


@inner
def last_until(world: Any, play: Any, row: int, start: int, end: int, sure: bool) -> None:
    """Let the stay of somebody who lies there be ``[start, end)``; units that last as long do so further on."""
    held, units = world.held, world.units
    ward = world.places.ward[held.bed[row]]
    leave(world, ask_of(world.batch, row), row)
    for index in range(world.batch.places[row]):
        unit = held.unit[row, index]
        turnaround = units.turnaround[units.unit_type[unit]]
        if held.unit_until[row, index] - turnaround == play.end[row]:
            begin = held.unit_from[row, index] + units.transport[units.ward[unit], ward]
            held.unit_until[row, index] = max(end, begin + 1) + turnaround
    held.start[row] = start
    world.batch.numbers[row, DURATION] = end - start
    play.end[row] = end
    enter(world, ask_of(world.batch, row), row)
    mark_lying(world.stays, held, row, sure)


@swallowed
def clean(places: Any, ask: Any, bed: int, now: int) -> None:
    """Somebody has left a bed; it is clean when the cleaning their stay asks for is done."""
    minutes = ask.cleaning_minutes
    if ask.isolation & AIRBORNE:
        minutes += places.air_minutes[places.room[bed]]
    places.clean_from[bed] = now + minutes


@inner
def vacate(world: Any, play: Any, row: int) -> None:
    """Take out somebody who leaves: beds are cleaned, units come free after their turnaround."""
    held, units, now = world.held, world.units, play.counter[NOW]
    ask = ask_of(world.batch, row)
    ward = world.places.ward[held.bed[row]]
    leave(world, ask, row)
    clean(world.places, ask, held.bed[row], now)
    if held.companion[row] >= 0:
        clean(world.places, ask, held.companion[row], now)
    for index in range(world.batch.places[row]):
        unit, begin = held.unit[row, index], held.unit_from[row, index]
        if begin + units.transport[units.ward[unit], ward] < now:
            over = min(held.unit_until[row, index], now + units.turnaround[units.unit_type[unit]])
            remain_busy(units, play, unit, begin, over)


@swallowed
def remain_busy(units: Any, play: Any, unit: int, begin: int, until: int) -> None:
    """A unit that nobody holds any more is busy until a minute; ``forget_uses`` strikes that off."""
    line, slot = play.counter[TRACES], units.busy_count[unit]
    if slot == units.busy_from.shape[1] or line == play.trace.shape[0]:
        play.counter[FULL] = 1
        return
    units.busy_from[unit, slot], units.busy_until[unit, slot] = begin, until
    units.busy_count[unit] = slot + 1
    play.trace[line, 0], play.trace[line, 1], play.trace[line, 2] = unit, begin, until
    play.counter[TRACES] = line + 1


@swallowed
def strike_off(units: Any, unit: int, begin: int, until: int) -> None:
    """Take one busy interval off a unit."""
    last = units.busy_count[unit] - 1
    for slot in range(last + 1):
        if units.busy_from[unit, slot] == begin and units.busy_until[unit, slot] == until:
            units.busy_from[unit, slot] = units.busy_from[unit, last]
            units.busy_until[unit, slot] = units.busy_until[unit, last]
            units.busy_count[unit] = last
            return


@inner
def forget_uses(units: Any, trace: Any, counter: Any) -> None:
    """Uses that are over, turnaround included, no longer matter."""
    line = 0
    while line < counter[TRACES]:
        if trace[line, 2] > counter[NOW]:
            line += 1
            continue
        strike_off(units, trace[line, 0], trace[line, 1], trace[line, 2])
        counter[TRACES] -= 1
        for column in range(3):
            trace[line, column] = trace[counter[TRACES], column]


@inner
def still_holds(
    places: Any, stays: Any, cover: Any, units: Any, held: Any, ask: Any, taken: int, row: int
) -> bool:
    """Whether a row that was taken out could be put back as it was: bed, room, cover and its ``taken`` units. Nobody
    has touched its lots."""
    bed, start = held.bed[row], held.start[row]
    end = start + ask.duration
    mask, _ = timeline(places, stays, ask, bed, start, end)
    beside, _ = neighbours(places, stays, ask, bed, start, end)
    mask |= beside | ward_mask(places, cover, ask, places.ward[bed], start, end)
    if held.companion[row] >= 0:
        other, _ = timeline(places, stays, ask, held.companion[row], start, end)
        mask |= other
    for index in range(taken):
        begin, until = held.unit_from[row, index], held.unit_until[row, index]
        unit = held.unit[row, index]
        if not unit_is_free(units.busy_from, units.busy_until, units.busy_count, unit, begin, until):
            return False
    return mask == 0


@swallowed
def share_units(held: Any, taken: Any, one: int, other: int) -> bool:
    """Whether two rows have a unit in common."""
    for index in range(taken[one]):
        for against in range(taken[other]):
            if held.unit[one, index] == held.unit[other, against]:
                return True
    return False


@inner
def lacks_cover(cover: Any, ward: int, start: int, end: int) -> bool:
    """Whether a ward lacks anything of nurses, skills and shared supplies between two minutes of the horizon."""
    first, last = columns(cover.window, start, end)
    if first >= last:
        return False
    for series in range(cover.slack.shape[1]):
        if lowest(cover.slack, ward, series, first, last) < 0:
            return True
    return False


@swallowed
def is_near(places: Any, held: Any, taken: Any, end: Any, row: int, longer: int, since: int) -> bool:
    """Whether a booked row shares room or units with another, or (``since`` 0 or more) the ward's nurses from then."""
    bed, by = held.bed[row], held.bed[longer]
    if places.room[bed] == places.room[by] or share_units(held, taken, row, longer):
        return True
    together = held.start[row] < end[longer] and since < end[row]
    return since >= 0 and together and places.ward[bed] == places.ward[by]


@inner
def take_out_broken(world: Any, play: Any, longer: int, before: int) -> None:
    """``longer`` stays beyond ``before``: every booking that this breaks is taken out, and has a turn."""
    places, held, taken = world.places, world.held, world.batch.places
    lacking = lacks_cover(world.cover, places.ward[held.bed[longer]], before, play.end[longer])
    clear_line(play)
    for index in range(play.counter[BOOKINGS]):
        row = play.booked[index]
        if not is_near(places, held, taken, play.end, row, longer, before if lacking else -1):
            continue
        ask = ask_of(world.batch, row)
        leave(world, ask, row)
        if not still_holds(places, world.stays, world.cover, world.units, held, ask, taken[row], row):
            line_up(play, row, (play.priority[row] << 32) | row, HIT)
        enter(world, ask, row)
    for index in range(play.counter[LINE]):
        row = play.line[index]
        leave(world, ask_of(world.batch, row), row)
        part(play, play.booked, BOOKINGS, row)
        play.due[row] = -1


@inner
def give_up_booking(world: Any, play: Any, row: int) -> None:
    """A bed that is not ready before the stay in it would be over is given back; the row has a turn."""
    leave(world, ask_of(world.batch, row), row)
    part(play, play.booked, BOOKINGS, row)
    clear_line(play)
    line_up(play, row, 0, AGAIN)


@inner
def redraw(world: Any, play: Any) -> None:
    """Let everybody draw on a cover grid that was compiled anew."""
    for index in range(play.counter[PRESENT] + play.counter[BOOKINGS]):
        booked = index - play.counter[PRESENT]
        row = play.present[index] if booked < 0 else play.booked[booked]
        draw_cover(world, ask_of(world.batch, row), row, 1)

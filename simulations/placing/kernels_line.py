"""Who has a turn, and in which order: that of the service.

``play`` is ``layout.Play``, ``start`` int64 (n,) the minutes that ``Held`` has; only ``play`` is written.
"""

from typing import Any, Final

from simulations.placing.kernels_events import part
from simulations.placing.layout import (
    BOOKINGS,
    LATE,
    LINE,
    NOW,
    REFUSED,
    SERVED,
    WAITERS,
    WAITS,
)
from solver.engine.jit import inner, swallowed
from solver.placing.turns import risen, starts_late

ROW_BITS: Final = 24
TIME_BITS: Final = 34


@swallowed
def line_up(play: Any, row: int, turn: int, why: int) -> None:
    """Put a row into the line, behind everybody with a lower ``turn``."""
    index = play.counter[LINE]
    while index > 0 and play.turn[index - 1] > turn:
        play.turn[index] = play.turn[index - 1]
        play.line[index] = play.line[index - 1]
        play.why[index] = play.why[index - 1]
        index -= 1
    play.turn[index] = turn
    play.line[index] = row
    play.why[index] = why
    play.counter[LINE] += 1


@swallowed
def clear_line(play: Any) -> None:
    """Nobody has a turn."""
    play.counter[LINE] = 0
    play.counter[SERVED] = 0


@swallowed
def rank(play: Any, first_come: bool, row: int) -> int:
    """Sorts first who is decided first: priority with its rise, then who asked earlier, then the lower row."""
    asked = play.asked[row]
    first = 0 if first_come else risen(play.priority[row], play.counter[NOW] - asked)
    return (first << (TIME_BITS + ROW_BITS)) | (asked << ROW_BITS) | row


@inner
def form_line(play: Any, start: Any, first_come: bool) -> None:
    """A turn for everybody who waits, and for who has a late place; whoever gives up is refused."""
    clear_line(play)
    now = play.counter[NOW]
    index = 0
    while index < play.counter[WAITERS]:
        row = play.waiting[index]
        if play.gives_up[row] <= now:
            part(play, play.waiting, WAITERS, row)
            play.state[row] = REFUSED
            play.refused[row] = now
            continue
        line_up(play, row, rank(play, first_come, row), WAITS)
        index += 1
    for index in range(play.counter[BOOKINGS]):
        row = play.booked[index]
        if starts_late(play.needed_by[row], play.wait[row], start[row], now):
            line_up(play, row, rank(play, first_come, row), LATE)

"""What happens next, and lists of rows from which one is taken without looking for it.

``play`` is ``layout.Play``; only its events, counters and lists are written.
"""

from typing import Any, Final

from simulations.engine.kernels_heap import sift_down, sift_up
from simulations.placing.layout import FULL, HEAP, KINDS, NOW, SEQUENCE
from solver.engine.jit import swallowed

SHIFT: Final = 48


@swallowed
def schedule(play: Any, minute: int, kind: int, row: int) -> None:
    """Let something happen at a minute; at one minute the lower kind goes first, then what was scheduled first."""
    counter = play.counter
    if counter[HEAP] == play.times.size:
        counter[FULL] = 1
        return
    key = (kind << SHIFT) | counter[SEQUENCE]
    counter[SEQUENCE] += 1
    sift_up(play.times, play.keys, play.whats, counter[HEAP], minute, key, row * KINDS + kind)
    counter[HEAP] += 1


@swallowed
def take_next(play: Any) -> int:
    """What happens next, taken off the list; the clock shows its minute."""
    counter, times, keys, whats = play.counter, play.times, play.keys, play.whats
    what = whats[0]
    counter[NOW] = times[0]
    counter[HEAP] -= 1
    last = counter[HEAP]
    if last > 0:
        sift_down(times, keys, whats, last, times[last], keys[last], whats[last])
    return what


@swallowed
def join(play: Any, members: Any, count: int, row: int) -> None:
    """Put a row on a list whose length is ``counter[count]``."""
    play.at[row] = play.counter[count]
    members[play.counter[count]] = row
    play.counter[count] += 1


@swallowed
def part(play: Any, members: Any, count: int, row: int) -> None:
    """Take a row off its list."""
    play.counter[count] -= 1
    moved = members[play.counter[count]]
    members[play.at[row]] = moved
    play.at[moved] = play.at[row]

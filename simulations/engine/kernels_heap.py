"""The event list, ordered by (time, key): sorted while that is cheap, else a binary heap on the same three arrays.

The key holds a rank and a sequence number, so no two are alike and who comes first at one instant never depends on how
the events lie. Most events of a hospital are soon: somebody comes, is seen, goes home. They are put in order from the
end of a list whose last is the next, past two or three others, where a heap needs a path from its root whose every
turn a processor guesses wrong half of the time: 18 instead of 27 ns at 48 pending with the delays of a hospital, 26
instead of 33 at 128. Where every other event is far (lognormal stays alone) the heap wins, 30 to 40 ns at 48. So the
list counts past how many events it puts each, and turns into a heap, for good, when that is too many.

In a heap the root that is being handled stays as a hole: the first event that the handler schedules is sifted down from
there, which saves taking out and putting in (42 instead of 53 ns at 64 pending, 111 instead of 117 at 16,384).
"""

from typing import Any

from simulations.engine.codes import BROKEN, HEAP, HOLE, IS_HEAP, PASSED, RANK_SHIFT, SEQUENCE
from simulations.engine.jit import inner, swallowed

MEAN_PASSED = 12
"""Others that an event is put past, on the mean of all: where list and heap took the same time on seven mixtures of
delays."""
PASSED_AT_START = 1024
"""What a census of some sixty may cost to put in order, once."""


@swallowed
def sift_down(times: Any, keys: Any, whats: Any, size: int, time: float, key: int, what: int) -> None:
    """Put an event into the hole at the root of a heap of ``size``.

    Which child is the earlier is counted, not asked: a processor guesses that wrong every other time.
    """
    i = 0
    child = 1
    while child < size:
        right = child + 1
        if right < size:
            if times[right] == times[child]:
                child += int(keys[right] < keys[child])
            else:
                child += int(times[right] < times[child])
        if time < times[child] or (time == times[child] and key < keys[child]):
            break
        times[i], keys[i], whats[i] = times[child], keys[child], whats[child]
        i = child
        child = 2 * i + 1
    times[i], keys[i], whats[i] = time, key, what


@swallowed
def sift_up(times: Any, keys: Any, whats: Any, size: int, time: float, key: int, what: int) -> None:
    """Put an event behind the last of a heap of ``size``."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if times[parent] < time or (times[parent] == time and keys[parent] < key):
            break
        times[i], keys[i], whats[i] = times[parent], keys[parent], whats[parent]
        i = parent
    times[i], keys[i], whats[i] = time, key, what


@swallowed
def put_in_order(times: Any, keys: Any, whats: Any, counter: Any, time: float, key: int, what: int) -> None:
    """Put an event into the list, behind all that come later."""
    size = counter[HEAP]
    i = size
    while i > 0 and (times[i - 1] < time or (times[i - 1] == time and keys[i - 1] < key)):
        times[i], keys[i], whats[i] = times[i - 1], keys[i - 1], whats[i - 1]
        i -= 1
    times[i], keys[i], whats[i] = time, key, what
    counter[HEAP] = size + 1
    counter[PASSED] += size - i
    if size - i > MEAN_PASSED and counter[PASSED] > MEAN_PASSED * counter[SEQUENCE] + PASSED_AT_START:
        become_heap(times, keys, whats, counter)


@inner
def become_heap(times: Any, keys: Any, whats: Any, counter: Any) -> None:
    """From the last first to the first first: what is in order is a heap."""
    size = counter[HEAP]
    for i in range(size >> 1):
        j = size - 1 - i
        times[i], times[j] = times[j], times[i]
        keys[i], keys[j] = keys[j], keys[i]
        whats[i], whats[j] = whats[j], whats[i]
    counter[IS_HEAP] = 1


@swallowed
def push(times: Any, keys: Any, whats: Any, counter: Any, time: float, rank: int, what: int) -> int:
    """Schedule ``what`` and return its key; where there is no room it says so in ``counter`` and keeps nothing."""
    key = (rank << RANK_SHIFT) | counter[SEQUENCE]
    counter[SEQUENCE] += 1
    if counter[HOLE]:
        counter[HOLE] = 0
        sift_down(times, keys, whats, counter[HEAP], time, key, what)
    elif counter[HEAP] >= times.shape[0]:
        counter[BROKEN] = 1
    elif counter[IS_HEAP]:
        sift_up(times, keys, whats, counter[HEAP], time, key, what)
        counter[HEAP] += 1
    else:
        put_in_order(times, keys, whats, counter, time, key, what)
    return key


@swallowed
def next_event(counter: Any) -> int:
    """Where the next event lies, if there is one."""
    return 0 if counter[IS_HEAP] else counter[HEAP] - 1


@swallowed
def take(counter: Any) -> None:
    """The next event is being handled; what is read of it is read before anything is scheduled."""
    if counter[IS_HEAP]:
        counter[HOLE] = 1
    else:
        counter[HEAP] -= 1


@inner
def push_seldom(times: Any, keys: Any, whats: Any, counter: Any, time: float, rank: int, what: int) -> int:
    """``push`` where it is not worth another copy of it."""
    return push(times, keys, whats, counter, time, rank, what)


@swallowed
def close_hole(times: Any, keys: Any, whats: Any, counter: Any) -> None:
    """Nothing was scheduled in the place of the event that was handled: the last one goes there."""
    if counter[HOLE]:
        counter[HOLE] = 0
        counter[HEAP] -= 1
        last = counter[HEAP]
        if last > 0:
            sift_down(times, keys, whats, last, times[last], keys[last], whats[last])

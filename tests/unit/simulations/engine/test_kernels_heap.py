"""The event list: whatever is scheduled when, events come by time, then by rank, then as they were scheduled."""

import heapq
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulations.engine import codes
from simulations.engine.jit import kernel
from simulations.engine.kernels_heap import MEAN_PASSED, PASSED_AT_START, close_hole, next_event, push, take

EMPTY = -1
DELAYS = [0.0, 0.25, 1.0, 1.5, 40.0, 41.0, 500.0]


@kernel
def play(
    times: Any, keys: Any, whats: Any, counter: Any, delays: Any, ranks: Any, more: Any, order: Any
) -> int:
    """Schedule ``more[0]`` events, then handle one after the other, the nth of which schedules ``more[n]``."""
    drawn = 0
    for handled in range(more.shape[0]):
        now = 0.0
        if handled > 0:
            close_hole(times, keys, whats, counter)
            if counter[codes.HEAP] == 0:
                return handled - 1
            first = next_event(counter)
            now = times[first]
            order[handled - 1] = keys[first]
            take(counter)
        for _ in range(more[handled]):
            push(times, keys, whats, counter, now + delays[drawn], ranks[drawn], drawn)
            drawn += 1
    return more.shape[0] - 1


def played(delays: list[float], ranks: list[int], more: list[int]) -> tuple[list[int], Any]:
    room = sum(more) + 1
    counter = np.zeros(codes.COUNTERS, np.int64)
    order = np.full(len(more), EMPTY, np.int64)
    arrays = np.zeros(room), np.zeros(room, np.int64), np.zeros(room, np.int64)
    handled = play(*arrays, counter, np.array(delays), np.array(ranks), np.array(more), order)
    return order[:handled].tolist(), counter


def expected(delays: list[float], ranks: list[int], more: list[int]) -> list[int]:
    pending: list[tuple[float, int]] = []
    order: list[int] = []
    drawn, now = 0, 0.0
    for handled, count in enumerate(more):
        if handled > 0:
            if not pending:
                break
            now, key = heapq.heappop(pending)
            order.append(key)
        for _ in range(count):
            heapq.heappush(pending, (now + delays[drawn], (ranks[drawn] << codes.RANK_SHIFT) | drawn))
            drawn += 1
    return order


@st.composite
def scripts(draw: st.DrawFn) -> tuple[list[float], list[int], list[int]]:
    more = [
        draw(st.integers(0, 120)),
        *draw(st.lists(st.sampled_from([0, 1, 1, 1, 2, 5]), min_size=1, max_size=150)),
    ]
    count = sum(more)
    delays = draw(st.lists(st.sampled_from(DELAYS), min_size=count, max_size=count))
    ranks = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    return [*delays, 0.0], [*ranks, 0], more


@given(scripts())
@settings(max_examples=150, deadline=None)
def test_events_come_by_time_then_rank_then_as_they_were_scheduled(
    script: tuple[list[float], list[int], list[int]],
) -> None:
    assert played(*script)[0] == expected(*script)


def far_and_near(count: int, share: float) -> tuple[list[float], list[int], list[int]]:
    """60 pending, at first four of them soon; each event schedules one, a ``share`` of them far ahead."""
    rng = np.random.default_rng(5)
    far = np.concatenate([np.arange(60) > 3, rng.random(count) < share])
    delays = np.where(far, rng.lognormal(4.0, 0.7, far.size), rng.exponential(0.3, far.size))
    return [*delays.tolist(), 0.0], [1] * (far.size + 1), [60, *[1] * count]


def test_a_list_in_which_most_events_are_soon_stays_one() -> None:
    script = far_and_near(20_000, 0.05)
    order, counter = played(*script)
    assert order == expected(*script)
    assert counter[codes.IS_HEAP] == 0
    assert counter[codes.PASSED] < MEAN_PASSED * counter[codes.SEQUENCE]


def test_a_list_that_passes_too_many_turns_into_a_heap_and_keeps_the_order() -> None:
    script = far_and_near(20_000, 0.9)
    order, counter = played(*script)
    assert order == expected(*script)
    assert counter[codes.IS_HEAP] == 1
    turned_after = (counter[codes.PASSED] - PASSED_AT_START) / MEAN_PASSED
    assert turned_after < 2_000, "It turned late, or went on counting."

"""The arrays of a run: made, enlarged when a pool is full, written to a file and read back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulations.engine import codes
from simulations.engine.kernels_philox import make_key
from simulations.engine.layout import State, Tables
from simulations.engine.outcome import BUCKETS, LEVELS, Area, Patient, Stay, Supply, Time, Visit

SPARE_PEOPLE = 64
SPARE_EVENTS = 256
SPARE_LOTS = 16
LOG_ROWS = 1 << 14
WORDS_APART = 16
"""128 bytes: processors fetch lines of 64 in pairs."""


def new_state(
    tables: Tables,
    *,
    seed: int,
    replication: int,
    horizon: float,
    warm_up: float,
    bin_width: float,
    bins: int,
    log: bool,
    series: bool,
) -> State:
    """An empty hospital at time 0; ``kernels_clock.begin`` fills it."""
    present = tables.census.shape[0]
    people = int(np.maximum(tables.source[:, codes.POPULATION], 0).sum()) + present + SPARE_PEOPLE
    intervals = int(np.ceil(horizon / bin_width)) if series else 0
    whole = _whole_shapes(tables, people) | _whole_counts(tables, bins)
    real = _real_shapes(tables, people, intervals, LOG_ROWS if log else 0) | _real_counts(tables, bins)
    arrays = _apart(whole, np.int64) | _apart(real, np.float64)
    state = State(**arrays | {"key": arrays["key"].view(np.uint64)})
    make_key(state.key, np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32), np.uint64(replication))
    state.clock[:] = 0.0, horizon, warm_up, bin_width
    state.free[:] = np.arange(people - 1, -1, -1)
    state.head[:] = state.tail[:] = -1
    state.counter[codes.FREE_SLOTS] = people
    return state


Shapes = dict[str, tuple[int, ...]]


def _whole_shapes(tables: Tables, people: int) -> Shapes:
    resources, lines = tables.resource.shape[0], tables.line.shape[0]
    steps = tables.pair.shape[0]
    priorities = int(tables.pair[:, :, codes.PRIORITY].max(initial=0)) + 1
    events = 3 * people + SPARE_EVENTS
    return {
        "key": (2,),
        "counter": (codes.COUNTERS,),
        "heap_key": (events,),
        "heap_what": (events,),
        "entity": (people, codes.ENTITY_COLUMNS),
        "held": (people, resources),
        "visit": (people, steps),
        "free": (people,),
        "level": (resources, codes.LEVEL_COLUMNS),
        "crowd": (steps, 2),
        "head": (lines, priorities),
        "tail": (lines, priorities),
        "queued": (lines,),
        "touched": (resources,),
        "made": (tables.source.shape[0], codes.MADE_COLUMNS),
        "lot": (resources, SPARE_LOTS),
    }


def _whole_counts(tables: Tables, bins: int) -> Shapes:
    steps, classes = tables.pair.shape[:2]
    return {
        "visits": (bins, steps, classes, len(Visit)),
        "patients": (bins, classes, len(Patient)),
        "waits": (steps, classes, BUCKETS),
        "lengths": (classes, BUCKETS),
        "supplies": (tables.resource.shape[0], len(Supply)),
        "snapshot_count": (bins,),
    }


def _real_shapes(tables: Tables, people: int, intervals: int, log_rows: int) -> Shapes:
    resources, steps = tables.resource.shape[0], tables.pair.shape[0]
    return {
        "clock": (codes.CLOCKS,),
        "heap_time": (3 * people + SPARE_EVENTS,),
        "moment": (people, codes.MOMENTS),
        "since": (resources,),
        "crowd_since": (steps,),
        "series": (intervals, resources + 2 * steps),
        "log": (log_rows, 6),
    }


def _real_counts(tables: Tables, bins: int) -> Shapes:
    resources = tables.resource.shape[0]
    steps, classes = tables.pair.shape[:2]
    return {
        "visit_times": (bins, steps, classes, len(Time)),
        "stays": (bins, classes, len(Stay)),
        "areas": (bins, resources, len(Area)),
        "crowds": (bins, steps, 2),
        "bin_time": (bins,),
        "levels": (resources, LEVELS),
        "snapshots": (bins, resources + 2 * steps, 2),
    }


def _apart(shapes: Shapes, kind: type[np.int64] | type[np.float64]) -> dict[str, Any]:
    """Arrays of zeros in one block, none of which shares a cache line with another or with anything outside.

    numpy puts small arrays side by side, those of two threads too, and what one thread writes all the time would
    be fetched anew by the other.
    """
    lines = {name: -(-math.prod(shape) // WORDS_APART) for name, shape in shapes.items()}
    block = np.zeros((sum(lines.values()) + 2) * WORDS_APART, kind)
    begin = -(block.ctypes.data // block.itemsize) % WORDS_APART
    arrays = {}
    for name, shape in shapes.items():
        arrays[name] = block[begin : begin + math.prod(shape)].reshape(shape)
        begin += lines[name] * WORDS_APART
    return arrays


def with_more_people(state: State) -> State:
    """Twice the slots for people."""
    before = state.entity.shape[0]
    free = np.concatenate([state.free, np.zeros(before, np.int64)])
    count = int(state.counter[codes.FREE_SLOTS])
    free[before : before + count] = free[:count].copy()
    free[:before] = np.arange(2 * before - 1, before - 1, -1)
    state.counter[codes.FREE_SLOTS] += before
    return state._replace(
        free=free,
        entity=_doubled(state.entity),
        moment=_doubled(state.moment),
        held=_doubled(state.held),
        visit=_doubled(state.visit),
    )


def with_more_events(state: State) -> State:
    """Twice the room in the event list."""
    return state._replace(
        heap_time=_doubled(state.heap_time),
        heap_key=_doubled(state.heap_key),
        heap_what=_doubled(state.heap_what),
    )


def with_more_log(state: State) -> State:
    return state._replace(log=_doubled(state.log))


def with_more_lots(state: State) -> State:
    """Twice the places in the rings of deliveries, each delivery where its serial number says."""
    ring = state.lot.shape[1]
    lot = np.zeros((state.lot.shape[0], 2 * ring), np.int64)
    for r, level in enumerate(state.level):
        serials = np.arange(level[codes.OLDEST], level[codes.NEWEST])
        lot[r, serials % (2 * ring)] = state.lot[r, serials % ring]
    return state._replace(lot=lot)


def _doubled(array: Any) -> Any:
    return np.concatenate([array, np.zeros_like(array)])

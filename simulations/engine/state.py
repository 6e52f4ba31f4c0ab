"""The arrays of a run: made, enlarged when a pool is full, written to a file and read back."""

from __future__ import annotations

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
    steps, classes = tables.pair.shape[:2]
    resources, lines = tables.resource.shape[0], tables.line.shape[0]
    priorities = int(tables.pair[:, :, codes.PRIORITY].max(initial=0)) + 1
    present = tables.census.shape[0]
    people = int(np.maximum(tables.source[:, codes.POPULATION], 0).sum()) + present + SPARE_PEOPLE
    intervals = int(np.ceil(horizon / bin_width)) if series else 0
    state = State(
        key=_key(seed, replication),
        counter=np.zeros(codes.COUNTERS, np.int64),
        clock=np.array([0.0, horizon, warm_up, bin_width]),
        heap_time=np.zeros(3 * people + SPARE_EVENTS),
        heap_key=_whole(3 * people + SPARE_EVENTS),
        heap_what=_whole(3 * people + SPARE_EVENTS),
        entity=_whole(people, codes.ENTITY_COLUMNS),
        moment=np.zeros((people, codes.MOMENTS)),
        held=_whole(people, resources),
        visit=_whole(people, steps),
        free=np.arange(people - 1, -1, -1, dtype=np.int64),
        level=_whole(resources, codes.LEVEL_COLUMNS),
        since=np.zeros(resources),
        crowd=_whole(steps, 2),
        crowd_since=np.zeros(steps),
        head=_whole(lines, priorities) - 1,
        tail=_whole(lines, priorities) - 1,
        queued=_whole(lines),
        touched=_whole(resources),
        made=_whole(tables.source.shape[0], codes.MADE_COLUMNS),
        lot=_whole(resources, SPARE_LOTS),
        visits=_whole(bins, steps, classes, len(Visit)),
        visit_times=np.zeros((bins, steps, classes, len(Time))),
        patients=_whole(bins, classes, len(Patient)),
        stays=np.zeros((bins, classes, len(Stay))),
        areas=np.zeros((bins, resources, len(Area))),
        crowds=np.zeros((bins, steps, 2)),
        bin_time=np.zeros(bins),
        levels=np.zeros((resources, LEVELS)),
        waits=_whole(steps, classes, BUCKETS),
        lengths=_whole(classes, BUCKETS),
        supplies=_whole(resources, len(Supply)),
        snapshots=np.zeros((bins, resources + 2 * steps, 2)),
        snapshot_count=_whole(bins),
        series=np.zeros((intervals, resources + 2 * steps)),
        log=np.zeros((LOG_ROWS if log else 0, 6)),
    )
    state.counter[codes.FREE_SLOTS] = people
    return state


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


def _whole(*shape: int) -> Any:
    return np.zeros(shape, np.int64)


def _key(seed: int, replication: int) -> Any:
    key = np.zeros(2, np.uint64)
    make_key(key, np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32), np.uint64(replication))
    return key

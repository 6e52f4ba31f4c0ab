"""Where a run begins: copies of the compiled arrays, everybody who will come, and who lies in bed already."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simulations.placing.arrivals import draw, lasting, local_offset, truth
from simulations.placing.compiled import URGENT, Compiled, gathered, integers
from simulations.placing.kernels_events import SHIFT
from simulations.placing.layout import (
    ASK,
    BORN,
    COUNTERS,
    FUTURE,
    HEAP,
    KINDS,
    LOG_COLUMNS,
    NEEDED_BY,
    PERSON,
    ROUND,
    SEQUENCE,
    TICK,
    TRACES,
    Choosing,
    Play,
)
from simulations.placing.model import Policy
from simulations.placing.templates import needed_by
from simulations.streams import stream
from solver.engine.types import Int64
from solver.placing.arrays import empty_stays
from solver.placing.kernels_batch import Batch, Held, World
from solver.placing.kernels_choices import Choices
from solver.placing.search import scratch_of
from solver.placing.turns import AHEAD_MINUTES

MOST_LOTS: Final = 24
"""Lots one request may draw from; who needs more waits (a lot holds days of supply)."""
WIDTH: Final = 48
"""Stays that one bed, or uses that one unit, may have at a time."""
READY_AGAIN: Final = 15
"""Minutes until a patient whose bed is not ready comes again: assumed."""
SOONEST_LEAVING: Final = 15
LEAST_REMAINING: Final = 30
TRACES_AT_LEAST: Final = 4096
EVENTS_PER_ROW: Final = 8
EVENTS_AT_LEAST: Final = 4096


def patients(compiled: Compiled, seed: int, replication: int, minutes: int, log: int) -> tuple[Play, Int64]:
    """Everybody of one replication, and the row of ``compiled.batch`` that each is made from, int64 (n,).

    First the census, then who had booked, then who will ask. ``log``: rows of the log of decisions.
    """
    arrivals = draw(compiled.model, compiled.pools, seed, replication, minutes)
    lying, booked = len(compiled.census), len(compiled.booked)
    rng = stream(seed, replication, "placing/census")
    stretch, notice = truth(rng, lying + booked)
    begin = np.full(lying + booked, compiled.model.start, np.int64)
    template = np.concatenate([np.arange(booked), arrivals.template + booked])
    asked = np.concatenate([begin, arrivals.minute])
    play = _empty(asked.size, log)
    play.asked[:] = asked
    play.notice[:] = np.concatenate([notice, arrivals.notice])
    _census(compiled, play, stretch[:lying])
    _asking(compiled, play, template, np.concatenate([stretch[lying:], arrivals.stretch]))
    play.gives_up[:] = play.needed_by + play.wait + compiled.model.gives_up_after
    play.habits[:] = (compiled.model.retry_minutes, READY_AGAIN, compiled.model.overdue_minutes)
    _first_events(play, lying, compiled.model.start)
    return play, np.concatenate([np.arange(lying), template + lying]).astype(np.int64)


def _empty(rows: int, log: int) -> Play:
    events = max(EVENTS_AT_LEAST, EVENTS_PER_ROW * rows)
    whole: dict[str, Any] = {name: np.zeros(rows, np.int64) for name in Play._fields}
    for name in ("times", "keys", "whats"):
        whole[name] = np.zeros(events, np.int64)
    for name in ("due", "came", "left", "refused"):
        whole[name][:] = -1
    whole["counter"] = np.zeros(COUNTERS, np.int64)
    whole["habits"] = np.zeros(3, np.int64)
    whole["trace"] = np.zeros((max(TRACES_AT_LEAST, rows), 3), np.int64)
    whole["log"] = np.zeros((log, LOG_COLUMNS), np.int64)
    whole["state"][:] = FUTURE
    return Play(**whole)


def _census(compiled: Compiled, play: Play, stretch: Int64) -> None:
    """Who lies there: since when, until when by forecast, and how long really."""
    now, rows = compiled.model.start, slice(0, stretch.size)
    stays = [each.stay for each in compiled.census]
    end = integers([max(stay.end, now + 1) for stay in stays])
    play.end[rows] = end
    play.needed_by[rows] = play.asked[rows]
    play.duration[rows] = end - now
    play.priority[rows] = 3
    remaining = np.maximum(end - now, LEAST_REMAINING) * stretch // 1000
    play.lasts[rows] = np.maximum(remaining, SOONEST_LEAVING)


def _asking(compiled: Compiled, play: Play, template: Int64, stretch: Int64) -> None:
    """Who asks: what for, and how long they will really stay."""
    columns, rows = compiled.columns, slice(len(compiled.census), None)
    zone = compiled.hospital.sites[0].time_zone
    offset = local_offset(compiled.model.start, zone)
    play.needed_by[rows] = needed_by(
        play.asked[rows], columns["lead"][template], columns["clock"][template], offset
    )
    for name in ("wait", "duration", "priority"):
        getattr(play, name)[rows] = columns[name][template]
    play.lasts[rows] = lasting(columns["duration"][template], stretch)


def _first_events(play: Play, lying: int, start: int) -> None:
    """The first who asks and the first look at the waiting list; a sorted list is a heap."""
    events = [(start, TICK, 0)]
    if lying < play.asked.size:
        events.append((int(play.asked[lying]), ASK, lying))
    for place, (minute, kind, row) in enumerate(sorted(events)):
        play.times[place] = minute
        play.keys[place] = (kind << SHIFT) | place
        play.whats[place] = row * KINDS + kind
    play.counter[ROUND] = start
    play.counter[HEAP] = play.counter[SEQUENCE] = len(events)


def choosing(compiled: Compiled, rows: Int64) -> Choosing:
    """The policy of a run; ``rows``: what each row is made from."""
    model, wards = compiled.model, compiled.arrays.ward_number
    kept = np.zeros(len(wards), np.int64)
    if model.policy is Policy.GUARD_BEDS:
        for ward_id, count in model.kept_free.items():
            kept[wards[ward_id]] = count
    beds = len(compiled.arrays.bed_ids)
    return Choosing(
        kind=integers([compiled.kind]),
        order=compiled.orders,
        which=compiled.order_of[rows],
        kept_free=kept,
        urgent=integers([URGENT]),
        first_come=integers([model.policy is not Policy.PRODUCTION]),
        buffer=np.zeros(beds, np.int64),
        free=np.zeros(len(wards), np.int64),
    )


def world(compiled: Compiled, play: Play, rows: Int64) -> World:
    """Copies of everything that decisions read, nobody in them; traces of what is busy now are noted in ``play``."""
    arrays, beds = compiled.arrays, len(compiled.arrays.bed_ids)
    batch = _batch(compiled, play, rows)
    units = copied(arrays.units)
    spare = max(0, WIDTH - units.busy_from.shape[1])
    units = units._replace(
        busy_from=np.pad(units.busy_from, ((0, 0), (0, spare))),
        busy_until=np.pad(units.busy_until, ((0, 0), (0, spare))),
    )
    _note_traces(units, play)
    starts = (
        max(int(play.wait.max(initial=0)), AHEAD_MINUTES) // compiled.model.options.start_step_minutes + 2
    )
    return World(
        copied(arrays.places),
        empty_stays(2 * rows.size, beds, WIDTH),
        copied(arrays.cover),
        units,
        copied(arrays.lots),
        np.array(compiled.pricing.prices),
        scratch_of(arrays, starts),
        batch,
        _held(compiled, rows.size, batch),
        _no_choices(arrays.places.room_ptr.size - 1),
    )


def copied(arrays: Any) -> Any:
    """A tuple of arrays, each copied."""
    return arrays._make(np.array(array) for array in arrays)


def _batch(compiled: Compiled, play: Play, rows: Int64) -> Batch:
    batch = gathered(compiled.batch, rows)
    lying = len(compiled.census)
    known = len(compiled.arrays.person_number)
    batch.numbers[lying:, PERSON] = known + np.arange(rows.size - lying)
    batch.numbers[:, NEEDED_BY] = play.needed_by
    made_at = compiled.columns["made_at"][rows[lying:] - lying]
    batch.numbers[lying:, BORN] += play.asked[lying:] - made_at
    return batch


def _held(compiled: Compiled, count: int, batch: Batch) -> Held:
    most = int(batch.places.max(initial=1))
    whole = [np.zeros(count, np.int64) for _ in range(3)]
    of_units = [np.zeros((count, most), np.int64) for _ in range(3)]
    of_lots = [np.zeros((count, MOST_LOTS), np.int64) for _ in range(3)]
    slots = np.arange(2 * count, dtype=np.int64).reshape(count, 2)
    held = Held._make(
        [np.full(count, -1, np.int64), *whole, slots, *of_units, np.zeros(count, np.int64), *of_lots]
    )
    held.companion[:] = -1
    number = compiled.arrays.bed_number
    for row, each in enumerate(compiled.census):
        held.bed[row] = number[each.stay.bed_id]
        held.start[row] = each.stay.start
        if each.companion_bed is not None:
            held.companion[row] = number[each.companion_bed]
    return held


def _no_choices(rooms: int) -> Choices:
    nothing = np.zeros(0, np.int64)
    return Choices(
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        changed=np.zeros(rooms, np.int64),
        least_cost=nothing,
    )


def _note_traces(units: Any, play: Play) -> None:
    """Uses and repairs that are under way or planned at the start hold no row; they are struck off when over."""
    count = 0
    for unit, busy in enumerate(units.busy_count):
        for slot in range(busy):
            play.trace[count] = unit, units.busy_from[unit, slot], units.busy_until[unit, slot]
            count += 1
    play.counter[TRACES] = count

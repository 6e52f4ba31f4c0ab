"""Deciding a batch together: greedy construction, then ruin and recreate on the live arrays, all undone at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from solver.engine.result import Budget, Observer, TracePoint
from solver.engine.types import Int64
from solver.hospital import Allocation, LotUse, Minute, Request, UnitUse
from solver.placing import rules
from solver.placing.annealing import anneal
from solver.placing.arrays import Arrays
from solver.placing.asks import Compiled, Pricing, compile_request
from solver.placing.kernels_batch import Batch, Held, World
from solver.placing.kernels_beds import awaits_departure
from solver.placing.kernels_choices import Choices, look_once
from solver.placing.kernels_ruin import empty
from solver.placing.layout import FAR, Ask, Scratch

MOST_PLACES: Final = 1000
"""Units (20 each of 50 needs) and lots one request may take at most."""

MOST_LOTS: Final = 64
"""Lots one request of a batch may draw from; who needs more waits (a lot holds days of supply)."""

SPARE_COLUMNS: Final = 8
"""Stays of a batch one bed, or bookings one unit, may take beyond those it has."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found: an allocation or None per request, in order; its cost; steps taken and how it went."""

    allocations: tuple[Allocation | None, ...]
    cost: int
    constructed: int
    steps: int
    trace: tuple[TracePoint, ...]


@dataclass(frozen=True, slots=True)
class Further:
    """A second, longer search, made unless the first found a plan that costs no more than ``enough`` (None: always)."""

    budget: Budget
    enough: int | None


def search(
    arrays: Arrays,
    pricing: Pricing,
    scratch: Scratch,
    requests: Sequence[Request],
    ids: Sequence[str],
    budget: Budget,
    seed: int,
    observer: Observer,
    published: Mapping[str, str],
    workers: int = 1,
) -> Searched:
    """The best joint decision found within the budget; the arrays are left as they were.

    ``scratch`` must fit every request's starts. Requests must not continue a stay (``from_stay_id``). ``workers``:
    searches side by side, 1 or more, each on a core and with chance of its own; the best plan of all counts.
    """
    countdown = budget.start()
    if not requests:
        return Searched((), 0, 0, 0, ())
    compiled = [
        compile_request(request, arrays, pricing, published=published.get(request.id)) for request in requests
    ]
    arrays.widen(SPARE_COLUMNS)
    with lent_slots(arrays, len(requests)) as slots:
        world = world_of(arrays, pricing, scratch, requests, compiled, slots)
        best = anneal(world, countdown, seed, observer, workers)
        allocations = tuple(
            _allocation(arrays, best.held, row, request, ids[row]) for row, request in enumerate(requests)
        )
        empty(world)
    return Searched(allocations, best.cost, best.constructed, best.steps, best.trace)


def scratch_of(arrays: Arrays, starts: int) -> Scratch:
    """Space for requests of at most so many starts, on these arrays."""
    beds, wards = len(arrays.bed_ids), len(arrays.ward_number)
    sizes = [beds, beds, wards, wards, wards * starts, starts, *[MOST_PLACES] * 5, 5]
    return Scratch._make(np.zeros(size, np.int64) for size in sizes)


@contextmanager
def lent_slots(arrays: Arrays, rows: int) -> Iterator[Int64]:
    """Two stay slots per request, lent for the time of the search."""
    slots = arrays.lend_slots(2 * rows)
    try:
        yield np.array(slots, np.int64).reshape(rows, 2)
    finally:
        arrays.return_slots(slots)


def world_of(
    arrays: Arrays,
    pricing: Pricing,
    scratch: Scratch,
    requests: Sequence[Request],
    compiled: Sequence[Compiled],
    slots: Int64,
) -> World:
    """The arrays with the batch beside them, nobody put in; ``slots`` int64 (n_requests, 2): stay slots lent."""
    batch = batch_of(requests, compiled, pricing)
    choices = choices_of(arrays, pricing, [one.ask for one in compiled], batch.unplaced_price)
    held = _nothing_held(len(requests), int(batch.places.max(initial=1)), slots)
    return World(
        arrays.places,
        arrays.stays,
        arrays.cover,
        arrays.units,
        arrays.lots,
        pricing.prices,
        scratch,
        batch,
        held,
        choices,
    )


def choices_of(arrays: Arrays, pricing: Pricing, asks: Sequence[Ask], unplaced_price: Int64) -> Choices:
    """The beds of each request, as the hospital stands without any of them; ``unplaced_price`` int64 (n_asks,)."""
    beds, rooms = arrays.places.room.size, arrays.places.room_ptr.size - 1
    first, price = np.full((len(asks), beds), FAR, np.int64), np.zeros((len(asks), beds), np.int64)
    for row, ask in enumerate(asks):
        look_once(arrays.places, arrays.stays, ask, pricing.prices, first[row], price[row])
    row_of, bed = np.nonzero(first < FAR)
    needed = np.array([ask.needed_by for ask in asks], np.int64)
    minute = np.array([ask.delay_price for ask in asks], np.int64)
    least = price[row_of, bed] + minute[row_of] * (first[row_of, bed] - needed[row_of])
    order = np.lexsort((least, row_of))
    row_of, bed, least = row_of[order], bed[order].astype(np.int64), least[order]
    least_cost = unplaced_price.copy()
    np.minimum.at(least_cost, row_of, least)
    return Choices(
        ptr=np.searchsorted(row_of, np.arange(len(asks) + 1)).astype(np.int64),
        bed=bed,
        price=price[row_of, bed],
        least=least,
        first=first[row_of, bed],
        seen=np.zeros(bed.size, np.int64),
        changed=np.zeros(rooms, np.int64),
        least_cost=least_cost,
    )


def _nothing_held(rows: int, most_units: int, slots: Int64) -> Held:
    columns = [np.zeros(rows, np.int64) for _ in range(3)]
    of_units = [np.zeros((rows, most_units), np.int64) for _ in range(3)]
    of_lots = [np.zeros((rows, MOST_LOTS), np.int64) for _ in range(3)]
    return Held._make(
        [np.full(rows, -1, np.int64), *columns, slots, *of_units, np.zeros(rows, np.int64), *of_lots]
    )


def batch_of(requests: Sequence[Request], compiled: Sequence[Compiled], pricing: Pricing) -> Batch:
    """The compiled requests, row by row."""
    asks = [one.ask for one in compiled]
    equipment = [one.equipment for one in compiled]
    drugs = [one.drugs for one in compiled]
    unplaced = [rules.NUMBER[rules.UNPLACED[request.priority].id] for request in requests]
    skills_ptr, skills = _rows([ask.skills for ask in asks])
    apart_ptr, apart = _rows([ask.apart for ask in asks])
    excluded_ptr, excluded = _rows([ask.excluded for ask in asks])
    equipment_ptr, count = _rows([need.wanted for need in equipment])
    drug_ptr, quantity = _rows([need.quantity for need in drugs])
    equipment_first, equipment_choice = _rows([need.choice for need in equipment])
    drug_first, drug_choice = _rows([need.choice for need in drugs])
    return Batch(
        numbers=np.array([[int(value) for value in ask[:26]] for ask in asks], np.int64).reshape(-1, 26),
        speciality_differs=np.array([ask.speciality_differs for ask in asks], np.bool_),
        pool_draw=np.array([ask.pool_draw for ask in asks], np.int64),
        skills_ptr=skills_ptr,
        skills=skills,
        apart_ptr=apart_ptr,
        apart=apart,
        excluded_ptr=excluded_ptr,
        excluded=excluded,
        equipment_ptr=equipment_ptr,
        equipment_count=count,
        equipment_offset=_rows([need.offset for need in equipment])[1],
        equipment_duration=_rows([need.duration for need in equipment])[1],
        equipment_choice_ptr=_rows([need.choice_ptr for need in equipment])[1],
        equipment_first_choice=equipment_first,
        equipment_choice=equipment_choice,
        drug_ptr=drug_ptr,
        drug_quantity=quantity,
        drug_use_within=_rows([need.use_within for need in drugs])[1],
        drug_choice_ptr=_rows([need.choice_ptr for need in drugs])[1],
        drug_first_choice=drug_first,
        drug_choice=drug_choice,
        drug_asked=np.concatenate([np.zeros(0, np.bool_), *(need.asked for need in drugs)]),
        unplaced_price=pricing.prices[unplaced],
        places=np.array([int(need.wanted.sum()) for need in equipment], np.int64),
    )


def _rows(arrays: Sequence[Any]) -> tuple[Int64, Int64]:
    """Compressed rows: where each begins, and all of them one after another."""
    pointer = np.zeros(len(arrays) + 1, np.int64)
    np.cumsum([array.size for array in arrays], out=pointer[1:])
    return pointer, np.concatenate([np.zeros(0, np.int64), *arrays])


def _allocation(
    arrays: Arrays, held: Held, row: int, request: Request, allocation_id: str
) -> Allocation | None:
    bed = int(held.bed[row])
    if bed < 0:
        return None
    start = int(held.start[row])
    beside = int(held.companion[row])
    return Allocation(
        id=allocation_id,
        request_id=request.id,
        person_id=request.person_id,
        bed_id=arrays.bed_ids[bed],
        start=start,
        end=start + request.duration_minutes,
        units=unit_uses(arrays, request, start, held.unit[row]),
        lots=lot_uses(
            arrays, request, held.lot_need[row], held.lot[row], held.lot_quantity[row], held.lot_count[row]
        ),
        companion_bed_id=None if beside < 0 else arrays.bed_ids[beside],
        conditional=bool(awaits_departure(arrays.stays, bed, start)),
    )


def unit_uses(arrays: Arrays, request: Request, start: Minute, units: Int64) -> tuple[UnitUse, ...]:
    """The units found, as uses; ``units`` int64 (places,) in the order of the needs."""
    uses = []
    position = 0
    for need in request.equipment:
        begin = start + need.offset_minutes
        lasts = need.duration_minutes
        end = start + request.duration_minutes if lasts is None else begin + lasts
        for _ in range(need.count):
            uses.append(UnitUse(need.type_id, arrays.unit_ids[units[position]], begin, end))
            position += 1
    return tuple(uses)


def lot_uses(
    arrays: Arrays, request: Request, needs: Int64, lots: Int64, quantities: Int64, count: int
) -> tuple[LotUse, ...]:
    """The first ``count`` lots found, as uses."""
    return tuple(
        LotUse(request.drugs[needs[place]].drug_id, arrays.lot_ids[lots[place]], int(quantities[place]))
        for place in range(count)
    )

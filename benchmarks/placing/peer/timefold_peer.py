"""The peer: Timefold Solver's Python edition on the same requests, the same rules as far as they can be said to it.

No part of wardflow and of none of its locks: `.venv/bin/pip install 'timefold==1.24.0b0'`, and a Java 17 or newer.

Said to it: which beds suit whom and what they cost, delay, night, predicted departures (each possible place is a
value with its price), one patient a bed with cleaning between, who may share a room, companions' places, floors of
nursing and pools of wards hour by hour (at an hour's lowest, so never too generously), how many units of a type and how
much of a drug there is in all. Not said: keep-apart lists, skills, targets and balance of nursing, which unit and which
lot. Units and lots are dealt afterwards by wardflow's own kernels, the most urgent first; who gets none is not placed.
A request is offered the first starts of each bed, fewer the more there are to choose from (``MOST_PLACES``).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from timefold.solver import SolverFactory
from timefold.solver.config import ScoreDirectorFactoryConfig, SolverConfig

from benchmarks.placing.peer.timefold_rules import Asked, Batch, Need, Place, Span, Stock, all_rules
from solver.engine.types import Int64
from solver.hospital import Allocation, Request
from solver.placing.asks import Compiled, Pricing, compile_request
from solver.placing.kernels import PREDICTED_DEPARTURE, start_cost
from solver.placing.kernels_beds import (
    AIRBORNE,
    PROTECTIVE,
    ROOM_OF_THE_FIRST,
    awaits_departure,
    companion_bed,
    next_start,
)
from solver.placing.layout import FIRST_POOL, FLOOR, Ask
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, Within
from solver.placing.search import batch_of, choices_of

MOST_PLACES: Final = 40_000
"""Places offered to all requests together, at most about so many."""

MOST_STARTS: Final = 8
WARM_SECONDS: Final = 8.0
HOUR: Final = 60
NOBODY: Final = -1


def batch_said(live: LiveHospital, requests: Sequence[Request]) -> Batch:
    """The batch as the solver gets it."""
    arrays, pricing = live.arrays, Pricing.of(live.records.profile)
    compiled = [compile_request(request, arrays, pricing) for request in requests]
    batch = batch_of(requests, compiled, pricing)
    asked = [
        _asked(number, one.ask, int(batch.unplaced_price[number])) for number, one in enumerate(compiled)
    ]
    for one, places in zip(
        asked, _places(live, pricing, [c.ask for c in compiled], batch.unplaced_price), strict=True
    ):
        one.places = places
    needs, stocks = _supply(live, compiled)
    return Batch(list(_spans(live, asked)), needs, stocks, asked)


def _asked(number: int, ask: Ask, price: int) -> Asked:
    channels, points, oxygen = (int(amount) for amount in ask.pool_draw)
    protective = bool(ask.isolation & PROTECTIVE)
    identity = ask.sex, ask.isolation, protective, ask.cohort, ask.exposure
    return Asked(number, price, *identity, channels, points, oxygen)


def _places(
    live: LiveHospital, pricing: Pricing, asks: Sequence[Ask], unplaced_price: Int64
) -> Iterator[list[Place]]:
    """For each request its first starts in each of its beds."""
    arrays = live.arrays
    choices = choices_of(arrays, pricing, asks, unplaced_price)
    starts = max(1, min(MOST_STARTS, MOST_PLACES // max(1, choices.bed.size)))
    for row, ask in enumerate(asks):
        found = []
        for choice in range(choices.ptr[row], choices.ptr[row + 1]):
            bed, start = int(choices.bed[choice]), int(choices.first[choice])
            for _ in range(starts):
                if start > ask.latest:
                    break
                place = _place(live, pricing, ask, bed, start, int(choices.price[choice]))
                if ask.companion_kinds == 0 or place.beside >= 0:
                    found.append(place)
                start = int(next_start(arrays.places, arrays.stays, ask, bed, start + ask.step))
        yield found


def _place(live: LiveHospital, pricing: Pricing, ask: Ask, bed: int, start: int, price: int) -> Place:
    places, stays = live.arrays.places, live.arrays.stays
    room, ward = int(places.room[bed]), int(places.ward[bed])
    end = start + ask.duration
    air = int(places.air_minutes[room]) if ask.isolation & AIRBORNE else 0
    cost = price + int(start_cost(places, ask, start, pricing.prices))
    if awaits_departure(stays, bed, start):
        cost += int(pricing.prices[PREDICTED_DEPARTURE])
    beside = int(companion_bed(places, stays, ask, bed, start, end)) if ask.companion_kinds else NOBODY
    floor = int(places.floor_shares[ask.care_row, ward])
    sex_matters = bool(places.sex_policy[room] == ROOM_OF_THE_FIRST)
    free_from = end + ask.cleaning_minutes + air
    return Place(bed, beside, room, ward, start, end, free_from, cost, floor, sex_matters)


def _spans(live: LiveHospital, asked: Sequence[Asked]) -> Iterator[Span]:
    """Hours in which a ward could run short, those next to each other with as much left as one."""
    cover, most = live.arrays.cover, _most_taken(asked)
    now, until = int(cover.window[1] - cover.window[0]), int(cover.window[2] - cover.window[0])
    for (ward, series), taken in most.items():
        row = cover.slack[ward, FLOOR if series == 0 else FIRST_POOL + series - 1]
        open_: Span | None = None
        for column in range(now, until, HOUR):
            left, minute = int(row[column : column + HOUR].min()), int(cover.window[0]) + column
            if open_ is not None and open_.left == left:
                open_.end = minute + HOUR
                continue
            if open_ is not None:
                yield open_
            open_ = Span(ward, series, minute, minute + HOUR, left) if left < taken else None
        if open_ is not None:
            yield open_


def _most_taken(asked: Sequence[Asked]) -> dict[tuple[int, int], int]:
    """What would be taken of each series of a ward if everybody came there who could."""
    most: dict[tuple[int, int], int] = {}
    for one in asked:
        floors = {place.ward: place.floor for place in one.places}
        for ward, floor in floors.items():
            for series, amount in enumerate((floor, one.channels, one.points, one.oxygen)):
                if amount > 0:
                    most[ward, series] = most.get((ward, series), 0) + amount
    return most


def _supply(live: LiveHospital, compiled: Sequence[Compiled]) -> tuple[list[Need], list[Stock]]:
    """Needs and stocks; a type of unit has an even number, a drug an odd one. Units with any booking to come count
    as not there only while they are used the whole time, so there never seems to be less than there is."""
    units, lots = live.arrays.units, live.arrays.lots
    needs: list[Need] = []
    left: dict[int, int] = {}
    for number, one in enumerate(compiled):
        for place in range(one.equipment.wanted.size):
            kinds = _choices(one.equipment.choice_ptr, one.equipment.choice, place)
            needs.append(Need(number, 2 * kinds[0], int(one.equipment.wanted[place])))
            free = units.usable & (units.busy_until.max(axis=1) < live.now + one.ask.duration)
            left[2 * kinds[0]] = max(
                left.get(2 * kinds[0], 0), int(free[np.isin(units.unit_type, kinds)].sum())
            )
        for place in range(one.drugs.quantity.size):
            drugs = _choices(one.drugs.choice_ptr, one.drugs.choice, place)
            if drugs:
                needs.append(Need(number, 2 * drugs[0] + 1, int(one.drugs.quantity[place])))
                left[2 * drugs[0] + 1] = int(lots.stock[drugs].sum())
    return needs, [Stock(number, amount) for number, amount in left.items()]


def _choices(pointer: Int64, choice: Int64, place: int) -> list[int]:
    return [int(one) for one in choice[pointer[place] : pointer[place + 1]]]


# --- solving ------------------------------------------------------------------------------------------------
def place_with_timefold(
    live: LiveHospital, requests: Sequence[Request], seconds: float, seed: int, timer: Callable[[], float]
) -> tuple[dict[str, Allocation | None], float]:
    """The peer's plan and the seconds it solved for; building its classes and warming up are not counted."""
    solver = SolverFactory.create(
        SolverConfig(
            solution_class=Batch,
            entity_class_list=[Asked],
            score_director_factory_config=ScoreDirectorFactoryConfig(constraint_provider_function=all_rules),
            random_seed=seed,
        )
    ).build_solver()
    batch = batch_said(live, requests)
    _solved(solver, batch, WARM_SECONDS, timer)
    began = timer()
    solved = _solved(solver, batch, seconds, timer)
    took = timer() - began
    return _dealt(live, requests, solved), took


def _solved(solver: Any, batch: Batch, seconds: float, timer: Callable[[], float]) -> Batch:
    """What the solver made of a batch until told to stop."""
    over, ends = threading.Event(), timer() + seconds

    def watch() -> None:
        while timer() < ends:
            if over.wait(min(0.005, seconds)):
                return
        while not over.wait(0.005):  # asked before the solver had started, it would go on for ever
            solver.terminate_early()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        solved: Batch = solver.solve(batch)
    finally:
        over.set()
        watcher.join()
    return solved


def _dealt(live: LiveHospital, requests: Sequence[Request], batch: Batch) -> dict[str, Allocation | None]:
    """The places with units and lots dealt, the most urgent first, as the kernels find them cheapest for the bed and
    the start chosen."""
    plan: dict[str, Allocation | None] = {}
    with live.trial():
        for number in sorted(range(len(requests)), key=lambda number: requests[number].priority):
            request, place = requests[number], batch.asked[number].place
            if place is None:
                continue
            there = Within(np.array([place.bed], np.int64), place.start, place.start)
            found = live.priced(request, f"allocation-{request.id}", within=there)
            decision = live.judged(request, None if found is None else found[0], Method.PERSON)
            if decision.verified:
                live.apply(decision)
                plan[request.id] = decision.allocation
    return plan

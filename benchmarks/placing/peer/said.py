"""What the peer is told of a batch, in numbers of its own, and what a plan costs by them.

Knows nothing of the peer, so that the tests can hold it beside the referee where the peer is not installed.

Said: which beds suit whom and what they cost, delay, night, predicted departures (each possible place is a value with
its price), who has no place, one patient a bed with cleaning between, who may share a room, companions' places, and
minute by minute the wards' nurses (floor, target and balance), channels, points, oxygen and free units of a type; how
much of a drug there is in all. Not said: keep-apart lists, skills, which unit and which lot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from solver.engine.types import Int64
from solver.hospital import Allocation, Request
from solver.placing import rules
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
from solver.placing.layout import FIRST_POOL, FLOOR, TARGET, Ask
from solver.placing.live import LiveHospital
from solver.placing.search import batch_of, choices_of

MOST_PLACES: Final = 20_000
"""Places offered to all requests together: the cheapest of each, at most about so many."""

FEWEST_PLACES: Final = 40
"""So many each request is offered at least."""

MOST_MINUTES: Final = 60 * 24 * 60
"""Bookings of units are looked at so far ahead."""

HOUR: Final = 60
NOBODY: Final = -1
FOR_GOOD: Final = -2
OF_TARGET: Final = 4
OF_BALANCE: Final = 5
PRICED: Final = {OF_TARGET: rules.NURSING_TARGET.id, OF_BALANCE: rules.NURSING_BALANCE.id}


@dataclass
class Place:
    """A bed from a start on, for one request. ``beside``: the companion's bed or -1; ``free_from``: when it is clean
    again; ``floor`` and ``target``: nurse shares its ward must and should have."""

    bed: int
    beside: int
    room: int
    ward: int
    start: int
    end: int
    free_from: int
    cost: int
    floor: int
    target: int
    sex_matters: bool


@dataclass
class Piece:
    """What is left during ``[start, end)``."""

    start: int
    end: int
    left: int


@dataclass
class Series:
    """What a ward has of something, in the pieces of time in which the batch could exceed it. ``number``: 0 floor of
    nurses, 1 to 3 channels, points, oxygen, 4 target of nurses, 5 balance, which counts at full hours only. ``price``
    of one more for a minute (for an hour), 0: forbidden; ``least``: the least that is left in any piece."""

    ward: int
    number: int
    price: int
    least: int
    pieces: list[Piece] = field(default_factory=list)


@dataclass
class Need:
    """What a request takes of a stock: of a type's units from ``offset`` minutes after its start on, for ``lasts``
    minutes (-1: as long as it stays), or of a drug (``FOR_GOOD``)."""

    asked: int
    stock: int
    amount: int
    offset: int
    lasts: int


@dataclass
class Stock:
    """Units of a type, or a drug, those that may serve in its stead included; a drug's only piece is the minute 0."""

    id: int
    pieces: list[Piece] = field(default_factory=list)


@dataclass
class Said:
    """A request: what it costs without a place, whom it may share a room with, what it draws of its ward."""

    id: int
    price: int
    sex: int
    isolation: int
    protective: bool
    cohort: int
    exposure: int
    channels: int
    points: int
    oxygen: int
    places: list[Place] = field(default_factory=list)


@dataclass
class Telling:
    """A batch, told."""

    requests: list[Said]
    series: list[Series]
    needs: list[Need]
    stocks: list[Stock]


def told(
    live: LiveHospital, requests: Sequence[Request], plan: Mapping[str, Allocation | None] | None = None
) -> Telling:
    """The batch; the places of ``plan`` are among those offered, each the first of its request."""
    arrays, pricing = live.arrays, Pricing.of(live.records.profile)
    compiled = [compile_request(request, arrays, pricing) for request in requests]
    batch = batch_of(requests, compiled, pricing)
    choices = choices_of(arrays, pricing, [one.ask for one in compiled], batch.unplaced_price)
    most = max(FEWEST_PLACES, MOST_PLACES // max(1, len(requests)))
    said = []
    for number, one in enumerate(compiled):
        chosen = slice(int(choices.ptr[number]), int(choices.ptr[number + 1]))
        beds = choices.bed[chosen].tolist(), choices.first[chosen].tolist(), choices.price[chosen].tolist()
        price = int(batch.unplaced_price[number])
        found = sorted(_places(live, pricing, one.ask, zip(*beds, strict=True)), key=lambda place: place.cost)
        given = None if plan is None else plan.get(requests[number].id)
        if given is not None:
            found.insert(0, _planned(live, pricing, one.ask, given, dict(zip(beds[0], beds[2], strict=True))))
        said.append(_said(number, one.ask, price, [place for place in found[:most] if place.cost < price]))
    needs, stocks = _supply(live, compiled)
    return Telling(said, list(_series(live, said, pricing)), needs, stocks)


def _said(number: int, ask: Ask, price: int, places: list[Place]) -> Said:
    channels, points, oxygen = (int(amount) for amount in ask.pool_draw)
    protective = bool(ask.isolation & PROTECTIVE)
    identity = int(ask.sex), int(ask.isolation), protective, int(ask.cohort), int(ask.exposure)
    return Said(number, price, *identity, channels, points, oxygen, places)


# --- places -------------------------------------------------------------------------------------------------
def _places(
    live: LiveHospital, pricing: Pricing, ask: Ask, choices: Iterable[tuple[int, int, int]]
) -> Iterator[Place]:
    """In each bed the first start, and others ever further from it: later turns of a bed, of which few are wanted."""
    arrays = live.arrays
    for bed, first, price in choices:
        start, further = first, ask.step
        while start <= ask.latest:
            place = _place(live, pricing, ask, bed, start, price)
            if ask.companion_kinds == 0 or place.beside >= 0:
                yield place
            start = int(next_start(arrays.places, arrays.stays, ask, bed, start + further))
            further *= 2


def _planned(
    live: LiveHospital, pricing: Pricing, ask: Ask, given: Allocation, prices: Mapping[int, int]
) -> Place:
    bed = live.arrays.bed_number[given.bed_id]
    return _place(live, pricing, ask, bed, given.start, prices[bed])


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
    target = int(places.target_shares[ask.care_row, ward])
    sex_matters = bool(places.sex_policy[room] == ROOM_OF_THE_FIRST)
    free_from = end + int(ask.cleaning_minutes) + air
    return Place(bed, beside, room, ward, start, int(end), free_from, cost, floor, target, sex_matters)


# --- wards --------------------------------------------------------------------------------------------------
def _series(live: LiveHospital, said: Sequence[Said], pricing: Pricing) -> Iterator[Series]:
    for (ward, number), taken in sorted(_most_taken(said).items()):
        found = _balance(live, ward) if number == OF_BALANCE else _of(live, ward, number)
        pieces = [piece for piece in found if piece.left < taken]
        if pieces:
            price = int(pricing.prices[rules.NUMBER[PRICED[number]]]) if number in PRICED else 0
            yield Series(ward, number, price, min(piece.left for piece in pieces), pieces)


def _of(live: LiveHospital, ward: int, number: int) -> Iterator[Piece]:
    """A series of a ward as it stands, from now to the end of the horizon."""
    cover = live.arrays.cover
    row = TARGET if number == OF_TARGET else FLOOR if number == 0 else FIRST_POOL + number - 1
    origin, now, until = (int(minute) for minute in cover.window)
    values = cover.slack[ward, row, now - origin : until - origin]
    for first, last in _runs(values):
        yield Piece(now + first, now + last, int(values[first]))


def _balance(live: LiveHospital, ward: int) -> Iterator[Piece]:
    cover = live.arrays.cover
    origin, now, until = (int(minute) for minute in cover.window)
    first = origin + -origin % HOUR
    skipped = (now - first + HOUR - 1) // HOUR
    values = cover.balance[ward, skipped : (until - first + HOUR - 1) // HOUR]
    begins = first + skipped * HOUR
    for low, high in _runs(values):
        yield Piece(begins + low * HOUR, min(begins + high * HOUR, until), int(values[low]))


def _runs(values: Any) -> Iterator[tuple[int, int]]:
    """Where neighbours are equal: the first and one past the last."""
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return ((low, high) for low, high in pairwise(edges) if low < high)


def _most_taken(said: Sequence[Said]) -> dict[tuple[int, int], int]:
    """What would be taken of each series of a ward if everybody came there who could."""
    most: dict[tuple[int, int], int] = {}
    for one in said:
        for place in {place.ward: place for place in one.places}.values():
            for series in range(OF_BALANCE + 1):
                amount = taken_by(one, place, series)
                if amount > 0:
                    most[place.ward, series] = most.get((place.ward, series), 0) + amount
    return most


def taken_by(one, place: Place, series: int) -> int:
    """What a request with a place takes of a series of its ward. Translated by the peer, as ``counting`` is."""
    if series == 0:
        return place.floor
    if series == 1:
        return one.channels
    if series == 2:
        return one.points
    if series == 3:
        return one.oxygen
    return place.target


# --- supplies -----------------------------------------------------------------------------------------------
def _supply(live: LiveHospital, compiled: Sequence[Compiled]) -> tuple[list[Need], list[Stock]]:
    """Needs and stocks; a type of unit has an even number, a drug an odd one. Transport and turnaround between two uses
    are left out, so there never seems to be less than there is."""
    lots = live.arrays.lots
    needs: list[Need] = []
    pieces: dict[int, list[Piece]] = {}
    for number, one in enumerate(compiled):
        equipment, drugs = one.equipment, one.drugs
        for place in range(equipment.wanted.size):
            kinds = _choices(equipment.choice_ptr, equipment.choice, place)
            uses = int(equipment.offset[place]), int(equipment.duration[place])
            needs.append(Need(number, 2 * kinds[0], int(equipment.wanted[place]), *uses))
            if 2 * kinds[0] not in pieces:
                pieces[2 * kinds[0]] = _free_units(live, kinds)
        for place in range(drugs.quantity.size):
            kinds = _choices(drugs.choice_ptr, drugs.choice, place)
            if kinds:
                needs.append(Need(number, 2 * kinds[0] + 1, int(drugs.quantity[place]), 0, FOR_GOOD))
                pieces[2 * kinds[0] + 1] = [Piece(0, 1, int(lots.stock[kinds].sum()))]
    most: Counter[int] = Counter()
    for need in needs:
        most[need.stock] += need.amount
    short = {number: [one for one in some if one.left < most[number]] for number, some in pieces.items()}
    return [need for need in needs if short[need.stock]], [
        Stock(n, some) for n, some in short.items() if some
    ]


def _free_units(live: LiveHospital, kinds: Sequence[int]) -> list[Piece]:
    """How many units of some types are free, from now until as far as cover is known."""
    units, now = live.arrays.units, live.now
    free = np.zeros(MOST_MINUTES, np.int64)
    for unit in np.flatnonzero(units.usable & np.isin(units.unit_type, kinds)):
        free += 1
        for booking in range(int(units.busy_count[unit])):
            begin = max(0, int(units.busy_from[unit, booking]) - now)
            free[begin : max(0, int(units.busy_until[unit, booking]) - now)] -= 1
    return [Piece(now + low, now + high, int(free[low])) for low, high in _runs(free)]


def _choices(pointer: Int64, choice: Int64, place: int) -> list[int]:
    return [int(one) for one in choice[pointer[place] : pointer[place + 1]]]

"""The decision space: every (request, bed, start) that keeps the hard rules against what is fixed.

A *mover* is a request with ``from_stay_id``: the stay it leaves ends when it starts, so that stay is no
fixed thing. Rows between the two stand in ``movers.py``; here such a stay binds only its own mover.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import Companion
from solver.placing import rules
from solver.placing.cpsat import fit
from solver.placing.cpsat.scene import FIRST, UNKNOWN_SEX, People, Scene


@dataclass(frozen=True, slots=True)
class Options:
    """Places a stay may take, one row each; int64 (n_options,). ``index`` counts the request's starts from 0.

    ``price``: what the place costs by itself, shared loads, units and lots left out.
    """

    request: Int64
    bed: Int64
    index: Int64
    start: Int64
    end: Int64
    price: Int64

    def chosen(self, some: Bool | Int64) -> Options:
        """Some of the rows."""
        return Options(
            self.request[some], self.bed[some], self.index[some], self.start[some], self.end[some],
            self.price[some],
        )  # fmt: skip

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.request)


def options_of(scene: Scene) -> tuple[Options, Options]:
    """Places of the requests' main stays, and of their companions (price 0)."""
    mains, companions = [], []
    for number in range(len(scene.requests)):
        main, beside = places_of(scene, number)
        mains.append(_listed(scene, number, main))
        companions.append(_listed(scene, number, beside, free=True))
    return joined(mains), joined(companions)


def places_of(scene: Scene, number: int) -> tuple[Bool, Bool]:
    """Whether main stay and companion fit (n_beds, n_starts each)."""
    place = fit.is_open(scene, number) & ~taken(scene, number)
    if not _is_known(scene, number):
        place[:] = False
    main = place & fit.suits(scene, number)[:, None]
    if main.any():
        main &= fit.suits_age(scene, number) & ~unwelcome(scene, number)
    if scene.requests[number].companion is Companion.NONE:
        return main, np.zeros_like(main)
    return paired(scene, main, place & fit.suits_companion(scene, number)[:, None])


def _is_known(scene: Scene, number: int) -> bool:
    """Whether the stores know what is asked for at all."""
    request, records = scene.requests[number], scene.records
    types = all(need.type_id in records.equipment_types for need in request.equipment)
    return types and all(need.drug_id in records.drugs for need in request.drugs)


def paired(scene: Scene, main: Bool, beside: Bool) -> tuple[Bool, Bool]:
    """Only places with room for the other one in another bed of the room."""
    rooms, count = scene.beds.room, len(scene.rooms.ids)
    of_main, of_beside = (
        np.zeros((count, main.shape[1]), np.int64),
        np.zeros((count, main.shape[1]), np.int64),
    )
    np.add.at(of_main, rooms, main)
    np.add.at(of_beside, rooms, beside)
    return main & (of_beside[rooms] - beside > 0), beside & (of_main[rooms] - main > 0)


def taken(scene: Scene, number: int) -> Bool:
    """Whether a start meets a fixed stay of the bed, or cleaning before or after it (n_beds, n_starts).

    With duration d and turnaround t of the new stay, a fixed stay [a, e) with turnaround f forbids every
    start in (a - d, e + f), and in (a - d - t, a - d] too if it must stay clean.
    """
    stays, starts = scene.stays, scene.starts[number]
    own = stays.mover == number
    fixed = (stays.mover < 0) | own
    turnaround = scene.turnaround[number][scene.beds.room[stays.bed]]
    first = stays.start - scene.requests[number].duration_minutes - stays.must_be_clean * turnaround
    last = stays.end + stays.turnaround
    hit = (first[:, None] < starts) & (starts < last[:, None]) & fixed[:, None]
    if own.any():
        # It ends when the request starts, in the same bed too, which is then to be cleaned.
        clean = np.minimum(stays.end[own, None], starts) + stays.turnaround[own, None]
        hit[own] = (stays.start[own, None] < starts) & (starts < clean)
    return _any_of_bed(scene, hit)


def _any_of_bed(scene: Scene, hit: Bool) -> Bool:
    """Whether any stay of each bed hits; ``hit`` has a row per fixed stay."""
    found = np.zeros((len(scene.beds.ids), hit.shape[1]), bool)
    if len(hit):
        beds, first = np.unique(scene.stays.bed, return_index=True)
        found[beds] = np.logical_or.reduceat(hit, first, axis=0)
    return found


def unwelcome(scene: Scene, number: int) -> Bool:
    """Whether a start meets somebody in another bed of the room who must not share it (n_beds, n_starts)."""
    stays, starts = scene.stays, scene.starts[number]
    rooms = scene.beds.room[stays.bed]
    first = scene.rooms.policy[rooms] == FIRST
    against = stays.main & (stays.mover < 0) & clash(scene, scene.people.at(number), stays.people, first)
    found = np.zeros((len(scene.beds.ids), len(starts)), bool)
    for stay in np.flatnonzero(against):
        meets = (starts < stays.end[stay]) & (
            starts + scene.requests[number].duration_minutes > stays.start[stay]
        )
        if meets.any():
            for bed in scene.rooms.beds[rooms[stay]]:
                if bed != stays.bed[stay]:
                    found[bed] |= meets
    return found


def clash(scene: Scene, one: People, other: People, first: Bool) -> Bool:
    """Whether two persons must not share a room, element by element; ``first``: rooms of the first one's sex."""
    found = np.zeros(np.broadcast(one.sex, other.sex).shape, bool)
    if scene.active(rules.ROOM_SEX):
        found |= first & ((one.sex != other.sex) | (one.sex == UNKNOWN_SEX))
    if scene.active(rules.ISOLATION_COHORT):
        together = (one.cohort == other.cohort) & (one.cohort >= 0) & (one.protective + other.protective == 0)
        found |= (one.isolated + other.isolated > 0) & ~together
    if scene.active(rules.EXPOSURE_COHORT):
        found |= one.exposed != other.exposed
    if scene.active(rules.KEEP_APART) and scene.apart:
        ones, others = np.broadcast_arrays(one.person, other.person)
        pairs = zip(ones.ravel().tolist(), others.ravel().tolist(), strict=True)
        found |= np.array([pair in scene.apart for pair in pairs], bool).reshape(found.shape)
    found &= one.person != other.person
    return found


def _listed(scene: Scene, number: int, places: Bool, free: bool = False) -> Options:
    bed, index = np.nonzero(places)
    start = scene.starts[number][index]
    price = np.zeros(len(bed), np.int64)
    if len(bed) and not free:
        price = fit.bed_prices(scene, number)[bed] + fit.start_prices(scene, number)[index]
        price = price + fit.predicted_prices(scene, number)[bed, index]
    end = start + scene.requests[number].duration_minutes
    return Options(np.full(len(bed), number), bed, index, start, end, price)


def joined(parts: list[Options]) -> Options:
    names = ("request", "bed", "index", "start", "end", "price")
    empty = [np.zeros(0, np.int64)]
    columns = ([getattr(part, name) for part in parts] or empty for name in names)
    return Options(*(np.concatenate(column).astype(np.int64) for column in columns))

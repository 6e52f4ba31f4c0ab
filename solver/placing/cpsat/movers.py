"""Transfers: the stay a request continues ends when the request's own stay starts.

Let F be that stay, in a bed with turnaround f, and P_s be 1 if the mover starts at s. F then lasts
[F.start, s) and is gone if s <= F.start; if the mover is unplaced it stays as it is. Another's place that
starts at t gets along with F exactly if

    in F's bed (f minutes of turnaround):   s <= max(F.start, t - f)    or it ends in time before F
    in another bed of F's room (f = 0):     likewise, if the two persons clash

so that   place + sum of P_s that do not get along + [the unmoved F does not] * unplaced   <= 1.

Against stays that are fixed, a start of the mover is left out if it makes F break more of any hard rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import Priority, Request, Stay
from solver.placing import rules
from solver.placing.cpsat import fit
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.options import Options, clash
from solver.placing.cpsat.rooms import groups_of
from solver.placing.cpsat.scene import FIRST, Scene, scene_of
from solver.placing.problem import SHORT_STAY_MINUTES


@dataclass(frozen=True, slots=True)
class Moved:
    """What a mover's starts do to the stay it leaves: ``good`` (n_starts,) bool, ``price`` (n_starts,) int64."""

    request: int
    stay: int
    good: Bool
    price: Int64


def movers_of(scene: Scene) -> list[Moved]:
    """One entry for each stay that a request of the batch continues."""
    return [_moved(scene, int(stay)) for stay in np.flatnonzero(scene.stays.mover >= 0)]


def _moved(scene: Scene, stay: int) -> Moved:
    request = int(scene.stays.mover[stay])
    before = _counts(scene, stay, scene.stays.records[stay])
    good, price = [], []
    resting = _resting_price(scene, stay)
    for start in scene.starts[request].tolist():
        variant = _shortened(scene.stays.records[stay], start)
        after = _counts(scene, stay, variant)
        good.append(all(after[rule.id] <= before[rule.id] for rule in rules.HARD if scene.active(rule)))
        change = sum(scene.weight(rule) * (after[rule.id] - before[rule.id]) for rule in rules.SOFT)
        price.append(change - (resting if variant is None else 0))
    return Moved(request, stay, np.array(good, bool), np.array(price, np.int64))


def _resting_price(scene: Scene, number: int) -> int:
    """What the stay costs by lying where it lies, saved if it is given up altogether."""
    stay = scene.stays.records[number]
    if not scene.stays.main[number]:
        return 0
    like = Request("left", stay.person_id, Priority.ROUTINE, stay.care, 0, scene.now, 1)
    return int(fit.bed_prices(scene_of(scene.records, [like], {}), 0)[scene.stays.bed[number]])


def _shortened(stay: Stay, start: int) -> Stay | None:
    return replace(stay, end=start) if stay.start < start else None


def _counts(scene: Scene, number: int, variant: Stay | None) -> Counter[str]:
    """What the left stay, as it would be, adds together with the fixed stays of its bed and room."""
    found: Counter[str] = Counter()
    for rule_id, amount in (*_alone(scene, number, variant), *_with_others(scene, number, variant)):
        found[rule_id] += amount
    return found


def _alone(scene: Scene, number: int, stay: Stay | None) -> Iterator[tuple[str, int]]:
    if stay is None:
        return
    beds, bed = scene.beds, int(scene.stays.bed[number])
    length = stay.end - stay.start
    if scene.stays.main[number]:
        yield rules.BED_KIND.id, int(beds.kind[bed] in fit.SEATS and length > SHORT_STAY_MINUTES)
    if scene.stays.booked[number]:
        yield rules.BED_OPEN.id, int(not _open(scene, bed, stay))


def _open(scene: Scene, bed: int, stay: Stay) -> bool:
    beds = scene.beds
    blocks = beds.blocks[beds.blocks[:, 0] == bed]
    if ((blocks[:, 1] < stay.end) & (stay.start < blocks[:, 2])).any():
        return False
    minute = (stay.start + scene.offset) % 1440
    within = beds.opens[bed] <= minute and minute + stay.end - stay.start <= beds.closes[bed]
    return bool(within or beds.opens[bed] == beds.closes[bed] == 0)


def _with_others(scene: Scene, number: int, variant: Stay | None) -> Iterator[tuple[str, int]]:
    stays = scene.stays
    same_bed = [i for i in np.flatnonzero(stays.bed == stays.bed[number]).tolist() if i != number]
    present = [(i, stays.records[i]) for i in same_bed]
    if variant is not None:
        present.append((number, variant))
        yield from _met(scene, number, variant)
    for (_, one), (_, other) in combinations(present, 2):
        yield rules.BED_FREE.id, int(one.start < other.end and other.start < one.end)
    for i, stay in present:
        if not stays.booked[i]:
            continue
        earlier = [(j, other) for j, other in present if j != i and other.end <= stay.start]
        early = stay.start < scene.beds.clean_at[stays.bed[i]]
        unclean = any(stay.start < other.end + stays.turnaround[j] for j, other in earlier)
        yield rules.BED_CLEAN.id, int(early or unclean)
        if stays.main[i]:
            yield rules.PREDICTED_DEPARTURE.id, int(any(stays.predicted[j] for j, _ in earlier))


def _met(scene: Scene, number: int, stay: Stay) -> Iterator[tuple[str, int]]:
    """Clashes with fixed room mates in other beds, all under one name: they only have to be no more."""
    stays, rooms = scene.stays, scene.beds.room
    room = rooms[stays.bed[number]]
    mates = (rooms[stays.bed] == room) & (stays.bed != stays.bed[number]) & stays.main
    if not stays.main[number]:
        return
    first = np.array(scene.rooms.policy[room] == FIRST)
    mates &= clash(scene, stays.people.at(number), stays.people, first)
    mates &= (stays.start < stay.end) & (stays.end > stay.start)
    yield rules.ROOM_SEX.id, int(mates.sum())


def mover_rows(scene: Scene, model: LinearModel, places: Options, variables: Int64, main: Int64) -> None:
    """What the stays left allow to others; ``main`` marks places of main stays (companions clash with nobody)."""
    for number in np.flatnonzero(scene.stays.mover >= 0).tolist():
        mover = int(scene.stays.mover[number])
        own = (places.request == mover) & (main == 1)
        for other, some in groups_of(2 * places.request + main):
            if other // 2 != mover:
                limit, at_rest = _limits(scene, number, places.chosen(some), main[some])
                _rows(model, places, variables, some, limit, at_rest, np.flatnonzero(own))


def _limits(scene: Scene, number: int, places: Options, main: Int64) -> tuple[Int64, Bool]:
    """Latest start of the mover each place gets along with (a huge one: any), and whether with F unmoved."""
    stays, bed = scene.stays, scene.stays.bed[number]
    start, end, pause = stays.start[number], stays.end[number], stays.turnaround[number]
    any_time = np.int64(1) << 60
    limit = np.full(places.size, any_time)
    at_rest = np.ones(places.size, bool)
    cleaning = scene.turnaround[places.request, scene.beds.room[places.bed]] * stays.must_be_clean[number]
    here = (places.bed == bed) & (places.end + cleaning > start)
    limit[here] = np.maximum(start, places.start - pause)[here]
    at_rest[here] = places.start[here] >= end + pause
    room = scene.beds.room[bed]
    first = np.array(scene.rooms.policy[room] == FIRST)
    person = scene.people.at(places.request)
    beside = (scene.beds.room[places.bed] == room) & (places.bed != bed) & (main == 1) & stays.main[number]
    beside &= (places.end > start) & clash(scene, person, stays.people.at(number), first)
    limit[beside] = np.maximum(start, places.start)[beside]
    at_rest[beside] = places.start[beside] >= end
    return limit, at_rest


def _rows(
    model: LinearModel, places: Options, variables: Int64, some: Int64, limit: Int64,
    at_rest: Bool, own: Int64,
) -> None:  # fmt: skip
    """One row per distinct limit: places of one request exclude the mover's later starts."""
    for bound, stays_put in {(int(a), bool(b)) for a, b in zip(limit, at_rest, strict=True)}:
        these = some[(limit == bound) & (at_rest == stays_put)]
        late = own[places.start[own] > bound]
        if stays_put and len(late):
            parts = [Terms.of(0, variables[these], 1), Terms.of(0, variables[late], 1)]
            model.rows(1, Terms.joined(parts), -INFINITE, 1)
        elif not stays_put:
            early = own[places.start[own] <= bound]
            parts = [Terms.of(0, variables[these], 1), Terms.of(0, variables[early], -1)]
            model.rows(1, Terms.joined(parts), -INFINITE, 0)

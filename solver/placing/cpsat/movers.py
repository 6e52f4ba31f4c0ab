"""Transfers: the stay a request continues ends when the request's own stay starts.

Let F be that stay, in a bed with turnaround f. If its mover starts at s, F lasts [F.start, min(s, F.end)) and
is gone if s <= F.start; if the mover is unplaced F stays as it is. Another's place that starts at t and would
meet F as it is (f minutes of cleaning included) gets along with it exactly if the mover starts early enough:

    in F's bed:                                             s <= max(F.start, t - f)
    in another bed of F's room, if the two persons clash:   s <= max(F.start, t)

so that   sum of such places of one request   <=   sum of the mover's places with such a start.

Against stays that are fixed, a start of the mover is left out if it makes F break more of any hard rule. What
the fixed stays break now is never traded against new breaches, though a count of all would allow it.
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
from solver.placing.cpsat.scene import FIRST, NEVER, Scene, scene_of
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
    resting: int | None = None
    for start in scene.starts[request].tolist():
        variant = _shortened(scene.stays.records[stay], start)
        after = _counts(scene, stay, variant)
        good.append(all(after[rule.id] <= before[rule.id] for rule in rules.HARD if scene.active(rule)))
        change = sum(scene.weight(rule) * (after[rule.id] - before[rule.id]) for rule in rules.SOFT)
        if variant is None and resting is None:
            # Asked for only by who has not come yet: it reads the whole hospital.
            resting = _resting_price(scene, stay)
        price.append(change - (resting or 0 if variant is None else 0))
    return Moved(request, stay, np.array(good, bool), np.array(price, np.int64))


def _resting_price(scene: Scene, number: int) -> int:
    """What the stay costs by lying where it lies, saved if it is given up altogether."""
    stay = scene.stays.records[number]
    if not scene.stays.main[number]:
        return 0
    like = Request("left", stay.person_id, Priority.ROUTINE, stay.care, 0, scene.now, 1)
    return int(fit.bed_prices(scene_of(scene.records, [like], {}), 0)[scene.stays.bed[number]])


def _shortened(stay: Stay, start: int) -> Stay | None:
    return replace(stay, end=min(start, stay.end)) if stay.start < start else None


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
        own = np.flatnonzero((places.request == scene.stays.mover[number]) & (main == 1))
        others = np.flatnonzero(places.request != scene.stays.mover[number])
        for _, some in groups_of(2 * places.request[others] + main[others]):
            these = others[some]
            limit = _limits(scene, number, places.chosen(these), main[these])
            for bound in np.unique(limit[limit < NEVER]):
                early = own[places.start[own] <= bound]
                parts = [
                    Terms.of(0, variables[these[limit == bound]], 1),
                    Terms.of(0, variables[early], -1),
                ]
                model.rows(1, Terms.joined(parts), -INFINITE, 0)
            if scene.stays.predicted[number] and main[these[0]]:
                _unpredicted(scene, model, number, places, variables, these, own)


def _limits(scene: Scene, number: int, places: Options, main: Int64) -> Int64:
    """Latest start of the mover that each place gets along with; ``NEVER`` if it does not meet F at all."""
    stays, bed = scene.stays, scene.stays.bed[number]
    start, end, pause = stays.start[number], stays.end[number], stays.turnaround[number]
    limit = np.full(places.size, NEVER)
    cleaning = scene.turnaround[places.request, scene.beds.room[places.bed]] * stays.must_be_clean[number]
    here = (places.bed == bed) & (places.end + cleaning > start) & (places.start < end + pause)
    limit[here] = np.maximum(start, places.start - pause)[here]
    room = scene.beds.room[bed]
    first = np.array(scene.rooms.policy[room] == FIRST)
    person = scene.people.at(places.request)
    beside = (scene.beds.room[places.bed] == room) & (places.bed != bed) & (main == 1) & stays.main[number]
    beside &= (
        (places.end > start) & (places.start < end) & clash(scene, person, stays.people.at(number), first)
    )
    limit[beside] = np.maximum(start, places.start)[beside]
    return limit


def _unpredicted(
    scene: Scene, model: LinearModel, number: int, places: Options, variables: Int64, some: Int64, own: Int64
) -> None:
    """Places after F were charged for a departure that is only predicted: not if F is given up altogether."""
    stays = scene.stays
    gone = own[places.start[own] <= stays.start[number]]
    rivals = stays.predicted & (stays.bed == stays.bed[number]) & (stays.mover < 0)
    until = np.append(stays.end[rivals], NEVER).min()
    after = (places.bed == stays.bed[number]) & (places.start > stays.start[number]) & (places.start < until)
    these = some[after[some]]
    if len(gone) and len(these):
        both = model.variables(1, 1, -scene.weight(rules.PREDICTED_DEPARTURE))
        for side in (these, gone):
            parts = [Terms.of(0, both, 1), Terms.of(0, variables[side], -1)]
            model.rows(1, Terms.joined(parts), -INFINITE, 0)
        model.derive(both, Terms.of(0, variables[np.concatenate([these, gone])], 1), -1)

"""What new stays do to each other in beds and rooms.

Time is looked at where the set of stays present is largest: intervals pairwise overlap exactly when all are
present at the latest of their starts (Helly), so one row at each such minute forbids every clash.

Bed:        sum of places whose [start, end + turnaround) holds t               <= 1
Companion:  sum of companion's places in a room at a start                       = sum of main places there
Room:       per class c of persons present in the room at t a variable u_c >= every bed's places of that class;
            sum of u_c over classes that exclude each other                      <= 1
            and sum of places of a class whose own members exclude each other    <= 1
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.options import Options, clash
from solver.placing.cpsat.scene import FIRST, Scene

MOST_TERMS: Final = 1_000_000
"""Handed to the model together: it keeps them in a third of the memory."""


def full_moments(start: Int64, end: Int64) -> Int64:
    """Starts after which an interval ends before the next one starts: where a set of intervals is maximal."""
    starts, ends = np.unique(start), np.unique(end)
    following = np.append(starts[1:], ends[-1] + 1)
    ended = np.searchsorted(ends, following, side="right") > np.searchsorted(ends, starts, side="right")
    return starts[ended]


def groups_of(keys: Int64) -> Iterator[tuple[int, Int64]]:
    """Each key with the positions that have it."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    values, first = np.unique(keys[order], return_index=True)
    yield from zip(values.tolist(), np.split(order, first[1:]), strict=True)


def bed_rows(scene: Scene, model: LinearModel, places: Options, variables: Int64) -> None:
    """One stay at a time in a bed, cleaning included; ``places`` of main stays and companions alike."""
    until = places.end + scene.turnaround[places.request, scene.beds.room[places.bed]]
    parts: list[Terms] = []
    count = size = 0
    for _, some in groups_of(places.bed):
        if (places.request[some] == places.request[some[0]]).all() and len(set(places.index[some])) == len(
            some
        ):
            continue
        start, end = places.start[some], until[some]
        for moment in full_moments(start, end):
            present = some[(start <= moment) & (moment < end)]
            if len(present) > 1:
                parts.append(Terms.of(count, variables[present], 1))
                count, size = count + 1, size + len(present)
        if size > MOST_TERMS:
            model.rows(count, Terms.joined(parts), -INFINITE, 1)
            parts, count, size = [], 0, 0
    model.rows(count, Terms.joined(parts), -INFINITE, 1)


def companion_rows(
    scene: Scene, model: LinearModel, main: Options, x: Int64, beside: Options, y: Int64
) -> None:
    """Main stay and companion lie in one room from one start."""
    if not beside.size:
        return
    with_companion = np.isin(main.request, np.unique(beside.request))
    main, x = main.chosen(with_companion), x[with_companion]
    starts = max(len(grid) for grid in scene.starts)

    def key(places: Options) -> Int64:
        rooms = scene.beds.room[places.bed]
        return (places.request * len(scene.rooms.ids) + rooms) * starts + places.index

    keys = np.unique(np.concatenate([key(main), key(beside)]))
    terms = Terms.joined(
        [
            Terms.of(np.searchsorted(keys, key(main)), x, 1),
            Terms.of(np.searchsorted(keys, key(beside)), y, -1),
        ]
    )
    model.rows(len(keys), terms, 0, 0)


def room_rows(scene: Scene, model: LinearModel, main: Options, x: Int64) -> None:
    """Who must not share a room does not meet there."""
    tables = {first: _Classes(scene, first) for first in (False, True)}
    rooms = scene.beds.room[main.bed]
    for room, some in groups_of(rooms):
        beds = main.bed[some]
        if (beds == beds[0]).all():
            continue
        classes = tables[bool(scene.rooms.policy[room] == FIRST)]
        if classes.clash_among(np.unique(main.request[some])):
            for moment in full_moments(main.start[some], main.end[some]):
                present = some[(main.start[some] <= moment) & (moment < main.end[some])]
                _moment_rows(model, main, x, present, classes)


class _Classes:
    """Requests whose persons get along with the same others form one class.

    Persons who are named in a keep-apart order, or ask twice, are classes of their own.
    """

    def __init__(self, scene: Scene, first: bool) -> None:
        people, count = scene.people, len(scene.requests)
        named = {person for pair in scene.apart for person in pair}
        persons = people.person.tolist()
        special = [p if p in named or persons.count(p) > 1 else -1 for p in persons]
        sex = people.sex if first else np.zeros(count, np.int64)
        traits = zip(
            sex.tolist(), people.isolated.tolist(), people.protective.tolist(), people.cohort.tolist(),
            people.exposed.tolist(), special, strict=True,
        )  # fmt: skip
        numbers: dict[object, int] = {}
        self.of_request = np.array([numbers.setdefault(trait, len(numbers)) for trait in traits], np.int64)
        examples = np.unique(self.of_request, return_index=True)[1] if count else np.zeros(0, np.int64)
        one = people.at(np.repeat(examples, len(examples)))
        other = people.at(np.tile(examples, len(examples)))
        self.clashes = clash(scene, one, other, np.array(first)).reshape(len(examples), len(examples))
        ordinary = np.array(special, np.int64)[examples] < 0
        self.alone = self._alone(scene, examples, first) & ordinary

    def _alone(self, scene: Scene, examples: Int64, first: bool) -> Bool:
        """Whether two different persons of one class would clash."""
        some = scene.people.at(examples)
        twins = type(some)(
            some.sex, some.isolated, some.protective, some.cohort, some.exposed, -1 - some.person
        )
        return clash(scene, some, twins, np.array(first))

    def clash_among(self, requests: Int64) -> bool:
        """Whether any two of them clash."""
        classes = self.of_request[requests]
        kinds = np.unique(classes)
        if self.clashes[np.ix_(kinds, kinds)].any():
            return True
        return any(self.alone[kind] and (classes == kind).sum() > 1 for kind in kinds)


def _moment_rows(model: LinearModel, main: Options, x: Int64, present: Int64, classes: _Classes) -> None:
    """Rows of one room at one minute."""
    kind = classes.of_request[main.request[present]]
    kinds = np.unique(kind)
    for one in kinds[classes.alone[kinds]]:
        model.rows(1, Terms.of(0, x[present[kind == one]], 1), -INFINITE, 1)
    among = classes.clashes[np.ix_(kinds, kinds)]
    involved = kinds[among.any(axis=1)]
    if len(involved) < 2 or not _can_meet(main, present, kind, classes):
        return
    there = {one: _presence(model, main, x, present[kind == one]) for one in involved.tolist()}
    for clique in cliques(involved.tolist(), classes.clashes):
        model.rows(1, Terms.of(0, np.array([there[one] for one in clique]), 1), -INFINITE, 1)


def _can_meet(main: Options, present: Int64, kind: Int64, classes: _Classes) -> bool:
    """Whether two that clash have places in two different beds."""
    pairs = np.unique(np.stack([main.bed[present], kind]), axis=1).T.tolist()
    return any(one[0] != two[0] and classes.clashes[one[1], two[1]] for one, two in combinations(pairs, 2))


def _presence(model: LinearModel, main: Options, x: Int64, some: Int64) -> int:
    """A variable that is 1 if any of some places is taken."""
    there = model.variables(1)
    parts, count = [], 0
    for _, places in groups_of(main.bed[some]):
        parts += [Terms.of(count, x[some[places]], 1), Terms.of(count, there, -1)]
        count += 1
    model.rows(count, Terms.joined(parts), -INFINITE, 0)
    model.derive(there, Terms.of(0, x[some], 1))
    return int(there[0])


def cliques(members: list[int], clashes: Bool) -> Iterator[list[int]]:
    """Sets of members that all exclude each other, covering every pair that does."""
    open_pairs = {(a, b) for a, b in combinations(members, 2) if clashes[a, b]}
    while open_pairs:
        clique = list(min(open_pairs))
        for one in members:
            if one not in clique and all(clashes[one, other] for other in clique):
                clique.append(one)
        open_pairs -= {(a, b) for a, b in combinations(sorted(clique), 2)}
        yield clique

"""Units of equipment: which class of units serves which need, and that there are enough at every minute.

Units are of one *class* if type, home ward, owner, lendability and blocked minutes agree. With place (ward,
start) of a request, a unit of the class would be blocked during
    [start + offset - transport(home, ward), end of use + turnaround)
Blocked intervals of one class form an interval graph, so n units suffice exactly if no minute is covered more
than n times; physical units are then dealt out in order of start.

    z[need, class, ward, p] in 0..count     units used, for the starts of pattern p
    sum over classes and patterns of z[need, ., ward, .]  = count * sum of places in the ward
    z[need, class, ward, p]                              <= count * sum of places in the ward with a start of p
    sum of z over needs that hold t                      <= n of the class, at each t where most overlap

Starts share a *pattern* of a class if they hold the same of those minutes t: then nothing else tells them
apart. Classes that a need can do without, because cheaper ones cannot run out, are left out.

A class with many users would take a variable for nearly every start of each. It is *relaxed*: it gets one
row, at the minute t that most uses hold whatever their start, and rows at the minutes a plan was found to
overbook. The bound stays a bound; a plan that overbooks is caught when units are dealt out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import Allocation, UnitUse
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.options import Options
from solver.placing.cpsat.rooms import full_moments, groups_of
from solver.placing.cpsat.scene import Scene
from solver.placing.cpsat.unit_classes import UnitStore, Use

MOST_PATTERNS: Final = 100
"""Variables one class may take before it is relaxed: at a district of 300 beds and a batch of 200, all classes
of all types take 149,000 if none is, 18,000 with this limit."""

PlacesByWard = Mapping[int, Mapping[int, Int64]]
"""Positions of places by request and ward."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A variable: units of a class used for a need on a ward, at some starts (by index)."""

    need: int
    ward: int
    kind: int
    index: Int64
    variable: int


class UnitRows:
    """Adds needs and classes to a model; reads and writes the units of plans."""

    def __init__(self, scene: Scene, detail: Detail) -> None:
        self._scene = scene
        self._detail = detail
        self._store = UnitStore(scene)
        self._kept = {
            (number, self._store.class_of_unit.get(use.unit_id, -1))
            for number, request in enumerate(scene.requests)
            for use in _units_of(detail.kept.get(request.id))
        }
        self._keepers = {number for number, _ in self._kept}
        self.patterns: list[Pattern] = []
        self._patterns_at: defaultdict[tuple[int, int], list[Pattern]] = defaultdict(list)
        self.overbooked: defaultdict[str, set[int]] = defaultdict(set)
        self._booked: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)

    def admitted(self, main: Options) -> Bool:
        """Which places could be served if nobody else asked."""
        good, store = np.ones(main.size, bool), self._store
        places = self._places(main)
        for number, item in enumerate(store.needs):
            for ward, some in places.get(item.request, {}).items():
                index = np.unique(main.index[some])
                stock = np.zeros(len(self._scene.starts[item.request]), np.int64)
                for use in store.uses(number, ward, index):
                    stock[use.index] += len(store.classes[use.offer.kind].units)
                    if (stock[index] >= item.need.count).all():
                        break
                good[some] &= stock[main.index[some]] >= item.need.count
        return good

    def _places(self, main: Options) -> dict[int, dict[int, Int64]]:
        count = len(self._scene.records.wards)
        wards = self._scene.beds.ward[main.bed]
        found: dict[int, dict[int, Int64]] = {}
        for key, some in groups_of(main.request * count + wards):
            found.setdefault(key // count, {})[key % count] = some
        return found

    def add(self, model: LinearModel, main: Options, x: Int64) -> None:
        """Variables and rows of every need."""
        places = self._places(main)
        of_class: defaultdict[int, list[Use]] = defaultdict(list)
        most = self._most_asked(places)
        for number, item in enumerate(self._store.needs):
            for ward, some in places.get(item.request, {}).items():
                for use in self._needed(number, ward, np.unique(main.index[some]), most):
                    of_class[use.offer.kind].append(use)
        for kind, uses in of_class.items():
            self._class_rows(model, kind, uses)
        self._need_rows(model, main, x, places)

    def _most_asked(self, places: PlacesByWard) -> Mapping[str, int]:
        """Units of each type that all requests with a place could ask for together."""
        asked: defaultdict[str, int] = defaultdict(int)
        for item in self._store.needs:
            if item.request in places:
                for type_id in self._store.accepted(item.need):
                    asked[type_id] += item.need.count
        return asked

    def _needed(self, number: int, ward: int, index: Int64, most: Mapping[str, int]) -> Iterator[Use]:
        """The cheapest uses, until those free at every start cannot run out.

        If the classes kept of one type have as many units as all needs of that type could take together, one
        of them is always free, and at no greater cost than any class left out.
        """
        request = self._store.needs[number].request
        always: defaultdict[str, int] = defaultdict(int)
        enough = False
        for use in self._store.uses(number, ward, index):
            if not enough or self._detail.everything or (request, use.offer.kind) in self._kept:
                yield use
            if len(use.index) == len(index):
                one = self._store.classes[use.offer.kind]
                always[one.type_id] += len(one.units)
                enough = enough or always[one.type_id] >= most[one.type_id]
            if enough and not self._detail.everything and request not in self._keepers:
                return

    def _class_rows(self, model: LinearModel, kind: int, uses: list[Use]) -> None:
        """Patterns of a class and the rows that keep it from running out."""
        stock = len(self._store.classes[kind].units)
        moments, holds = self._moments(kind, uses)
        ends = np.cumsum([len(use.index) for use in uses])[:-1]
        found: list[tuple[Use, Int64, Bool]] = []
        for use, held in zip(uses, np.split(holds, ends, axis=1), strict=True):
            found += [(use, use.index[mine], held[:, mine[0]]) for mine in _alike(held)]
        most = [min(self._store.needs[use.need].need.count, stock) for use, _, _ in found]
        costs = [use.offer.cost for use, _, _ in found]
        variables = model.variables(len(found), np.array(most), np.array(costs))
        for (use, index, _), variable in zip(found, variables.tolist(), strict=True):
            self._remember(Pattern(use.need, use.ward, kind, index, variable))
        row, column = np.nonzero(np.stack([held for _, _, held in found], axis=1))
        model.rows(len(moments), Terms.of(row, variables[column], 1), -INFINITE, stock)

    def _remember(self, pattern: Pattern) -> None:
        self.patterns.append(pattern)
        self._patterns_at[pattern.need, pattern.ward].append(pattern)

    def _moments(self, kind: int, uses: list[Use]) -> tuple[Int64, Bool]:
        """The minutes at which a class gets a row, and whether each use and start holds them."""
        one = self._store.classes[kind]
        first, until = (np.concatenate([getattr(use, name) for use in uses]) for name in ("first", "until"))
        moments = full_moments(first, until)
        holds = _held(moments, first, until)
        short = self._asked(uses, holds) > len(one.units)
        patterns = sum(min(len(use.index), int(short.sum())) for use in uses)
        if self._detail.everything or patterns <= MOST_PATTERNS:
            return moments[short], holds[short]
        overbooked = np.array(sorted(self._detail.overbooked.get(one.units[0], ())), np.int64)
        always = self._by_every_start(uses, holds)
        busiest = self._asked(uses, always).argmax()
        found = np.concatenate([moments[[busiest]], overbooked])
        return found, np.concatenate([always[[busiest]], _held(overbooked, first, until)])

    def _by_every_start(self, uses: list[Use], holds: Bool) -> Bool:
        """The same, but held only where every start of the use holds."""
        lengths = [len(use.index) for use in uses]
        firsts = np.cumsum([0, *lengths[:-1]])
        return np.repeat(np.logical_and.reduceat(holds, firsts, axis=1), lengths, axis=1)

    def _asked(self, uses: list[Use], holds: Bool) -> Int64:
        """Most units of one class that can be asked for at each minute: each need once."""
        asked = np.zeros(len(holds), np.int64)
        need = np.repeat([use.need for use in uses], [len(use.index) for use in uses])
        for number, some in groups_of(need):
            asked += self._store.needs[number].need.count * holds[:, some].any(axis=1)
        return asked

    def _need_rows(self, model: LinearModel, main: Options, x: Int64, places: PlacesByWard) -> None:
        """A need is met in full where its stay is, by units free at its start."""
        whole: list[Terms] = []
        parts: list[Terms] = []
        limits = 0
        for row, ((number, ward), patterns) in enumerate(self._patterns_at.items()):
            item = self._store.needs[number]
            some = places[item.request][ward]
            index, mine = main.index[some], x[some]
            z = np.array([pattern.variable for pattern in patterns])
            whole += [Terms.of(row, z, 1), Terms.of(row, mine, -item.need.count)]
            starts = len(np.unique(index))
            for pattern in patterns:
                if len(pattern.index) < starts:
                    at = mine[np.isin(index, pattern.index)]
                    parts += [Terms.of(limits, np.array([pattern.variable]), 1)]
                    parts += [Terms.of(limits, at, -item.need.count)]
                    limits += 1
        model.rows(len(self._patterns_at), Terms.joined(whole), 0, 0)
        model.rows(limits, Terms.joined(parts), -INFINITE, 0)

    def variables(self) -> Int64:
        """All variables."""
        return np.array([pattern.variable for pattern in self.patterns], np.int64)

    def written(self, request: int, allocation: Allocation, ward: int, index: int) -> dict[int, int] | None:
        """Values of the variables for one allocation's units; None if they are none the model knows, or taken
        already by an allocation written since :meth:`forget`."""
        values: dict[int, int] = {}
        open_uses = list(allocation.units)
        for number, item in enumerate(self._store.needs):
            if item.request == request:
                mine = [use for use in open_uses if use.type_id == item.need.type_id]
                open_uses = [use for use in open_uses if use.type_id != item.need.type_id]
                if len(mine) != item.need.count or not self._write(number, mine, ward, index, values):
                    return None
        return None if open_uses else values

    def _write(self, number: int, uses: list[UnitUse], ward: int, index: int, values: dict[int, int]) -> bool:
        patterns = self._patterns_at[number, ward]
        by_class = {pattern.kind: pattern.variable for pattern in patterns if index in pattern.index}
        for use in uses:
            variable = by_class.get(self._store.class_of_unit.get(use.unit_id, -1))
            if variable is None or use != self._store.unit_use(number, use.unit_id, index):
                return False
            kind = self._store.class_of_unit[use.unit_id]
            if not self._book(use.unit_id, *self._blocked(number, ward, kind, index)):
                return False
            values[variable] = values.get(variable, 0) + 1
        return True

    def _book(self, unit_id: str, first: int, until: int) -> bool:
        """Whether a unit is free; it is then taken."""
        spans = self._booked[unit_id]
        free = all(until <= start or end <= first for start, end in spans)
        spans.append((first, until))
        return free

    def forget(self) -> None:
        """Begin to write another plan."""
        self._booked.clear()

    def read(
        self, values: Int64, wards: Mapping[int, int], indexes: Mapping[int, int]
    ) -> dict[int, list[UnitUse]]:
        """Physical units of each request, dealt out class by class in order of start.

        Where a relaxed class runs out, ``overbooked`` tells the minute, and the unit is missing.
        """
        self.overbooked.clear()
        asked: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for pattern in self.patterns:
            request = self._store.needs[pattern.need].request
            count = int(values[pattern.variable])
            if count and wards.get(request) == pattern.ward and indexes[request] in pattern.index:
                span = self._blocked(pattern.need, pattern.ward, pattern.kind, indexes[request])
                asked[pattern.kind] += [(*span, pattern.need)] * count
        given: defaultdict[int, list[UnitUse]] = defaultdict(list)
        for kind, spans in asked.items():
            units = self._store.classes[kind].units
            for first, number, unit_id in _dealt(spans, units):
                request = self._store.needs[number].request
                if unit_id is None:
                    self.overbooked[units[0]].add(first)
                else:
                    given[request].append(self._store.unit_use(number, unit_id, indexes[request]))
        return given

    def _blocked(self, number: int, ward: int, kind: int, index: int) -> tuple[int, int]:
        """The minutes a unit of a class is blocked by a need on a ward from a start."""
        uses = self._store.uses(number, ward, np.array([index]))
        use = next(use for use in uses if use.offer.kind == kind)
        return int(use.first[0]), int(use.until[0])


def _units_of(allocation: Allocation | None) -> tuple[UnitUse, ...]:
    return () if allocation is None else allocation.units


def _held(moments: Int64, first: Int64, until: Int64) -> Bool:
    """Whether each interval holds each minute (n_moments, n_intervals)."""
    return (first <= moments[:, None]) & (moments[:, None] < until)


def _alike(held: Bool) -> list[Int64]:
    """Positions of equal columns."""
    if not len(held):
        return [np.arange(held.shape[1])]
    found: defaultdict[bytes, list[int]] = defaultdict(list)
    for position, column in enumerate(np.packbits(held, axis=0).T):
        found[column.tobytes()].append(position)
    return [np.array(positions) for positions in found.values()]


def _dealt(
    spans: list[tuple[int, int, int]], units: tuple[str, ...]
) -> Iterator[tuple[int, int, str | None]]:
    """Begin and need of each span with a unit free by then; None where there is none."""
    free_at = dict.fromkeys(units, -INFINITE)
    for first, until, number in sorted(spans):
        unit = min(units, key=lambda unit: (free_at[unit] > first, unit))
        if free_at[unit] > first:
            yield first, number, None
            continue
        free_at[unit] = until
        yield first, number, unit

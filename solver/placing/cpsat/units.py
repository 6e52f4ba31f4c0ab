"""Units of equipment: which kind of unit serves which need, and that there are enough at every minute.

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

A class with many users would take a variable for nearly every start of each. It is *relaxed*: of its minutes
t only the one asked for most has a row, and those a plan was found to overbook. The bound stays a bound; a
plan that overbooks is caught when units are dealt out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64
from solver.equipment import rules
from solver.hospital import (
    Allocation,
    BookingKind,
    EquipmentNeed,
    Minute,
    Unit,
    UnitBooking,
    UnitUse,
    Ward,
    transport_minutes,
)
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.options import Options
from solver.placing.cpsat.rooms import full_moments, groups_of
from solver.placing.cpsat.scene import Scene
from solver.placing.records import Records


MOST_PATTERNS: Final = 300
"""Variables one class may take before it is relaxed: at a district of 300 beds and a batch of 200, all classes
of all types take 149,000 if none is, 20,000 with this limit."""


@dataclass(frozen=True, slots=True)
class UnitClass:
    """Units that differ in nothing but their id. ``blocked``: sorted intervals in which all of them are."""

    type_id: str
    home: Ward
    owner: str | None
    lendable: bool
    turnaround: int
    blocked: tuple[tuple[Minute, Minute], ...]
    units: tuple[str, ...]


def classes_of(records: Records) -> dict[str, list[UnitClass]]:
    """Usable units by type, in classes."""
    found: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for unit in records.units.values():
        if unit.state.usable:
            key = (unit.type_id, unit.ward_id, unit.owner_ward_id, unit.lendable, _blocked(unit, records))
            found[key].append(unit.id)
    classes: defaultdict[str, list[UnitClass]] = defaultdict(list)
    for key, units in found.items():
        type_id, ward_id, owner, lendable, blocked = key
        turnaround = records.equipment_types[str(type_id)].turnaround_minutes
        home = records.wards[str(ward_id)]
        one = UnitClass(str(type_id), home, owner, bool(lendable), turnaround, blocked, tuple(sorted(units)))  # type: ignore[arg-type]
        classes[one.type_id].append(one)
    return classes


def _blocked(unit: Unit, records: Records) -> tuple[tuple[Minute, Minute], ...]:
    bookings = (records.unit_bookings[b] for b in records.bookings_of_unit.get(unit.id, ()))
    return tuple(sorted(_interval(unit, booking, records) for booking in bookings))


def _interval(unit: Unit, booking: UnitBooking, records: Records) -> tuple[Minute, Minute]:
    if booking.kind is BookingKind.MAINTENANCE:
        return booking.start, booking.end
    way = transport(records.wards[unit.ward_id], records.wards[booking.ward_id], records)
    return booking.start - way, booking.end + records.equipment_types[unit.type_id].turnaround_minutes


def transport(home: Ward, ward: Ward, records: Records) -> int:
    """Minutes to bring a unit from its home to a ward."""
    return transport_minutes(records.sites[home.site_id], home, ward)


def _units_of(allocation: Allocation | None) -> tuple[UnitUse, ...]:
    return () if allocation is None else allocation.units


@dataclass(frozen=True, slots=True)
class Use:
    """How a class may serve one need on one ward: cost of a unit, and per start the minutes it is blocked."""

    need: int
    ward: int
    kind: int
    cost: int
    index: Int64
    first: Int64
    until: Int64


@dataclass(frozen=True, slots=True)
class Need:
    """One need of one request."""

    request: int
    need: EquipmentNeed


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
        self._wards = list(scene.records.wards.values())
        self.needs = [Need(r, need) for r, request in enumerate(scene.requests) for need in request.equipment]
        wanted = {type_id for item in self.needs for type_id in self._accepted(item.need)}
        by_type = classes_of(scene.records)
        self.classes = [one for type_id in sorted(wanted) for one in by_type.get(type_id, ())]
        self._kinds: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.classes):
            self._kinds[one.type_id].append(number)
        self.class_of_unit = {unit: number for number, one in enumerate(self.classes) for unit in one.units}
        self._kept = {
            (number, self.class_of_unit.get(use.unit_id, -1))
            for number, request in enumerate(scene.requests)
            for use in _units_of(detail.kept.get(request.id))
        }
        self.patterns: list[Pattern] = []
        self.overbooked: defaultdict[str, set[int]] = defaultdict(set)

    def _accepted(self, need: EquipmentNeed) -> tuple[str, ...]:
        """Types that may serve, best first; none if the type is not known."""
        kind = self._scene.records.equipment_types.get(need.type_id)
        return () if kind is None else (need.type_id, *kind.substitutes)

    def admitted(self, main: Options) -> Bool:
        """Which places could be served if nobody else asked."""
        good = np.ones(main.size, bool)
        places = self._places(main)
        for number, item in enumerate(self.needs):
            for ward, some in places.get(item.request, {}).items():
                stock = np.zeros(len(self._scene.starts[item.request]), np.int64)
                for use in self._uses(number, ward, np.unique(main.index[some])):
                    stock[use.index] += len(self.classes[use.kind].units)
                good[some] &= stock[main.index[some]] >= item.need.count
        return good

    def _places(self, main: Options) -> dict[int, dict[int, Int64]]:
        """Positions of places by request and ward."""
        wards = self._scene.beds.ward[main.bed]
        found: dict[int, dict[int, Int64]] = {}
        for key, some in groups_of(main.request * len(self._wards) + wards):
            found.setdefault(key // len(self._wards), {})[key % len(self._wards)] = some
        return found

    def _uses(self, number: int, ward: int, index: Int64) -> Iterator[Use]:
        """Every class that may serve a need on a ward at some of the starts (by index)."""
        need, request = self.needs[number].need, self.needs[number].request
        start = self._scene.starts[request][index]
        duration = self._scene.requests[request].duration_minutes
        begin = start + need.offset_minutes
        end = start + duration if need.duration_minutes is None else begin + need.duration_minutes
        for steps, type_id in enumerate(self._accepted(need)):
            for kind in self._kinds.get(type_id, ()):
                use = self._use(number, ward, kind, steps, index, begin, end)
                if use is not None:
                    yield use

    def _use(
        self, number: int, ward: int, kind: int, steps: int, index: Int64, begin: Int64, end: Int64
    ) -> Use | None:
        one, place, scene = self.classes[kind], self._wards[ward], self._scene
        foreign = one.owner is not None and one.owner != place.id and not one.lendable
        if foreign and scene.active(rules.UNIT_LENT):
            return None
        way = transport(one.home, place, scene.records)
        first, until = begin - way, end + one.turnaround
        free = np.ones(len(index), bool)
        for start, stop in one.blocked:
            free &= (until <= start) | (stop <= first)
        if not free.any():
            return None
        cost = way * scene.weight(rules.UNIT_DISTANCE) + steps * scene.weight(rules.UNIT_SUBSTITUTE)
        return Use(number, ward, kind, cost, index[free], first[free], until[free])

    def add(self, model: LinearModel, main: Options, x: Int64) -> None:
        """Variables and rows of every need."""
        places = self._places(main)
        chosen: list[Use] = []
        most = self._most_asked(places)
        for number, item in enumerate(self.needs):
            for ward, some in places.get(item.request, {}).items():
                index = np.unique(main.index[some])
                chosen += self._needed(list(self._uses(number, ward, index)), index, most)
        self._serve(model, main, x, places, chosen)

    def _most_asked(self, places: Mapping[int, Mapping[int, Int64]]) -> Mapping[str, int]:
        """Units of each type that all requests with a place could ask for together."""
        asked: defaultdict[str, int] = defaultdict(int)
        for item in self.needs:
            if item.request in places:
                for type_id in self._accepted(item.need):
                    asked[type_id] += item.need.count
        return asked

    def _needed(self, uses: list[Use], index: Int64, most: Mapping[str, int]) -> list[Use]:
        """The cheapest uses, until those free at every start cannot run out.

        If the classes kept of one type have as many units as all needs of that type could take together, one
        of them is always free, and at no greater cost than any class left out.
        """
        kept: list[Use] = []
        always: defaultdict[str, int] = defaultdict(int)
        enough = False
        for use in sorted(uses, key=lambda use: use.cost):
            one = self.classes[use.kind]
            if enough and not self._detail.everything and (self.needs[use.need].request, use.kind) not in self._kept:
                continue
            kept.append(use)
            always[one.type_id] += len(one.units) if len(use.index) == len(index) else 0
            enough = enough or always[one.type_id] >= most[one.type_id]
        return kept

    def _serve(
        self, model: LinearModel, main: Options, x: Int64, places: Mapping[int, Mapping[int, Int64]],
        chosen: list[Use],
    ) -> None:  # fmt: skip
        of_class: defaultdict[int, list[Use]] = defaultdict(list)
        for use in chosen:
            of_class[use.kind].append(use)
        for kind, uses in of_class.items():
            self._class_rows(model, kind, uses)
        served: defaultdict[tuple[int, int], list[Pattern]] = defaultdict(list)
        for pattern in self.patterns:
            served[pattern.need, pattern.ward].append(pattern)
        for (number, ward), patterns in served.items():
            item = self.needs[number]
            some = places[item.request][ward]
            self._need_rows(model, item.need.count, main.index[some], x[some], patterns)

    def _class_rows(self, model: LinearModel, kind: int, uses: list[Use]) -> None:
        """Patterns of a class and the rows that keep it from running out."""
        stock = len(self.classes[kind].units)
        moments = self._moments(kind, uses)
        rows: list[list[int]] = [[] for _ in moments]
        for use in uses:
            holds = np.array([(use.first <= t) & (t < use.until) for t in moments], bool).reshape(-1, len(use.index))
            count = self.needs[use.need].need.count
            _, group = np.unique(holds, axis=1, return_inverse=True) if len(moments) else (0, np.zeros(len(use.index), int))
            for part in np.unique(group):
                mine = np.flatnonzero(group.ravel() == part)
                variable = int(model.variables(1, min(count, stock), use.cost)[0])
                self.patterns.append(Pattern(use.need, use.ward, kind, use.index[mine], variable))
                for row in np.flatnonzero(holds[:, mine[0]]):
                    rows[row].append(variable)
        parts = [Terms.of(row, np.array(columns, np.int64), 1) for row, columns in enumerate(rows)]
        model.rows(len(rows), Terms.joined(parts), -INFINITE, stock)

    def _moments(self, kind: int, uses: list[Use]) -> list[int]:
        """The minutes at which a class gets a row."""
        stock = len(self.classes[kind].units)
        first, until = (np.concatenate([getattr(use, name) for use in uses]) for name in ("first", "until"))
        asked = {t: self._asked_at(uses, t) for t in full_moments(first, until).tolist()}
        moments = [t for t in asked if asked[t] > stock]
        patterns = sum(min(len(use.index), len(moments)) for use in uses)
        if self._detail.everything or patterns <= MOST_PATTERNS:
            return moments
        overbooked = self._detail.overbooked.get(self.classes[kind].units[0], frozenset())
        return sorted({max(moments, key=lambda t: asked[t]), *overbooked})

    def _asked_at(self, uses: list[Use], moment: int) -> int:
        """Most units of one class that can be asked for at a minute: each need once."""
        needs = {use.need for use in uses if ((use.first <= moment) & (moment < use.until)).any()}
        return sum(self.needs[number].need.count for number in needs)

    def _need_rows(
        self, model: LinearModel, count: int, index: Int64, x: Int64, patterns: list[Pattern]
    ) -> None:
        """A need is met in full where its stay is, by units free at its start."""
        z = np.array([pattern.variable for pattern in patterns])
        model.rows(1, Terms.joined([Terms.of(0, z, 1), Terms.of(0, x, -count)]), 0, 0)
        starts = np.unique(index)
        for pattern in patterns:
            if len(pattern.index) < len(starts):
                mine = x[np.isin(index, pattern.index)]
                only = np.array([pattern.variable])
                model.rows(1, Terms.joined([Terms.of(0, only, 1), Terms.of(0, mine, -count)]), -INFINITE, 0)

    def variables(self) -> Int64:
        """All variables."""
        return np.array([pattern.variable for pattern in self.patterns], np.int64)

    def written(self, request: int, allocation: Allocation, ward: int, index: int) -> dict[int, int] | None:
        """Values of the variables for one allocation's units; None if they are none the model knows."""
        values: dict[int, int] = {}
        open_uses = list(allocation.units)
        for number, item in enumerate(self.needs):
            if item.request == request:
                mine = [use for use in open_uses if use.type_id == item.need.type_id]
                open_uses = [use for use in open_uses if use.type_id != item.need.type_id]
                if len(mine) != item.need.count or not self._write(number, mine, ward, index, values):
                    return None
        return None if open_uses else values

    def _write(self, number: int, uses: list[UnitUse], ward: int, index: int, values: dict[int, int]) -> bool:
        by_class = {
            pattern.kind: pattern.variable
            for pattern in self.patterns
            if pattern.need == number and pattern.ward == ward and index in pattern.index
        }
        for use in uses:
            variable = by_class.get(self.class_of_unit.get(use.unit_id, -1))
            if variable is None:
                return False
            values[variable] = values.get(variable, 0) + 1
        return True

    def read(self, values: Int64, wards: Mapping[int, int], indexes: Mapping[int, int]) -> dict[int, list[UnitUse]]:
        """Physical units of each request, dealt out class by class in order of start.

        Where a relaxed class runs out, ``overbooked`` tells the minute, and the unit is missing.
        """
        self.overbooked.clear()
        asked: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for pattern in self.patterns:
            request = self.needs[pattern.need].request
            if wards.get(request) == pattern.ward and indexes[request] in pattern.index:
                asked[pattern.kind] += self._spans(pattern, request, indexes[request], int(values[pattern.variable]))
        given: defaultdict[int, list[UnitUse]] = defaultdict(list)
        for kind, spans in asked.items():
            for first, number, unit_id in _dealt(spans, self.classes[kind].units):
                if unit_id is None:
                    self.overbooked[self.classes[kind].units[0]].add(first)
                    continue
                request = self.needs[number].request
                given[request].append(self._unit_use(number, unit_id, indexes[request]))
        return given

    def _spans(self, pattern: Pattern, request: int, index: int, count: int) -> list[tuple[int, int, int]]:
        only = np.array([index])
        for use in self._uses(pattern.need, pattern.ward, only):
            if use.kind == pattern.kind:
                return [(int(use.first[0]), int(use.until[0]), pattern.need)] * count
        return []

    def _unit_use(self, number: int, unit_id: str, index: int) -> UnitUse:
        need, request = self.needs[number].need, self.needs[number].request
        start = int(self._scene.starts[request][index])
        begin = start + need.offset_minutes
        length = need.duration_minutes
        stay_end = start + self._scene.requests[request].duration_minutes
        return UnitUse(need.type_id, unit_id, begin, stay_end if length is None else begin + length)


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

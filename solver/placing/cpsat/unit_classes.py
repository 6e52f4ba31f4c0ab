"""Units of equipment in classes of equals, and which class may serve which need on which ward, cheapest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.engine.types import Int64
from solver.equipment import rules
from solver.hospital import (
    BookingKind,
    EquipmentNeed,
    Minute,
    Unit,
    UnitBooking,
    UnitUse,
    Ward,
    transport_minutes,
)
from solver.placing.cpsat.scene import Scene
from solver.placing.records import Records


@dataclass(frozen=True, slots=True)
class UnitClass:
    """Units that differ in nothing but their id. ``blocked``: intervals in which all of them are."""

    type_id: str
    home: Ward
    owner: str | None
    lendable: bool
    turnaround: int
    blocked: tuple[tuple[Minute, Minute], ...]
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A class that may serve a need on a ward: number of the class, cost of a unit, minutes of transport."""

    kind: int
    cost: int
    way: int


@dataclass(frozen=True, slots=True)
class Need:
    """One need of one request."""

    request: int
    need: EquipmentNeed


@dataclass(frozen=True, slots=True)
class Use:
    """How a class may serve a need on a ward: per start (by index) the minutes a unit would be blocked."""

    need: int
    ward: int
    offer: Offer
    index: Int64
    first: Int64
    until: Int64


class UnitStore:
    """All needs of a batch, and the classes of units that may serve them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._wards = list(scene.records.wards.values())
        self.needs = [Need(r, need) for r, request in enumerate(scene.requests) for need in request.equipment]
        wanted = {type_id for item in self.needs for type_id in self.accepted(item.need)}
        self.classes = [one for one in classes_of(scene.records) if one.type_id in wanted]
        self.class_of_unit = {unit: number for number, one in enumerate(self.classes) for unit in one.units}
        self._kinds: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.classes):
            self._kinds[one.type_id].append(number)
        self._offers: dict[tuple[str, int], list[Offer]] = {}

    def accepted(self, need: EquipmentNeed) -> tuple[str, ...]:
        """Types that may serve, best first; none if the type is not known."""
        kind = self._scene.records.equipment_types.get(need.type_id)
        return () if kind is None else (need.type_id, *kind.substitutes)

    def uses(self, number: int, ward: int, index: Int64) -> Iterator[Use]:
        """Every class that may serve a need on a ward at some of the starts (by index), cheapest first."""
        begin, end = self._span(number, index)
        for offer in self._ranked(self.needs[number].need, ward):
            one = self.classes[offer.kind]
            first, until = begin - offer.way, end + one.turnaround
            if not one.blocked:
                yield Use(number, ward, offer, index, first, until)
                continue
            free = np.ones(len(index), bool)
            for start, stop in one.blocked:
                free &= (until <= start) | (stop <= first)
            if free.any():
                yield Use(number, ward, offer, index[free], first[free], until[free])

    def unit_use(self, number: int, unit_id: str, index: int) -> UnitUse:
        """A unit used for a need from a start (by index)."""
        begin, end = self._span(number, np.array([index]))
        return UnitUse(self.needs[number].need.type_id, unit_id, int(begin[0]), int(end[0]))

    def _span(self, number: int, index: Int64) -> tuple[Int64, Int64]:
        need, request = self.needs[number].need, self.needs[number].request
        start = self._scene.starts[request][index]
        begin = start + need.offset_minutes
        if need.duration_minutes is None:
            return begin, start + self._scene.requests[request].duration_minutes
        return begin, begin + need.duration_minutes

    def _ranked(self, need: EquipmentNeed, ward: int) -> list[Offer]:
        key = need.type_id, ward
        if key not in self._offers:
            found = [
                self._offer(kind, steps, self._wards[ward])
                for steps, type_id in enumerate(self.accepted(need))
                for kind in self._kinds.get(type_id, ())
                if self._lends(self.classes[kind], self._wards[ward])
            ]
            self._offers[key] = sorted(found, key=lambda offer: (offer.cost, offer.kind))
        return self._offers[key]

    def _lends(self, one: UnitClass, ward: Ward) -> bool:
        own = one.owner is None or one.owner == ward.id
        return own or one.lendable or not self._scene.active(rules.UNIT_LENT)

    def _offer(self, kind: int, steps: int, ward: Ward) -> Offer:
        one, weight = self.classes[kind], self._scene.weight
        way = transport(one.home, ward, self._scene.records)
        cost = way * weight(rules.UNIT_DISTANCE) + steps * weight(rules.UNIT_SUBSTITUTE)
        if one.owner not in (None, ward.id) and not one.lendable:
            cost += self._scene.lending
        return Offer(kind, cost, way)


def classes_of(records: Records) -> list[UnitClass]:
    """Usable units, in classes, sorted by their first unit."""
    found: defaultdict[tuple[object, ...], list[Unit]] = defaultdict(list)
    for unit in records.units.values():
        if unit.state.usable:
            key = unit.type_id, unit.ward_id, unit.owner_ward_id, unit.lendable, _blocked(unit, records)
            found[key].append(unit)
    return sorted((_class(units, records) for units in found.values()), key=lambda one: one.units)


def _class(units: list[Unit], records: Records) -> UnitClass:
    one = units[0]
    return UnitClass(
        one.type_id,
        records.wards[one.ward_id],
        one.owner_ward_id,
        one.lendable,
        records.equipment_types[one.type_id].turnaround_minutes,
        _blocked(one, records),
        tuple(sorted(unit.id for unit in units)),
    )


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

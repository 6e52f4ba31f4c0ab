"""Bookings put between those that there are, one after the other: the soonest start at which each part has a unit.

Ways and turnarounds are those of ``unit_free``; where a single unit is asked for, the answer is that of ``outlook``.
Units that are used together begin at one minute, each its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from solver.equipment.availability import Transport, blocked, first_fit, may_serve
from solver.hospital.equipment import EquipmentType, Unit, UnitBooking
from solver.hospital.timegrid import Minute


@dataclass(frozen=True, slots=True)
class Given:
    """When a booking begins, and its units: one per part, in the order in which they were asked for."""

    start: Minute
    unit_ids: tuple[str, ...]


class Depot:
    """Units, and when each is taken; what is given is taken from then on."""

    def __init__(
        self,
        types: Iterable[EquipmentType],
        units: Iterable[Unit],
        bookings: Iterable[UnitBooking],
        transport: Transport,
        now: Minute,
    ) -> None:
        self._types = {one.id: one for one in types}
        self._units = {unit.id: unit for unit in units}
        self._transport, self._now = transport, now
        self._taken: dict[str, list[tuple[Minute, Minute]]] = {unit_id: [] for unit_id in self._units}
        for booking in bookings:
            if booking.unit_id in self._units:
                unit = self._units[booking.unit_id]
                taken = blocked(booking, unit, self._turnaround(unit.id), transport)
                self._taken[unit.id].append(taken)
        for windows in self._taken.values():
            windows.sort()

    def give(
        self, type_ids: Sequence[str], ward_id: str, earliest: Minute, latest_start: Minute, duration: int
    ) -> Given | None:
        """The soonest there is, taken; None if there is none in the window. At one start: the type asked for before
        its approved substitutes, then the shorter way."""
        parts = [self._serving(type_id, ward_id) for type_id in type_ids]
        start = max(earliest, self._now)
        while start <= latest_start:
            fits = {
                unit_id: self._fit(unit_id, ward_id, start, duration) for part in parts for unit_id in part
            }
            there = [[unit_id for unit_id in part if fits[unit_id] == start] for part in parts]
            units = matched(there)
            if units is not None:
                self._take(units, ward_id, start, duration)
                return Given(start, units)
            # Until a unit is free that is not free at ``start`` there are no more than there were.
            start = min((fit for fit in fits.values() if fit > start), default=latest_start + 1)
        return None

    def _serving(self, type_id: str, ward_id: str) -> list[str]:
        """Units that may serve a part, the best first."""
        steps = {kind: step for step, kind in enumerate((type_id, *self._types[type_id].substitutes))}
        serving = (
            unit for unit in self._units.values() if unit.type_id in steps and may_serve(unit, ward_id)
        )
        return [
            unit.id
            for unit in sorted(
                serving,
                key=lambda one: (steps[one.type_id], self._transport(one.ward_id, ward_id), one.id),
            )
        ]

    def _fit(self, unit_id: str, ward_id: str, start: Minute, duration: int) -> Minute:
        way = self._transport(self._units[unit_id].ward_id, ward_id)
        span = duration + self._turnaround(unit_id)
        return first_fit(self._taken[unit_id], max(start, self._now + way), way, span)

    def _take(self, unit_ids: Iterable[str], ward_id: str, start: Minute, duration: int) -> None:
        for unit_id in unit_ids:
            way = self._transport(self._units[unit_id].ward_id, ward_id)
            windows = self._taken[unit_id]
            windows.append((start - way, start + duration + self._turnaround(unit_id)))
            windows.sort()

    def _turnaround(self, unit_id: str) -> int:
        return self._types[self._units[unit_id].type_id].turnaround_minutes


def matched(wanted: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """A unit for each part out of those that it may have, no unit twice; None if there is no such choice.

    Each takes the first that is left of its choices; one that finds none left has others step aside, as far as they
    find another (augmenting paths, Kuhn 1955).
    """
    part_of: dict[str, int] = {}

    def has_one(part: int, seen: set[str]) -> bool:
        left = next((unit_id for unit_id in wanted[part] if unit_id not in part_of), None)
        if left is not None:
            part_of[left] = part
            return True
        for unit_id in wanted[part]:
            if unit_id not in seen:
                seen.add(unit_id)
                if has_one(part_of[unit_id], seen):
                    part_of[unit_id] = part
                    return True
        return False

    if not all(has_one(part, set()) for part in range(len(wanted))):
        return None
    unit_of = {part: unit_id for unit_id, part in part_of.items()}
    return tuple(unit_of[part] for part in range(len(wanted)))

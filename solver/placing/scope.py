"""Where a request is asked to be: a bed, a ward, with a unit, or anywhere; and the hospital narrowed to that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.engine.types import Bool
from solver.hospital import Allocation, Bed, Companion, Request, Unit, UnitState
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import rules
from solver.placing.live import LiveHospital
from solver.placing.records import Records
from solver.placing.referee.decisions import COMPANION_KINDS

NEVER_MINUTES: Final = 400 * MINUTES_PER_DAY
"""Later than every start."""


@dataclass(frozen=True, slots=True)
class Scope:
    """At most one of them is given; none means anywhere."""

    bed_id: str | None = None
    ward_id: str | None = None
    unit_id: str | None = None

    def rooms(self, records: Records) -> frozenset[str]:
        """Rooms the request may be given a bed in."""
        if self.bed_id is not None:
            return frozenset({records.beds[self.bed_id].room_id})
        if self.ward_id is not None:
            return frozenset(records.rooms_of_ward.get(self.ward_id, ()))
        return frozenset(records.rooms)

    def beds(self, live: LiveHospital) -> Bool:
        """Whether each bed may be given; bool (n_beds,), in the order of ``live.arrays.bed_ids``."""
        beds, rooms = live.records.beds, self.rooms(live.records)
        return np.array(
            [
                beds[bed_id].room_id in rooms and self.bed_id in (None, bed_id)
                for bed_id in live.arrays.bed_ids
            ],
            bool,
        )

    def holds(self, allocation: Allocation, records: Records) -> bool:
        """Whether a bundle is what was asked for."""
        bed = records.beds[allocation.bed_id]
        unit = self.unit_id is None or any(use.unit_id == self.unit_id for use in allocation.units)
        return unit and bed.room_id in self.rooms(records) and self.bed_id in (None, bed.id)

    def narrowed(self, request: Request, records: Records, waived: frozenset[str]) -> Request:
        """The request kept out of all other rooms; those it excludes itself count, unless that is waived."""
        own = frozenset() if rules.ROOM_EXCLUDED.id in waived else request.excluded_room_ids
        if self.bed_id is None and self.ward_id is None:
            return replace(request, excluded_room_ids=own)
        return replace(request, excluded_room_ids=own | (frozenset(records.rooms) - self.rooms(records)))

    @contextmanager
    def alone(self, live: LiveHospital, companion: Companion = Companion.NONE) -> Iterator[None]:
        """While inside, the other beds of the room that is asked about are never clean, but for places that a companion
        may have. Closing and weight would do as well, but make the arrays anew: half a second at ``city``."""
        with live.trial():
            for bed in self._other_beds(live.records):
                if companion is Companion.NONE or bed.kind not in COMPANION_KINDS[companion]:
                    live.put(replace(bed, clean_at=live.now + NEVER_MINUTES))
            yield

    def _other_beds(self, records: Records) -> list[Bed]:
        if self.bed_id is None:
            return []
        room_id = records.beds[self.bed_id].room_id
        return [records.beds[bed_id] for bed_id in records.beds_of_room[room_id] if bed_id != self.bed_id]

    def other_units(self, request: Request, records: Records) -> list[Unit]:
        """Usable units that could serve in the stead of the one asked about, where the request needs one only."""
        if self.unit_id is None:
            return []
        kind = records.units[self.unit_id].type_id
        accepted: set[str] = set()
        for need in request.equipment:
            types = {need.type_id, *records.equipment_types[need.type_id].substitutes}
            if kind in types and need.count == 1:
                accepted |= types
        return [
            unit
            for unit in records.units.values()
            if unit.type_id in accepted and unit.id != self.unit_id and unit.state.usable
        ]


def set_aside(units: list[Unit], live: LiveHospital) -> None:
    """Units that serve nobody for the rest of a trial."""
    for unit in units:
        live.put(replace(unit, state=UnitState.BROKEN))

"""Equipment: types, physical units, and what a unit is booked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from solver.hospital.door import Door
from solver.hospital.timegrid import MINUTES_PER_DAY, Minute


class UnitState(StrEnum):
    """Where a unit stands now; future use is told by bookings."""

    FREE = "free"
    RESERVED = "reserved"
    IN_TRANSIT = "in_transit"
    ATTACHED = "attached"
    CLEANING = "cleaning"
    MAINTENANCE = "maintenance"
    BROKEN = "broken"
    RECALLED = "recalled"

    @property
    def usable(self) -> bool:
        """Whether a unit in this state may be given a new booking (in its free minutes)."""
        return self not in (UnitState.BROKEN, UnitState.RECALLED, UnitState.MAINTENANCE)


class BookingKind(StrEnum):
    """Why a unit is taken."""

    USE = "use"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class EquipmentType:
    """A kind of equipment; ``substitutes`` lists type ids that may stand in, best first (approved by its
    manager)."""

    id: str
    name: str
    turnaround_minutes: int = 15
    substitutes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        door = Door("EquipmentType", self.id)
        door.identity(self.id)
        door.text(self.name, "name")
        door.whole(self.turnaround_minutes, "turnaround_minutes", 0, 7 * MINUTES_PER_DAY)
        door.need(self.id not in self.substitutes, "substitutes", self.substitutes, "other types than itself")
        door.need(
            len(set(self.substitutes)) == len(self.substitutes), "substitutes", self.substitutes, "each once"
        )
        door.close()


@dataclass(frozen=True, slots=True)
class Unit:
    """One physical piece. ``ward_id``: where it is kept. ``owner_ward_id`` None: it belongs to the pool.

    A ward's own unit serves other wards only if ``lendable``.
    """

    id: str
    type_id: str
    ward_id: str
    owner_ward_id: str | None = None
    lendable: bool = True
    state: UnitState = UnitState.FREE
    model: str = ""

    def __post_init__(self) -> None:
        door = Door("Unit", self.id)
        door.identity(self.id)
        door.identity(self.type_id, "type_id")
        door.identity(self.ward_id, "ward_id")
        if self.owner_ward_id is not None:
            door.identity(self.owner_ward_id, "owner_ward_id")
        door.member(self.state, UnitState, "state")
        door.text(self.model, "model")
        door.close()


MOST_PRIORITY: Final = 1_000
"""Of a booking: how much its waiting weighs, from 1."""


@dataclass(frozen=True, slots=True)
class BookingTerms:
    """What a booking that belongs to no bundle was asked for, and so what it may be changed to.

    ``booking_id``: units that are used together share it. ``type_id``: the type asked for, which the unit may stand in
    for; the use begins from ``earliest`` to ``latest_start``. ``series_id``: of a booking that recurs. ``held_until``:
    given back then unless it is confirmed before; None: booked for good. ``revision``: 1, and one more at each change.
    """

    booking_id: str
    type_id: str
    earliest: Minute
    latest_start: Minute
    priority: int = 1
    series_id: str | None = None
    held_until: Minute | None = None
    revision: int = 1

    def __post_init__(self) -> None:
        door = Door("BookingTerms", self.booking_id)
        door.identity(self.booking_id, "booking_id")
        door.identity(self.type_id, "type_id")
        if door.minute(self.earliest, "earliest") and door.minute(self.latest_start, "latest_start"):
            window = (self.earliest, self.latest_start)
            door.need(
                self.earliest <= self.latest_start, "earliest, latest_start", window, "the first not later"
            )
        door.whole(self.priority, "priority", 1, MOST_PRIORITY)
        if self.series_id is not None:
            door.identity(self.series_id, "series_id")
        if self.held_until is not None:
            door.minute(self.held_until, "held_until")
        door.whole(self.revision, "revision", 1)
        door.close()


@dataclass(frozen=True, slots=True)
class UnitBooking:
    """A unit taken during ``[start, end)``: the use itself; transport before and turnaround after come on
    top.

    ``ward_id``: where it is used. ``pinned``: attached or on its way; software never changes it. ``terms``: of a
    booking of its own; None for what is part of a bundle, for maintenance, and where nobody said what was asked for.
    """

    id: str
    unit_id: str
    ward_id: str
    start: Minute
    end: Minute
    kind: BookingKind = BookingKind.USE
    allocation_id: str | None = None
    pinned: bool = False
    terms: BookingTerms | None = None

    def __post_init__(self) -> None:
        door = Door("UnitBooking", self.id)
        door.identity(self.id)
        door.identity(self.unit_id, "unit_id")
        door.identity(self.ward_id, "ward_id")
        door.interval(self.start, self.end)
        door.member(self.kind, BookingKind, "kind")
        if self.allocation_id is not None:
            door.identity(self.allocation_id, "allocation_id")
        if self.terms is not None:
            own = self.kind is BookingKind.USE and self.allocation_id is None
            door.need(own, "terms", self.terms.booking_id, "none for maintenance or part of a bundle")
        door.close()

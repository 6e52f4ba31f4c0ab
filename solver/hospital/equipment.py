"""Equipment: types, physical units, and what a unit is booked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class UnitBooking:
    """A unit taken during ``[start, end)``: the use itself; transport before and turnaround after come on
    top.

    ``ward_id``: where it is used. ``pinned``: attached or on its way; software never changes it.
    """

    id: str
    unit_id: str
    ward_id: str
    start: Minute
    end: Minute
    kind: BookingKind = BookingKind.USE
    allocation_id: str | None = None
    pinned: bool = False

    def __post_init__(self) -> None:
        door = Door("UnitBooking", self.id)
        door.identity(self.id)
        door.identity(self.unit_id, "unit_id")
        door.identity(self.ward_id, "ward_id")
        door.interval(self.start, self.end)
        door.member(self.kind, BookingKind, "kind")
        if self.allocation_id is not None:
            door.identity(self.allocation_id, "allocation_id")
        door.close()

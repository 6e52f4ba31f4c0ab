"""Stays: one person's need of one bed during an interval, booked, on the way, or lying there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from solver.hospital.door import Door
from solver.hospital.people import Isolation, Person
from solver.hospital.places import (
    Cleaning,
    CleaningTimes,
    Feature,
    PooledCapacity,
    Room,
    air_clearance_minutes,
)
from solver.hospital.timegrid import Minute


class StayState(StrEnum):
    """Booked stays may be re-planned; the others are pinned: software never moves them."""

    BOOKED = "booked"
    IN_TRANSIT = "in_transit"
    OCCUPYING = "occupying"

    @property
    def pinned(self) -> bool:
        """Whether only a person may change this stay."""
        return self is not StayState.BOOKED


class Departure(StrEnum):
    """How sure the end of a stay is; a stay that has ended is no longer a stay."""

    PREDICTED = "predicted"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Care:
    """What a stay needs of its bed and ward: the part that requests and stays share.

    ``care_level`` 0-3 (Intensive Care Society levels). ``skills``: each must be on duty throughout the cover
    horizon. ``pooled``: draws on the ward's shared limits.
    """

    speciality: str
    care_level: int = 0
    features: frozenset[Feature] = frozenset()
    skills: frozenset[str] = frozenset()
    pooled: PooledCapacity = field(default_factory=PooledCapacity)

    def __post_init__(self) -> None:
        door = Door("Care", self.speciality)
        door.identity(self.speciality, "speciality")
        door.whole(self.care_level, "care_level", 0, 3)
        door.need(
            all(isinstance(f, Feature) for f in self.features),
            "features",
            self.features,
            "members of Feature",
        )
        door.names(self.skills, "skills")
        door.close()


@dataclass(frozen=True, slots=True)
class Stay:
    """One person in one bed during ``[start, end)``; for an occupant ``end`` is a forecast.

    ``with_stay_id``: the stay this one accompanies (a baby's cot, a carer's bed): it shares that person's
    room and adds no nursing load of its own.
    """

    id: str
    person_id: str
    bed_id: str
    start: Minute
    end: Minute
    care: Care
    state: StayState = StayState.BOOKED
    departure: Departure = Departure.PREDICTED
    request_id: str | None = None
    allocation_id: str | None = None
    with_stay_id: str | None = None

    def __post_init__(self) -> None:
        door = Door("Stay", self.id)
        door.identity(self.id)
        door.identity(self.person_id, "person_id")
        door.identity(self.bed_id, "bed_id")
        door.interval(self.start, self.end)
        door.member(self.state, StayState, "state")
        door.member(self.departure, Departure, "departure")
        for name in ("request_id", "allocation_id", "with_stay_id"):
            if getattr(self, name) is not None:
                door.identity(getattr(self, name), name)
        door.close()


def cleaning_after(person: Person) -> Cleaning:
    """The cleaning a bed needs after this person: ultraviolet, terminal (isolation), else that of a
    discharge."""
    if any(infection.ultraviolet for infection in person.infections):
        return Cleaning.ULTRAVIOLET
    infectious = person.isolation - {Isolation.PROTECTIVE}
    return Cleaning.TERMINAL if infectious else Cleaning.DISCHARGE


def turnaround_minutes(person: Person, room: Room, times: CleaningTimes) -> int:
    """Minutes from this person's departure until the bed is free: air clearance (airborne only) plus
    cleaning."""
    minutes = times.minutes(cleaning_after(person))
    if Isolation.AIRBORNE in person.isolation:
        minutes += air_clearance_minutes(room.air_changes_per_hour, times.air_removal_permille)
    return minutes

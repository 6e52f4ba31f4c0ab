"""The person in the bed: only what placement needs, under an opaque id. Names never come here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.hospital.door import MAX_MINUTE, Door
from solver.hospital.drugs import BloodGroup
from solver.hospital.timegrid import MINUTES_PER_YEAR, Minute, age_years


class Sex(StrEnum):
    """Sex for placement; unknown is a value of its own, not a guess."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Isolation(StrEnum):
    """Precautions a person needs; combinable."""

    CONTACT = "contact"
    DROPLET = "droplet"
    AIRBORNE = "airborne"
    PROTECTIVE = "protective"


class InfectionStatus(StrEnum):
    """Suspected never cohorts; confirmed may, with the same organism."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, order=True)
class Infection:
    """One organism a person has or may have; ``ultraviolet``: its room is cleaned with ultraviolet light."""

    organism: str
    status: InfectionStatus = InfectionStatus.SUSPECTED
    ultraviolet: bool = False

    def __post_init__(self) -> None:
        door = Door("Infection", self.organism)
        door.identity(self.organism, "organism")
        door.member(self.status, InfectionStatus, "status")
        door.close()


@dataclass(frozen=True, slots=True)
class Person:
    """What placement needs of one person. ``born`` may be negative (before 1970); None when not known: no age
    policy is then met unless the ward takes every age. ``keep_apart``: persons not to share a room with."""

    id: str
    sex: Sex = Sex.UNKNOWN
    born: Minute | None = None
    weight_kg: int = 75
    isolation: frozenset[Isolation] = frozenset()
    infections: tuple[Infection, ...] = ()
    exposed_to: frozenset[str] = frozenset()
    allergies: frozenset[str] = frozenset()
    blood_group: BloodGroup | None = None
    falls_risk: bool = False
    one_to_one: bool = False
    end_of_life: bool = False
    keep_apart: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        door = Door("Person", self.id)
        door.identity(self.id)
        door.member(self.sex, Sex, "sex")
        if self.born is not None:
            good = type(self.born) is int and -150 * MINUTES_PER_YEAR <= self.born <= MAX_MINUTE
            door.need(good, "born", self.born, "minutes since 1970-01-01T00:00Z, at most 150 years before")
        door.whole(self.weight_kg, "weight_kg", 0, 700)
        for name in ("exposed_to", "allergies", "keep_apart"):
            door.names(getattr(self, name), name)
        isolation = all(isinstance(i, Isolation) for i in self.isolation)
        door.need(isolation, "isolation", self.isolation, "members of Isolation")
        door.need(self.id not in self.keep_apart, "keep_apart", self.id, "other persons than oneself")
        organisms = [infection.organism for infection in self.infections]
        door.need(len(set(organisms)) == len(organisms), "infections", organisms, "each organism once")
        door.close()

    def age_years(self, at: Minute) -> int | None:
        """Whole years at a minute, None when the birth is not known."""
        return None if self.born is None else age_years(self.born, at)

    def cohort(self) -> frozenset[str] | None:
        """The organisms that make this person's cohort; None while any infection is only suspected."""
        if any(infection.status is InfectionStatus.SUSPECTED for infection in self.infections):
            return None
        return frozenset(infection.organism for infection in self.infections)

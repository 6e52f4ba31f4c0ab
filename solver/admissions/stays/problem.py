"""Stays: from which day each patient is in, and in which room on each day.

One vocabulary for three public families: PAS (Demeester et al. 2010: fixed nights, transfers have a price), OR-PAS
(Ceschia and Schaerf 2016: admissions may be delayed, surgery moves with them) and PRA (Brandt et al.: single rooms and
few transfers over a year). What a family forbids and another prices is a price here, None where it is forbidden. Days
count from 0, a stay of n days lies on n of them; costs are whole numbers, those of PAS count tenths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Sex(StrEnum):
    """For placement in a shared room."""

    FEMALE = "F"
    MALE = "M"


class Policy(StrEnum):
    """Who may lie in a room together."""

    FEMALE = "F"
    MALE = "M"
    SAME = "same"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Department:
    """``specialisms`` by level, 1 the main ones; ages in years, None where there is no limit."""

    id: str
    specialisms: Mapping[str, int] = field(default_factory=dict)
    least_age: int | None = None
    most_age: int | None = None

    def admits(self, age: int) -> bool:
        """Whether an age is within the limits."""
        return (self.least_age is None or age >= self.least_age) and (
            self.most_age is None or age <= self.most_age
        )


@dataclass(frozen=True, slots=True)
class Room:
    """``capacity`` in patients; ``priorities``: how well the room serves a specialism, 1 best, empty when that does
    not matter."""

    id: str
    capacity: int
    department: str
    policy: Policy
    properties: frozenset[str] = frozenset()
    priorities: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surgery:
    """``minutes`` of theatre for a specialism, ``day`` days after the admission."""

    specialism: str
    minutes: int
    day: int = 0


@dataclass(frozen=True, slots=True)
class Patient:
    """Who needs a room on ``len(specialisms)`` days in a row, each with the specialism in charge.

    The stay begins between ``first`` (as planned) and ``latest``; it is known from ``registered`` on. ``at_risk``: may
    need one day more. ``room``: where they already are on the first day. ``size``: largest room wanted. ``private``:
    should lie alone. ``id`` is opaque.
    """

    id: str
    sex: Sex
    age: int
    specialisms: tuple[str, ...]
    first: int
    latest: int
    registered: int = 0
    needed: frozenset[str] = frozenset()
    preferred: frozenset[str] = frozenset()
    size: int | None = None
    at_risk: bool = False
    room: str | None = None
    surgery: Surgery | None = None
    private: bool = False

    @property
    def days(self) -> int:
        """Length of the stay."""
        return len(self.specialisms)

    @property
    def urgent(self) -> bool:
        """Comes on the day it is known of, and cannot wait."""
        return self.registered == self.first == self.latest


@dataclass(frozen=True, slots=True)
class Theatre:
    """``slots`` of ``minutes`` each by (day, specialism); how far a specialism may go over, per slot, and a day."""

    minutes: int = 0
    slots: Mapping[tuple[int, str], int] = field(default_factory=dict)
    over_per_slot: int = 30
    over_per_day: int = 60

    def specialism(self, day: int, specialism: str) -> int:
        """Minutes of a specialism's slots on a day."""
        return self.slots.get((day, specialism), 0) * self.minutes

    def day(self, day: int) -> int:
        """Minutes of all slots of a day."""
        return sum(count for (other, _), count in self.slots.items() if other == day) * self.minutes


@dataclass(frozen=True, slots=True)
class Prices:
    """What each unit of a soft rule costs, 0 when it does not matter; None: the rule is hard.

    ``mixed`` is per day of a room with both sexes, or per person of the rarer one where ``mixed_by_person``.
    """

    needed: int | None = None
    age: int | None = None
    department: int | None = None
    auxiliary: int = 0
    second_priority: int = 0
    no_priority: int = 0
    preferred: int = 0
    size: int = 0
    fixed_sex: int = 0
    mixed: int | None = 0
    mixed_by_person: bool = False
    transfer: int = 0
    delay: int = 0
    risk: int = 0
    overtime: int = 0
    idle_minute: int = 0
    idle_bed: int = 0
    shared_private: int = 0


@dataclass(frozen=True, slots=True)
class StayProblem:
    """Everything a plan is made from. ``days`` is the window, idle beds and theatres count on the first ``counted``;
    costs are shown with ``decimals``. ``name`` is for reports."""

    name: str
    days: int
    counted: int
    departments: tuple[Department, ...]
    rooms: tuple[Room, ...]
    patients: tuple[Patient, ...]
    prices: Prices
    theatre: Theatre = Theatre()
    decimals: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Night:
    """``patient`` lies in ``room`` on ``day``."""

    patient: str
    day: int
    room: str


@dataclass(frozen=True, slots=True)
class StayPlan:
    """Who lies where, in the order patient, day; who is not named was left out."""

    nights: tuple[Night, ...]


PAS = Prices(
    needed=50,
    age=100,
    department=10,
    second_priority=10,
    no_priority=20,
    preferred=20,
    size=8,
    fixed_sex=50,
    mixed=50,
    mixed_by_person=True,
    transfer=110,
)
"""In tenths."""
OR_PAS = Prices(
    auxiliary=20,
    preferred=20,
    size=10,
    fixed_sex=50,
    mixed=50,
    transfer=100,
    delay=5,
    risk=1,
    overtime=3,
    idle_minute=10,
    idle_bed=20,
)
PRA = Prices(mixed=None, transfer=10, shared_private=1000)
"""First as many days alone as can be, then few transfers."""

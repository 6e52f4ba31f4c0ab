"""Rosters: who works which shift on which day.

One vocabulary for a live hospital and for both public families (Curtois and Qu 2014; INRC-II, Ceschia et al. 2019):
a limit is either hard or has a price, so that the same person may be bound by law in one hospital and by a wish in
another. Days count from 0, a Monday; a shift belongs to the day on which it starts; costs are whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DAYS_PER_WEEK = 7
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Limits:
    """At least ``least`` and at most ``most`` (None: no limit); ``price`` per unit outside, None when they are hard."""

    least: int | None = None
    most: int | None = None
    price: int | None = None

    @property
    def absent(self) -> bool:
        """Whether nothing is limited."""
        return self.least is None and self.most is None

    @property
    def hard(self) -> bool:
        return self.price is None

    def short(self, count: int) -> int:
        """By how much ``count`` is below."""
        return 0 if self.least is None else max(0, self.least - count)

    def excess(self, count: int) -> int:
        """By how much ``count`` is above."""
        return 0 if self.most is None else max(0, count - self.most)


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class ShiftType:
    """``minutes`` of work, > 0; ``never_before``: shifts that may not be worked on the next day; ``run``: days in a row
    with this very shift."""

    id: str
    minutes: int
    never_before: frozenset[str] = frozenset()
    run: Limits = UNLIMITED


@dataclass(frozen=True, slots=True)
class Contract:
    """What binds one or many people over the whole horizon.

    ``most_of_shift``: days at most per shift type; a type that is not named has no limit. ``whole_weekends_price``: per
    weekend with exactly one of its days worked, 0 when that does not matter.
    """

    id: str
    minutes: Limits = UNLIMITED
    shifts: Limits = UNLIMITED
    worked_run: Limits = UNLIMITED
    off_run: Limits = UNLIMITED
    weekends: Limits = UNLIMITED
    whole_weekends_price: int = 0
    most_of_shift: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """How a person comes into day 0.

    ``last_shift`` of the day before, None when off; ``same_run``: days in a row with it; ``worked_run``, ``off_run``:
    days in a row, one of them 0; ``shifts``, ``weekends``: counted towards the limits already.
    """

    last_shift: str | None = None
    same_run: int = 0
    worked_run: int = 0
    off_run: int = 0
    shifts: int = 0
    weekends: int = 0


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who works. ``id`` is opaque: names are kept elsewhere. Without ``history`` a run that touches day 0 is
    never too short, and only its days from day 0 on count."""

    id: str
    contract: Contract
    skills: frozenset[str] = frozenset()
    days_off: frozenset[int] = frozenset()
    history: History | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """To work (``on``) or not to work a shift, any shift when None, on a day; ``price`` when it is refused."""

    employee: str
    day: int
    shift: str | None
    on: bool
    price: int


@dataclass(frozen=True, slots=True)
class Cover:
    """People wanted on a shift of a day with a skill ("" when none is asked for).

    Fewer than ``least`` break a hard rule. ``under`` is the price of each one below ``wanted`` (counted from ``least``
    on, for what is below that is broken already), ``over`` of each one above.
    """

    day: int
    shift: str
    skill: str
    least: int
    wanted: int
    under: int
    over: int


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """Everything a roster is made from; ``days`` is the horizon. ``name`` is for reports."""

    name: str
    days: int
    shifts: tuple[ShiftType, ...]
    skills: tuple[str, ...]
    employees: tuple[Employee, ...]
    wishes: tuple[Wish, ...]
    cover: tuple[Cover, ...]


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """``employee`` works ``shift`` on ``day`` with ``skill`` ("" when shifts ask for none)."""

    employee: str
    day: int
    shift: str
    skill: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """Who works when, in the order employee, day."""

    assignments: tuple[Assignment, ...]

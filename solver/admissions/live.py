"""The problem of admissions of a live hospital: who waits for a planned admission, who lies there or is booked.

Each day has one time at which people are admitted; a stay takes every day of the plan that it or its cleaning touches.
Rooms for one sex at a time are the competition's rooms; a bed of a room that anybody may share is a room of its own.
What the competition's problem cannot say is kept by leaving rooms away: people who must lie alone go into rooms of one
bed, and a room whose people stand against its rules, or share it with somebody isolated, takes nobody new.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from solver.admissions.problem import (
    SHIFTS_PER_DAY,
    AdmissionProblem,
    Nurse,
    Occupant,
    Patient,
    Room,
    RosteredShift,
    Surgeon,
    Theatre,
    Weights,
)
from solver.hospital import Minute, Sex, SexPolicy
from solver.hospital.timegrid import MINUTES_PER_DAY, local_minute

EPOCH: Final = date(1970, 1, 1)
GENDERS: Final = {Sex.FEMALE: "A", Sex.MALE: "B", Sex.UNKNOWN: "A"}
"""Of unknown sex lie in rooms of one bed, where the letter means nothing."""
POLICIES: Final = {SexPolicy.FEMALE: Sex.FEMALE, SexPolicy.MALE: Sex.MALE}
YEARS_UNKNOWN: Final = 40
"""Whose birth is not known shares rooms as somebody of this age."""
NOBODY: Final = "u0"
"""The surgeon of those who need no surgery."""
NO_DAY, NO_ROOM, NO_THEATRE = "no_day", "no_room", "no_theatre"
"""Why somebody who waits is no part of a plan: no admission time lies in their window; no room of the wards suits them;
on no day of it have surgeon and a theatre the minutes."""

Week = tuple[int, ...]
"""Minutes on each day of the week, Monday first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What plans are made by. ``admits_at``: minute of the day, by the clock where the hospital is. ``theatres``,
    ``surgeons``: minutes by id and day of the week. ``ages``: where age groups begin, in years, above 0."""

    admits_at: int
    theatres: Mapping[str, Week]
    surgeons: Mapping[str, Week]
    ages: tuple[int, ...]
    weights: Weights


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A room with the beds that can be given."""

    id: str
    policy: SexPolicy
    beds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lying:
    """Somebody who has a bed during ``[start, end)``, cleaning included. ``alone``: nobody may join them."""

    bed: str
    sex: Sex
    years: int | None
    start: Minute
    end: Minute
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request for a planned admission that begins from ``first`` to ``last`` and takes a bed for ``minutes`` with its
    cleaning. ``must``: to be admitted by this plan. ``surgery``: minutes by ``surgeon``, 0: none. ``beds``: that suit.
    """

    id: str
    sex: Sex
    years: int | None
    first: Minute
    last: Minute
    minutes: int
    beds: frozenset[str]
    must: bool = False
    alone: bool = False
    surgeon: str = ""
    surgery: int = 0


@dataclass(frozen=True, slots=True)
class Live:
    """The problem; of its rooms which room and beds they are, of its patients which request, of its theatres which one;
    and who waits and is no part of it, and why."""

    problem: AdmissionProblem
    rooms: Mapping[str, tuple[str, tuple[str, ...]]]
    requests: Mapping[str, str]
    theatres: Mapping[str, str]
    without: Mapping[str, str]


def admission_minutes(terms: Terms, first_day: int, days: int, zone: str) -> list[Minute]:
    """When people are admitted on each day, and on the day after the last one."""
    return [
        local_minute(EPOCH + timedelta(days=first_day + day), terms.admits_at, zone)
        for day in range(days + 1)
    ]


def live_problem(
    terms: Terms,
    first_day: int,
    days: int,
    zone: str,
    rooms: Iterable[LiveRoom],
    lying: Iterable[Lying],
    waiting: Sequence[Waiting],
) -> Live:
    """The problem of ``days`` days from ``first_day`` (days since 1970-01-01). Who waits comes in the order given."""
    moments = admission_minutes(terms, first_day, days, zone)
    fixed = _fixed_by_bed(lying, moments)
    open_rooms = {f"r{n}": room for n, room in enumerate(_open_rooms(rooms, fixed))}
    weekdays = [(EPOCH + timedelta(days=first_day + day)).weekday() for day in range(days)]
    surgeons = {name: f"u{n}" for n, name in enumerate(terms.surgeons, start=1)}
    theatres = {f"t{n}": name for n, name in enumerate(terms.theatres)}
    made = _Making(terms, moments, weekdays, open_rooms, surgeons)
    patients: list[Patient] = []
    requests: dict[str, str] = {}
    without: dict[str, str] = {}
    for one in waiting:
        found = made.patient(f"p{len(patients)}", one)
        if isinstance(found, str):
            without[one.id] = found
        else:
            patients.append(found)
            requests[found.id] = one.id
    occupants, booked = made.fixed(fixed)
    problem = AdmissionProblem(
        name="live",
        days=days,
        skill_levels=1,
        shift_names=("early", "late", "night"),
        age_groups=tuple(f"from {years}" for years in (0, *terms.ages)),
        weights=terms.weights,
        occupants=tuple(occupants),
        patients=(*patients, *booked),
        surgeons=(
            Surgeon(NOBODY, (0,) * days),
            *(Surgeon(surgeons[name], _minutes(week, weekdays)) for name, week in terms.surgeons.items()),
        ),
        theatres=tuple(Theatre(t, _minutes(terms.theatres[name], weekdays)) for t, name in theatres.items())
        or (Theatre("t0", (0,) * days),),
        rooms=tuple(Room(r, len(room.beds)) for r, room in open_rooms.items()),
        nurses=tuple(_always(shift, days) for shift in range(SHIFTS_PER_DAY)),
    )
    places = {r: (room.id, room.beds) for r, room in open_rooms.items()}
    return Live(problem, places, requests, theatres, without)


def _minutes(week: Week, weekdays: Iterable[int]) -> tuple[int, ...]:
    return tuple(week[day] for day in weekdays)


def _always(shift: int, days: int) -> Nurse:
    """Somebody is there in every shift: whether nurses suffice is decided when a bed is booked."""
    return Nurse(f"n{shift}", 0, tuple(RosteredShift(day, shift, 0) for day in range(days)))


# --- those who have a bed -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Fixed:
    """Somebody who has a bed, on the days ``[first, end)``; the last day ends when somebody else takes the room."""

    lying: Lying
    first: int
    end: int


FixedByBed = Mapping[str, Sequence[_Fixed]]


def _fixed_by_bed(lying: Iterable[Lying], moments: Sequence[Minute]) -> FixedByBed:
    found: defaultdict[str, list[_Fixed]] = defaultdict(list)
    for one in sorted(lying, key=lambda one: (one.start, one.bed)):
        first = max(0, bisect_right(moments, one.start) - 1)
        end = min(len(moments) - 1, bisect_left(moments, one.end))
        if first < end:
            found[one.bed].append(_Fixed(one, first, end))
    return found


def _parted(beds: Iterable[str], fixed: FixedByBed) -> list[_Fixed]:
    """Who has one of the beds; of two who have the room one after the other on the same day, the day is the second
    one's."""
    together = [one for bed in beds for one in fixed.get(bed, ())]
    found = []
    for one in together:
        later = [other.first for other in together if other.lying.start >= one.lying.end]
        end = min([one.end, *later])
        if one.first < end:
            found.append(replace(one, end=end))
    return found


def _open_rooms(rooms: Iterable[LiveRoom], fixed: FixedByBed) -> Iterator[LiveRoom]:
    """Rooms that can take people: of each bed one where anybody may share it; none whose people stand against it."""
    for room in rooms:
        there = _parted(room.beds, fixed)
        if len(room.beds) > 1 and any(one.lying.alone for one in there):
            continue
        if room.policy is SexPolicy.MIXED:
            yield from (replace(room, beds=(bed,)) for bed in room.beds if _holds(_parted([bed], fixed), 1))
        elif room.beds and _holds(there, len(room.beds)):
            yield room


def _holds(there: Iterable[_Fixed], beds: int) -> bool:
    """Whether people of one sex lie there on each day, no more than there are beds."""
    people: defaultdict[int, Counter[Sex]] = defaultdict(Counter)
    for one in there:
        for day in range(one.first, one.end):
            people[day][one.lying.sex] += 1
    return all(len(day) == 1 and day.total() <= beds for day in people.values())


# --- as the competition has them ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Making:
    """What patients and occupants are made with."""

    terms: Terms
    moments: Sequence[Minute]
    weekdays: Sequence[int]
    rooms: Mapping[str, LiveRoom]
    surgeons: Mapping[str, str]

    def patient(self, patient_id: str, one: Waiting) -> Patient | str:
        """Somebody who waits, or why they are no part of the plan."""
        days = [d for d, minute in enumerate(self.moments[:-1]) if one.first <= minute <= one.last]
        suits = {r for r, room in self.rooms.items() if self._suits(room, one)}
        if not days or not suits:
            return NO_ROOM if days else NO_DAY
        if one.surgery and not any(self._operable(one, day) for day in days):
            return NO_THEATRE
        stay = max(1, min(len(self.weekdays), -(-one.minutes // MINUTES_PER_DAY)))
        return Patient(
            patient_id,
            one.must,
            GENDERS[one.sex],
            self._age(one.years),
            stay,
            days[0],
            days[-1],
            one.surgery,
            self.surgeons[one.surgeon] if one.surgery else NOBODY,
            frozenset(self.rooms.keys() - suits),
            *self._no_care(stay),
        )

    def _suits(self, room: LiveRoom, one: Waiting) -> bool:
        """Each of its beds does: in the plan a room's beds are as good as each other."""
        single = len(room.beds) == 1 and room.policy is not SexPolicy.MIXED
        if (one.alone or one.sex is Sex.UNKNOWN) and not single:
            return False
        return one.sex is POLICIES.get(room.policy, one.sex) and one.beds.issuperset(room.beds)

    def _operable(self, one: Waiting, day: int) -> bool:
        weekday = self.weekdays[day]
        longest = max((week[weekday] for week in self.terms.theatres.values()), default=0)
        return min(self.terms.surgeons[one.surgeon][weekday], longest) >= one.surgery

    def fixed(self, fixed: FixedByBed) -> tuple[list[Occupant], list[Patient]]:
        """Who has a bed from the first day, and who is booked later: admitted then, there, and nowhere else."""
        occupants: list[Occupant] = []
        booked: list[Patient] = []
        for r, room in self.rooms.items():
            for one in _parted(room.beds, fixed):
                stay, who = one.end - one.first, one.lying
                person = GENDERS[who.sex], self._age(who.years), stay
                if one.first == 0:
                    occupants.append(Occupant(f"o{len(occupants)}", *person, *self._no_care(stay), r))
                    continue
                others, day = frozenset(self.rooms.keys() - {r}), one.first
                name = f"b{len(booked)}"
                booked.append(Patient(name, True, *person, day, day, 0, NOBODY, others, *self._no_care(stay)))
        return occupants, booked

    def _age(self, years: int | None) -> int:
        return bisect_right(self.terms.ages, YEARS_UNKNOWN if years is None else years)

    def _no_care(self, stay: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return ((0,) * (SHIFTS_PER_DAY * stay),) * 2

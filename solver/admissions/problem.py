"""Admissions: who is admitted on which day, into which room and theatre, and which nurse looks after which room.

The vocabulary of the Integrated Healthcare Timetabling Competition 2024 (Ceschia, Rosati, Schaerf, Smet, Vanden Berghe,
Zanazzo). Days count from 0; each has three shifts, and shift ``s`` of the horizon is shift ``s % 3`` of day ``s // 3``.
A stay of L days from day a occupies the days ``[a, a + L)``; what lies behind the horizon counts nothing. Costs are
whole numbers, theatre time is whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

SHIFTS_PER_DAY = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """The price of one unit of each soft rule, 0 or more; named as ``rules.CATALOGUE`` names them."""

    room_mixed_age: int
    room_nurse_skill: int
    continuity_of_care: int
    excessive_workload: int
    open_theatre: int
    surgeon_transfer: int
    patient_delay: int
    unscheduled_optional: int


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody who lies in ``room`` from day 0 and stays there. ``age_group``: its index, youngest first.

    ``workload`` and ``skill_required``: one number for each of the 3 x ``length_of_stay`` shifts of the stay.
    """

    id: str
    gender: str
    age_group: int
    length_of_stay: int
    workload: tuple[int, ...]
    skill_required: tuple[int, ...]
    room: str


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody who waits for surgery of ``duration`` minutes by ``surgeon`` on the day of admission; with 0 minutes for
    none, and then no theatre is opened for them.

    A mandatory patient is admitted from ``release`` to ``due`` (included); an optional one from ``release`` on, or not
    at all, and has no due day. ``incompatible_rooms`` are never theirs. The rest as for an occupant.
    """

    id: str
    mandatory: bool
    gender: str
    age_group: int
    length_of_stay: int
    release: int
    due: int | None
    duration: int
    surgeon: str
    incompatible_rooms: frozenset[str]
    workload: tuple[int, ...]
    skill_required: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Surgeon:
    """``minutes``: of surgery at most, for each day."""

    id: str
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Theatre:
    """``minutes``: open, for each day; 0 when closed."""

    id: str
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """A room with so many beds."""

    id: str
    beds: int


@dataclass(frozen=True, slots=True)
class RosteredShift:
    """A nurse is on duty in ``shift`` (0 to 2) of ``day``; workload above ``max_load`` has a price."""

    day: int
    shift: int
    max_load: int


@dataclass(frozen=True, slots=True)
class Nurse:
    """A nurse; ``skill`` counts from 0, the lowest. At most one shift a day."""

    id: str
    skill: int
    shifts: tuple[RosteredShift, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where ``patient`` is by an earlier plan: not admitted if ``day`` is None; ``theatre`` None: in any. It costs
    ``price`` if they are elsewhere by this one."""

    patient: str
    price: int
    day: int | None = None
    room: str | None = None
    theatre: str | None = None


@dataclass(frozen=True, slots=True)
class AdmissionProblem:
    """Everything a plan of admissions is made from; ``days`` is the horizon. ``name`` is for reports."""

    name: str
    days: int
    skill_levels: int
    shift_names: tuple[str, str, str]
    age_groups: tuple[str, ...]
    weights: Weights
    occupants: tuple[Occupant, ...]
    patients: tuple[Patient, ...]
    surgeons: tuple[Surgeon, ...]
    theatres: tuple[Theatre, ...]
    rooms: tuple[Room, ...]
    nurses: tuple[Nurse, ...]
    standing: tuple[Standing, ...] = ()

    def last_day(self, patient: Patient) -> int:
        """The latest day of admission, included."""
        return self.days - 1 if patient.due is None else min(patient.due, self.days - 1)


@dataclass(frozen=True, slots=True)
class Admission:
    """``patient`` comes on ``day``, has surgery in ``theatre`` and lies in ``room`` for the whole stay."""

    patient: str
    day: int
    room: str
    theatre: str


@dataclass(frozen=True, slots=True)
class Duty:
    """``nurse`` looks after ``room`` in ``shift`` (0 to 2) of ``day``."""

    nurse: str
    day: int
    shift: int
    room: str


@dataclass(frozen=True, slots=True)
class AdmissionPlan:
    """Who is admitted, and who looks after which room when; patients who are not named are not admitted."""

    admissions: tuple[Admission, ...]
    duties: tuple[Duty, ...]

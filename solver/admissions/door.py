"""What a problem of admissions must be before anyone works on it; every fault is told, not only the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Final

from solver.admissions.problem import SHIFTS_PER_DAY, AdmissionProblem, Nurse, Occupant, Patient
from solver.engine.errors import Problem, refuse_if_any
from solver.engine.rule import MAX_WEIGHT

MOST_DAYS: Final = 366
MOST_BEDS: Final = 1_000
MOST_LEVELS: Final = 100
MOST_AGE_GROUPS: Final = 60
MOST_STAY: Final = 1_000
MOST: Final = 1_000_000
"""Of minutes of a day, workload of a shift and the load a nurse can take."""
GENDERS: Final = ("A", "B")
CORRECT: Final = "Correct it."


def checked(problem: AdmissionProblem) -> AdmissionProblem:
    """The problem itself; raises InvalidInstance with all that contradicts itself or names what is not there."""
    refuse_if_any(faults(problem))
    return problem


def faults(problem: AdmissionProblem) -> Iterator[Problem]:
    """Whatever is wrong, each with its place: the record by its id, then the field."""
    yield from _frame_faults(problem)
    yield from _twice(
        "occupant or patient", [*(one.id for one in problem.occupants), *(one.id for one in problem.patients)]
    )
    yield from _twice("surgeon", (surgeon.id for surgeon in problem.surgeons))
    yield from _twice("operating theater", (theatre.id for theatre in problem.theatres))
    yield from _twice("room", (room.id for room in problem.rooms))
    yield from _twice("nurse", (nurse.id for nurse in problem.nurses))
    rooms = {room.id for room in problem.rooms}
    surgeons = {surgeon.id for surgeon in problem.surgeons}
    for occupant in problem.occupants:
        yield from _occupant_faults(occupant, problem, rooms)
    for patient in problem.patients:
        yield from _patient_faults(patient, problem, rooms, surgeons)
    for room in problem.rooms:
        if not 1 <= room.beds <= MOST_BEDS:
            yield Problem(f"room {room.id!r}, capacity", room.beds, f"1 to {MOST_BEDS}", CORRECT)
    yield from _minute_faults(problem)
    for nurse in problem.nurses:
        yield from _nurse_faults(nurse, problem)
    yield from _occupied_faults(problem)


def _frame_faults(problem: AdmissionProblem) -> Iterator[Problem]:
    if not 1 <= problem.days <= MOST_DAYS:
        yield Problem("days", problem.days, f"1 to {MOST_DAYS}", CORRECT)
    if not 1 <= problem.skill_levels <= MOST_LEVELS:
        yield Problem("skill_levels", problem.skill_levels, f"1 to {MOST_LEVELS}", CORRECT)
    if len(problem.age_groups) > MOST_AGE_GROUPS:
        yield Problem("age_groups", len(problem.age_groups), f"at most {MOST_AGE_GROUPS}", "Join some.")
    for name, records in (("rooms", problem.rooms), ("operating_theaters", problem.theatres)):
        if not records:
            yield Problem(name, "none", "at least one", "Give the problem some.")
    yield from _twice("shift_types,", problem.shift_names)
    yield from _twice("age_groups,", problem.age_groups)
    for weight in fields(problem.weights):
        value = getattr(problem.weights, weight.name)
        if not 0 <= value <= MAX_WEIGHT:
            yield Problem(f"weights, {weight.name}", value, f"0 to {MAX_WEIGHT}", CORRECT)


def _twice(what: str, ids: Iterable[str]) -> Iterator[Problem]:
    for id_, count in Counter(ids).items():
        if count > 1:
            yield Problem(f"{what} {id_!r}", f"{count} times", "once", "Give each an id of its own.")


def _person_faults(person: Occupant | Patient, where: str, problem: AdmissionProblem) -> Iterator[Problem]:
    if person.gender not in GENDERS:
        yield Problem(f"{where}, gender", person.gender, "A or B", CORRECT)
    if not 0 <= person.age_group < len(problem.age_groups):
        yield Problem(f"{where}, age_group", person.age_group, "one of age_groups", CORRECT)
    if not 1 <= person.length_of_stay <= MOST_STAY:
        yield Problem(
            f"{where}, length_of_stay", person.length_of_stay, f"1 to {MOST_STAY} days", "A stay takes a day."
        )
        return
    shifts = SHIFTS_PER_DAY * person.length_of_stay
    for name, values, most in (
        ("workload_produced", person.workload, MOST),
        ("skill_level_required", person.skill_required, MOST_LEVELS),
    ):
        if len(values) != shifts:
            expected = f"{shifts}, three for each day of the stay"
            yield Problem(f"{where}, {name}", f"{len(values)} numbers", expected, "Give one for each shift.")
        for number, value in enumerate(values):
            if not 0 <= value <= most:
                yield Problem(f"{where}, {name}[{number}]", value, f"0 to {most}", CORRECT)


def _occupant_faults(occupant: Occupant, problem: AdmissionProblem, rooms: set[str]) -> Iterator[Problem]:
    where = f"occupant {occupant.id!r}"
    yield from _person_faults(occupant, where, problem)
    if occupant.room not in rooms:
        yield Problem(f"{where}, room_id", occupant.room, "an id of rooms", "Correct the id.")


def _patient_faults(
    patient: Patient, problem: AdmissionProblem, rooms: set[str], surgeons: set[str]
) -> Iterator[Problem]:
    where = f"patient {patient.id!r}"
    yield from _person_faults(patient, where, problem)
    if not 0 <= patient.release < problem.days:
        expected = f"a day from 0 to {problem.days - 1}"
        yield Problem(f"{where}, surgery_release_day", patient.release, expected, "Correct the day.")
    if patient.due is None and patient.mandatory:
        yield Problem(f"{where}, surgery_due_day", "nothing", "a day", "Mandatory patients have a due day.")
    if patient.due is not None and patient.due < patient.release:
        expected = f"{patient.release}, the release day, or later"
        yield Problem(f"{where}, surgery_due_day", patient.due, expected, "Correct one of the days.")
    if not 0 <= patient.duration <= MOST:
        yield Problem(f"{where}, surgery_duration", patient.duration, f"0 to {MOST} minutes", CORRECT)
    if patient.surgeon not in surgeons:
        yield Problem(f"{where}, surgeon_id", patient.surgeon, "an id of surgeons", "Correct the id.")
    for room in sorted(patient.incompatible_rooms - rooms):
        yield Problem(f"{where}, incompatible_room_ids", room, "ids of rooms", "Correct the id.")
    if rooms and patient.mandatory and not rooms - patient.incompatible_rooms:
        yield Problem(
            f"{where}, incompatible_room_ids", "every room", "a room left", "Nobody could admit this patient."
        )


def _minute_faults(problem: AdmissionProblem) -> Iterator[Problem]:
    rows = [(f"surgeon {one.id!r}, max_surgery_time", one.minutes) for one in problem.surgeons]
    rows += [(f"operating theater {one.id!r}, availability", one.minutes) for one in problem.theatres]
    for where, minutes in rows:
        if len(minutes) != problem.days:
            yield Problem(where, f"{len(minutes)} numbers", f"{problem.days}, one for each day", CORRECT)
        for day, value in enumerate(minutes):
            if not 0 <= value <= MOST:
                yield Problem(f"{where}[{day}]", value, f"0 to {MOST} minutes", CORRECT)


def _nurse_faults(nurse: Nurse, problem: AdmissionProblem) -> Iterator[Problem]:
    where = f"nurse {nurse.id!r}"
    if not 0 <= nurse.skill < problem.skill_levels:
        yield Problem(f"{where}, skill_level", nurse.skill, f"0 to {problem.skill_levels - 1}", CORRECT)
    for day, times in Counter(each.day for each in nurse.shifts).items():
        if times > 1:
            yield Problem(f"{where}, day {day}", f"{times} shifts", "one shift a day", "Take one away.")
    for each in nurse.shifts:
        if not 0 <= each.day < problem.days:
            yield Problem(f"{where}, day", each.day, f"0 to {problem.days - 1}", "Correct the day.")
        if not 0 <= each.shift < SHIFTS_PER_DAY:
            yield Problem(f"{where}, shift", each.shift, "one of shift_types", "Correct the shift.")
        if not 0 <= each.max_load <= MOST:
            yield Problem(f"{where}, day {each.day}, max_load", each.max_load, f"0 to {MOST}", CORRECT)


def _occupied_faults(problem: AdmissionProblem) -> Iterator[Problem]:
    """Rooms that those who are there already overfill: no plan could change that."""
    there = Counter(occupant.room for occupant in problem.occupants)
    for room in problem.rooms:
        if there[room.id] > room.beds:
            value = f"{there[room.id]} occupants"
            yield Problem(f"room {room.id!r}, capacity", value, f"at most {room.beds}", "Correct the rooms.")

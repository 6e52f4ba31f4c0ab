"""What a problem of stays must be before anyone works on it; every fault is told, not only the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from solver.admissions.stays.problem import Department, Patient, Room, StayProblem
from solver.engine.errors import Problem, refuse_if_any

MOST_DAYS = 2_000
MOST_PLACES = 500
"""Patients in one room."""
MOST_MINUTES = 24 * 60
CORRECT = "Correct it."


def checked(problem: StayProblem) -> StayProblem:
    """The problem itself; raises InvalidInstance with all that contradicts itself or names what is not there."""
    refuse_if_any(faults(problem))
    return problem


def faults(problem: StayProblem) -> Iterator[Problem]:
    """Whatever is wrong, each with its place."""
    if not 0 < problem.days <= MOST_DAYS or not 0 < problem.counted <= problem.days:
        shown = f"{problem.counted} of {problem.days} days"
        yield Problem("horizon", shown, f"1 to {MOST_DAYS} days, the counted among them", CORRECT)
    for name, records in (("rooms", problem.rooms), ("patients", problem.patients)):
        if not records:
            yield Problem(name, "none", "at least one", "Give the problem some.")
    for what, all_ids in (
        ("department", [one.id for one in problem.departments]),
        ("room", [one.id for one in problem.rooms]),
        ("patient", [one.id for one in problem.patients]),
    ):
        yield from _twice(what, all_ids)
    departments = {department.id for department in problem.departments}
    rooms = {room.id for room in problem.rooms}
    for department in problem.departments:
        yield from _department_faults(department)
    for room in problem.rooms:
        yield from _room_faults(room, departments)
    for patient in problem.patients:
        yield from _patient_faults(patient, problem, rooms)
    yield from _theatre_faults(problem)


def _twice(what: str, ids: Iterable[str]) -> Iterator[Problem]:
    for id_, count in Counter(ids).items():
        if count > 1:
            yield Problem(f"{what} {id_!r}", f"{count} times", "once", "Give each an id of its own.")


def _department_faults(department: Department) -> Iterator[Problem]:
    least, most = department.least_age, department.most_age
    if least is not None and most is not None and least > most:
        yield Problem(
            f"department {department.id!r}, ages",
            f"{least} to {most}",
            "least not above most",
            "Exchange them.",
        )


def _room_faults(room: Room, departments: set[str]) -> Iterator[Problem]:
    where = f"room {room.id!r}"
    if not 0 < room.capacity <= MOST_PLACES:
        yield Problem(f"{where}, capacity", room.capacity, f"1 to {MOST_PLACES}", CORRECT)
    if room.department not in departments:
        yield Problem(
            f"{where}, department", room.department, "a department of the problem", "Correct the id."
        )


def _patient_faults(patient: Patient, problem: StayProblem, rooms: set[str]) -> Iterator[Problem]:
    where = f"patient {patient.id!r}"
    if patient.days == 0:
        yield Problem(f"{where}, stay", 0, "at least one day", "Give the stay a length, or take it away.")
    if patient.latest < patient.first:
        expected = f"{patient.first}, the planned admission, or later"
        yield Problem(f"{where}, latest admission", patient.latest, expected, CORRECT)
    if patient.first < 0 or patient.latest + patient.days > problem.days:
        shown = f"days {patient.first} to {patient.latest + patient.days}"
        yield Problem(f"{where}, stay", shown, f"within days 0 to {problem.days}", CORRECT)
    if patient.registered > patient.first:
        expected = f"{patient.first}, the planned admission, or earlier"
        yield Problem(f"{where}, registration", patient.registered, expected, CORRECT)
    if patient.room is not None and patient.room not in rooms:
        yield Problem(f"{where}, room", patient.room, "a room of the problem", "Correct the id.")
    if patient.size is not None and patient.size < 1:
        yield Problem(f"{where}, room size", patient.size, "at least 1", CORRECT)
    if patient.age < 0:
        yield Problem(f"{where}, age", patient.age, "0 or more", CORRECT)
    surgery = patient.surgery
    if surgery is not None and not 0 < surgery.minutes <= MOST_MINUTES:
        yield Problem(f"{where}, surgery", surgery.minutes, f"1 to {MOST_MINUTES} minutes", CORRECT)
    if surgery is not None and not 0 <= surgery.day < max(1, patient.days):
        yield Problem(f"{where}, surgery", f"day {surgery.day} of the stay", "a day of the stay", CORRECT)


def _theatre_faults(problem: StayProblem) -> Iterator[Problem]:
    for (day, specialism), count in problem.theatre.slots.items():
        where = f"theatre slots of {specialism!r} on day {day}"
        if not 0 <= day < problem.days:
            yield Problem(where, day, f"a day from 0 to {problem.days - 1}", "Correct the day.")
        if count < 0:
            yield Problem(where, count, "0 or more", CORRECT)

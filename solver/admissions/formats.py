"""The competition's files: instances and plans as JSON, both ways.

Whatever is wrong with an instance is refused with every fault named: what has the wrong shape together with what
contradicts itself. Keys that the format does not know are passed over, as the competition's own validator does.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from solver.admissions.door import faults
from solver.admissions.problem import (
    SHIFTS_PER_DAY,
    Admission,
    AdmissionPlan,
    AdmissionProblem,
    Duty,
    Nurse,
    Occupant,
    Patient,
    Room,
    RosteredShift,
    Surgeon,
    Theatre,
    Weights,
)
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any

MOST_BYTES: Final = 200_000_000
"""Largest file read."""
WEIGHT_KEYS: Final = {
    "excessive_workload": "nurse_eccessive_workload",
    "open_theatre": "open_operating_theater",
}
"""Weights that the format calls otherwise; one of its names is misspelt there."""
NONE: Final = "none"
"""The admission day of who is not admitted."""
REMEDY: Final = "See docs/admissions.md for the format."
KINDS: Final[Mapping[type, str]] = {
    int: "a whole number",
    str: "a text of 1 to 70 printable characters",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
STAND_IN: Final[Mapping[type, Any]] = {int: 0, str: "", bool: False, list: [], dict: {}}


def read_problem(path: Path) -> AdmissionProblem:
    """The instance in a file. Raises InvalidInstance with every fault, OSError."""
    return problem_from_json(_text(path), path.name)


def problem_from_json(text: str, name: str = "instance") -> AdmissionProblem:
    """The instance in a text; ``name`` is how messages and reports call it. Raises InvalidInstance."""
    return problem_from_document(_document(text, name), name)


def problem_from_document(document: Any, name: str = "instance") -> AdmissionProblem:
    """The instance in a parsed document. Raises InvalidInstance with every fault."""
    if not isinstance(document, Mapping):
        raise InvalidInstance([Problem(name, document, "one JSON object", REMEDY)])
    reading = _Reading(name)
    problem = reading.problem(document)
    refuse_if_any((*reading.faults, *reading.not_told_yet(faults(problem))))
    return problem


def problem_to_document(problem: AdmissionProblem) -> dict[str, Any]:
    """The instance as the competition writes it."""
    return {
        "days": problem.days,
        "skill_levels": problem.skill_levels,
        "shift_types": list(problem.shift_names),
        "age_groups": list(problem.age_groups),
        "weights": {
            WEIGHT_KEYS.get(weight.name, weight.name): getattr(problem.weights, weight.name)
            for weight in fields(problem.weights)
        },
        "occupants": [
            {**_person(occupant, problem), "room_id": occupant.room} for occupant in problem.occupants
        ],
        "patients": [_patient(patient, problem) for patient in problem.patients],
        "surgeons": [{"id": one.id, "max_surgery_time": list(one.minutes)} for one in problem.surgeons],
        "operating_theaters": [{"id": one.id, "availability": list(one.minutes)} for one in problem.theatres],
        "rooms": [{"id": room.id, "capacity": room.beds} for room in problem.rooms],
        "nurses": [_nurse(nurse, problem) for nurse in problem.nurses],
    }


def _person(person: Occupant | Patient, problem: AdmissionProblem) -> dict[str, Any]:
    return {
        "id": person.id,
        "gender": person.gender,
        "age_group": problem.age_groups[person.age_group],
        "length_of_stay": person.length_of_stay,
        "workload_produced": list(person.workload),
        "skill_level_required": list(person.skill_required),
    }


def _patient(patient: Patient, problem: AdmissionProblem) -> dict[str, Any]:
    due = {} if patient.due is None else {"surgery_due_day": patient.due}
    return {
        **_person(patient, problem),
        "mandatory": patient.mandatory,
        "surgery_release_day": patient.release,
        **due,
        "surgery_duration": patient.duration,
        "surgeon_id": patient.surgeon,
        "incompatible_room_ids": sorted(patient.incompatible_rooms),
    }


def _nurse(nurse: Nurse, problem: AdmissionProblem) -> dict[str, Any]:
    shifts = [
        {"day": each.day, "shift": problem.shift_names[each.shift], "max_load": each.max_load}
        for each in nurse.shifts
    ]
    return {"id": nurse.id, "skill_level": nurse.skill, "working_shifts": shifts}


class _Reading:
    """One reading of an instance: collects what has the wrong shape, and puts a stand-in there to read on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Problem] = []
        self._lists: set[str] = set()

    def not_told_yet(self, found: Iterator[Problem]) -> Iterator[Problem]:
        """Faults of records whose shape was right, with the file's name before their place."""
        told = {fault.where for fault in self.faults}
        for fault in found:
            where = f"{self.name}, {fault.where}"
            missing = fault.where in self._lists
            lost = any(name in self._lists and fault.expected.endswith(f"of {name}") for name in self._lists)
            if where not in told and not missing and not lost:
                yield Problem(where, fault.value, fault.expected, fault.remedy)

    def problem(self, raw: Mapping[str, Any]) -> AdmissionProblem:
        days = self._field(raw, "", "days", int)
        levels = self._field(raw, "", "skill_levels", int)
        names = self._shift_names(raw)
        ages = tuple(self._texts(raw, "", "age_groups"))
        return AdmissionProblem(
            self.name,
            days,
            levels,
            names,
            ages,
            self._weights(raw),
            tuple(self._occupant(row, ages) for row in self._rows(raw, "occupants")),
            tuple(self._patient(row, ages) for row in self._rows(raw, "patients")),
            tuple(
                Surgeon(*self._minutes(row, "surgeon", "max_surgery_time"))
                for row in self._rows(raw, "surgeons")
            ),
            tuple(
                Theatre(*self._minutes(row, "operating theater", "availability"))
                for row in self._rows(raw, "operating_theaters")
            ),
            tuple(self._room(row) for row in self._rows(raw, "rooms")),
            tuple(self._nurse_of(row, names) for row in self._rows(raw, "nurses")),
        )

    def _weights(self, raw: Mapping[str, Any]) -> Weights:
        found = self._field(raw, "", "weights", dict)
        given = {}
        for weight in fields(Weights):
            key = WEIGHT_KEYS.get(weight.name, weight.name)
            given[weight.name] = self._field(found, "weights, ", key, int) if "weights" in raw else 0
        return Weights(**given)

    def _shift_names(self, raw: Mapping[str, Any]) -> tuple[str, str, str]:
        names = self._texts(raw, "", "shift_types")
        if "shift_types" in raw and len(names) != SHIFTS_PER_DAY:
            self._fault("shift_types", names, "three names", REMEDY)
        one, two, three, *_ = (*names, "early", "late", "night")
        return (one, two, three) if len(names) == SHIFTS_PER_DAY else ("early", "late", "night")

    def _occupant(self, row: tuple[str, Mapping[str, Any]], ages: tuple[str, ...]) -> Occupant:
        place, raw = row
        id_, where = self._id(place, raw, "occupant")
        age = self._age(raw, where, ages)
        gender, stay = self._field(raw, where, "gender", str), self._field(raw, where, "length_of_stay", int)
        workload = self._numbers(raw, where, "workload_produced")
        skills = self._numbers(raw, where, "skill_level_required")
        return Occupant(id_, gender, age, stay, workload, skills, self._field(raw, where, "room_id", str))

    def _patient(self, row: tuple[str, Mapping[str, Any]], ages: tuple[str, ...]) -> Patient:
        place, raw = row
        id_, where = self._id(place, raw, "patient")
        due = raw.get("surgery_due_day")
        return Patient(
            id_,
            self._field(raw, where, "mandatory", bool),
            self._field(raw, where, "gender", str),
            self._age(raw, where, ages),
            self._field(raw, where, "length_of_stay", int),
            self._field(raw, where, "surgery_release_day", int),
            None if due is None else self._field(raw, where, "surgery_due_day", int),
            self._field(raw, where, "surgery_duration", int),
            self._field(raw, where, "surgeon_id", str),
            frozenset(self._texts(raw, where, "incompatible_room_ids")),
            self._numbers(raw, where, "workload_produced"),
            self._numbers(raw, where, "skill_level_required"),
        )

    def _minutes(
        self, row: tuple[str, Mapping[str, Any]], what: str, key: str
    ) -> tuple[str, tuple[int, ...]]:
        id_, where = self._id(*row, what)
        return id_, self._numbers(row[1], where, key)

    def _room(self, row: tuple[str, Mapping[str, Any]]) -> Room:
        id_, where = self._id(*row, "room")
        return Room(id_, self._field(row[1], where, "capacity", int))

    def _nurse_of(self, row: tuple[str, Mapping[str, Any]], names: tuple[str, str, str]) -> Nurse:
        id_, where = self._id(*row, "nurse")
        shifts = []
        for number, one in enumerate(self._field(row[1], where, "working_shifts", list)):
            place = f"{where}working_shifts[{number}]"
            if not isinstance(one, Mapping):
                self._fault(place, one, "an object with day, shift and max_load", REMEDY)
                continue
            shift = self._field(one, f"{place}, ", "shift", str)
            if shift and shift not in names:
                self._fault(f"{place}, shift", shift, f"one of {', '.join(names)}", "Correct the name.")
            day, load = (self._field(one, f"{place}, ", key, int) for key in ("day", "max_load"))
            shifts.append(RosteredShift(day, names.index(shift) if shift in names else 0, load))
        return Nurse(id_, self._field(row[1], where, "skill_level", int), tuple(shifts))

    def _id(self, place: str, raw: Mapping[str, Any], what: str) -> tuple[str, str]:
        """The id, and how to call the record: by it, or by its place where there is none."""
        id_ = self._field(raw, f"{place}, ", "id", str) or place
        return id_, f"{what} {id_!r}, "

    def _age(self, raw: Mapping[str, Any], where: str, ages: tuple[str, ...]) -> int:
        name = self._field(raw, where, "age_group", str)
        if name and name not in ages and "age_groups" not in self._lists:
            self._fault(f"{where}age_group", name, f"one of {', '.join(ages)}", "Correct the name.")
        return ages.index(name) if name in ages else 0

    def _rows(self, raw: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The records of a list, each with its place."""
        for number, row in enumerate(self._field(raw, "", key, list)):
            if isinstance(row, Mapping):
                yield f"{key}[{number}]", row
            else:
                self._fault(f"{key}[{number}]", row, "an object", REMEDY)

    def _texts(self, raw: Mapping[str, Any], where: str, key: str) -> list[str]:
        return self._all_of(raw, where, key, str)

    def _numbers(self, raw: Mapping[str, Any], where: str, key: str) -> tuple[int, ...]:
        return tuple(self._all_of(raw, where, key, int))

    def _all_of(self, raw: Mapping[str, Any], where: str, key: str, kind: type) -> list[Any]:
        values = self._field(raw, where, key, list)
        for number, value in enumerate(values):
            if not _fits(value, kind):
                self._fault(f"{where}{key}[{number}]", value, KINDS[kind], REMEDY)
        return [value if _fits(value, kind) else STAND_IN[kind] for value in values]

    def _field(self, raw: Mapping[str, Any], where: str, key: str, kind: type) -> Any:
        """The value, or a stand-in when it is not there or of another kind."""
        value = raw.get(key, "nothing")
        if key in raw and _fits(value, kind):
            return value
        if not where:
            self._lists.add(key)
        self._fault(f"{where}{key}", value, KINDS[kind], REMEDY)
        return STAND_IN[kind]

    def _fault(self, where: str, value: object, expected: str, remedy: str) -> None:
        self.faults.append(Problem(f"{self.name}, {where}", value, expected, remedy))


def _fits(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int
    if kind is str:
        return isinstance(value, str) and 0 < len(value) <= 70 and value.isprintable()
    return isinstance(value, kind)


def read_plan(path: Path, problem: AdmissionProblem) -> AdmissionPlan:
    """The plan in a file. Raises InvalidInstance with every fault of its shape, OSError."""
    return plan_from_json(_text(path), problem, path.name)


def plan_from_json(text: str, problem: AdmissionProblem, name: str = "plan") -> AdmissionPlan:
    """The plan in a text; ids are looked at by the referee. Raises InvalidInstance."""
    document = _document(text, name)
    if not isinstance(document, Mapping):
        raise InvalidInstance([Problem(name, document, "one JSON object", REMEDY)])
    found: list[Problem] = []
    admissions = tuple(_admissions(document.get("patients"), name, found))
    duties = tuple(_duties(document.get("nurses"), problem, name, found))
    refuse_if_any(found)
    return AdmissionPlan(admissions, duties)


def _admissions(rows: Any, name: str, found: list[Problem]) -> Iterator[Admission]:
    for where, row in _objects(rows, f"{name}, patients", found):
        day = row.get("admission_day", NONE)
        if day == NONE:
            continue
        texts = [row.get(key) for key in ("id", "room", "operating_theater")]
        if type(day) is not int or not all(isinstance(text, str) for text in texts):
            expected = "id, admission_day (a day or none), room, operating_theater"
            found.append(Problem(where, dict(row), expected, REMEDY))
            continue
        yield Admission(str(texts[0]), day, str(texts[1]), str(texts[2]))


def _duties(rows: Any, problem: AdmissionProblem, name: str, found: list[Problem]) -> Iterator[Duty]:
    numbers = {shift: number for number, shift in enumerate(problem.shift_names)}
    for where, row in _objects(rows, f"{name}, nurses", found):
        for place, one in _objects(row.get("assignments"), f"{where}, assignments", found):
            day, shift, rooms = one.get("day"), one.get("shift"), one.get("rooms")
            texts = isinstance(rooms, list) and all(isinstance(room, str) for room in rooms)
            if type(day) is not int or not texts or not isinstance(row.get("id"), str):
                expected = "day, shift and a list of rooms, of a nurse with an id"
                found.append(Problem(place, dict(one), expected, REMEDY))
            elif not isinstance(shift, str) or shift not in numbers:
                expected = f"one of {', '.join(numbers)}"
                found.append(Problem(f"{place}, shift", shift, expected, "Correct the name."))
            else:
                yield from (Duty(row["id"], day, numbers[shift], room) for room in rooms or ())


def _objects(rows: Any, where: str, found: list[Problem]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(rows, list):
        found.append(Problem(where, "nothing" if rows is None else rows, "a list", REMEDY))
        return
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            yield f"{where}[{number}]", row
        else:
            found.append(Problem(f"{where}[{number}]", row, "an object", REMEDY))


def plan_to_json(plan: AdmissionPlan, problem: AdmissionProblem) -> str:
    """The plan as the competition reads it: every patient and every nurse, in the order of the problem."""
    given = {one.patient: one for one in plan.admissions}
    rooms: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    for duty in plan.duties:
        rooms[duty.nurse, duty.day, duty.shift].append(duty.room)
    patients: list[dict[str, Any]] = []
    for patient in problem.patients:
        one = given.get(patient.id)
        if one is None:
            patients.append({"id": patient.id, "admission_day": NONE})
        else:
            place = {"admission_day": one.day, "room": one.room, "operating_theater": one.theatre}
            patients.append({"id": patient.id, **place})
    nurses = [
        {
            "id": nurse.id,
            "assignments": [
                {
                    "day": each.day,
                    "shift": problem.shift_names[each.shift],
                    "rooms": rooms[nurse.id, each.day, each.shift],
                }
                for each in nurse.shifts
            ],
        }
        for nurse in problem.nurses
    ]
    return json.dumps({"patients": patients, "nurses": nurses}, indent=1) + "\n"


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InvalidInstance(
            [Problem(path.name, f"{size} bytes", f"at most {MOST_BYTES}", "Is this the right file?")]
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInstance([Problem(path.name, "other bytes", "text in UTF-8", "Is it packed?")]) from None


def _document(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        remedy = "The file may be cut off: fetch it again."
        raise InvalidInstance([Problem(name, str(error), "a JSON document", remedy)]) from None

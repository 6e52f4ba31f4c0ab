"""The JSON of a ward's year (PRA; Brandt, Buesing, Engelhardt), gzip or plain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from solver.admissions.stays.door import faults
from solver.admissions.stays.problem import PRA, Department, Patient, Policy, Room, Sex, StayProblem
from solver.admissions.stays.reading import Faults, text
from solver.engine.errors import InvalidInstance, Problem

SEXES: Final = {"W": Sex.FEMALE, "F": Sex.FEMALE, "M": Sex.MALE}
WARD: Final = "ward"


def read(path: Path) -> StayProblem:
    """The problem in a file. Raises InvalidInstance with every fault; OSError if it cannot be opened.

    Patients without any day are not part of it. Who has a companion needs no second place (the source says nothing
    of it).
    """
    try:
        given = json.loads(text(path))
    except (json.JSONDecodeError, RecursionError):
        fault = Problem(path.name, "no JSON", "a whole JSON file", "Fetch the file again.")
        raise InvalidInstance([fault]) from None
    return _Reader(path.name).problem(given)


class _Reader:
    """Reads one file and notes its faults."""

    def __init__(self, name: str) -> None:
        self.faults = Faults(name)

    def problem(self, given: Any) -> StayProblem:
        rooms = tuple(self._room(at, one) for at, one in enumerate(self._list(given, "rooms")))
        patients = [self._patient(at, one) for at, one in enumerate(self._list(given, "patients"))]
        staying = tuple(patient for patient in patients if patient.days > 0)
        days = max((patient.first + patient.days for patient in staying), default=0)
        problem = StayProblem(
            self.faults.name, days, days, (Department(WARD, {WARD: 1}),), rooms, staying, PRA
        )
        self.faults.refuse()
        self.faults.refuse(faults(problem))
        return problem

    def _list(self, given: Any, key: str) -> list[dict[str, Any]]:
        found = given.get(key) if isinstance(given, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self.faults.add(key, type(found).__name__, "a list of records")
            return []
        return found

    def _whole(self, where: str, one: dict[str, Any], key: str) -> int:
        value = one.get(key)
        if type(value) is int and 0 <= value < 1_000_000:
            return value
        self.faults.add(f"{where}, {key}", value, "a whole number, 0 or more")
        return 0

    def _room(self, at: int, one: dict[str, Any]) -> Room:
        where = f"rooms[{at}]"
        return Room(str(one.get("name")), self._whole(where, one, "capacity"), WARD, Policy.SAME)

    def _patient(self, at: int, one: dict[str, Any]) -> Patient:
        where = f"patients[{at}]"
        first, leaves = (self._whole(where, one, key) for key in ("admission", "discharge"))
        sex = SEXES.get(str(one.get("sex")))
        if sex is None:
            self.faults.add(f"{where}, sex", one.get("sex"), "W or M")
        if leaves < first:
            self.faults.add(f"{where}, discharge", leaves, f"{first}, the admission, or later")
        return Patient(
            id=str(one.get("id")),
            sex=sex or Sex.FEMALE,
            age=self._whole(where, one, "age"),
            specialisms=(WARD,) * max(0, min(leaves - first, 10_000)),
            first=first,
            latest=first,
            registered=self._whole(where, one, "registration"),
            private=one.get("isPrivate") is True,
        )

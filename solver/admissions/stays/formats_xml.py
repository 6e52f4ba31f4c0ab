"""The XML of admissions with operating rooms (Ceschia and Schaerf 2016), gzip or plain: instances and solutions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from solver.admissions.stays.door import faults
from solver.admissions.stays.problem import (
    OR_PAS,
    Department,
    Night,
    Patient,
    Policy,
    Room,
    Sex,
    StayPlan,
    StayProblem,
    Surgery,
    Theatre,
)
from solver.admissions.stays.reading import Faults, content
from solver.engine.errors import InvalidInstance, Problem

POLICIES: Final = {
    "SameGender": Policy.SAME,
    "MaleOnly": Policy.MALE,
    "FemaleOnly": Policy.FEMALE,
    "Any": Policy.ANY,
}
SEXES: Final = {"Male": Sex.MALE, "Female": Sex.FEMALE}
ROOM_SIZE: Final = 6
"""Preferred by those who name none."""
MOST_DAYS: Final = 1_000


def read(path: Path) -> StayProblem:
    """The problem in a file. Raises InvalidInstance with every fault; OSError if it cannot be opened."""
    return _Reader(path.name, _root(path)).problem()


def read_plan(path: Path, problem: StayProblem) -> StayPlan:
    """A published solution, its days counted from ``start_day``. Raises InvalidInstance with every fault."""
    found = Faults(path.name)
    root = _root(path)
    start = _date(found, "start_day", root.findtext("planning_horizon/start_day"))
    nights = []
    for patient in root.iter("patient"):
        name = patient.get("name", "")
        for stay in patient.iter("stay"):
            day = _date(found, f"patient {name!r}, stay", stay.get("day"))
            nights.append(Night(name, (day - start).days, stay.get("room", "")))
    found.refuse()
    return StayPlan(tuple(sorted(nights)))


def _root(path: Path) -> ElementTree.Element:
    data = content(path)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        fault = Problem(path.name, "a document type", "plain XML", "Take the declaration away.")
        raise InvalidInstance([fault])
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        where = f"{path.name}, line {error.position[0]}"
        raise InvalidInstance([Problem(where, "no XML", "a whole XML file", "Fetch it again.")]) from None


def _date(found: Faults, where: str, given: str | None) -> date:
    try:
        return date.fromisoformat(given or "")
    except ValueError:
        found.add(where, given, "a date as 2014-05-31")
        return date(2000, 1, 1)


class _Reader:
    """Reads one instance and notes its faults."""

    def __init__(self, name: str, root: ElementTree.Element) -> None:
        self.faults = Faults(name)
        self.root = root
        horizon = root.find("descriptor/Horizon")
        given = {} if horizon is None else horizon.attrib
        self.start = _date(self.faults, "Horizon, start_day", given.get("start_day"))
        self.counted = min(self.faults.number("Horizon, num_days", given.get("num_days")), MOST_DAYS)
        self.days = 2 * self.counted
        self.treatments = {one.get("name"): one for one in root.iterfind("treatments/treatment")}

    def problem(self) -> StayProblem:
        problem = StayProblem(
            name=self.faults.name,
            days=self.days,
            counted=self.counted,
            departments=tuple(self._departments()),
            rooms=tuple(self._room(one) for one in self.root.iterfind("rooms/room")),
            patients=tuple(self._patient(one) for one in self.root.iterfind("patients/patient")),
            prices=OR_PAS,
            theatre=self._theatre(),
        )
        self.faults.refuse()
        self.faults.refuse(faults(problem))
        return problem

    def _day(self, where: str, given: str | None) -> int:
        return (_date(self.faults, where, given) - self.start).days

    def _departments(self) -> Iterator[Department]:
        for one in self.root.iterfind("departments/department"):
            where = f"department {one.get('name')!r}"
            levels = {name.text or "": 2 for name in one.iterfind("aux_specialisms/aux_specialism")}
            levels |= {name.text or "": 1 for name in one.iterfind("main_specialisms/main_specialism")}
            yield Department(
                one.get("name", ""),
                levels,
                self._age(where, one.get("min_age") or one.findtext("min_age")),
                self._age(where, one.get("max_age") or one.findtext("max_age")),
            )

    def _age(self, where: str, given: str | None) -> int | None:
        return None if given is None else self.faults.number(f"{where}, age", given)

    def _room(self, one: ElementTree.Element) -> Room:
        where = f"room {one.get('name')!r}"
        policy = POLICIES.get(one.get("gender_policy", ""))
        if policy is None:
            self.faults.add(f"{where}, gender_policy", one.get("gender_policy"), ", ".join(POLICIES))
        return Room(
            id=one.get("name", ""),
            capacity=self.faults.number(f"{where}, capacity", one.get("capacity")),
            department=one.get("department", ""),
            policy=policy or Policy.ANY,
            properties=frozenset(name.text or "" for name in one.iterfind("features/feature")),
        )

    def _patient(self, one: ElementTree.Element) -> Patient:
        where = f"patient {one.get('name')!r}"
        first, leaves = (self._day(f"{where}, {name}", one.get(name)) for name in ("admission", "discharge"))
        days = min(max(0, leaves - first), self.days)
        latest = one.get("max_admission")
        sex = SEXES.get(one.get("gender", ""))
        if sex is None:
            self.faults.add(f"{where}, gender", one.get("gender"), ", ".join(SEXES))
        specialism, surgery = self._treatment(where, one, first)
        wanted = [(name.get("name", ""), name.get("type")) for name in one.iter("room_property")]
        size = one.get("preferred_capacity")
        return Patient(
            id=one.get("name", ""),
            sex=sex or Sex.FEMALE,
            age=self.faults.number(f"{where}, age", one.get("age")),
            specialisms=(specialism,) * days,
            first=first,
            latest=self.days - days if latest is None else self._day(f"{where}, max_admission", latest),
            registered=self._day(f"{where}, registration", one.get("registration")),
            needed=frozenset(name for name, kind in wanted if kind == "needed"),
            preferred=frozenset(name for name, kind in wanted if kind == "preferred"),
            size=ROOM_SIZE if size is None else self.faults.number(f"{where}, preferred_capacity", size),
            at_risk=one.get("variability") == "1",
            room=one.get("room"),
            surgery=surgery,
        )

    def _treatment(self, where: str, one: ElementTree.Element, first: int) -> tuple[str, Surgery | None]:
        treatment = self.treatments.get(one.get("treatment"))
        if treatment is None:
            self.faults.add(f"{where}, treatment", one.get("treatment"), "a treatment of the file")
            return "", None
        specialism = treatment.get("specialism", "")
        day = one.get("surgery_day")
        if treatment.get("surgery") != "1" or day is None:  # without a day: operated on before the horizon
            return specialism, None
        minutes = self.faults.number(f"treatment {one.get('treatment')!r}, length", treatment.get("length"))
        return specialism, Surgery(specialism, minutes, self._day(f"{where}, surgery_day", day) - first)

    def _theatre(self) -> Theatre:
        """The slots of the file, and again for the second half of the window."""
        slots: dict[tuple[int, str], int] = {}
        for day in self.root.iterfind("or_slots/day"):
            at = self._day("or_slots, day", day.get("name"))
            for one in day.iterfind("specialism_assignment"):
                where = f"or_slots, day {day.get('name')}, number_or_slots"
                count = self.faults.number(where, one.get("number_or_slots"))
                for half in (0, self.counted):
                    slots[at + half, one.get("name", "")] = count
        given = self.root.find("or_slots")
        length = None if given is None else given.get("slot_length")
        return Theatre(0 if given is None else self.faults.number("or_slots, slot_length", length), slots)

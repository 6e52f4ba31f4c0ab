"""The text format of patient admission scheduling (Demeester et al. 2010): sections, one record a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from solver.admissions.stays.door import faults
from solver.admissions.stays.problem import PAS, Department, Patient, Policy, Room, Sex, StayProblem
from solver.admissions.stays.reading import Faults, text

SECTIONS: Final = ("SPECIALISMS", "DEPARTMENTS", "ROOMPROPERTIES", "ROOMS", "BEDS", "PATIENTS")
HORIZON: Final = "Planning horizon"
END: Final = "END."
POLICIES: Final = {"M": Policy.MALE, "F": Policy.FEMALE, "D": Policy.SAME, "N": Policy.ANY}

Fields = list[list[str]]
"""The fields of each part of a line; parts stand between bars."""
RecordT = TypeVar("RecordT")


def read(path: Path) -> StayProblem:
    """The problem in a file. Raises InvalidInstance with every fault and its line; OSError if it cannot be opened."""
    return _Reader(Path(path).name).problem(text(path))


class _Reader:
    """Reads one file and notes its faults."""

    def __init__(self, name: str) -> None:
        self.faults = Faults(name)
        self.properties: tuple[str, ...] = ()
        self.days = 0

    def problem(self, given: str) -> StayProblem:
        sections = self._sections(given)
        self.properties = tuple(self._records(sections["ROOMPROPERTIES"], self._id))
        rooms = tuple(self._records(sections["ROOMS"], self._room))
        patients = self._records(sections["PATIENTS"], self._patient)
        problem = StayProblem(
            name=self.faults.name,
            days=self.days,
            counted=self.days,
            departments=tuple(self._records(sections["DEPARTMENTS"], self._department)),
            rooms=rooms,
            patients=tuple(patient for patient in patients if patient is not None),
            prices=PAS,
            decimals=1,
        )
        self.faults.refuse()
        self.faults.refuse(faults(problem))
        return problem

    def _sections(self, given: str) -> dict[str, list[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        current = ""
        for number, raw in enumerate(given.splitlines(), start=1):
            line = raw.strip()
            name, colon, rest = line.partition(":")
            if name in SECTIONS and colon:
                current = name
                found[current] = []
            elif name == HORIZON:
                self.days = self.faults.number(f"line {number}, {HORIZON}", rest)
            elif line == END:
                current = END
            elif current in found and line:
                found[current].append((number, line))
        for name in SECTIONS:
            if name not in found:
                self.faults.add("sections", "no section", f"{name}:", "Give a whole instance file.")
        if current != END:
            self.faults.add("last line", current, END, "The file was cut off: fetch it again.")
        if not self.days:
            self.faults.add(HORIZON, self.days, "a number of nights above 0", "Give a whole instance file.")
        return {name: found.get(name, []) for name in SECTIONS}

    def _records(
        self, lines: list[tuple[int, str]], read_one: Callable[[str, Fields], RecordT]
    ) -> list[RecordT]:
        records = []
        for number, line in lines:
            fields = [part.split() for part in line.split("|")]
            where = f"line {number}"
            try:
                records.append(read_one(where, fields))
            except (IndexError, ValueError):
                self.faults.add(where, line, "a whole line of its section", "Complete the line.")
        return records

    def _id(self, where: str, fields: Fields) -> str:
        return fields[0][0]

    def _department(self, where: str, fields: Fields) -> Department:
        least, most = (self.faults.number(f"{where}, age", age) or None for age in fields[0][2:])
        return Department(fields[0][0], self._levels(where, fields[1]), least, most)

    def _levels(self, where: str, fields: list[str]) -> dict[str, int]:
        """Pairs of a level and a specialism; ValueError where the last is half a pair."""
        pairs = zip(fields[::2], fields[1::2], strict=True)
        return {specialism: self.faults.number(f"{where}, level", level) for level, specialism in pairs}

    def _flags(self, where: str, fields: list[str]) -> frozenset[str]:
        if len(fields) != len(self.properties) or set(fields) - {"0", "1"}:
            expected = f"{len(self.properties)} of 0 or 1"
            self.faults.add(f"{where}, properties", " ".join(fields), expected)
            return frozenset()
        return frozenset(name for name, flag in zip(self.properties, fields, strict=True) if flag == "1")

    def _room(self, where: str, fields: Fields) -> Room:
        policy = POLICIES.get(fields[3][0])
        if policy is None:
            self.faults.add(f"{where}, policy", fields[3][0], "M, F, D or N")
        return Room(
            id=fields[0][0],
            capacity=self.faults.number(f"{where}, capacity", fields[1][0]),
            department=fields[2][0],
            policy=policy or Policy.ANY,
            priorities=self._levels(where, fields[4]),
            properties=self._flags(where, fields[5]),
        )

    def _patient(self, where: str, fields: Fields) -> Patient | None:
        """A patient, None without any night inside the horizon."""
        id_, sex = fields[0][0], fields[0][-1]
        if sex not in ("F", "M"):
            self.faults.add(f"{where}, sex", sex, "F or M")
        first, last = (self.faults.number(f"{where}, night", night) for night in fields[1][:2])
        specialisms = self._specialisms(where, fields[2])
        if len(specialisms) != last - first:
            expected = f"{last - first} nights, from {first} to {last}"
            self.faults.add(f"{where}, specialisms", f"{len(specialisms)} nights", expected)
        inside = specialisms[: max(0, self.days - first)]
        size = self.faults.number(f"{where}, room size", fields[3][0])
        found = Patient(
            id=id_,
            sex=Sex.MALE if sex == "M" else Sex.FEMALE,
            age=self.faults.number(f"{where}, age", fields[0][-2]),
            specialisms=inside,
            first=first,
            latest=first,
            size=size or None,
            needed=self._flags(where, fields[4]),
            preferred=self._flags(where, fields[5]),
        )
        return found if inside else None

    def _specialisms(self, where: str, fields: list[str]) -> tuple[str, ...]:
        count = self.faults.number(f"{where}, specialisms", fields[0])
        pairs = [(fields[2 * at + 1], fields[2 * at + 2]) for at in range(min(count, len(fields)))]
        found: list[str] = []
        for specialism, nights in pairs:
            long = self.faults.number(f"{where}, nights", nights)
            found += [specialism] * min(long, 10_000)
        return tuple(found)

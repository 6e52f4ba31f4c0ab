"""The text format of Curtois and Qu (2014), and rosters as CSV.

A section begins with ``SECTION_NAME``; fields stand between commas, comments after #. All sections must be there.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from solver.engine.errors import InvalidInstance, Problem
from solver.rostering.door import faults
from solver.rostering.problem import (
    Assignment,
    Contract,
    Cover,
    Employee,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
    Wish,
)

MOST_DIGITS = 18
HEADER = ("employee_id", "day_index", "shift_id")
FIELDS = {
    "HORIZON": 1,
    "SHIFTS": 3,
    "STAFF": 8,
    "DAYS_OFF": None,
    "SHIFT_ON_REQUESTS": 4,
    "SHIFT_OFF_REQUESTS": 4,
    "COVER": 5,
}
"""Sections and how many fields a line of each has; None: an id and any number of days."""

Line = tuple[int, list[str]]


def read(path: Path) -> RosterProblem:
    """The problem in a file. Raises InvalidInstance with every fault and its line; OSError if it cannot be opened."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fault = Problem(path.name, "bytes that are no text", "a text file", "Give an instance file.")
        raise InvalidInstance([fault]) from None
    return _Reader(path.name).problem(text)


class _Reader:
    """Reads one file and notes its faults."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.days_off: dict[str, set[int]] = defaultdict(set)

    def problem(self, text: str) -> RosterProblem:
        sections = self._sections(text)
        horizon = [self._number(line, 0) for line in sections["HORIZON"]]
        if len(horizon) != 1 and "HORIZON" in text:
            self._fault(None, f"{len(horizon)} lines in SECTION_HORIZON", "one line", "State the days once.")
        for line in sections["DAYS_OFF"]:
            self.days_off[line[1][0]].update(self._number(line, at) for at in range(1, len(line[1])))
        found = RosterProblem(
            name=self.name,
            days=horizon[0] if horizon else 0,
            shifts=tuple(self._shift(line) for line in sections["SHIFTS"]),
            skills=(),
            employees=tuple(self._employee(line) for line in sections["STAFF"]),
            wishes=tuple(self._wishes(sections)),
            cover=tuple(self._cover(line) for line in sections["COVER"]),
        )
        self._unknown_days_off(found)
        if not self.problems:
            self.problems += faults(found)
        if self.problems:
            raise InvalidInstance(self.problems)
        return found

    def _sections(self, text: str) -> dict[str, list[Line]]:
        sections: dict[str, list[Line]] = {name: [] for name in FIELDS}
        seen: set[str] = set()
        current = ""
        for number, raw in enumerate(text.splitlines(), start=1):
            content = raw.strip()
            if not content or content.startswith("#"):
                continue
            if content.startswith("SECTION_"):
                current = content.removeprefix("SECTION_")
                if current not in FIELDS:
                    self._fault(number, content, "a section of the format", "Correct the name.")
                if current in seen:
                    self._fault(number, content, "each section once", "Join the sections.")
                seen.add(current)
            elif current in FIELDS:
                self._line(sections[current], current, number, content)
            elif not current:
                self._fault(number, content, "a line SECTION_HORIZON first", "Give an instance file.")
        for name in FIELDS.keys() - seen:
            self._fault(None, "no section", f"SECTION_{name}", "Add the section; it may be empty.")
        return sections

    def _line(self, lines: list[Line], section: str, number: int, content: str) -> None:
        fields = [part.strip() for part in content.split(",")]
        wanted = FIELDS[section]
        if wanted is not None and len(fields) != wanted:
            self._fault(number, content, f"{wanted} fields in SECTION_{section}", "Complete the line.")
        else:
            lines.append((number, fields))

    def _shift(self, line: Line) -> ShiftType:
        _, (id_, _, never) = line
        return ShiftType(id_, self._number(line, 1), frozenset(part for part in never.split("|") if part))

    def _employee(self, line: Line) -> Employee:
        id_ = line[1][0]
        most, least, longest, shortest, rest, weekends = (self._number(line, at) for at in range(2, 8))
        contract = Contract(
            id=id_,
            minutes=Limits(least, most),
            worked_run=Limits(shortest, longest),
            off_run=Limits(rest),
            weekends=Limits(None, weekends),
            most_of_shift=dict(self._most_of_shift(line)),
        )
        return Employee(id_, contract, days_off=frozenset(self.days_off.get(id_, ())))

    def _most_of_shift(self, line: Line) -> Iterator[tuple[str, int]]:
        for part in line[1][1].split("|"):
            shift, equals, count = part.partition("=")
            if equals and count.strip().isdecimal() and len(count) <= MOST_DIGITS:
                yield shift.strip(), int(count)
            elif part:
                self._fault(line[0], part, "shift=number", "Correct the limit.")

    def _wishes(self, sections: dict[str, list[Line]]) -> Iterator[Wish]:
        for section, on in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False)):
            for line in sections[section]:
                employee, _, shift, _ = line[1]
                yield Wish(employee, self._number(line, 1), shift, on, self._number(line, 3))

    def _cover(self, line: Line) -> Cover:
        day, wanted, under, over = (self._number(line, at) for at in (0, 2, 3, 4))
        return Cover(day, line[1][1], "", 0, wanted, under, over)

    def _unknown_days_off(self, found: RosterProblem) -> None:
        for id_ in sorted(self.days_off.keys() - {employee.id for employee in found.employees}):
            self._fault(None, id_, "an employee of SECTION_STAFF in SECTION_DAYS_OFF", "Correct the id.")

    def _number(self, line: Line, at: int) -> int:
        value = line[1][at]
        if value.isascii() and value.removeprefix("-").isdecimal() and len(value) <= MOST_DIGITS:
            return int(value)
        self._fault(line[0], value, f"a whole number as field {at + 1}", "Correct the number.")
        return 0

    def _fault(self, number: int | None, value: object, expected: str, remedy: str) -> None:
        where = self.name if number is None else f"{self.name}, line {number}"
        self.problems.append(Problem(where, value, expected, remedy))


def read_roster(path: Path) -> Roster:
    """A roster from CSV with the header ``employee_id,day_index,shift_id``.

    Raises InvalidInstance with every row that is none, and OSError.
    """
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    if not rows or tuple(part.strip() for part in rows[0]) != HEADER:
        shown = ",".join(rows[0]) if rows else "nothing"
        raise InvalidInstance(
            [Problem(path.name, shown, ",".join(HEADER), "Give a roster with this header.")]
        )
    return Roster(tuple(_rows(path.name, rows[1:])))


def _rows(name: str, rows: Sequence[Sequence[str]]) -> list[Assignment]:
    found, problems = [], []
    for number, row in enumerate(rows, start=2):
        if (
            len(row) == 3
            and row[1].strip().isascii()
            and row[1].strip().isdecimal()
            and len(row[1]) <= MOST_DIGITS
        ):
            found.append(Assignment(row[0].strip(), int(row[1]), row[2].strip()))
        elif row:
            expected = "an employee, a day from 0 and a shift"
            problems.append(Problem(f"{name}, line {number}", ",".join(row), expected, "Correct the row."))
    if problems:
        raise InvalidInstance(problems)
    return found


def write_roster(roster: Roster, write: Callable[[str], object]) -> None:
    """The roster as CSV, through ``write``."""
    write(",".join(HEADER) + "\n")
    for given in roster.assignments:
        write(f"{given.employee},{given.day},{given.shift}\n")

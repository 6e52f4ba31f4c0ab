"""The text format of INRC-II (Ceschia et al. 2019) with all weeks known, and one solution file per week.

An instance is named ``DATASET_HISTORY_WEEK-WEEK-...``, as ``n030w4_1_6-2-9-1``; its files lie in the folder of the
data set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from solver.engine.errors import InvalidInstance, Problem
from solver.rostering.door import faults
from solver.rostering.problem import (
    DAYS_PER_WEEK,
    Assignment,
    Contract,
    Cover,
    Employee,
    History,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
    Wish,
)

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_MINUTES = 480
"""The format states no length of a shift; nothing depends on it."""
PRICES = {
    "worked": 30,
    "off": 30,
    "same": 15,
    "wish": 10,
    "whole": 30,
    "shifts": 20,
    "weekends": 30,
    "cover": 30,
}
PAIR = re.compile(r"\((\d{1,9}),(\d{1,9})\)")
NAME = re.compile(r"(?P<dataset>n\d+w\d+)_(?P<history>\d+)_(?P<weeks>\d+(-\d+)*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of an instance's name."""

    dataset: str
    history: str
    weeks: tuple[str, ...]

    @staticmethod
    def of(text: str) -> Name:
        """Raises InvalidInstance when it is no such name."""
        found = NAME.fullmatch(text)
        if found is None:
            raise InvalidInstance(
                [Problem("instance", text, "a name as n030w4_1_6-2-9-1", "Data set, history, week files.")]
            )
        return Name(found["dataset"], found["history"], tuple(found["weeks"].split("-")))

    def solution_file(self, position: int) -> str:
        """The official name of the solution of the week at ``position``."""
        return f"Sol-{self.dataset}-{self.weeks[position]}-{position}.txt"


def read(folder: Path, instance: str) -> RosterProblem:
    """The problem in ``folder`` (or in the data set's folder within it).

    Raises InvalidInstance with every fault, its file and line; OSError if a file cannot be opened.
    """
    name = Name.of(instance)
    inner = folder / name.dataset
    return _Reader(inner if inner.is_dir() else folder, name).problem()


@dataclass(slots=True)
class _Lines:
    """The lines of a file that are not blank, one after the other."""

    file: str
    lines: list[tuple[int, str]]
    at: int = 0
    problems: list[Problem] = field(default_factory=list)

    def next(self) -> str:
        """The next line, "" at the end."""
        self.at += 1
        return self.lines[self.at - 1][1] if self.at <= len(self.lines) else ""

    def counted(self, title: str) -> Iterator[list[str]]:
        """The words of each line below ``TITLE = count``."""
        found = self.next()
        head, equals, count = (part.strip() for part in found.partition("="))
        left = len(self.lines) - self.at
        if head != title or not equals or not count.isdecimal() or len(count) > 9 or int(count) > left:
            self.fault(found, f"{title} = number, and so many lines")
            return
        for _ in range(int(count)):
            yield self.next().split()

    def until_title(self, title: str) -> None:
        """Skip up to and over a line that is ``title``."""
        while self.at < len(self.lines):
            if self.next() == title:
                return
        self.fault("the end of the file", title)

    def fault(self, value: object, expected: str) -> None:
        """Note that the line just read is not as expected."""
        number = self.lines[min(self.at, len(self.lines)) - 1][0] if self.lines else 0
        self.problems.append(Problem(f"{self.file}, line {number}", value, expected, "Correct the file."))


class _Reader:
    """Reads the files of one instance."""

    def __init__(self, folder: Path, name: Name) -> None:
        self.folder = folder
        self.name = name
        self.problems: list[Problem] = []

    def problem(self) -> RosterProblem:
        name = self.name
        scenario = self._open(f"Sc-{name.dataset}.txt")
        shifts, skills, staff = self._scenario(scenario)
        histories = self._histories(self._open(f"H0-{name.dataset}-{name.history}.txt"))
        wishes: list[Wish] = []
        cover: list[Cover] = []
        for position, week in enumerate(name.weeks):
            lines = self._open(f"WD-{name.dataset}-{week}.txt")
            cover += self._requirements(lines, position, len(shifts) * len(skills))
            wishes += self._wishes(lines, position)
        employees = tuple(
            Employee(id_, contract, able, history=histories.get(id_, History()))
            for id_, contract, able in staff
        )
        days = DAYS_PER_WEEK * len(name.weeks)
        label = f"{name.dataset}_{name.history}_{'-'.join(name.weeks)}"
        found = RosterProblem(label, days, shifts, skills, employees, tuple(wishes), tuple(cover))
        if not self.problems:
            self.problems += faults(found)
        if self.problems:
            raise InvalidInstance(self.problems)
        return found

    def _open(self, name: str) -> _Lines:
        text = _text(self.folder / name)
        lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
        return _Lines(name, lines, problems=self.problems)

    def _scenario(
        self, lines: _Lines
    ) -> tuple[tuple[ShiftType, ...], tuple[str, ...], list[tuple[str, Contract, frozenset[str]]]]:
        lines.next()
        weeks = lines.next().partition("=")[2].strip()
        if weeks != str(len(self.name.weeks)):
            lines.fault(f"{len(self.name.weeks)} week files", f"{weeks} as the scenario says")
        skills = tuple(words[0] for words in lines.counted("SKILLS") if words)
        runs = {
            words[0]: self._limits(lines, words[-1], PRICES["same"]) for words in lines.counted("SHIFT_TYPES")
        }
        lines.until_title("FORBIDDEN_SHIFT_TYPES_SUCCESSIONS")
        successions = [lines.next().split() for _ in runs]
        never = {words[0]: frozenset(words[2:]) for words in successions if words}
        shifts = tuple(
            ShiftType(id_, DAY_MINUTES, never.get(id_, frozenset()), run) for id_, run in runs.items()
        )
        contracts = {words[0]: self._contract(lines, words) for words in lines.counted("CONTRACTS")}
        staff = []
        for words in lines.counted("NURSES"):
            if len(words) < 3 or words[1] not in contracts:
                lines.fault(" ".join(words), "a nurse, a contract, a number and skills")
            else:
                staff.append((words[0], contracts[words[1]], frozenset(words[3:])))
        return shifts, skills, staff

    def _contract(self, lines: _Lines, words: list[str]) -> Contract:
        if len(words) != 6 or not words[4].isdecimal() or len(words[4]) > 9:
            lines.fault(" ".join(words), "a contract: name, three pairs, weekends, 0 or 1")
            return Contract(words[0])
        return Contract(
            id=words[0],
            shifts=self._limits(lines, words[1], PRICES["shifts"]),
            worked_run=self._limits(lines, words[2], PRICES["worked"]),
            off_run=self._limits(lines, words[3], PRICES["off"]),
            weekends=Limits(None, int(words[4]), PRICES["weekends"]),
            whole_weekends_price=PRICES["whole"] if words[5] == "1" else 0,
        )

    def _limits(self, lines: _Lines, text: str, price: int) -> Limits:
        pair = PAIR.fullmatch(text)
        if pair is None:
            lines.fault(text, "a pair as (2,5)")
            return Limits()
        return Limits(int(pair[1]), int(pair[2]), price)

    def _histories(self, lines: _Lines) -> dict[str, History]:
        lines.until_title("NURSE_HISTORY")
        found = {}
        while lines.at < len(lines.lines):
            words = lines.next().split()
            if len(words) != 7 or not all(
                word.isdecimal() and len(word) < 10 for word in (*words[1:3], *words[4:])
            ):
                lines.fault(" ".join(words), "a nurse, two counters, a shift or None, three runs")
                continue
            shifts, weekends = int(words[1]), int(words[2])
            same, worked, off = (int(word) for word in words[4:])
            last = None if words[3] == "None" else words[3]
            found[words[0]] = History(last, same, worked, off, shifts, weekends)
        return found

    def _requirements(self, lines: _Lines, week: int, count: int) -> Iterator[Cover]:
        lines.until_title("REQUIREMENTS")
        for _ in range(count):
            found = lines.next()
            pairs = PAIR.findall(found)
            words = found.split()
            if len(pairs) != DAYS_PER_WEEK or len(words) < 2:
                lines.fault(found, "a shift, a skill and seven pairs")
                continue
            for day, (least, wanted) in enumerate(pairs):
                yield Cover(
                    week * DAYS_PER_WEEK + day,
                    words[0],
                    words[1],
                    int(least),
                    int(wanted),
                    PRICES["cover"],
                    0,
                )

    def _wishes(self, lines: _Lines, week: int) -> Iterator[Wish]:
        for words in lines.counted("SHIFT_OFF_REQUESTS"):
            if len(words) != 3 or words[2] not in DAYS:
                lines.fault(" ".join(words), "a nurse, a shift or Any, a day")
                continue
            shift = None if words[1] == "Any" else words[1]
            yield Wish(words[0], week * DAYS_PER_WEEK + DAYS.index(words[2]), shift, False, PRICES["wish"])


def read_roster(folder: Path, instance: str) -> Roster:
    """The roster in a folder with one official solution file per week.

    Raises InvalidInstance with every line that is none, and OSError.
    """
    name = Name.of(instance)
    found: list[Assignment] = []
    problems: list[Problem] = []
    for position in range(len(name.weeks)):
        file = name.solution_file(position)
        found += _solution(file, _text(folder / file), position, problems)
    if problems:
        raise InvalidInstance(problems)
    return Roster(tuple(sorted(found)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fault = Problem(path.name, "bytes that are no text", "a text file", "Give a file of the family.")
        raise InvalidInstance([fault]) from None


def _solution(file: str, text: str, position: int, problems: list[Problem]) -> Iterator[Assignment]:
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    titles = [at for at, (_, words) in enumerate(lines) if words[0] == "ASSIGNMENTS"]
    count = lines[titles[0]][1][-1] if titles else ""
    if not count.isdecimal() or len(count) > 9:
        problems.append(Problem(file, count, "a line ASSIGNMENTS = number", "Give a solution file."))
        return
    following = lines[titles[0] + 1 :][: int(count)]
    if len(following) < int(count):
        problems.append(Problem(file, f"{len(following)} assignments", count, "The file is not whole."))
    for number, words in following:
        if len(words) == 4 and words[1] in DAYS:
            yield Assignment(words[0], position * DAYS_PER_WEEK + DAYS.index(words[1]), words[2], words[3])
        else:
            expected = "a nurse, a day, a shift, a skill"
            problems.append(Problem(f"{file}, line {number}", " ".join(words), expected, "Correct the line."))


def write_roster(roster: Roster, folder: Path, instance: str) -> None:
    """One official solution file per week into ``folder``, which is made if it is not there."""
    name = Name.of(instance)
    folder.mkdir(parents=True, exist_ok=True)
    for position in range(len(name.weeks)):
        mine = [given for given in roster.assignments if given.day // DAYS_PER_WEEK == position]
        lines = ["SOLUTION", f"{position} {name.dataset}", "", f"ASSIGNMENTS = {len(mine)}"]
        lines += [f"{one.employee} {DAYS[one.day % DAYS_PER_WEEK]} {one.shift} {one.skill}" for one in mine]
        (folder / name.solution_file(position)).write_text("\n".join(lines) + "\n", encoding="utf-8")

"""Rosters to test with: the public instances where they are, and small ones of our own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from solver.rostering.problem import (
    UNLIMITED,
    Assignment,
    Contract,
    Cover,
    Employee,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
)

FOLDER = Path(
    os.environ.get("WARDFLOW_BENCHMARKS", Path(__file__).parents[1] / ".." / "shared" / "benchmarks")
)

SMALL = """\
# A fortnight of three people.
SECTION_HORIZON
14

SECTION_SHIFTS
D,480,
N,600,D

SECTION_STAFF
A,D=14|N=2,4800,2400,5,2,2,1
B,D=14|N=14,4800,2400,5,2,2,1
C,D=14|N=0,4800,2400,5,1,2,2

SECTION_DAYS_OFF
A,3,4

SECTION_SHIFT_ON_REQUESTS
A,0,D,2

SECTION_SHIFT_OFF_REQUESTS
B,8,N,3

SECTION_COVER
0,D,1,100,1
0,N,1,100,1
1,D,2,100,1
7,D,1,100,1
"""


def public(*parts: str) -> Path:
    """A file or folder of the public instances; the test is skipped where it is not there."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not there; WARDFLOW_BENCHMARKS names the folder of the instances")
    return path


def week(contract: Contract | None = None, days: int = 14, **employee: object) -> RosterProblem:
    """Two weeks of one person with shifts of 8 and 10 hours; nobody is wanted anywhere."""
    early, night = ShiftType("early", 480), ShiftType("night", 600, frozenset(["early"]))
    person = Employee("e", contract or Contract("c"), **employee)  # type: ignore[arg-type]
    return RosterProblem("week", days, (early, night), (), (person,), (), ())


def worked(days: str) -> Roster:
    """The roster of that one person, a letter a day: E, N, or anything else for a day off."""
    names = {"E": "early", "N": "night"}
    return Roster(tuple(Assignment("e", day, names[one]) for day, one in enumerate(days) if one in names))


def ward(people: int = 4) -> RosterProblem:
    """A ward that wants two people by day and one by night, and has ``people``."""
    contract = Contract(
        "full", minutes=Limits(2400, 4800), worked_run=Limits(2, 5), off_run=Limits(2), weekends=UNLIMITED
    )
    shifts = (ShiftType("D", 480), ShiftType("N", 480, frozenset(["D"])))
    cover = [Cover(day, "D", "", 0, 2, 100, 1) for day in range(14)]
    cover += [Cover(day, "N", "", 0, 1, 100, 1) for day in range(14)]
    staff = tuple(Employee(f"e{n}", contract) for n in range(people))
    return RosterProblem("ward", 14, shifts, (), staff, (), tuple(cover))

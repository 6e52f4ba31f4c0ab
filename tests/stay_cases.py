"""Stays to test with: small files of our own in the formats that are read, and small problems."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.admissions.stays.problem import (
    Department,
    Night,
    Patient,
    Policy,
    Prices,
    Room,
    Sex,
    StayPlan,
    StayProblem,
)
from tests.admission_cases import FOLDER

PAS_TEXT = """\
Two rooms
Planning horizon: 4

SPECIALISMS:
1 Heart
2 Skin

DEPARTMENTS:
1 Elderly 65 0 | 1 1

ROOMPROPERTIES:
1 telemetry

ROOMS:
1 11 | 1 | 1 | D | 1 1 2 2 | 1
2 12 | 2 | 1 | M | 3 1 | 0

BEDS:
1 1

PATIENTS:
1 Patient1 70 F | 0 2 | 1 1 2 | 1 | 1 | 1
2 Patient2 30 M | 1 6 | 2 1 1 2 4 | 0 | 0 | 1
3 Patient3 30 M | 5 6 | 1 1 1 | 0 | 0 | 0
END.
"""

XML_TEXT = """\
<instance>
  <descriptor><Horizon start_day="2030-01-30" num_days="2"/></descriptor>
  <departments>
    <department name="D"><main_specialisms><main_specialism>S</main_specialism></main_specialisms>
    <aux_specialisms><aux_specialism>T</aux_specialism></aux_specialisms></department>
  </departments>
  <rooms><room name="R" capacity="2" department="D" gender_policy="SameGender"><features/></room></rooms>
  <treatments>
    <treatment name="cut" specialism="S" length="40" surgery="1"/>
    <treatment name="rest" specialism="T" surgery="0"/>
  </treatments>
  <or_slots slot_length="60">
    <day name="2030-01-31"><specialism_assignment name="S" number_or_slots="1"/></day>
  </or_slots>
  <patients>
    <patient name="A" age="40" gender="Male" treatment="cut" registration="2030-01-30" admission="2030-01-30"
      discharge="2030-02-01" surgery_day="2030-01-31" variability="1" preferred_capacity="1">
      <room_properties><room_property name="oxygen" type="preferred"/></room_properties></patient>
    <patient name="B" age="40" gender="Female" treatment="cut" registration="2030-01-30"
      admission="2030-01-30" discharge="2030-01-31" variability="0" max_admission="2030-01-31" room="R"/>
    <patient name="C" age="40" gender="Male" treatment="rest" registration="2030-01-31"
      admission="2030-01-31" discharge="2030-02-01" variability="0" max_admission="2030-01-31"/>
  </patients>
</instance>
"""

YEAR_TEXT = """\
{"rooms": [{"name": "0", "capacity": 1}],
 "patients": [
  {"id": "p", "age": 50, "sex": "W", "isPrivate": true, "registration": 1, "admission": 2, "discharge": 4},
  {"id": "q", "age": 50, "sex": "M", "isPrivate": false, "registration": 1, "admission": 2, "discharge": 2}]}
"""


def patient(name: str, days: int = 1, first: int = 0, **given: object) -> Patient:
    """A woman of 50 with specialism ``s`` who cannot wait."""
    known: dict[str, object] = {"sex": Sex.FEMALE, "age": 50, "latest": first, **given}
    return Patient(id=name, specialisms=("s",) * days, first=first, **known)  # type: ignore[arg-type]


def ward(*patients: Patient, prices: Prices | None = None, **given: object) -> StayProblem:
    """Four days; rooms ``single`` and ``double`` of one department, for one sex at a time."""
    rooms = tuple(Room(name, places, "d", Policy.SAME) for name, places in (("single", 1), ("double", 2)))
    known: dict[str, object] = {"counted": 4, "rooms": rooms, "departments": (Department("d", {"s": 1}),)}
    known |= given
    return StayProblem(
        name="ward",
        days=4,
        patients=patients,
        prices=prices or Prices(),
        **known,  # type: ignore[arg-type]
    )


def lying(*nights: tuple[str, int, str]) -> StayPlan:
    """A plan from (patient, day, room)."""
    return StayPlan(tuple(sorted(Night(*night) for night in nights)))


def public(name: str) -> Path:
    """A file of the public families; the test is skipped where it is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip("the public instances are not there")
    return path

"""Reads an instance of the Integrated Healthcare Timetabling Competition 2024 as a hospital with requests.

Format and rules: Ceschia, Rosati, Schaerf, Smet, Vanden Berghe, Zanazzo, The Integrated Healthcare
Timetabling Competition 2024. What becomes of each part:

==================  ====================================================================================
instance            here
==================  ====================================================================================
rooms               one ward, one room each with ``capacity`` plain beds; the sex of the first rules (H1)
genders A, B        female, male; the instance does not say which is which, and no rule tells them apart
occupants           stays from ``origin`` for ``length_of_stay`` days
patients            requests made on the release day; mandatory ones urgent, until the due day; optional ones
                    routine, until the last day
incompatible rooms  ``Request.excluded_room_ids`` (H2)
nurses              staff with grade skill level + 1, rostered shifts of eight hours
workload            H9 (somebody is on duty for every patient) is hard there and the floor here: 120 patients
                    a nurse, the most the vocabulary knows. S4 (load) is soft there and the target here: mean
                    ``max_load`` over mean ``workload_produced``, down to the next divisor of 120
age groups, skills  soft there (S1, S2); ages stay unknown, skills are kept on the staff, demanded of nobody
theatres, surgeons  no part of placing
==================  ====================================================================================

Time: day ``d`` is ``[origin + 1440 d, origin + 1440 (d + 1))``; its early, late and night shift are its
thirds. With ``origin`` at 07:00 UTC (:func:`origin_on`) they are 07-15, 15-23 and 23-07. Cleaning takes no
time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from simulations.demand import Arrival
from simulations.ihtc_recount import Recount, recount
from simulations.ihtc_schema import problems_of
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any
from solver.hospital import (
    Bed,
    Care,
    CleaningTimes,
    Hospital,
    Minute,
    NursingRatio,
    Origin,
    Person,
    Priority,
    Request,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Ward,
)
from solver.hospital.staff import NURSE_SHARES
from solver.hospital.timegrid import MINUTES_PER_DAY, local_minute

__all__ = ["Case", "Recount", "from_document", "origin_on", "read", "recount"]

SITE_ID: Final = "site"
WARD_ID: Final = "ward"
SPECIALITY: Final = "general"
SHIFT_MINUTES: Final = 480
MAX_FILE_BYTES: Final = 50_000_000
MAX_WAIT: Final = 30 * MINUTES_PER_DAY
"""The longest wait a request may state; instances with a longer horizon are cut to it."""
GENDERS: Final = {"A": Sex.FEMALE, "B": Sex.MALE}


@dataclass(frozen=True, slots=True)
class Case:
    """One instance: the hospital at ``origin``, the requests of its ``days``, and the document it came from.

    Ids of persons are those of the instance, as are ids of rooms and staff.
    """

    hospital: Hospital
    arrivals: tuple[Arrival, ...]
    origin: Minute
    days: int
    document: Mapping[str, Any]

    @property
    def end(self) -> Minute:
        """First minute behind the horizon."""
        return self.origin + self.days * MINUTES_PER_DAY

    def day(self, minute: Minute) -> int:
        """The day a minute falls on."""
        return (minute - self.origin) // MINUTES_PER_DAY


def origin_on(day: date) -> Minute:
    """07:00 UTC of a date: an origin at which early shifts are 07-15."""
    return local_minute(day, 7 * 60, "UTC")


def read(path: Path, origin: Minute) -> Case:
    """The instance in a file. Raises :class:`InvalidInstance` with every problem of the file."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidInstance(
                [Problem(path.name, f"{size} bytes", f"at most {MAX_FILE_BYTES}", "Is this an instance?")]
            )
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = Problem(path.name, error.strerror, "a file that can be read", "Check the path.")
        raise InvalidInstance([problem]) from None
    except (ValueError, RecursionError) as error:
        raise InvalidInstance(
            [Problem(path.name, str(error), "a JSON document", "Download the instance again.")]
        ) from None
    return from_document(document, origin, path.name)


def from_document(document: Any, origin: Minute, name: str = "instance") -> Case:
    """The case of a parsed document; ``name`` is how messages call it."""
    refuse_if_any(problems_of(document, name))
    beds = {
        room["id"]: [f"{room['id']}-{i + 1}" for i in range(room["capacity"])] for room in document["rooms"]
    }
    persons, stays = _occupants(document, beds, origin, name)
    staff, shifts = _staff(document, origin)
    hospital = Hospital(
        sites=(Site(SITE_ID, "Competition instance"),),
        wards=(Ward(WARD_ID, SITE_ID, "All rooms"),),
        rooms=tuple(Room(room_id, WARD_ID, room_id, SexPolicy.FIRST) for room_id in beds),
        beds=tuple(Bed(bed_id, room_id) for room_id, ids in beds.items() for bed_id in ids),
        ratios=(nursing_ratio(document),),
        cleaning=CleaningTimes(0, 0, 0, 0),
        staff=staff,
        shifts=shifts,
        persons=persons,
        stays=stays,
    ).checked()
    arrivals = sorted(
        (_arrival(patient, document["days"], origin) for patient in document["patients"]),
        key=lambda arrival: (arrival.minute, arrival.request.priority, arrival.person.id),
    )
    return Case(hospital, tuple(arrivals), origin, document["days"], document)


def nursing_ratio(document: Mapping[str, Any]) -> NursingRatio:
    """Floor: one nurse on duty (H9). Target: patients of mean workload whom a mean nurse can take (S4)."""
    loads = [shift["max_load"] for nurse in document["nurses"] for shift in nurse["working_shifts"]]
    work = [
        amount
        for who in (*document["occupants"], *document["patients"])
        for amount in who["workload_produced"]
    ]
    patients = 1.0
    if sum(loads) and sum(work):
        patients = (sum(loads) / len(loads)) / (sum(work) / len(work))
    divisors = [d for d in range(1, NURSE_SHARES + 1) if NURSE_SHARES % d == 0 and d <= patients]
    return NursingRatio(0, NURSE_SHARES, max(divisors, default=1), "IHTC-2024: floor H9, target mean of S4")


def _occupants(
    document: Mapping[str, Any], beds: Mapping[str, list[str]], origin: Minute, name: str
) -> tuple[tuple[Person, ...], tuple[Stay, ...]]:
    """Occupants take the beds of their room in the order they stand in the file."""
    free = {room_id: list(ids) for room_id, ids in beds.items()}
    persons, stays, problems = [], [], []
    for row, occupant in enumerate(document["occupants"]):
        if not free[occupant["room_id"]]:
            where = f"{name}, occupants[{row}], room_id"
            expected = "a room with a bed left"
            problems.append(Problem(where, occupant["room_id"], expected, "Correct the room."))
            continue
        bed_id = free[occupant["room_id"]].pop(0)
        end = origin + occupant["length_of_stay"] * MINUTES_PER_DAY
        persons.append(Person(occupant["id"], GENDERS[occupant["gender"]]))
        stays.append(
            Stay(f"stay-{occupant['id']}", occupant["id"], bed_id, origin, end, Care(SPECIALITY),
                 StayState.OCCUPYING)
        )  # fmt: skip
    refuse_if_any(problems)
    return tuple(persons), tuple(stays)


def _arrival(patient: Mapping[str, Any], days: int, origin: Minute) -> Arrival:
    release = patient["surgery_release_day"]
    last = patient["surgery_due_day"] if patient["mandatory"] else days - 1
    minute = origin + release * MINUTES_PER_DAY
    request = Request(
        f"request-{patient['id']}",
        patient["id"],
        Priority.URGENT if patient["mandatory"] else Priority.ROUTINE,
        Care(SPECIALITY),
        minute,
        minute,
        patient["length_of_stay"] * MINUTES_PER_DAY,
        min((last - release) * MINUTES_PER_DAY, MAX_WAIT),
        Origin.HOME,
        accepting_team=patient["surgeon_id"],
        excluded_room_ids=frozenset(patient["incompatible_room_ids"]),
    )
    return Arrival(minute, Person(patient["id"], GENDERS[patient["gender"]]), request)


def _staff(document: Mapping[str, Any], origin: Minute) -> tuple[tuple[StaffMember, ...], tuple[Shift, ...]]:
    """Every nurse with all skills up to their level; every rostered shift."""
    order = {name: number for number, name in enumerate(document["shift_types"])}
    staff, shifts = [], []
    for nurse in document["nurses"]:
        level = nurse["skill_level"]
        skills = frozenset(f"skill-{lower}" for lower in range(level + 1))
        staff.append(StaffMember(nurse["id"], WARD_ID, skills, level + 1))
        for worked in nurse["working_shifts"]:
            start = origin + worked["day"] * MINUTES_PER_DAY + order[worked["shift"]] * SHIFT_MINUTES
            number = f"{nurse['id']}-{worked['day']}-{worked['shift']}"
            shifts.append(Shift(number, nurse["id"], WARD_ID, start, start + SHIFT_MINUTES))
    return tuple(staff), tuple(shifts)

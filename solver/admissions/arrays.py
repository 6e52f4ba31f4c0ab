"""A problem compiled to arrays, an empty plan to begin with, and plans read back from arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from solver.admissions.layout import KINDS, SPARE_BEDS, Plan, Tables, Trial
from solver.admissions.problem import (
    SHIFTS_PER_DAY,
    Admission,
    AdmissionPlan,
    AdmissionProblem,
    Duty,
    Occupant,
    Patient,
)
from solver.engine.types import Int32


@dataclass(frozen=True, slots=True)
class Compiled:
    """A problem with its arrays."""

    problem: AdmissionProblem
    tables: Tables

    def plan(self, day: Int32, room: Int32, theatre: Int32, nurse: Int32) -> AdmissionPlan:
        """What the arrays say; a nurse is named for rooms with people in them only."""
        problem, busy = self.problem, set()
        admissions = []
        for p, patient in enumerate(problem.patients):
            if day[p] >= 0:
                where = problem.rooms[room[p]].id, problem.theatres[theatre[p]].id
                admissions.append(Admission(patient.id, int(day[p]), *where))
        for p, stay in enumerate(self.tables.need[:, 2]):
            if day[p] >= 0:
                days = range(day[p], min(problem.days, day[p] + stay))
                busy |= {(int(room[p]), one) for one in days}
        duties = [
            Duty(problem.nurses[nurse[r, SHIFTS_PER_DAY * d + k]].id, d, k, problem.rooms[r].id)
            for r, d in sorted(busy)
            for k in range(SHIFTS_PER_DAY)
            if nurse[r, SHIFTS_PER_DAY * d + k] < len(problem.nurses)
        ]
        return AdmissionPlan(tuple(admissions), tuple(duties))


def compiled(problem: AdmissionProblem) -> Compiled:
    """The arrays of a problem that passed the door. A last nurse stands in for shifts in which nobody is on duty."""
    people: list[Patient | Occupant] = [*problem.patients, *problem.occupants]
    rooms = {room.id: r for r, room in enumerate(problem.rooms)}
    surgeons = {surgeon.id: u for u, surgeon in enumerate(problem.surgeons)}
    longest = max((len(person.workload) for person in people), default=1)
    need = _needs(problem, people, surgeons)
    surgeon_minutes = _grid([one.minutes for one in problem.surgeons], problem.days)
    theatre_minutes = _grid([one.minutes for one in problem.theatres], problem.days)
    allowed = [
        [r for room, r in rooms.items() if room not in patient.incompatible_rooms] or list(rooms.values())
        for patient in problem.patients
    ]
    days = [
        _days(patient, problem.last_day(patient), surgeon_minutes[surgeons[patient.surgeon]], theatre_minutes)
        for patient in problem.patients
    ]
    most_load, on_shift = _rosters(problem)
    duty = [
        [int(n) for n in np.flatnonzero(on_shift[:, s // SHIFTS_PER_DAY] == s % SHIFTS_PER_DAY)]
        or [len(problem.nurses)]
        for s in range(SHIFTS_PER_DAY * problem.days)
    ]
    standing = _standing(problem, len(people))
    need[:, 8] = np.minimum(1 << 30, need[:, 8].astype(np.int64) + standing[:, 3])
    size = (
        len(problem.patients), len(rooms), len(problem.theatres), len(surgeons), len(problem.nurses) + 1,
        problem.days, problem.skill_levels, len(people),
    )  # fmt: skip
    tables = Tables(
        np.array(astuple(problem.weights), np.int32),
        np.array(size, np.int32),
        need,
        _grid([person.workload for person in people], longest),
        _grid([person.skill_required for person in people], longest),
        *_lists(allowed),
        *_lists(days),
        np.array([room.beds for room in problem.rooms], np.int32),
        surgeon_minutes,
        theatre_minutes,
        np.array([*(nurse.skill for nurse in problem.nurses), 0], np.int32),
        most_load,
        *_lists(duty),
        on_shift,
        *_lists(_cases(problem)),
        standing,
    )
    for array in tables:
        array.setflags(write=False)
    return Compiled(problem, tables)


def _standing(problem: AdmissionProblem, people: int) -> Int32:
    """Where people are by an earlier plan, int32 (people, 4); a price of 0 where nothing is known."""
    rows = np.full((people, 4), (-1, -1, -1, 0), np.int32)
    number = {patient.id: p for p, patient in enumerate(problem.patients)}
    rooms = {room.id: r for r, room in enumerate(problem.rooms)}
    theatres = {theatre.id: t for t, theatre in enumerate(problem.theatres)}
    for one in problem.standing:
        day, room = (-1, -1) if one.day is None else (one.day, rooms[one.room or ""])
        theatre = -1 if one.theatre is None else theatres[one.theatre]
        rows[number[one.patient]] = day, room, theatre, one.price
    return rows


def _cases(problem: AdmissionProblem) -> Iterable[list[int]]:
    """The patients of each surgeon."""
    for surgeon in problem.surgeons:
        yield [p for p, patient in enumerate(problem.patients) if patient.surgeon == surgeon.id]


def _needs(
    problem: AdmissionProblem, people: Sequence[Patient | Occupant], surgeons: Mapping[str, int]
) -> Int32:
    """What the search asks of each person, int32 (people, 10); zeros where an occupant has nothing to be asked."""
    need = np.zeros((len(people), 10), np.int32)
    for p, person in enumerate(people):
        need[p, :3] = ord(person.gender) - ord("A"), person.age_group, person.length_of_stay
        if isinstance(person, Patient):
            need[p, 3:] = (
                person.release,
                problem.last_day(person),
                person.duration,
                surgeons[person.surgeon],
                not person.mandatory,
                _dearest(problem, person),
                _dearest_care(problem, person),
            )
    return need


def _dearest(problem: AdmissionProblem, patient: Patient) -> int:
    """At least what the patient's admission adds to the cost beside their delay, wherever they lie."""
    weights, stay = problem.weights, patient.length_of_stay
    return min(
        1 << 30,
        weights.room_mixed_age * (len(problem.age_groups) - 1) * stay
        + _dearest_care(problem, patient)
        + weights.open_theatre
        + weights.surgeon_transfer,
    )


def _dearest_care(problem: AdmissionProblem, patient: Patient) -> int:
    """Of that, what nurses add."""
    weights = problem.weights
    return min(
        1 << 30,
        weights.room_nurse_skill * sum(patient.skill_required)
        + weights.continuity_of_care * SHIFTS_PER_DAY * patient.length_of_stay
        + weights.excessive_workload * sum(patient.workload),
    )


def _grid(rows: Sequence[Sequence[int]], width: int) -> Int32:
    grid = np.zeros((max(1, len(rows)), width), np.int32)
    for number, row in enumerate(rows):
        grid[number, : len(row)] = row
    return grid


def _lists(rows: Iterable[Sequence[int]]) -> tuple[Int32, Int32]:
    kept = [list(row) for row in rows]
    first = np.concatenate([[0], np.cumsum([len(row) for row in kept])]).astype(np.int32)
    return first, np.array([value for row in kept for value in row] or [0], np.int32)


def _days(patient: Patient, last: int, surgeon: Int32, theatres: Int32) -> list[int]:
    """Days between release and due on which surgery is possible; all of them where there is none."""
    window = range(patient.release, last + 1)
    possible = [
        d for d in window if surgeon[d] >= patient.duration and theatres[:, d].max() >= patient.duration
    ]
    return possible or list(window)


def _rosters(problem: AdmissionProblem) -> tuple[Int32, Int32]:
    most_load = np.zeros((len(problem.nurses) + 1, problem.days), np.int32)
    on_shift = np.full(most_load.shape, -1, np.int32)
    for n, nurse in enumerate(problem.nurses):
        for each in nurse.shifts:
            most_load[n, each.day] = each.max_load
            on_shift[n, each.day] = each.shift
    return most_load, on_shift


def new_plan(compiled: Compiled) -> Plan:
    """Nobody admitted, no nurse anywhere."""
    _, rooms, theatres, surgeons, nurses, days, levels, people = (int(n) for n in compiled.tables.size)
    ages = max(1, len(compiled.problem.age_groups))
    there = max(1, len(compiled.problem.occupants), int(compiled.tables.beds.max())) + SPARE_BEDS
    shifts = SHIFTS_PER_DAY * days

    def zeros(*shape: int) -> Int32:
        return np.zeros(shape, np.int32)

    day, room, theatre = (np.full(people, -1, np.int32) for _ in range(3))
    return Plan(
        day, room, theatre, np.full((rooms, shifts), -1, np.int32), zeros(rooms, days, 2),
        zeros(rooms, days, ages), zeros(rooms, days, there), zeros(rooms, days), zeros(rooms, shifts),
        zeros(rooms, shifts, levels), zeros(nurses, days), zeros(people, nurses), zeros(max(1, surgeons), days),
        zeros(theatres, days), zeros(theatres, days), zeros(max(1, surgeons), days, theatres),
        np.zeros(3, np.int64),
    )  # fmt: skip


def new_trial(compiled: Compiled) -> Trial:
    """Room for one worker's moves."""
    nurses, days = int(compiled.tables.size[4]), int(compiled.tables.size[5])
    return Trial(
        np.zeros(2, np.int32),
        np.zeros((2, 3), np.int32),
        np.zeros((2, 3), np.int32),
        np.zeros((SHIFTS_PER_DAY * days, 3), np.int32),
        np.zeros(nurses, np.int32),
        np.zeros(1, np.int32),
        np.zeros((len(KINDS), 2), np.int64),
        np.zeros(4, np.float64),
    )

"""Counts every rule on a finished plan, plainly, from its ids alone; shares no code with the engines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from solver.admissions import rules
from solver.admissions.problem import (
    SHIFTS_PER_DAY,
    Admission,
    AdmissionPlan,
    AdmissionProblem,
    Nurse,
    Occupant,
    Patient,
    Standing,
)
from solver.engine.errors import Problem, refuse_if_any
from solver.engine.rule import Level, Rule

Found = Iterator[tuple[Rule, int]]
"""A rule and how often it is broken."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a rule is broken, in its unit, and what that costs (0 for a hard rule)."""

    rule: Rule
    count: int
    cost: int


@dataclass(frozen=True, slots=True)
class Recount:
    """Every rule of the catalogue in its order, and, where a problem knows of an earlier plan, who is moved."""

    tallies: tuple[Tally, ...]

    @property
    def cost(self) -> int:
        """The price of all soft rules."""
        return sum(tally.cost for tally in self.tallies)

    @property
    def broken(self) -> int:
        """How often hard rules are broken, each in its unit."""
        return sum(tally.count for tally in self.tallies if tally.rule.level is not Level.SOFT)

    def of(self, rule: Rule) -> Tally:
        """The tally of one rule."""
        return next(tally for tally in self.tallies if tally.rule is rule)


@dataclass(frozen=True, slots=True)
class _Lying:
    """Somebody in a room: the days inside the horizon, and what each of their shifts asks for."""

    person: Occupant | Patient
    room: str
    first: int
    end: int


def recount(problem: AdmissionProblem, plan: AdmissionPlan) -> Recount:
    """Every rule counted. Raises InvalidInstance naming everything in the plan that the problem does not know."""
    refuse_if_any(_unknown(problem, plan))
    counts: Counter[str] = Counter()
    for rule, count in _everything(problem, plan):
        counts[rule.id] += count
    prices = _prices(problem)
    tallies = [
        Tally(rule, counts[rule.id], counts[rule.id] * prices.get(rule.id, 0)) for rule in rules.CATALOGUE
    ]
    return Recount((*tallies, *_moved(problem, plan)))


def _prices(problem: AdmissionProblem) -> dict[str, int]:
    return {
        rule.id: getattr(problem.weights, rule.id) for rule in rules.CATALOGUE if rule.level is Level.SOFT
    }


def _moved(problem: AdmissionProblem, plan: AdmissionPlan) -> Iterator[Tally]:
    """Who is not where they stand by an earlier plan; nothing where the problem knows of none."""
    if not problem.standing:
        return
    given = {one.patient: one for one in plan.admissions}
    prices = [one.price for one in problem.standing if not stands(one, given.get(one.patient))]
    yield Tally(rules.MOVED, len(prices), sum(prices))


def stands(standing: Standing, given: Admission | None) -> bool:
    """Whether somebody is where an earlier plan has them."""
    if given is None or standing.day is None:
        return given is None and standing.day is None
    theatre = standing.theatre in (None, given.theatre)
    return theatre and (given.day, given.room) == (standing.day, standing.room)


def _unknown(problem: AdmissionProblem, plan: AdmissionPlan) -> Iterator[Problem]:
    patients = {patient.id for patient in problem.patients}
    rooms = {room.id for room in problem.rooms}
    theatres = {theatre.id for theatre in problem.theatres}
    nurses = {nurse.id for nurse in problem.nurses}
    for patient, times in Counter(given.patient for given in plan.admissions).items():
        if times > 1:
            yield Problem(f"patient {patient!r}", f"admitted {times} times", "once", "Take the others away.")
    for given in plan.admissions:
        where = f"admission of {given.patient!r}"
        if given.patient not in patients:
            yield Problem(where, given.patient, "a patient of the problem", "Correct the id.")
        yield from _outside(where, "room", given.room, rooms)
        yield from _outside(where, "operating_theater", given.theatre, theatres)
        yield from _outside_days(where, given.day, problem.days)
    for row, duty in enumerate(plan.duties, start=1):
        where = f"duty {row} of nurse {duty.nurse!r}"
        yield from _outside(where, "nurse", duty.nurse, nurses)
        yield from _outside(where, "room", duty.room, rooms)
        yield from _outside_days(where, duty.day, problem.days)
        if not 0 <= duty.shift < SHIFTS_PER_DAY:
            yield Problem(f"{where}, shift", duty.shift, "0 to 2", "Correct the shift.")


def _outside(where: str, field: str, value: str, known: set[str]) -> Iterator[Problem]:
    if value not in known:
        yield Problem(f"{where}, {field}", value, f"a {field} of the problem", "Correct the id.")


def _outside_days(where: str, day: int, days: int) -> Iterator[Problem]:
    if not 0 <= day < days:
        yield Problem(f"{where}, day", day, f"0 to {days - 1}", "Correct the day.")


def _everything(problem: AdmissionProblem, plan: AdmissionPlan) -> Found:
    patients = {patient.id: patient for patient in problem.patients}
    lying = [
        _Lying(occupant, occupant.room, 0, min(problem.days, occupant.length_of_stay))
        for occupant in problem.occupants
    ]
    for given in plan.admissions:
        patient = patients[given.patient]
        end = min(problem.days, given.day + patient.length_of_stay)
        lying.append(_Lying(patient, given.room, given.day, end))
    yield from _admissions(problem, plan, patients)
    yield from _theatres(problem, plan.admissions, patients)
    yield from _rooms(problem, lying)
    yield from _nursing(problem, plan, lying)


def _admissions(problem: AdmissionProblem, plan: AdmissionPlan, patients: Mapping[str, Patient]) -> Found:
    for given in plan.admissions:
        patient = patients[given.patient]
        yield rules.INCOMPATIBLE_ROOM, int(given.room in patient.incompatible_rooms)
        yield rules.ADMISSION_DAY, int(not patient.release <= given.day <= problem.last_day(patient))
        yield rules.PATIENT_DELAY, given.day - patient.release
    admitted = {given.patient for given in plan.admissions}
    for patient in problem.patients:
        missing = int(patient.id not in admitted)
        yield (rules.MANDATORY if patient.mandatory else rules.UNSCHEDULED), missing


def _theatres(
    problem: AdmissionProblem, admissions: Iterable[Admission], patients: Mapping[str, Patient]
) -> Found:
    surgeon_minutes: Counter[tuple[str, int]] = Counter()
    theatre_minutes: Counter[tuple[str, int]] = Counter()
    visited: dict[tuple[str, int], set[str]] = defaultdict(set)
    operated = [given for given in admissions if patients[given.patient].duration]
    for given in operated:
        patient = patients[given.patient]
        surgeon_minutes[patient.surgeon, given.day] += patient.duration
        theatre_minutes[given.theatre, given.day] += patient.duration
        visited[patient.surgeon, given.day].add(given.theatre)
    for surgeon in problem.surgeons:
        for day, most in enumerate(surgeon.minutes):
            yield rules.SURGEON_OVERTIME, max(0, surgeon_minutes[surgeon.id, day] - most)
            yield rules.SURGEON_TRANSFER, max(0, len(visited[surgeon.id, day]) - 1)
    for theatre in problem.theatres:
        for day, most in enumerate(theatre.minutes):
            yield rules.THEATRE_OVERTIME, max(0, theatre_minutes[theatre.id, day] - most)
    yield rules.OPEN_THEATRE, len({(given.theatre, given.day) for given in operated})


def _rooms(problem: AdmissionProblem, lying: Iterable[_Lying]) -> Found:
    people: dict[tuple[str, int], list[Occupant | Patient]] = defaultdict(list)
    for one in lying:
        for day in range(one.first, one.end):
            people[one.room, day].append(one.person)
    beds = {room.id: room.beds for room in problem.rooms}
    for (room, _), together in people.items():
        genders = Counter(person.gender for person in together)
        yield rules.GENDER_MIX, len(together) - max(genders.values())
        yield rules.ROOM_CAPACITY, max(0, len(together) - beds[room])
        ages = [person.age_group for person in together]
        yield rules.MIXED_AGE, max(ages) - min(ages)


def _nursing(problem: AdmissionProblem, plan: AdmissionPlan, lying: Iterable[_Lying]) -> Found:
    nurses = {nurse.id: nurse for nurse in problem.nurses}
    rostered = {(nurse.id, each.day, each.shift) for nurse in problem.nurses for each in nurse.shifts}
    there: dict[tuple[str, int], set[str]] = defaultdict(set)
    for duty in plan.duties:
        yield rules.NURSE_PRESENCE, int((duty.nurse, duty.day, duty.shift) not in rostered)
        there[duty.room, duty.day * SHIFTS_PER_DAY + duty.shift].add(duty.nurse)
    for together in there.values():
        yield rules.ONE_NURSE, len(together) - 1
    load: Counter[tuple[str, int]] = Counter()
    uncovered: set[tuple[str, int]] = set()
    for one in lying:
        yield from _care(one, nurses, there, load, uncovered)
    yield rules.UNCOVERED_ROOM, len(uncovered)
    for nurse in problem.nurses:
        for each in nurse.shifts:
            carried = load[nurse.id, each.day * SHIFTS_PER_DAY + each.shift]
            yield rules.WORKLOAD, max(0, carried - each.max_load)


def _care(
    one: _Lying,
    nurses: Mapping[str, Nurse],
    there: Mapping[tuple[str, int], set[str]],
    load: Counter[tuple[str, int]],
    uncovered: set[tuple[str, int]],
) -> Found:
    """One person's shifts: who cares for them, with what skill; adds to the loads and the rooms without a nurse."""
    met: set[str] = set()
    shifts = range(one.first * SHIFTS_PER_DAY, one.end * SHIFTS_PER_DAY)
    for number, shift in enumerate(shifts):
        carers = there.get((one.room, shift), set())
        if not carers:
            uncovered.add((one.room, shift))
        for nurse in carers:
            load[nurse, shift] += one.person.workload[number]
            yield rules.NURSE_SKILL, max(0, one.person.skill_required[number] - nurses[nurse].skill)
        met |= carers
    yield rules.CONTINUITY, len(met)

"""Counts every rule on a finished plan, plainly, from the nights alone; shares no code with the engines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from solver.admissions.stays import rules
from solver.admissions.stays.problem import (
    Department,
    Patient,
    Policy,
    Prices,
    Room,
    Sex,
    StayPlan,
    StayProblem,
)
from solver.engine.errors import Problem, refuse_if_any
from solver.engine.rule import Level, Rule


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a rule is broken, in its unit, and what that costs (0 for a hard rule)."""

    rule: Rule
    count: int
    cost: int


@dataclass(frozen=True, slots=True)
class Recount:
    """Every rule of the catalogue in its order; ``left_out``: ids of patients without any day."""

    tallies: tuple[Tally, ...]
    left_out: tuple[str, ...]

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


Found = Iterator[tuple[Rule, int, int]]
"""Rule, count, price of one."""
Stays = Mapping[str, list[tuple[int, Room]]]
"""Days and rooms of each patient who has any, in the order of days."""


def recount(problem: StayProblem, plan: StayPlan) -> Recount:
    """Every rule counted; a soft one without a price does not matter.

    Raises InvalidInstance naming every night of whom or where the problem does not know.
    """
    refuse_if_any(_unknown(problem, plan))
    counts: Counter[str] = Counter()
    costs: Counter[str] = Counter()
    stays = _stays(problem, plan)
    for rule, count, price in _everything(problem, stays):
        if rule.level is Level.SOFT and not price:
            continue
        counts[rule.id] += count
        costs[rule.id] += count * price
    left_out = tuple(patient.id for patient in problem.patients if patient.id not in stays)
    return Recount(tuple(Tally(rule, counts[rule.id], costs[rule.id]) for rule in rules.CATALOGUE), left_out)


def _unknown(problem: StayProblem, plan: StayPlan) -> Iterator[Problem]:
    patients = {patient.id for patient in problem.patients}
    rooms = {room.id for room in problem.rooms}
    for row, night in enumerate(plan.nights, start=1):
        where = f"night {row}"
        if night.patient not in patients:
            yield Problem(f"{where}, patient", night.patient, "a patient of the problem", "Correct the id.")
        if night.room not in rooms:
            yield Problem(f"{where}, room", night.room, "a room of the problem", "Correct the id.")
        if not 0 <= night.day < problem.days:
            yield Problem(f"{where}, day", night.day, f"0 to {problem.days - 1}", "Correct the day.")


def _stays(problem: StayProblem, plan: StayPlan) -> Stays:
    rooms = {room.id: room for room in problem.rooms}
    found: dict[str, list[tuple[int, Room]]] = defaultdict(list)
    for night in sorted(plan.nights):
        found[night.patient].append((night.day, rooms[night.room]))
    return found


def _everything(problem: StayProblem, stays: Stays) -> Found:
    departments = {department.id: department for department in problem.departments}
    for patient in problem.patients:
        if patient.id not in stays:
            yield rules.PLACED, 1, 0
            continue
        stay = stays[patient.id]
        yield from _whole(problem, patient, [day for day, _ in stay])
        yield from _moves(problem.prices, patient, [room for _, room in stay])
        for place, (_, room) in enumerate(stay):
            specialism = patient.specialisms[min(place, patient.days - 1)]
            yield from _match(problem.prices, patient, specialism, room, departments[room.department])
    yield from _rooms(problem, stays)
    yield from _theatres(problem, stays)
    yield from _idle_beds(problem, stays)


def _whole(problem: StayProblem, patient: Patient, days: list[int]) -> Found:
    gaps = sum(following != day + 1 for day, following in pairwise(days))
    yield rules.WHOLE_STAY, gaps + abs(len(days) - patient.days), 0
    early, late = max(0, patient.first - days[0]), max(0, days[0] - patient.latest)
    yield rules.WINDOW, early + late, 0
    yield rules.DELAY, max(0, days[0] - patient.first), problem.prices.delay


def _moves(prices: Prices, patient: Patient, rooms: list[Room]) -> Found:
    ids = [room.id for room in rooms]
    if patient.room is not None:
        ids.insert(0, patient.room)
    yield rules.TRANSFER, sum(one != other for one, other in pairwise(ids)), prices.transfer


def _match(prices: Prices, patient: Patient, specialism: str, room: Room, department: Department) -> Found:
    missing = len(patient.needed - room.properties)
    yield _priced(prices.needed, missing, rules.NEEDED, rules.NEEDED_WANTED)
    wished = patient.preferred - patient.needed - room.properties
    yield rules.PREFERRED, len(wished), prices.preferred
    too_large = patient.size is not None and room.capacity > patient.size
    yield rules.SIZE, int(too_large), prices.size
    outside = int(not department.admits(patient.age))
    yield _priced(prices.age, outside, rules.AGE, rules.AGE_WANTED)
    level = department.specialisms.get(specialism)
    yield _priced(prices.department, int(level is None), rules.DEPARTMENT, rules.DEPARTMENT_WANTED)
    yield rules.AUXILIARY, int(level is not None and level > 1), prices.auxiliary
    priority = room.priorities.get(specialism, 3) if room.priorities else 1
    yield rules.SECOND_PRIORITY, int(priority == 2), prices.second_priority
    yield rules.NO_PRIORITY, int(priority > 2), prices.no_priority
    other = {Policy.MALE: Sex.FEMALE, Policy.FEMALE: Sex.MALE}.get(room.policy)
    yield rules.FIXED_SEX, int(patient.sex is other), prices.fixed_sex


def _priced(price: int | None, count: int, hard: Rule, soft: Rule) -> tuple[Rule, int, int]:
    return (hard, count, 0) if price is None else (soft, count, price)


def _rooms(problem: StayProblem, stays: Stays) -> Found:
    there: dict[tuple[str, int], list[Patient]] = defaultdict(list)
    might_stay: Counter[tuple[str, int]] = Counter()
    for patient in problem.patients:
        stay = stays.get(patient.id, [])
        for day, room in stay:
            there[room.id, day].append(patient)
        if stay and patient.at_risk:
            might_stay[stay[-1][1].id, stay[-1][0] + 1] += 1
    for room in problem.rooms:
        for day in range(problem.days):
            inside = there[room.id, day]
            yield rules.CAPACITY, max(0, len(inside) - room.capacity), 0
            short = max(0, len(inside) + might_stay[room.id, day] - room.capacity)
            yield rules.RISK, short, problem.prices.risk
            shared = sum(patient.private for patient in inside) if len(inside) > 1 else 0
            yield rules.SHARED_PRIVATE, shared, problem.prices.shared_private
            if room.policy is Policy.SAME:
                yield _mixture(problem.prices, inside)


def _mixture(prices: Prices, inside: list[Patient]) -> tuple[Rule, int, int]:
    women = sum(patient.sex is Sex.FEMALE for patient in inside)
    rarer = min(women, len(inside) - women)
    count = rarer if prices.mixed_by_person else int(rarer > 0)
    return _priced(prices.mixed, count, rules.ONE_SEX, rules.MIXED)


def _theatres(problem: StayProblem, stays: Stays) -> Found:
    """Urgent surgery takes a day's time but none of its specialism's slots, as in the source's own counts."""
    planned, by_day = Counter[tuple[int, str]](), Counter[int]()
    for patient in problem.patients:
        if patient.surgery is None or patient.id not in stays:
            continue
        day = stays[patient.id][0][0] + patient.surgery.day
        planned[day, patient.surgery.specialism] += 0 if patient.urgent else patient.surgery.minutes
        by_day[day] += patient.surgery.minutes
    theatre, prices = problem.theatre, problem.prices
    for (day, specialism), minutes in planned.items():
        slots = theatre.slots.get((day, specialism), 0)
        most = slots * (theatre.minutes + theatre.over_per_slot)
        yield rules.THEATRE_SPECIALISM, max(0, minutes - most), 0
        yield rules.OVERTIME, max(0, minutes - theatre.specialism(day, specialism)), prices.overtime
    for day, minutes in by_day.items():
        total = theatre.day(day)
        yield rules.THEATRE_DAY, max(0, minutes - total - theatre.over_per_day), 0
        yield rules.OVERTIME, max(0, minutes - total), prices.overtime
    yield from _idle_theatres(problem, planned)


def _idle_theatres(problem: StayProblem, planned: Mapping[tuple[int, str], int]) -> Found:
    theatre = problem.theatre
    open_ = {key: count for key, count in theatre.slots.items() if key[0] < problem.counted}
    wanted = sum(patient.surgery.minutes for patient in problem.patients if patient.surgery)
    used = sum(min(planned.get(key, 0), theatre.specialism(*key)) for key in open_)
    idle = min(wanted, sum(open_.values()) * theatre.minutes) - used
    yield rules.IDLE_THEATRE, max(0, idle), problem.prices.idle_minute


def _idle_beds(problem: StayProblem, stays: Stays) -> Found:
    """A room with more patients than beds counts as unused, as in the source's own counts."""
    beds = sum(room.capacity for room in problem.rooms) * problem.counted
    wanted = sum(patient.days for patient in problem.patients)
    there = Counter((room.id, day) for stay in stays.values() for day, room in stay)
    places = {room.id: room.capacity for room in problem.rooms}
    used = sum(
        count for (room, day), count in there.items() if day < problem.counted and count <= places[room]
    )
    yield rules.IDLE_BEDS, max(0, min(wanted, beds) - used), problem.prices.idle_bed

"""What a few changes do to a roster that stands: who would break which rule, and by how much the cost moves.

Only the people and the shifts that are touched are counted again, by a count of its own: one pass over a person's days.
The referee counts whole rosters; its difference is what this must come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from solver.engine.errors import Problem, refuse_if_any
from solver.engine.rule import Rule
from solver.rostering import rules
from solver.rostering.problem import (
    DAYS_PER_WEEK,
    SATURDAY,
    Assignment,
    Cover,
    Employee,
    History,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
    Wish,
)

Duty = tuple[str, str]
"""A shift and the skill that is worked with."""

Cell = tuple[int, str, str]
"""A day, a shift and a skill."""

_UNKNOWN: Final = History()
_RULES: Final = {rule.id: rule for rule in rules.CATALOGUE}


@dataclass(frozen=True, slots=True)
class Change:
    """From now on ``employee`` works ``shift`` with ``skill`` on ``day``; off when ``shift`` is None."""

    employee: str
    day: int
    shift: str | None
    skill: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A hard rule that is broken by ``units`` more than before: by ``employee``, or, None, by the cover of ``day`` and
    ``shift`` (of a person's rule both are None)."""

    rule: Rule
    units: int
    employee: str | None
    day: int | None = None
    shift: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What changes would do. ``cost``: of the roster after them less that before; ``hard``: by rule id, how much more
    (or, negative, less) it is broken in sum; ``breaks``: each rise at its place, also where another falls."""

    changes: tuple[Change, ...]
    cost: int
    hard: dict[str, int]
    breaks: tuple[Break, ...]

    @property
    def legal(self) -> bool:
        """Nobody and no shift is worse off by a hard rule."""
        return not self.breaks


@dataclass(frozen=True, slots=True)
class _Count:
    """One person's schedule: how often hard rules are broken, by id, and the price of the soft ones."""

    hard: dict[str, int]
    cost: int


class Standing:
    """A roster that stands, ready for many questions. Never changes; ``after`` makes another.

    Raises InvalidInstance for a roster that names what the problem does not know or gives somebody two shifts on a day.
    """

    def __init__(self, problem: RosterProblem, roster: Roster) -> None:
        refuse_if_any(_faults(problem, roster))
        self.problem = problem
        self.people = {employee.id: employee for employee in problem.employees}
        self._types = {shift.id: shift for shift in problem.shifts}
        self._bound_runs = [shift for shift in problem.shifts if not shift.run.absent]
        self._wishes: dict[str, list[Wish]] = {employee: [] for employee in self.people}
        for wish in problem.wishes:
            self._wishes[wish.employee].append(wish)
        self.cells: dict[Cell, Cover] = {(c.day, c.shift, c.skill): c for c in problem.cover}
        self.duties: dict[str, list[Duty | None]] = {e: [None] * problem.days for e in self.people}
        for given in roster.assignments:
            self.duties[given.employee][given.day] = given.shift, given.skill
        self.there = Counter((given.day, given.shift, given.skill) for given in roster.assignments)
        self._counts: dict[str, _Count] = {}

    @property
    def roster(self) -> Roster:
        """The roster, in the order employee, day."""
        given = [
            Assignment(employee, day, *duty)
            for employee, duties in self.duties.items()
            for day, duty in enumerate(duties)
            if duty is not None
        ]
        return Roster(tuple(given))

    def after(self, changes: Iterable[Change]) -> Standing:
        """The roster after some changes."""
        duties = {employee: list(given) for employee, given in self.duties.items()}
        for change in changes:
            duties[change.employee][change.day] = _duty(change)
        given = (
            Assignment(employee, day, *duty)
            for employee, own in duties.items()
            for day, duty in enumerate(own)
            if duty is not None
        )
        return Standing(self.problem, Roster(tuple(given)))

    def judged(self, changes: Sequence[Change]) -> Judged:
        """What some changes would do, the last one of a person and day counting."""
        cost, hard, breaks = 0, Counter[str](), list[Break]()
        for employee, own in _by_employee(changes).items():
            before, after = self._count(employee), self._counted(employee, self._changed(employee, own))
            cost += after.cost - before.cost
            for rule_id, count in after.hard.items():
                more = count - before.hard.get(rule_id, 0)
                hard[rule_id] += more
                if more > 0:
                    breaks.append(Break(_RULES[rule_id], more, employee))
            skilled = sum(map(self._unskilled, own)) - sum(
                self._unskilled(Change(employee, c.day, *(self.duties[employee][c.day] or (None, ""))))
                for c in own
            )
            hard[rules.SKILL.id] += skilled
            if skilled > 0:
                breaks.append(Break(rules.SKILL, skilled, employee))
        for cell, (before_there, after_there) in self._moved(changes).items():
            cost += _cell_cost(cell, after_there) - _cell_cost(cell, before_there)
            missing = max(0, cell.least - after_there) - max(0, cell.least - before_there)
            hard[rules.LEAST_COVER.id] += missing
            if missing > 0:
                breaks.append(Break(rules.LEAST_COVER, missing, None, cell.day, cell.shift))
        return Judged(tuple(changes), cost, {k: n for k, n in hard.items() if n}, tuple(breaks))

    def _unskilled(self, change: Change) -> int:
        lacks = change.skill and change.skill not in self.people[change.employee].skills
        return int(bool(lacks) and change.shift is not None)

    def _changed(self, employee: str, own: Iterable[Change]) -> list[str | None]:
        days = [None if duty is None else duty[0] for duty in self.duties[employee]]
        for change in own:
            days[change.day] = change.shift
        return days

    def _moved(self, changes: Sequence[Change]) -> dict[Cover, tuple[int, int]]:
        """Every cell of the cover that gains or loses people: how many are there before and after."""
        more = Counter[Cell]()
        for employee, own in _by_employee(changes).items():
            for change in own:
                was = self.duties[employee][change.day]
                if was is not None:
                    more[change.day, *was] -= 1
                if change.shift is not None:
                    more[change.day, change.shift, change.skill] += 1
        return {
            self.cells[at]: (self.there[at], self.there[at] + by)
            for at, by in more.items()
            if by and at in self.cells
        }

    def _count(self, employee: str) -> _Count:
        if employee not in self._counts:
            self._counts[employee] = self._counted(employee, self._changed(employee, ()))
        return self._counts[employee]

    def _counted(self, employee: str, days: list[str | None]) -> _Count:
        person, hard, cost = self.people[employee], dict[str, int](), 0
        for rule, count, price in _person(person, self._types, self._bound_runs, days):
            if price is None:
                hard[rule.id] = hard.get(rule.id, 0) + count
            else:
                cost += count * price
        for wish in self._wishes[employee]:
            worked = days[wish.day]
            granted = worked is not None and wish.shift in (None, worked)
            cost += 0 if granted == wish.on else wish.price
        return _Count(hard, cost)


Counted = Iterator[tuple[Rule, int, int | None]]
"""Rule, count, price of one (None: a hard rule)."""


def _person(
    person: Employee, types: dict[str, ShiftType], bound: Iterable[ShiftType], days: Sequence[str | None]
) -> Counted:
    contract, known = person.contract, person.history is not None
    before = person.history or _UNKNOWN
    worked = [shift for shift in days if shift is not None]
    yield rules.DAYS_OFF, sum(1 for day in person.days_off if days[day] is not None), None
    over = sum(max(0, worked.count(shift) - most) for shift, most in contract.most_of_shift.items())
    yield rules.MOST_OF_SHIFT, over, None
    minutes = sum(types[shift].minutes for shift in worked)
    yield _outside(contract.minutes, minutes, rules.MINUTES, rules.MINUTES_WANTED)
    yield _outside(contract.shifts, before.shifts + len(worked), rules.SHIFTS_HARD, rules.SHIFTS)
    yield rules.SUCCESSION, _too_soon(before.last_shift, days, types), None
    yield from _weekends(person, days)
    on = [shift is not None for shift in days]
    out = _run(on, contract.worked_run, before.worked_run, known)
    yield _priced(contract.worked_run, out, rules.WORKED_RUN_HARD, rules.WORKED_RUN)
    out = _run([not day for day in on], contract.off_run, before.off_run, known)
    yield _priced(contract.off_run, out, rules.OFF_RUN_HARD, rules.OFF_RUN)
    for shift in bound:
        earlier = before.same_run if before.last_shift == shift.id else 0
        out = _run([day == shift.id for day in days], shift.run, earlier, known)
        yield _priced(shift.run, out, rules.SAME_RUN_HARD, rules.SAME_RUN)


def _outside(limits: Limits, count: int, hard: Rule, soft: Rule) -> tuple[Rule, int, int | None]:
    return _priced(limits, limits.short(count) + limits.excess(count), hard, soft)


def _priced(limits: Limits, count: int, hard: Rule, soft: Rule) -> tuple[Rule, int, int | None]:
    return (hard if limits.hard else soft), count, limits.price


def _too_soon(last: str | None, days: Sequence[str | None], types: dict[str, ShiftType]) -> int:
    count = 0
    for shift in days:
        count += last is not None and shift in types[last].never_before
        last = shift
    return count


def _weekends(person: Employee, days: Sequence[str | None]) -> Counted:
    limits, worked, halves = person.contract.weekends, 0, 0
    for saturday in range(SATURDAY, len(days), DAYS_PER_WEEK):
        there = sum(shift is not None for shift in days[saturday : saturday + 2])
        worked += there > 0
        halves += there == 1
    before = person.history.weekends if person.history else 0
    yield _priced(limits, limits.excess(before + worked), rules.WEEKENDS_HARD, rules.WEEKENDS)
    yield rules.WHOLE_WEEKENDS, halves, person.contract.whole_weekends_price


def _run(days: Iterable[bool], limits: Limits, earlier: int, known: bool) -> int:
    """Units by which runs are too short or too long; see the referee's rule for what touches day 0 or the end."""
    if limits.absent:
        return 0
    out, length, from_the_start = 0, earlier, True
    for there in days:
        if there:
            length += 1
            out += limits.most is not None and length > limits.most
            continue
        if length and (known or not from_the_start):
            out += limits.short(length)
        length, from_the_start = 0, False
    return out


def _cell_cost(cell: Cover, there: int) -> int:
    missing = max(0, cell.wanted - max(there, cell.least))
    return missing * cell.under + max(0, there - cell.wanted) * cell.over


def _duty(change: Change) -> Duty | None:
    return None if change.shift is None else (change.shift, change.skill)


def _by_employee(changes: Iterable[Change]) -> dict[str, list[Change]]:
    last: dict[str, dict[int, Change]] = {}
    for change in changes:
        last.setdefault(change.employee, {})[change.day] = change
    return {employee: list(own.values()) for employee, own in last.items()}


def _faults(problem: RosterProblem, roster: Roster) -> Iterator[Problem]:
    people, shifts = {e.id for e in problem.employees}, {s.id for s in problem.shifts}
    seen = set[tuple[str, int]]()
    for row, given in enumerate(roster.assignments, start=1):
        where = f"assignment {row}"
        if given.employee not in people:
            yield Problem(
                f"{where}, employee", given.employee, "an employee of the problem", "Correct the id."
            )
        if given.shift not in shifts:
            yield Problem(f"{where}, shift", given.shift, "a shift of the problem", "Correct the id.")
        if not 0 <= given.day < problem.days:
            yield Problem(f"{where}, day", given.day, f"0 to {problem.days - 1}", "Correct the day.")
        if (given.employee, given.day) in seen:
            yield Problem(f"{where}, day", given.day, "one shift a day for everybody", "Take one away.")
        seen.add((given.employee, given.day))

"""Counts every rule on a finished roster, plainly, from the assignments alone; shares no code with the engines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from solver.engine.errors import Problem, refuse_if_any
from solver.engine.rule import Level, Rule
from solver.rostering import rules
from solver.rostering.problem import (
    DAYS_PER_WEEK,
    SATURDAY,
    SUNDAY,
    Employee,
    History,
    Limits,
    Roster,
    RosterProblem,
    ShiftType,
)

NONE = History()


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a rule is broken, in its unit, and what that costs (0 for a hard rule)."""

    rule: Rule
    count: int
    cost: int


@dataclass(frozen=True, slots=True)
class Recount:
    """Every rule of the catalogue in its order."""

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


Found = Iterator[tuple[Rule, int, int]]
"""Rule, count, price of one."""


def recount(problem: RosterProblem, roster: Roster) -> Recount:
    """Every rule counted. Raises InvalidInstance naming every assignment to what the problem does not know."""
    refuse_if_any(_unknown(problem, roster))
    counts: Counter[str] = Counter()
    costs: Counter[str] = Counter()
    for rule, count, price in _everything(problem, roster):
        counts[rule.id] += count
        costs[rule.id] += count * price
    return Recount(tuple(Tally(rule, counts[rule.id], costs[rule.id]) for rule in rules.CATALOGUE))


def _unknown(problem: RosterProblem, roster: Roster) -> Iterator[Problem]:
    employees = {employee.id for employee in problem.employees}
    shifts = {shift.id for shift in problem.shifts}
    for row, given in enumerate(roster.assignments, start=1):
        where = f"assignment {row}"
        if given.employee not in employees:
            yield Problem(
                f"{where}, employee", given.employee, "an employee of the problem", "Correct the id."
            )
        if given.shift not in shifts:
            yield Problem(f"{where}, shift", given.shift, "a shift of the problem", "Correct the id.")
        if given.skill not in problem.skills and given.skill:
            yield Problem(f"{where}, skill", given.skill, "a skill of the problem", "Correct the name.")
        if not 0 <= given.day < problem.days:
            yield Problem(f"{where}, day", given.day, f"0 to {problem.days - 1}", "Correct the day.")


def _everything(problem: RosterProblem, roster: Roster) -> Found:
    types = {shift.id: shift for shift in problem.shifts}
    by_employee: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for given in roster.assignments:
        by_employee[given.employee][given.day].append(given.shift)
    skills = {employee.id: employee.skills for employee in problem.employees}
    for given in roster.assignments:
        yield rules.SKILL, int(bool(given.skill) and given.skill not in skills[given.employee]), 0
    for employee in problem.employees:
        worked = by_employee[employee.id]
        yield rules.ONE_SHIFT, sum(len(shifts) - 1 for shifts in worked.values()), 0
        days = [worked[day][0] if day in worked else None for day in range(problem.days)]
        everything = [shift for day in sorted(worked) for shift in worked[day]]
        yield from _person(employee, types, days, everything)
    yield from _wishes(problem, by_employee)
    yield from _cover(problem, roster)


def _person(
    employee: Employee, types: dict[str, ShiftType], days: list[str | None], everything: list[str]
) -> Found:
    contract = employee.contract
    yield rules.DAYS_OFF, sum(days[day] is not None for day in employee.days_off), 0
    for shift, most in contract.most_of_shift.items():
        yield rules.MOST_OF_SHIFT, max(0, everything.count(shift) - most), 0
    minutes = sum(types[shift].minutes for shift in everything)
    yield _outside(contract.minutes, minutes, rules.MINUTES, rules.MINUTES_WANTED)
    before = employee.history or NONE
    yield _outside(contract.shifts, before.shifts + len(everything), rules.SHIFTS_HARD, rules.SHIFTS)
    yield from _succession(types, before.last_shift, days)
    yield from _weekends(employee, days)
    yield from _runs(employee, types, days)


def _outside(limits: Limits, count: int, hard: Rule, soft: Rule) -> tuple[Rule, int, int]:
    return _priced(limits, limits.short(count) + limits.excess(count), hard, soft)


def _priced(limits: Limits, count: int, hard: Rule, soft: Rule) -> tuple[Rule, int, int]:
    return (hard, count, 0) if limits.price is None else (soft, count, limits.price)


def _succession(types: dict[str, ShiftType], last_shift: str | None, days: list[str | None]) -> Found:
    for one, following in pairwise([last_shift, *days]):
        if one is not None and following is not None and following in types[one].never_before:
            yield rules.SUCCESSION, 1, 0


def _weekends(employee: Employee, days: list[str | None]) -> Found:
    contract = employee.contract
    worked = employee.history.weekends if employee.history else 0
    for monday in range(0, len(days), DAYS_PER_WEEK):
        weekend = [day is not None for day in days[monday + SATURDAY : monday + SUNDAY + 1]]
        worked += any(weekend)
        if any(weekend) and not all(weekend):
            yield rules.WHOLE_WEEKENDS, int(contract.whole_weekends_price > 0), contract.whole_weekends_price
    yield _priced(contract.weekends, contract.weekends.excess(worked), rules.WEEKENDS_HARD, rules.WEEKENDS)


def _runs(employee: Employee, types: dict[str, ShiftType], days: list[str | None]) -> Found:
    contract, history = employee.contract, employee.history
    before = history or NONE
    known = history is not None
    working = [day is not None for day in days]
    outside = _outside_runs(working, True, contract.worked_run, before.worked_run, known)
    yield _priced(contract.worked_run, outside, rules.WORKED_RUN_HARD, rules.WORKED_RUN)
    outside = _outside_runs(working, False, contract.off_run, before.off_run, known)
    yield _priced(contract.off_run, outside, rules.OFF_RUN_HARD, rules.OFF_RUN)
    for shift in types.values():
        earlier = before.same_run if before.last_shift == shift.id else 0
        same = [day == shift.id for day in days]
        outside = _outside_runs(same, True, shift.run, earlier, known)
        yield _priced(shift.run, outside, rules.SAME_RUN_HARD, rules.SAME_RUN)


def _outside_runs(days: list[bool], kind: bool, limits: Limits, earlier: int, known: bool) -> int:
    """Units by which runs of ``kind`` are too short or too long.

    A run of ``earlier`` days leads up to day 0. It is charged when it stops there too short; if it goes on, its days
    count, but what was too much before day 0 is not charged again. A run that is open at the end is never too short,
    nor is one that begins with day 0 when what came before is not known.
    """
    outside = 0
    if earlier and days and days[0] is not kind:
        outside += limits.short(earlier)
    start = 0
    for value, group in groupby(days):
        length = len(list(group))
        end = start + length
        if value is kind:
            total = length + (earlier if start == 0 else 0)
            outside += limits.excess(total) - (limits.excess(earlier) if start == 0 else 0)
            if end < len(days) and (start > 0 or known):
                outside += limits.short(total)
        start = end
    return outside


def _wishes(problem: RosterProblem, by_employee: dict[str, dict[int, list[str]]]) -> Found:
    for wish in problem.wishes:
        worked = by_employee[wish.employee].get(wish.day, [])
        granted = bool(worked) if wish.shift is None else wish.shift in worked
        if granted is not wish.on:
            yield (rules.WISH_ON if wish.on else rules.WISH_OFF), 1, wish.price


def _cover(problem: RosterProblem, roster: Roster) -> Found:
    there = Counter((given.day, given.shift, given.skill) for given in roster.assignments)
    for cell in problem.cover:
        people = there[cell.day, cell.shift, cell.skill]
        yield rules.LEAST_COVER, max(0, cell.least - people), 0
        yield rules.UNDER_COVER, max(0, cell.wanted - max(people, cell.least)), cell.under
        yield rules.OVER_COVER, max(0, people - cell.wanted), cell.over

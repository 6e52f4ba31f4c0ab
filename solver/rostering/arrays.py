"""A roster problem as arrays, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from solver.engine.errors import Problem, refuse_if_any
from solver.engine.types import Bool, Int64
from solver.rostering import layout as at
from solver.rostering.layout import FAR, HARD, NONE, Tables, Trial, Work
from solver.rostering.problem import (
    DAYS_PER_WEEK,
    SATURDAY,
    SUNDAY,
    Assignment,
    Employee,
    Limits,
    Roster,
    RosterProblem,
)

SCALE = 256
"""Units of cost in the arrays per unit of the problem's: room for prices between whole numbers."""
MOST_TOLD_APART = 14
"""Days of one shift type that the dynamic programme counts; its work grows with them."""
MOST_GIBIBYTES = 2
BYTES_PER_STATE = 24
TIMES_THE_DEAREST = 5
EXTRA_DAYS = 4
"""Days by which a stretch may be longer than is wished, where that is only priced."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The arrays, and what their indices stand for. ``fixed_cost``: what wishes to work cost if none were granted, in
    the problem's units; ``minutes_per_unit``: of amounts. ``step``: the costs of two rosters without a lack below the
    least cover differ by a multiple of it, in the arrays' units."""

    problem: RosterProblem
    tables: Tables
    duties: tuple[tuple[str, str], ...]
    fixed_cost: int
    minutes_per_unit: int
    step: int

    def roster(self, duties: Int64) -> Roster:
        """From duties int64 (n_employees, days), -1 for a day off."""
        given = [
            Assignment(employee.id, day, *self.duties[duties[p, day]])
            for p, employee in enumerate(self.problem.employees)
            for day in range(self.problem.days)
            if duties[p, day] >= 0
        ]
        return Roster(tuple(given))

    def in_units(self, cost: int) -> int:
        """A cost of the arrays in the problem's units."""
        return cost // SCALE + self.fixed_cost

    def at_least(self, bound: int) -> int:
        """A lower bound of the arrays in the problem's units: costs are multiples of ``step`` there."""
        return -(-bound // self.step) * (self.step // SCALE) + self.fixed_cost

    def matrix(self, roster: Roster) -> Int64:
        """The inverse of ``roster``."""
        people = {employee.id: p for p, employee in enumerate(self.problem.employees)}
        codes = {duty: k for k, duty in enumerate(self.duties)}
        found = np.full((len(people), self.problem.days), -1, np.int64)
        for given in roster.assignments:
            found[people[given.employee], given.day] = codes[given.shift, given.skill]
        return found


def compiled(problem: RosterProblem) -> Compiled:
    """Raises InvalidInstance for what the engines cannot keep apart: see ``_beyond``."""
    refuse_if_any(_beyond(problem))
    shifts = {shift.id: s for s, shift in enumerate(problem.shifts)}
    duties = _duties(problem)
    unit_minutes, units = _units(problem)
    most = np.array(
        [[employee.contract.most_of_shift.get(id_, NONE) for id_ in shifts] for employee in problem.employees]
    )
    wish, fixed = _wishes(problem, shifts)
    counted = _counted(problem, most)
    terms = np.array(
        [_terms(employee, problem, unit_minutes, shifts) for employee in problem.employees], np.int64
    )
    terms[:, at.MOST_COUNTED] = [
        min(int(most[p][counted[p]].min()), problem.days) if counted[p].any() else 0 for p in range(len(most))
    ]
    longest = int(terms[:, at.LONGEST].max())
    touched, broken = _weekends(problem.days, longest)
    same = np.array([_three(shift.run) for shift in problem.shifts])
    tables = Tables(
        size=np.array([problem.days, int(units.min()), runs_told_apart(terms, same), _broken(problem)]),
        terms=terms,
        unit=units,
        follows=np.array([[t not in s.never_before for t in shifts] for s in problem.shifts]),
        same=same,
        counted=counted,
        most=most.astype(np.int64),
        duty_shift=np.array([shifts[shift] for shift, _ in duties]),
        able=np.array([[not skill or skill in e.skills for _, skill in duties] for e in problem.employees]),
        wish=wish,
        **_cover(problem, duties),
        touched=touched,
        broken=broken,
    )
    refuse_if_any(_too_large(tables))
    for array in tables:
        array.setflags(write=False)
    return Compiled(problem, tables, duties, fixed, unit_minutes, _step(tables))


def runs_told_apart(terms: Int64, same: Int64) -> int:
    """Days of a run of one shift that a programme tells apart: up to the limits, but for a most that no stretch of
    anybody reaches, with what was worked before. Eight weeks for eighty nurses took 70 ms with 56 days told apart."""
    reach = int((terms[:, at.LONGEST] + terms[:, at.SAME_BEFORE]).max())
    least, most = same[:, 0], same[:, 1]
    return max(1, int(np.maximum(least, np.where(most < reach, most, 1)).max()))


def is_lenient(tables: Tables) -> bool:
    """Whether runs of days have prices for everybody: else most small moves break a hard rule."""
    return bool((tables.terms[:, [at.WORKED_PRICE, at.OFF_PRICE]] != HARD).all())


def _step(tables: Tables) -> int:
    """The greatest common divisor of all prices. Below the least cover costs a multiple of one of them."""
    prices = [tables.terms[:, column] for column in at.PRICES]
    prices += [tables.same[:, 2], tables.wish, tables.under, tables.over]
    told = np.concatenate([table[(table != HARD) & (table < FAR)].ravel() for table in prices])
    return int(np.gcd.reduce(told)) or SCALE


def _too_large(tables: Tables) -> Iterator[Problem]:
    """What one dynamic programme cannot hold."""
    states, codes = _states(tables)
    gibibytes = (int(tables.size[0]) + 1) * states * BYTES_PER_STATE / 2**30
    if gibibytes > MOST_GIBIBYTES or codes >= 2**31:
        shown = f"{states} states of work, weekends and counted shifts on {tables.size[0]} days"
        remedy = "Round the lengths of shifts to a common unit, as 15 minutes, or shorten the horizon."
        yield Problem("the problem", shown, f"at most {MOST_GIBIBYTES} GiB for one schedule", remedy)


def _states(tables: Tables) -> tuple[int, int]:
    """States of a day at most, and how many ways of having come to one are told apart."""
    terms = tables.terms
    amounts, weekends = terms[:, at.MOST_AMOUNT] + 1, terms[:, at.MOST_WEEKENDS] + 1
    states = amounts * weekends * (terms[:, at.MOST_COUNTED] + 1)
    longest = int(terms[:, at.LONGEST].max())
    spread = longest * int(tables.unit.max() - tables.unit.min()) + 1
    counts = min(longest, int(terms[:, at.MOST_COUNTED].max())) + 1
    return int(states.max()), (longest + 1) * spread * counts * int((amounts * weekends).max())


def _broken(problem: RosterProblem) -> int:
    """Price of a person missing below the least cover: five times the dearest soft rule, so that the search passes
    through such rosters, but never prefers one."""
    contracts = [employee.contract for employee in problem.employees]
    limits = [limit for one in contracts for limit in (one.shifts, one.worked_run, one.off_run, one.weekends)]
    prices = [limit.price or 0 for limit in (*limits, *(shift.run for shift in problem.shifts))]
    prices += [wish.price for wish in problem.wishes] + [one.whole_weekends_price for one in contracts]
    prices += [price for cell in problem.cover for price in (cell.under, cell.over)]
    return TIMES_THE_DEAREST * max(1, *prices) * SCALE


def _beyond(problem: RosterProblem) -> Iterator[Problem]:
    """What the referee counts, but the engines cannot: several measures of work at once, and runs of a shift that
    begin nobody knows when."""
    by_minutes = any(not employee.contract.minutes.absent for employee in problem.employees)
    told_runs = any(not shift.run.absent for shift in problem.shifts)
    for employee in problem.employees:
        if by_minutes and not employee.contract.shifts.absent:
            where = f"contract {employee.contract.id!r}, shifts"
            expected = "work limited in minutes, or in shifts, the same for all"
            yield Problem(
                where, "limits beside those of minutes", expected, "State this contract in minutes."
            )
        if told_runs and employee.history is None:
            expected = "a history, as runs of a shift are limited"
            yield Problem(f"employee {employee.id!r}", None, expected, "State what was worked before.")


def _duties(problem: RosterProblem) -> tuple[tuple[str, str], ...]:
    skills = problem.skills or ("",)
    return tuple((shift.id, skill) for shift in problem.shifts for skill in skills)


def _units(problem: RosterProblem) -> tuple[int, Int64]:
    """Minutes of one unit of work, and the units of each shift; where only shifts are limited each is one.

    The largest unit in which every shift is whole, and every limit that is only priced.
    """
    limits = [employee.contract.minutes for employee in problem.employees]
    minutes = [shift.minutes for shift in problem.shifts]
    if all(limit.absent for limit in limits):
        return 0, np.ones(len(minutes), np.int64)
    priced = [limit.least or 0 for limit in limits if not (limit.hard or limit.absent)]
    priced += [limit.most or 0 for limit in limits if not (limit.hard or limit.absent)]
    unit = gcd(*minutes, *priced)
    return unit, np.array([length // unit for length in minutes], np.int64)


def _three(limits: Limits) -> tuple[int, int, int]:
    least = 0 if limits.least is None else limits.least
    most = NONE if limits.most is None else limits.most
    return least, most, HARD if limits.price is None else limits.price * SCALE


def _terms(
    employee: Employee, problem: RosterProblem, unit_minutes: int, shifts: dict[str, int]
) -> list[int]:
    contract, history = employee.contract, employee.history
    row = [0] * at.TERMS
    least, most, price = _amount(employee, problem, unit_minutes)
    row[at.LEAST_AMOUNT], row[at.MOST_AMOUNT], row[at.AMOUNT_PRICE] = least, most, price
    _, most, price = _three(contract.weekends)
    row[at.MOST_WEEKENDS], row[at.WEEKEND_PRICE] = _weekend_limit(
        most, price, _weekends_within_reach(employee, problem)
    )
    row[at.WHOLE_WEEKEND_PRICE] = contract.whole_weekends_price * SCALE
    row[at.LEAST_WORKED : at.WORKED_PRICE + 1] = _three(contract.worked_run)
    row[at.LEAST_OFF : at.OFF_PRICE + 1] = _three(contract.off_run)
    extra = 0 if contract.worked_run.hard else EXTRA_DAYS
    row[at.LONGEST] = min(problem.days, row[at.MOST_WORKED] + extra)
    row[at.LAST_SHIFT] = -1
    if history is not None:
        row[at.KNOWN] = 1
        row[at.LAST_SHIFT] = -1 if history.last_shift is None else shifts[history.last_shift]
        row[at.SAME_BEFORE : at.OFF_BEFORE + 1] = history.same_run, history.worked_run, history.off_run
        row[at.AMOUNT_BEFORE] = history.shifts if contract.minutes.absent else 0
        row[at.WEEKENDS_BEFORE] = history.weekends
    return row


def _weekend_limit(most: int, price: int, reach: int) -> tuple[int, int]:
    """Weekends told apart: none where there is no limit or it is out of ``reach``, for then more cost nothing."""
    return (0, 0) if most >= reach else (most, price)


def _weekends_within_reach(employee: Employee, problem: RosterProblem) -> int:
    before = employee.history.weekends if employee.history else 0
    return before + problem.days // DAYS_PER_WEEK


def _amount(employee: Employee, problem: RosterProblem, unit_minutes: int) -> tuple[int, int, int]:
    """Limits of work in units; where there is no most, all days of the longest shift."""
    minutes, shifts = employee.contract.minutes, employee.contract.shifts
    longest = max(shift.minutes for shift in problem.shifts)
    if minutes.absent:
        least, most, price = _three(shifts)
        before = employee.history.shifts if employee.history else 0
        per_day = longest // unit_minutes if unit_minutes else 1
        return least, min(most, problem.days * per_day + before), price
    least, most, price = _three(minutes)
    most = min(most, problem.days * longest)
    return -(-least // unit_minutes), most // unit_minutes, HARD if price == HARD else price * unit_minutes


def _counted(problem: RosterProblem, most: Int64) -> Bool:
    """The shift type whose limit binds most for each employee, if it is low; the others are kept by prices."""
    found = np.zeros(most.shape, np.bool_)
    shortest = min(shift.minutes for shift in problem.shifts)
    for p, employee in enumerate(problem.employees):
        limit = employee.contract.minutes.most
        reach = problem.days if limit is None else min(problem.days, limit // shortest)
        open_ones = [s for s in range(most.shape[1]) if 0 < most[p, s] < min(reach, MOST_TOLD_APART + 1)]
        if open_ones:
            found[p, min(open_ones, key=lambda s: most[p, s])] = True
    return found


def _wishes(problem: RosterProblem, shifts: dict[str, int]) -> tuple[Int64, int]:
    people = {employee.id: p for p, employee in enumerate(problem.employees)}
    cost = np.zeros((len(people), problem.days, len(shifts)), np.int64)
    fixed = 0
    for wish in problem.wishes:
        cells = slice(None) if wish.shift is None else shifts[wish.shift]
        cost[people[wish.employee], wish.day, cells] += (-wish.price if wish.on else wish.price) * SCALE
        fixed += wish.price if wish.on else 0
    for employee in problem.employees:
        for day in employee.days_off:
            cost[people[employee.id], day] = FAR
        for shift, most in employee.contract.most_of_shift.items():
            if most == 0:
                cost[people[employee.id], :, shifts[shift]] = FAR
    return cost, fixed


def _cover(problem: RosterProblem, duties: Sequence[tuple[str, str]]) -> dict[str, Int64]:
    code = {duty: k for k, duty in enumerate(duties)}
    found = {
        name: np.zeros((problem.days, len(duties)), np.int64) for name in ("least", "wanted", "under", "over")
    }
    for cell in problem.cover:
        for name, table in found.items():
            factor = SCALE if name in ("under", "over") else 1
            table[cell.day, code[cell.shift, cell.skill]] = getattr(cell, name) * factor
    return found


def _weekends(days: int, longest: int) -> tuple[Int64, Int64]:
    touched = np.zeros((days, longest + 1), np.int64)
    broken = np.zeros((days, longest + 1), np.int64)
    for first in range(days):
        for length in range(1, min(longest, days - first) + 1):
            worked = [day % DAYS_PER_WEEK for day in range(first, first + length)]
            saturdays, sundays = worked.count(SATURDAY), worked.count(SUNDAY)
            alone = (worked[0] == SUNDAY) + (worked[-1] == SATURDAY)
            touched[first, length] = max(saturdays, sundays) + (saturdays == sundays and alone == 2)
            broken[first, length] = alone
    return touched, broken


def room(tables: Tables) -> Work:
    """Working memory for one dynamic programme of any employee."""
    days, least_unit, runs, _ = (int(value) for value in tables.size)
    terms = tables.terms
    longest = int(terms[:, at.LONGEST].max())
    spread = longest * int(tables.unit.max() - least_unit) + 1
    counts = min(longest, int(terms[:, at.MOST_COUNTED].max())) + 1
    states, _ = _states(tables)
    layers = (longest + 1, len(tables.unit), runs, spread, counts)
    return Work(
        layer=np.zeros(layers, np.int64),
        back=np.zeros(layers, np.int32),
        stretch=np.zeros((longest + 1, spread, counts), np.int64),
        stretch_end=np.zeros((longest + 1, spread, counts), np.int32),
        ended=np.zeros((days + 1, states), np.int64),
        ended_by=np.zeros((days + 1, states), np.int32),
        free=np.zeros((days + 1, states), np.int64),
        free_since=np.zeros((days + 1, states), np.int32),
        tail=np.zeros(states, np.int64),
        tail_since=np.zeros(states, np.int32),
    )


def new_trial(tables: Tables, width: int) -> Trial:
    """Room for one worker's steps of ``width`` people at most."""
    days, shifts = int(tables.size[0]), len(tables.unit)
    grid, rows = np.zeros((days, shifts), np.int64), np.zeros(width, np.int64)
    return Trial(
        price=grid,
        choice=grid.copy(),
        schedule=np.zeros(days, np.int64),
        kept=np.zeros((width, days), np.int64),
        kept_personal=rows,
        who=rows.copy(),
    )

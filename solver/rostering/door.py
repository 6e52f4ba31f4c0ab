"""What a roster problem must be before anyone works on it; every fault is told, not only the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from solver.engine.errors import Problem, refuse_if_any
from solver.rostering.problem import DAYS_PER_WEEK, Contract, Employee, Limits, RosterProblem, ShiftType

MOST_DAYS = 1_000
MOST = 1_000_000_000
"""Of any count or price: sums of any roster stay inside 64 bits."""
CORRECT = "Correct it."


def checked(problem: RosterProblem) -> RosterProblem:
    """The problem itself; raises InvalidInstance with all that contradicts itself or names what is not there."""
    refuse_if_any(faults(problem))
    return problem


def faults(problem: RosterProblem) -> Iterator[Problem]:
    """Whatever is wrong, each with its place."""
    if not (0 < problem.days <= MOST_DAYS and problem.days % DAYS_PER_WEEK == 0):
        expected = f"whole weeks, 7 to {MOST_DAYS} days"
        yield Problem("horizon", problem.days, expected, "Rosters begin on a Monday and end on a Sunday.")
    for name, records in (("shifts", problem.shifts), ("employees", problem.employees)):
        if not records:
            yield Problem(name, "none", "at least one", "Give the problem some.")
    yield from _twice("shift", (shift.id for shift in problem.shifts))
    yield from _twice("employee", (employee.id for employee in problem.employees))
    shifts = {shift.id: shift for shift in problem.shifts}
    yield from _shift_faults(shifts)
    contracts = {id(employee.contract): employee.contract for employee in problem.employees}
    for contract in contracts.values():
        yield from _contract_faults(contract, problem.days, shifts)
    for employee in problem.employees:
        yield from _employee_faults(employee, problem, shifts)
    yield from _wish_faults(problem, shifts)
    yield from _cover_faults(problem, shifts)


def _twice(what: str, ids: Iterable[str]) -> Iterator[Problem]:
    for id_, count in Counter(ids).items():
        if count > 1:
            yield Problem(f"{what} {id_!r}", f"{count} times", "once", "Give each an id of its own.")


def _shift_faults(shifts: Mapping[str, ShiftType]) -> Iterator[Problem]:
    for shift in shifts.values():
        where = f"shift {shift.id!r}"
        if not 0 < shift.minutes <= 24 * 60:
            yield Problem(f"{where}, minutes", shift.minutes, "1 to 1440", CORRECT)
        for other in sorted(shift.never_before - shifts.keys()):
            yield Problem(f"{where}, never before", other, "a shift of the problem", "Correct the id.")
        yield from _limit_faults(f"{where}, days in a row", shift.run)


def _limit_faults(where: str, limits: Limits) -> Iterator[Problem]:
    for name, value in (("least", limits.least), ("most", limits.most), ("price", limits.price)):
        if value is not None and not 0 <= value <= MOST:
            yield Problem(f"{where}, {name}", value, f"0 to {MOST}", CORRECT)
    if limits.least is not None and limits.most is not None and limits.least > limits.most:
        yield Problem(where, f"{limits.least} to {limits.most}", "least not above most", "Exchange them.")


def _contract_faults(contract: Contract, days: int, shifts: Mapping[str, ShiftType]) -> Iterator[Problem]:
    where = f"contract {contract.id!r}"
    for name in ("minutes", "shifts", "worked_run", "off_run", "weekends"):
        yield from _limit_faults(f"{where}, {name}", getattr(contract, name))
    for shift, most in contract.most_of_shift.items():
        if shift not in shifts:
            yield Problem(f"{where}, most of a shift", shift, "a shift of the problem", "Correct the id.")
        elif not 0 <= most <= MOST:
            yield Problem(f"{where}, most of {shift!r}", most, f"0 to {MOST}", CORRECT)
    longest = max((shift.minutes for shift in shifts.values()), default=0)
    if contract.minutes.hard and (contract.minutes.least or 0) > longest * days:
        expected = f"at most {longest * days}, the longest shift on every day"
        yield Problem(f"{where}, minutes", contract.minutes.least, expected, "Nobody can keep this contract.")


def _employee_faults(
    employee: Employee, problem: RosterProblem, shifts: Mapping[str, ShiftType]
) -> Iterator[Problem]:
    where = f"employee {employee.id!r}"
    for day in sorted(employee.days_off):
        if not 0 <= day < problem.days:
            yield Problem(f"{where}, day off", day, f"0 to {problem.days - 1}", "Correct the day.")
    for skill in sorted(employee.skills - set(problem.skills)):
        yield Problem(f"{where}, skill", skill, "a skill of the problem", "Correct the name.")
    history = employee.history
    if history is None:
        return
    if history.last_shift is not None and history.last_shift not in shifts:
        yield Problem(f"{where}, last shift", history.last_shift, "a shift of the problem", "Correct the id.")
    if (history.last_shift is None) != (history.worked_run == 0) or (
        history.worked_run > 0 and history.off_run > 0
    ):
        shown = f"{history.last_shift}, {history.worked_run} days worked, {history.off_run} off"
        yield Problem(f"{where}, history", shown, "days worked up to a last shift, or days off", CORRECT)


def _wish_faults(problem: RosterProblem, shifts: Mapping[str, ShiftType]) -> Iterator[Problem]:
    employees = {employee.id for employee in problem.employees}
    for number, wish in enumerate(problem.wishes, start=1):
        where = f"wish {number}"
        if wish.employee not in employees:
            yield Problem(
                f"{where}, employee", wish.employee, "an employee of the problem", "Correct the id."
            )
        if wish.shift is not None and wish.shift not in shifts:
            yield Problem(f"{where}, shift", wish.shift, "a shift of the problem", "Correct the id.")
        if not 0 <= wish.day < problem.days:
            yield Problem(f"{where}, day", wish.day, f"0 to {problem.days - 1}", "Correct the day.")
        if not 0 <= wish.price <= MOST:
            yield Problem(f"{where}, price", wish.price, f"0 to {MOST}", CORRECT)


def _cover_faults(problem: RosterProblem, shifts: Mapping[str, ShiftType]) -> Iterator[Problem]:
    able = Counter(skill for employee in problem.employees for skill in employee.skills)
    able[""] = len(problem.employees)
    seen: set[tuple[int, str, str]] = set()
    for cell in problem.cover:
        where = f"cover of day {cell.day}, shift {cell.shift!r}" + (f", {cell.skill}" if cell.skill else "")
        if (cell.day, cell.shift, cell.skill) in seen:
            yield Problem(where, "twice", "once", "Take one of the lines away.")
        seen.add((cell.day, cell.shift, cell.skill))
        if cell.shift not in shifts:
            yield Problem(where, cell.shift, "a shift of the problem", "Correct the id.")
        if cell.skill and cell.skill not in problem.skills:
            yield Problem(where, cell.skill, "a skill of the problem", "Correct the name.")
        if not 0 <= cell.day < problem.days:
            yield Problem(where, cell.day, f"a day from 0 to {problem.days - 1}", "Correct the day.")
        if not 0 <= cell.least <= cell.wanted:
            yield Problem(where, f"{cell.least}, {cell.wanted}", "0 <= least <= wanted", CORRECT)
        elif cell.wanted > able[cell.skill]:
            expected = f"at most {able[cell.skill]}, all who could"
            yield Problem(where, cell.wanted, expected, "Ask for fewer people, or employ more.")
        if min(cell.under, cell.over) < 0 or max(cell.under, cell.over) > MOST:
            yield Problem(where, f"{cell.under}, {cell.over}", f"prices of 0 to {MOST}", CORRECT)

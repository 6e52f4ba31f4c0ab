"""Drafting a roster anew with few changes: what must hold, and what each day that differs from before costs.

A pin is a granted day off, or a wish to work that costs more than anything else could save. A change has a price, as
wishes to work as before, or not; the price is raised until few enough changes are left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from solver.rostering.problem import Employee, Roster, RosterProblem, Wish

DOMINANT: Final = 1_000_000
"""Price of a pin that is not kept."""

Cell = tuple[str, int]
"""An employee and a day of the roster."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was published: the shift of each employee and day that is worked; ``days``: of the roster that are known."""

    worked: Mapping[Cell, str]
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Pin:
    """``shift`` None: off."""

    employee: str
    day: int
    shift: str | None


def pinned(problem: RosterProblem, pins: Iterable[Pin]) -> RosterProblem:
    """The problem in which pins hold, as far as hard rules let them."""
    off: defaultdict[str, set[int]] = defaultdict(set)
    on: list[Wish] = []
    for pin in pins:
        if pin.shift is None:
            off[pin.employee].add(pin.day)
        else:
            on.append(Wish(pin.employee, pin.day, pin.shift, True, DOMINANT))
    people = tuple(_off(employee, off.get(employee.id, ())) for employee in problem.employees)
    return replace(problem, employees=people, wishes=(*problem.wishes, *on))


def _off(employee: Employee, days: Collection[int]) -> Employee:
    return replace(employee, days_off=employee.days_off | set(days)) if days else employee


def broken_pins(roster: Roster, pins: Iterable[Pin]) -> list[Pin]:
    """Pins that a roster does not keep."""
    worked = {(given.employee, given.day): given.shift for given in roster.assignments}
    return [pin for pin in pins if worked.get((pin.employee, pin.day)) != pin.shift]


def with_price(problem: RosterProblem, before: Before, price: int) -> RosterProblem:
    """The problem in which every day that differs from before costs so much more."""
    wishes = tuple(_as_before(problem, before, price)) if price else ()
    return replace(problem, wishes=(*problem.wishes, *wishes))


def _as_before(problem: RosterProblem, before: Before, price: int) -> Iterator[Wish]:
    for employee in problem.employees:
        for day in sorted(before.days):
            shift = before.worked.get((employee.id, day))
            yield Wish(employee.id, day, shift, shift is not None, price)


def changes(problem: RosterProblem, before: Before, roster: Roster) -> int:
    """Days of people that differ from before, of those that were published."""
    worked = {(given.employee, given.day): given.shift for given in roster.assignments}
    cells = ((employee.id, day) for employee in problem.employees for day in before.days)
    return sum(worked.get(cell) != before.worked.get(cell) for cell in cells)

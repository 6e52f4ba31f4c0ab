"""Why nobody could make a schedule for somebody, and the cheapest way out.

Each hard rule of the person gets a price instead, and the dynamic programme finds the cheapest schedule: what that
breaks is the cheapest set of changes. Given a price alone, each rule shows whether it is a way out by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.rostering.arrays import compiled, room
from solver.rostering.kernels import best_schedule
from solver.rostering.layout import FAR
from solver.rostering.problem import Assignment, Employee, Limits, Roster, RosterProblem, Wish
from solver.rostering.referee import recount

PRICES = {"minutes": 1, "shifts": 480, "worked_run": 300, "off_run": 300, "weekends": 400}
"""Assumed price of a unit outside each limit: an hour of work is 60, a day of a run or a weekend some hours."""
DAY_OFF_PRICE = 500
TOLD = {
    "minutes": "minutes of work",
    "shifts": "shifts",
    "worked_run": "days worked in a row",
    "off_run": "days off in a row",
    "weekends": "weekends",
    "days_off": "granted days off",
}


@dataclass(frozen=True, slots=True)
class WayOut:
    """Rules (keys of ``TOLD``) and by how many units each would have to give way."""

    units: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return " and ".join(f"{TOLD[rule]} by {units}" for rule, units in self.units)


@dataclass(frozen=True, slots=True)
class Collision:
    """An employee without a lawful schedule; ``cheapest`` is None when even giving all priced rules up does not help;
    ``alone``: rules each of which is a way out by itself."""

    employee: str
    cheapest: WayOut | None
    alone: tuple[WayOut, ...]

    def sentence(self) -> str:
        """What stands in the way, for a person."""
        if self.cheapest is None:
            return (
                f"Employee {self.employee}: no schedule is possible even when minutes, runs, weekends and days off "
                "give way; look at the allowed shifts."
            )
        ways = "; or ".join(str(way) for way in self.alone)
        also = f" Each of these alone would do: {ways}." if self.alone else " No rule alone would do."
        return f"Employee {self.employee}: the contract's rules collide. Cheapest way out: {self.cheapest}.{also}"


def collisions(problem: RosterProblem) -> tuple[Collision, ...]:
    """Every employee who has no lawful schedule, whatever the others do."""
    found = []
    for employee in problem.employees:
        if _way_out(problem, employee, frozenset()) is None:
            ways = (_way_out(problem, employee, frozenset([rule])) for rule in TOLD)
            cheapest = _way_out(problem, employee, frozenset(TOLD))
            found.append(Collision(employee.id, cheapest, tuple(way for way in ways if way is not None)))
    return tuple(found)


def _way_out(problem: RosterProblem, employee: Employee, elastic: frozenset[str]) -> WayOut | None:
    """By how much the rules in ``elastic`` must give way; empty when they need not, None when that is not enough."""
    alone = _alone(problem, employee, elastic)
    arrays = compiled(alone)
    tables = arrays.tables
    schedule = np.zeros(alone.days, np.int64)
    price = tables.wish[0].copy()
    if best_schedule(tables, 0, price, room(tables), schedule) >= FAR:
        return None
    skill = min(employee.skills, default="")
    worked = tuple(
        Assignment(employee.id, day, alone.shifts[shift].id, skill)
        for day, shift in enumerate(schedule.tolist())
        if shift >= 0
    )
    return WayOut(tuple(_units(alone, Roster(worked))))


def _alone(problem: RosterProblem, employee: Employee, elastic: frozenset[str]) -> RosterProblem:
    contract = employee.contract
    limits: dict[str, Any] = {
        name: _priced(getattr(contract, name), price) for name, price in PRICES.items() if name in elastic
    }
    off = employee.days_off if "days_off" in elastic else frozenset()
    wishes = tuple(Wish(employee.id, day, None, False, DAY_OFF_PRICE) for day in sorted(off))
    lenient = replace(employee, contract=replace(contract, **limits), days_off=employee.days_off - off)
    return replace(problem, employees=(lenient,), wishes=wishes, cover=())


def _priced(limits: Limits, price: int) -> Limits:
    return limits if limits.absent or not limits.hard else replace(limits, price=price)


def _units(problem: RosterProblem, roster: Roster) -> Iterator[tuple[str, int]]:
    counted = {tally.rule.id: tally.count for tally in recount(problem, roster).tallies if tally.cost > 0}
    names = {f"{name}_wanted": name for name in PRICES} | {"wish_off": "days_off"}
    for rule, name in names.items():
        if counted.get(rule):
            yield name, counted[rule]

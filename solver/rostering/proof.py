"""The last step to a proof where the relaxation leaves a small gap: all schedules that a better roster could hold, and
an integer programme that chooses among them.

The bound of some prices is a sum over people: of what everybody's cheapest schedule costs less its worth. A roster
that costs less than the best one known holds no schedule that is dearer by those prices than its person's cheapest by
more than the gap (reduced cost fixing, in whole numbers). Where these schedules are few enough they are listed, and
CP-SAT finds the best choice, or that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from solver.engine import cpsat
from solver.engine.result import Status
from solver.engine.types import Int64
from solver.rostering.arrays import SCALE, new_trial, room
from solver.rostering.kernels_enumeration import MANY, SHORT, cheapest, schedules_within
from solver.rostering.kernels_pricing import FREE
from solver.rostering.layout import Priced, Tables

MOST_SCHEDULES: Final = 4000
"""Of one person; more are too many to choose among."""
CALLS: Final = 256
"""Calls of the dynamic programme that a person has at first; doubled as long as there is time."""


PATIENCE: Final = 4.0
"""Times its share of the time after which one person's schedules are too many."""


@dataclass(frozen=True, slots=True)
class Schedules:
    """Of one person: duties int64 (n, days), -1 for a day off; personal costs int64 (n,)."""

    duties: Int64
    costs: Int64


def cheapest_roster(
    tables: Tables, worth: Int64, bound: int, known: int, seconds_left: Callable[[], float]
) -> list[tuple[Int64, int]] | None:
    """Everybody's duties int64 (days,) and personal cost in the cheapest roster of all; None if that was not proven.

    ``known``: what a roster costs that nobody is missing in below the least cover; ``bound``: what prices ``worth``
    int64 (days, n_duties) say that each costs at least; both in the arrays' units. CP-SAT gets half of the time.
    """
    half = seconds_left() / 2
    listed = candidates(tables, worth, bound, known, lambda: seconds_left() - half)
    if listed is None or seconds_left() <= 0:
        return None
    choice = cheapest_choice(tables, listed, SCALE, seconds_left(), 0)
    if choice is None:
        return None
    return [(one.duties[at], int(one.costs[at])) for one, at in zip(listed, choice, strict=True)]


def candidates(
    tables: Tables, worth: Int64, bound: int, most: int, seconds_left: Callable[[], float]
) -> list[Schedules] | None:
    """Everybody's schedules that a roster of cost ``most`` or less could hold, by prices ``worth`` int64 (days,
    n_duties) whose bound is ``bound``, all in the arrays' units; None if they are too many, or time is short."""
    people, days = len(tables.terms), int(tables.size[0])
    fixed = np.full((people, days), FREE, np.int64)
    space = new_trial(tables, 1), room(tables)
    found = Priced(
        np.zeros((MOST_SCHEDULES, days), np.int64), np.zeros(MOST_SCHEDULES, np.int64), np.zeros(1, np.int64)
    )
    listed: list[Schedules] = []
    patience = seconds_left() * PATIENCE / people
    for p in range(people):
        enough = seconds_left() - patience
        limit = cheapest(tables, p, worth, fixed, *space) + most - bound
        count, calls = SHORT, CALLS
        while count == SHORT:
            if seconds_left() <= max(0.0, enough):
                return None
            count = schedules_within(tables, p, worth, limit, calls, fixed, *space, found)
            calls *= 2
        if count == MANY:
            return None
        listed.append(Schedules(found.duties[:count].copy(), found.personal[:count].copy()))
    return listed


def cheapest_choice(
    tables: Tables, listed: list[Schedules], unit: int, seconds: float, seed: int
) -> list[int] | None:
    """The position of everybody's schedule in the roster that costs least; None if that was not proven in ``seconds``
    of wall time. All costs are multiples of ``unit``."""
    model = cp_model.CpModel()
    chosen = [[model.new_bool_var("") for _ in one.costs] for one in listed]
    cost: list[cp_model.LinearExprT] = []
    for one, variables in zip(listed, chosen, strict=True):
        model.add_exactly_one(variables)
        cost.append(cp_model.LinearExpr.weighted_sum(variables, (one.costs // unit).tolist()))
    for day, duty in np.ndindex(*tables.wanted.shape):
        there = [
            variables[position]
            for one, variables in zip(listed, chosen, strict=True)
            for position in np.flatnonzero(one.duties[:, day] == duty).tolist()
        ]
        cost.append(_cover(model, tables, day, duty, there, unit))
    model.minimize(sum(cost))
    outcome = cpsat.solve(model, cpsat.Parameters(seed=seed, seconds=seconds))
    if outcome.status is not Status.OPTIMAL:
        return None
    return [
        next(
            position for position, variable in enumerate(variables) if outcome.solver.boolean_value(variable)
        )
        for variables in chosen
    ]


def _cover(
    model: cp_model.CpModel, tables: Tables, day: int, duty: int, there: list[cp_model.IntVar], unit: int
) -> cp_model.LinearExprT:
    """What a duty costs by how many are ``there``; below the least, below what is wanted, above it."""
    least, wanted = int(tables.least[day, duty]), int(tables.wanted[day, duty])
    short = model.new_int_var(0, least, "")
    missing = model.new_int_var(0, max(0, wanted - least), "")
    over = model.new_int_var(0, len(there), "")
    model.add(cp_model.LinearExpr.sum(there) + short + missing == wanted + over)
    prices = int(tables.size[3]), int(tables.under[day, duty]), int(tables.over[day, duty])
    return cp_model.LinearExpr.weighted_sum([short, missing, over], [price // unit for price in prices])

"""Annealing by small moves (``kernels_moves``). Where rules of a person are hard, moves pass through rosters that break
them, at a price; the best roster is never one of these if there is another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.engine.types import Bool, Int64, UInt64
from solver.rostering import layout as at
from solver.rostering.kernels_moves import anneal_moves, count_rows
from solver.rostering.kernels_rows import BREACH, row_cost
from solver.rostering.layout import HARD, Plan, Sums, Tables

MOVES: Final = 4096
"""Between two looks at the clock: a millisecond."""
PARTS: Final = 16
"""A hard rule that is broken by a day or a weekend is broken by so many parts; by work, by fewer for less than a
shift."""


@dataclass(frozen=True, slots=True)
class Heat:
    """Temperatures at the start and at the end, and what a hard rule broken by a day is taken for at the start and at
    the end, all in the arrays' units."""

    hot: float
    cold: float
    light: float = 0.0
    heavy: float = 0.0


def anneal(
    tables: Tables, plan: Plan, best: Plan, heat: Heat, progress: Callable[[], float], state: UInt64
) -> None:
    """Improve ``plan``, and ``best`` where it becomes better, while the temperature falls as ``progress`` goes from 0
    to 1. ``plan`` may break hard rules afterwards, and does not tell its cost then."""
    passable = softened(tables)
    sums = new_sums(passable)
    count_rows(passable, plan, sums)
    while (done := progress()) < 1.0:
        now = heat.hot * (heat.cold / heat.hot) ** done
        weight = int((heat.light + (heat.heavy - heat.light) * done) / PARTS)
        anneal_moves(passable, MOVES, now, weight, plan, best, sums, state)


def leave_off(tables: Tables, people: Sequence[int], plan: Plan) -> None:
    """Count in ``plan`` what it costs that these people, who are not in it yet, never work."""
    passable, tally = softened(tables), np.zeros(len(tables.unit), np.int64)
    for p in people:
        plan.personal[p] = row_cost(passable, p, plan.duty[p], tally)
        plan.total[0] += plan.personal[p]


def softened(tables: Tables) -> Tables:
    """Tables in which a broken limit costs a ``BREACH`` for each part of it, and who may never work a shift is not able
    to."""
    terms, same = tables.terms.copy(), tables.same.copy()
    for column in (at.WORKED_PRICE, at.OFF_PRICE, at.WEEKEND_PRICE):
        terms[terms[:, column] == HARD, column] = PARTS * BREACH
    shortest = max(1, int(tables.unit.min()))
    terms[terms[:, at.AMOUNT_PRICE] == HARD, at.AMOUNT_PRICE] = max(1, PARTS // shortest) * BREACH
    same[same[:, 2] == HARD, 2] = PARTS * BREACH
    able = tables.able & (tables.most > 0)[:, tables.duty_shift]
    for array in (terms, same, able):
        array.setflags(write=False)
    return tables._replace(terms=terms, same=same, able=able)


def new_sums(tables: Tables) -> Sums:
    """Room for the sums of a plan."""
    floor = np.minimum(0, tables.wish.min(axis=2)).sum(axis=1)
    people = np.zeros(len(floor), np.int64)
    tally = np.zeros((len(people), len(tables.unit)), np.int64)
    rows = np.zeros((2, int(tables.size[0])), np.int64)
    able = tables.able.astype(np.int64)
    related = able @ able.T > 0
    np.fill_diagonal(related, False)
    choices = np.stack([able.sum(axis=1), related.sum(axis=1)], axis=1)
    return Sums(people, people.copy(), tally, floor, rows, _listed(able > 0), _listed(related), choices)


def _listed(chosen: Bool) -> Int64:
    """Of each row the columns that are chosen, then the others."""
    return np.argsort(~chosen, axis=1, kind="stable").astype(np.int64)

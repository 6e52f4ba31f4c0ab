"""Annealing by small moves: a few days of one person changed, or exchanged between two; each costs a microsecond.

Strong where rules along a person have prices (INRC-II: Ceschia et al., Annals of Operations Research 288, 2020, anneal
with moves of this kind); where they are hard, most moves are unlawful and the search by whole schedules is better.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.engine.jit import inlined, kernel
from solver.engine.kernels_random import below, uniform
from solver.rostering.kernels_rows import row_cost
from solver.rostering.kernels_search import copy_plan, cover_cost
from solver.rostering.layout import IMPOSSIBLE

SWAPS = 60
"""Percent of the moves that exchange days of two people."""
LONGEST_SWAP = 10
LONGEST_CHANGE = 4


@inlined
def _changed(tables: Any, p: int, d: int, end: int, k: int, plan: Any, row: Any) -> bool:
    """Write ``p``'s days into ``row`` with duty ``k`` from ``d`` to ``end``; whether any day differs."""
    differs = False
    for day in range(tables.size[0]):
        row[day] = plan.duty[p, day]
    for day in range(d, end):
        differs |= row[day] != k
        row[day] = k
    return differs


@inlined
def _cover_change(tables: Any, p: int, d: int, end: int, row: Any, plan: Any, sign: int) -> int:
    """Bring the counts of people from ``p``'s duties to those of ``row`` (``sign`` 1), or back (-1); what it costs."""
    cost = 0
    for day in range(d, end):
        old, new = plan.duty[p, day], row[day]
        if old == new:
            continue
        if sign < 0:
            old, new = new, old
        if old >= 0:
            count = plan.staffed[day, old]
            cost += cover_cost(tables, day, old, count - 1) - cover_cost(tables, day, old, count)
            plan.total[1] += 1 if count <= tables.least[day, old] else 0
            plan.staffed[day, old] = count - 1
        if new >= 0:
            count = plan.staffed[day, new]
            cost += cover_cost(tables, day, new, count + 1) - cover_cost(tables, day, new, count)
            plan.total[1] -= 1 if count < tables.least[day, new] else 0
            plan.staffed[day, new] = count + 1
    return cost


@inlined
def _change(tables: Any, limit: float, plan: Any, rows: Any, tally: Any, state: Any) -> bool:
    """Another duty, or none, for some days of one person; whether the roster was changed."""
    days = tables.size[0]
    p, d = below(state, len(plan.personal)), below(state, days)
    k = below(state, len(tables.duty_shift) + 1) - 1
    length = 1 if below(state, 2) == 0 else 1 + below(state, LONGEST_CHANGE)
    end = min(days, d + length)
    if (k >= 0 and not tables.able[p, k]) or not _changed(tables, p, d, end, k, plan, rows[0]):
        return False
    personal = row_cost(tables, p, rows[0], tally)
    if personal >= IMPOSSIBLE:
        return False
    change = personal - plan.personal[p] + _cover_change(tables, p, d, end, rows[0], plan, 1)
    if change > limit:
        _cover_change(tables, p, d, end, rows[0], plan, -1)
        return False
    for day in range(d, end):
        plan.duty[p, day] = k
    plan.personal[p] = personal
    plan.total[0] += change
    return True


@inlined
def _swap(tables: Any, limit: float, plan: Any, rows: Any, tally: Any, state: Any) -> bool:
    """Some days of two people exchanged, which leaves the cover as it is; whether the roster was changed."""
    days, people = tables.size[0], len(plan.personal)
    p, q = below(state, people), below(state, people)
    d = below(state, days)
    end = min(days, d + 1 + below(state, LONGEST_SWAP))
    differs = False
    for day in range(d, end):
        mine, other = plan.duty[p, day], plan.duty[q, day]
        differs |= mine != other
        if (mine >= 0 and not tables.able[q, mine]) or (other >= 0 and not tables.able[p, other]):
            return False
    if not differs:
        return False
    for day in range(days):
        inside = d <= day < end
        rows[0, day] = plan.duty[q, day] if inside else plan.duty[p, day]
        rows[1, day] = plan.duty[p, day] if inside else plan.duty[q, day]
    first = row_cost(tables, p, rows[0], tally)
    if first >= IMPOSSIBLE:
        return False
    second = row_cost(tables, q, rows[1], tally)
    change = first + second - plan.personal[p] - plan.personal[q]
    if second >= IMPOSSIBLE or change > limit:
        return False
    for day in range(d, end):
        plan.duty[p, day] = rows[0, day]
        plan.duty[q, day] = rows[1, day]
    plan.personal[p], plan.personal[q] = first, second
    plan.total[0] += change
    return True


@kernel
def anneal_moves(
    tables: Any, steps: int, heat: float, plan: Any, best: Any, rows: Any, tally: Any, state: Any
) -> int:
    """``steps`` moves at a temperature, in the arrays' units; how many changed the roster. ``rows`` int64 (2, days),
    ``tally`` int64 (n_shifts,): room. The cheapest plan seen is kept in ``best``."""
    kept = 0
    for _ in range(steps):
        limit = -heat * np.log(uniform(state) + 1e-12)
        if below(state, 100) < SWAPS:
            changed = _swap(tables, limit, plan, rows, tally, state)
        else:
            changed = _change(tables, limit, plan, rows, tally, state)
        if changed:
            kept += 1
            if (plan.total[1], plan.total[0]) < (best.total[1], best.total[0]):
                copy_plan(plan, best)
    return kept

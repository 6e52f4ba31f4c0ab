"""Steps of the search: some people's schedules are taken out and found again, one exactly after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.engine.jit import inlined, kernel
from solver.engine.kernels_random import below, uniform
from solver.rostering.kernels import best_schedule
from solver.rostering.layout import FAR

MARKED, KEPT = -2, -3
"""Days of a schedule while a shift type is restricted to some of them."""


@inlined
def cover_cost(tables: Any, d: int, k: int, count: int) -> int:
    """Price of ``count`` people on a duty."""
    least, wanted = tables.least[d, k], tables.wanted[d, k]
    missing = max(0, wanted - max(count, least))
    return (
        max(0, least - count) * tables.size[3]
        + missing * tables.under[d, k]
        + max(0, count - wanted) * tables.over[d, k]
    )


@kernel
def empty(tables: Any, total: Any) -> None:
    """What the cover costs when nobody works, and how many are missing below the least, into ``total``."""
    total[0] = 0
    total[1] = 0
    for d in range(tables.wanted.shape[0]):
        for k in range(tables.wanted.shape[1]):
            total[0] += cover_cost(tables, d, k, 0)
            total[1] += tables.least[d, k]


@inlined
def set_prices(tables: Any, p: int, plan: Any, trial: Any) -> None:
    """What each shift would cost employee ``p`` and the cover, and with which duty."""
    trial.price[:] = FAR
    for d in range(tables.size[0]):
        for k in range(len(tables.duty_shift)):
            s = tables.duty_shift[k]
            if not tables.able[p, k] or tables.wish[p, d, s] >= FAR:
                continue
            count = plan.staffed[d, k]
            cost = cover_cost(tables, d, k, count + 1) - cover_cost(tables, d, k, count)
            cost += tables.wish[p, d, s]
            if cost < trial.price[d, s]:
                trial.price[d, s] = cost
                trial.choice[d, s] = k


@inlined
def remove(tables: Any, p: int, plan: Any) -> None:
    """Take a schedule out of the plan."""
    plan.total[0] -= plan.personal[p]
    for d in range(tables.size[0]):
        k = plan.duty[p, d]
        if k >= 0:
            count = plan.staffed[d, k]
            plan.total[0] += cover_cost(tables, d, k, count - 1) - cover_cost(tables, d, k, count)
            plan.total[1] += 1 if count <= tables.least[d, k] else 0
            plan.staffed[d, k] = count - 1
            plan.duty[p, d] = -1


@inlined
def insert(tables: Any, p: int, duties: Any, personal: int, plan: Any) -> None:
    """Put a schedule into the plan."""
    plan.personal[p] = personal
    plan.total[0] += personal
    for d in range(tables.size[0]):
        k = duties[d]
        plan.duty[p, d] = k
        if k >= 0:
            count = plan.staffed[d, k]
            plan.total[0] += cover_cost(tables, d, k, count + 1) - cover_cost(tables, d, k, count)
            plan.total[1] -= 1 if count < tables.least[d, k] else 0
            plan.staffed[d, k] = count + 1


@kernel
def respond(tables: Any, p: int, noise: int, plan: Any, trial: Any, work: Any, state: Any) -> bool:
    """Give employee ``p``, who is taken out, the schedule that is best for the others' as they are.

    ``noise``: largest random surcharge of a shift. False, with nothing inserted, when none keeps the hard rules.
    """
    set_prices(tables, p, plan, trial)
    for d in range(tables.size[0]):
        for s in range(trial.price.shape[1]):
            extra = below(state, noise + 1)
            if trial.price[d, s] < FAR:
                trial.price[d, s] += extra
    cost = lawful_schedule(tables, p, trial, work)
    if cost >= FAR:
        return False
    accept(tables, p, cost, plan, trial)
    return True


@inlined
def lawful_schedule(tables: Any, p: int, trial: Any, work: Any) -> int:
    """A cheap schedule of ``p`` by the prices of ``trial``, in which no shift type is worked too often; what it costs,
    FAR when none is found."""
    for _ in range(trial.price.shape[1] + 1):
        cost: int = best_schedule(tables, p, trial.price, work, trial.schedule)
        if cost >= FAR or not too_often(tables, p, trial):
            return cost
        restrict(tables, p, trial)
    return FAR


@inlined
def too_often(tables: Any, p: int, trial: Any) -> bool:
    """Whether some shift type is worked on more days than allowed."""
    found = False
    for s in range(trial.price.shape[1]):
        found |= _days_of(trial.schedule, s) > tables.most[p, s]
    return found


@inlined
def restrict(tables: Any, p: int, trial: Any) -> None:
    """Allow every shift type that is worked too often only on the cheapest of those days: then it cannot be."""
    for s in range(trial.price.shape[1]):
        if _days_of(trial.schedule, s) <= tables.most[p, s]:
            continue
        for _ in range(tables.most[p, s]):
            _mark_cheapest(trial, s)
        for d in range(tables.size[0]):
            if trial.schedule[d] == MARKED:
                trial.schedule[d] = KEPT
            else:
                trial.price[d, s] = FAR


@inlined
def _mark_cheapest(trial: Any, s: int) -> None:
    """Mark the cheapest day of shift ``s`` in the schedule that is not marked yet."""
    best = -1
    for d in range(len(trial.schedule)):
        if trial.schedule[d] == s and (best < 0 or trial.price[d, s] < trial.price[best, s]):
            best = d
    trial.schedule[best] = MARKED


@inlined
def _days_of(schedule: Any, s: int) -> int:
    """Days with shift ``s``."""
    days = 0
    for d in range(len(schedule)):
        days += 1 if schedule[d] == s else 0
    return days


@inlined
def accept(tables: Any, p: int, cost: int, plan: Any, trial: Any) -> None:
    """Insert the schedule that was found for ``cost``; what is personal of it is what cover and surcharges are not."""
    for d in range(tables.size[0]):
        s = trial.schedule[d]
        if s >= 0:
            trial.schedule[d] = trial.choice[d, s]
            cost -= _surcharge(tables, p, d, s, plan, trial)
    insert(tables, p, trial.schedule, cost, plan)


@inlined
def _surcharge(tables: Any, p: int, d: int, s: int, plan: Any, trial: Any) -> int:
    """What of a price is neither a wish nor a rule of the person."""
    return trial.price[d, s] - tables.wish[p, d, s]


@kernel
def rebuild(
    tables: Any, width: int, noise: int, limit: float, plan: Any, trial: Any, work: Any, state: Any
) -> int:
    """Take ``width`` random people out and find their schedules again, all but the last with ``noise``.

    Kept when the plan costs at most ``limit`` more than before, else undone. The change in cost.
    """
    before = plan.total[0]
    n = len(plan.personal)
    taken = 0
    while taken < width:
        p = below(state, n)
        fresh = True
        for i in range(taken):
            fresh &= trial.who[i] != p
        if fresh:
            trial.who[taken] = p
            taken += 1
    for i in range(width):
        p = trial.who[i]
        for d in range(tables.size[0]):
            trial.kept[i, d] = plan.duty[p, d]
        trial.kept_personal[i] = plan.personal[p]
        remove(tables, p, plan)
    done = 0
    while done < width:
        if not respond(
            tables, trial.who[done], noise if done < width - 1 else noise // 8, plan, trial, work, state
        ):
            break
        done += 1
    if done == width and plan.total[0] - before <= limit:
        return plan.total[0] - before
    for i in range(done):
        remove(tables, trial.who[i], plan)
    for i in range(width):
        insert(tables, trial.who[i], trial.kept[i], trial.kept_personal[i], plan)
    return 0


@inlined
def copy_plan(source: Any, target: Any) -> None:
    """Copy a plan element by element, as whole arrays would be allocated."""
    target.total[0] = source.total[0]
    target.total[1] = source.total[1]
    for p in range(source.duty.shape[0]):
        target.personal[p] = source.personal[p]
        for d in range(source.duty.shape[1]):
            target.duty[p, d] = source.duty[p, d]
    for d in range(source.staffed.shape[0]):
        for k in range(source.staffed.shape[1]):
            target.staffed[d, k] = source.staffed[d, k]


@kernel
def anneal(
    tables: Any,
    steps: int,
    width: int,
    noise: int,
    heat: float,
    plan: Any,
    best: Any,
    trial: Any,
    work: Any,
    state: Any,
) -> int:
    """``steps`` of ``rebuild`` at a temperature; the cheapest plan seen is kept in ``best`` (duty, total)."""
    kept = 0
    for _ in range(steps):
        limit = -heat * np.log(uniform(state) + 1e-12)
        people = 1 + below(state, width)
        change = rebuild(tables, people, noise, limit, plan, trial, work, state)
        kept += 1 if change != 0 else 0
        if (plan.total[1], plan.total[0]) < (best.total[1], best.total[0]):
            copy_plan(plan, best)
    return kept


@kernel
def insert_schedule(tables: Any, p: int, duties: Any, personal: int, plan: Any) -> None:
    """``insert``, for who calls from Python."""
    insert(tables, p, duties, personal, plan)


@kernel
def remove_schedule(tables: Any, p: int, plan: Any) -> None:
    """``remove``, for who calls from Python."""
    remove(tables, p, plan)

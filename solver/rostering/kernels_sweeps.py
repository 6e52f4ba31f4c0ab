"""Sweeps: everybody's schedule is found again, one after the other, at prices that give way to the cover."""

from __future__ import annotations

from typing import Any

from solver.engine.jit import inlined, kernel
from solver.rostering.kernels_search import accept, insert, lawful_schedule, remove
from solver.rostering.layout import FAR


@inlined
def worth_of_one_more(tables: Any, d: int, k: int, count: int, price: int, slope: int) -> int:
    """What one person more is worth where ``count`` are: the price, and ``slope`` more for each who is missing, within
    what the cover can pay. A steep slope leaves the true price of the cover."""
    most = tables.size[3] if count < tables.least[d, k] else tables.under[d, k]
    missing = 2 * (max(tables.wanted[d, k], tables.least[d, k]) - count) - 1
    worth: int = max(-tables.over[d, k], min(most, price + slope * missing // 2))
    return worth


@inlined
def _set_worth(tables: Any, p: int, prices: Any, slope: int, plan: Any, trial: Any) -> None:
    """What each shift costs employee ``p``, who is taken out, less its worth, and with which duty."""
    trial.price[:] = FAR
    for d in range(tables.size[0]):
        for k in range(len(tables.duty_shift)):
            s = tables.duty_shift[k]
            if not tables.able[p, k] or tables.wish[p, d, s] >= FAR:
                continue
            worth = worth_of_one_more(tables, d, k, plan.staffed[d, k], prices[d, k], slope)
            if tables.wish[p, d, s] - worth < trial.price[d, s]:
                trial.price[d, s] = tables.wish[p, d, s] - worth
                trial.choice[d, s] = k


@kernel
def sweep(tables: Any, order: Any, prices: Any, slope: int, plan: Any, trial: Any, work: Any) -> None:
    """Find the schedules of all in ``order`` int64 (n,) again; who finds none keeps theirs.

    ``prices`` int64 (days, n_duties) of one person more; ``slope``: in the arrays' units, for each person missing.
    """
    for i in range(len(order)):
        p = order[i]
        for d in range(tables.size[0]):
            trial.kept[0, d] = plan.duty[p, d]
        trial.kept_personal[0] = plan.personal[p]
        remove(tables, p, plan)
        _set_worth(tables, p, prices, slope, plan, trial)
        cost = lawful_schedule(tables, p, trial, work)
        if cost < FAR:
            accept(tables, p, cost, plan, trial)
        else:
            insert(tables, p, trial.kept[0], trial.kept_personal[0], plan)

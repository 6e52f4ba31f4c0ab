"""Pricing: everybody's cheapest schedule when one person more on a duty is worth so much."""

from __future__ import annotations

from typing import Any, Final

from solver.engine.jit import inlined, kernel
from solver.rostering.kernels import best_schedule
from solver.rostering.kernels_search import restrict, too_often
from solver.rostering.layout import FAR

FREE: Final = -2
"""A day of a person on which nothing is decided yet."""
DECIDED: Final = 1 << 44
"""Reward for a duty that is decided: above all that a schedule ever costs."""


@inlined
def worth_prices(tables: Any, p: int, worth: Any, trial: Any) -> None:
    """What each shift costs employee ``p`` less its worth, and with which duty."""
    trial.price[:] = FAR
    for d in range(tables.size[0]):
        for k in range(len(tables.duty_shift)):
            s = tables.duty_shift[k]
            if not tables.able[p, k] or tables.wish[p, d, s] >= FAR:
                continue
            cost = tables.wish[p, d, s] - worth[d, k]
            if cost < trial.price[d, s]:
                trial.price[d, s] = cost
                trial.choice[d, s] = k


@inlined
def bind(tables: Any, p: int, worth: Any, fixed: Any, trial: Any) -> int:
    """Forbid whatever is not as decided; the reward that a schedule has for keeping to the decided duties."""
    reward = 0
    for d in range(tables.size[0]):
        k = fixed[p, d]
        if k == FREE:
            continue
        trial.price[d] = FAR
        if k >= 0:
            s = tables.duty_shift[k]
            trial.price[d, s] = tables.wish[p, d, s] - worth[d, k] - DECIDED
            trial.choice[d, s] = k
            reward += DECIDED
    return reward


@kernel
def price_everybody(tables: Any, worth: Any, fixed: Any, trial: Any, work: Any, priced: Any) -> None:
    """Fill ``priced``.

    ``worth`` int64 (days, n_duties); ``fixed`` int64 (n_employees, days): ``FREE``, -1 for a day off, or the duty. The
    schedules keep all limits of shift types; what they cost at least is without those that are not counted.
    """
    priced.least[0] = 0
    for p in range(len(tables.terms)):
        worth_prices(tables, p, worth, trial)
        reward = bind(tables, p, worth, fixed, trial)
        cost = best_schedule(tables, p, trial.price, work, trial.schedule)
        priced.least[0] += cost + reward
        for _ in range(trial.price.shape[1]):
            if cost >= FAR or not too_often(tables, p, trial):
                break
            restrict(tables, p, trial)
            cost = best_schedule(tables, p, trial.price, work, trial.schedule)
        priced.personal[p] = FAR
        if cost < FAR:
            note(p, cost + reward, worth, trial, priced)


@inlined
def note(row: int, cost: int, worth: Any, trial: Any, priced: Any) -> None:
    """Write the schedule found, for ``cost`` less its worth, into a row of ``priced``."""
    for d in range(len(trial.schedule)):
        s = trial.schedule[d]
        k = trial.choice[d, s] if s >= 0 else -1
        priced.duties[row, d] = k
        if k >= 0:
            cost += worth[d, k]
    priced.personal[row] = cost

"""Every schedule of one person that costs at most so much: day by day, as long as the dynamic programme says that some
end of what is decided stays within the limit."""

from __future__ import annotations

from typing import Any, Final

from solver.engine.jit import kernel
from solver.rostering.kernels import best_schedule
from solver.rostering.kernels_pricing import FREE, bind, note, worth_prices
from solver.rostering.kernels_search import too_often
from solver.rostering.layout import FAR

OFF: Final = -1
SHORT: Final = -1
MANY: Final = -2


@kernel
def cheapest(tables: Any, p: int, worth: Any, fixed: Any, trial: Any, work: Any) -> int:
    """What the cheapest schedule of ``p`` under ``fixed`` costs less what it is worth, at least: limits of shift types
    that the programme does not count are left out. ``worth``, ``fixed`` as in ``price_everybody``."""
    worth_prices(tables, p, worth, trial)
    reward = bind(tables, p, worth, fixed, trial)
    return best_schedule(tables, p, trial.price, work, trial.schedule) + reward


@kernel
def schedules_within(
    tables: Any, p: int, worth: Any, limit: int, calls: int, fixed: Any, trial: Any, work: Any, found: Any
) -> int:
    """Write each schedule of ``p`` that costs at most ``limit`` less its worth into ``found``; how many there are.

    ``found``: ``Priced``, a row per schedule. ``fixed`` int64 (n_employees, days) is ``FREE`` for ``p`` before and
    after. ``SHORT`` if so many ``calls`` of the dynamic programme did not suffice, ``MANY`` if ``found`` is too small.
    """
    count, d = 0, 0
    limit = min(limit, FAR - 1)
    fixed[p, 0] = OFF
    while d >= 0:
        if fixed[p, d] == len(tables.duty_shift):
            fixed[p, d] = FREE
            d -= 1
            if d >= 0:
                fixed[p, d] += 1
            continue
        if calls == 0 or count == len(found.personal):
            for day in range(d + 1):
                fixed[p, day] = FREE
            return SHORT if calls == 0 else MANY
        calls -= 1
        cost = FAR
        if fixed[p, d] == OFF or tables.able[p, fixed[p, d]]:
            cost = cheapest(tables, p, worth, fixed, trial, work)
        if cost <= limit and d + 1 < tables.size[0]:
            d += 1
            fixed[p, d] = OFF
            continue
        if cost <= limit and not too_often(tables, p, trial):
            note(count, cost, worth, trial, found)
            count += 1
        fixed[p, d] += 1
    return count

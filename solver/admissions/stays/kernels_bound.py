"""A lower bound for stays on fixed days: every patient alone, over rooms with transfers, against the prices of beds."""

from __future__ import annotations

from typing import Any

from solver.admissions.stays.layout import FIRST, STAY, TRANSFER
from solver.engine.jit import kernel


@kernel
def relaxed(tables: Any, prices: Any, value: Any, came: Any, reduced: Any, excess: Any) -> float:
    """The cost of the cheapest plan in which a bed costs ``prices`` float64 (r, d) instead of being one of few.

    Never above the cost of any plan in which everybody is in and no room too full; sexes, risks and whatever else
    patients cost each other are left out. Writes ``reduced`` float64 (room list): a stay in one room at these prices;
    ``excess`` float64 (r, d): people above beds in the cheapest plan. value float64 (longest + 1, r), came int32 of
    the same shape: room for the recursion over days.
    """
    rooms, days = tables.size[1], tables.size[2]
    total = 0.0
    for r in range(rooms):
        for d in range(days):
            excess[r, d] = -float(tables.beds[r])
            total -= prices[r, d] * float(tables.beds[r])
    for p in range(tables.size[0]):
        first, stay = tables.need[p, FIRST], tables.need[p, STAY]
        begin, end = tables.room_first[p], tables.room_first[p + 1]
        best = 0
        for at in range(begin, end):
            reduced[at] = 0.0
        for k in range(stay):
            before, g, cheapest = best, tables.profile[p, k], begin
            limit = value[k, before] + float(tables.price[TRANSFER])
            for at in range(begin, end):
                r = tables.room_list[at]
                cost = float(tables.fit[g, r]) + prices[r, first + k]
                reduced[at] += cost
                came[k + 1, r] = r
                if k == 0:
                    value[1, r] = cost
                elif value[k, r] > limit:
                    value[k + 1, r] = limit + cost
                    came[k + 1, r] = before
                else:
                    value[k + 1, r] = value[k, r] + cost
                if at == begin or value[k + 1, r] < value[k + 1, tables.room_list[cheapest]]:
                    cheapest = at
            best = tables.room_list[cheapest]
        total += value[stay, best]
        for back in range(stay):
            k = stay - 1 - back
            excess[best, first + k] += 1.0
            best = came[k + 1, best]
    return total

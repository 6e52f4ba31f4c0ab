"""What a stay does to its ward: nurses, skills, shared channels and points, minute by minute.

Arrays: ``layout.Cover`` and ``layout.Places`` are read, ``Cover.slack`` and ``Cover.balance`` written by ``draw``.

Loops over minutes go over a slice from its first element, in 32 bits throughout: an index that might be negative, or a
sum in 64 bits, keeps them from being compiled to packed instructions. Two days of minutes: the smallest takes 0.2
microseconds, not 1.3; what is exceeded 0.3, not 1.7; taking 0.3, not 1.9.
"""

from typing import Any, Final

import numpy as np

from solver.engine.jit import kernel
from solver.placing import rules
from solver.placing.codes import rule_bit
from solver.placing.layout import FIRST_POOL, FLOOR, TARGET

NURSING_FLOOR: Final = rule_bit(rules.NURSING_FLOOR)
SKILL_ON_DUTY: Final = rule_bit(rules.SKILL_ON_DUTY)
WARD_POOL: Final = rule_bit(rules.WARD_POOL)
NURSING_TARGET: Final = rules.NUMBER[rules.NURSING_TARGET.id]
NURSING_BALANCE: Final = rules.NUMBER[rules.NURSING_BALANCE.id]
HOUR: Final = 60


@kernel
def columns(window: Any, start: int, end: int) -> tuple[int, int]:
    """Columns of the grid that a stay covers within the horizon; empty when first >= last."""
    return max(start, window[1]) - window[0], min(end, window[2]) - window[0]


@kernel
def hour_columns(window: Any, first: int, last: int) -> tuple[int, int]:
    """Columns of ``balance`` for the full hours among columns ``[first, last)`` of the grid."""
    lead = -window[0] % HOUR
    return (max(0, first - lead) + HOUR - 1) // HOUR, (max(0, last - lead) + HOUR - 1) // HOUR


@kernel
def lowest(slack: Any, ward: int, series: int, first: int, last: int) -> int:
    """Smallest slack of a series over columns ``[first, last)``, of which there is one at least."""
    row = slack[ward, series, first:last]
    low = row[0]
    for column in range(row.size):
        low = min(low, row[column])
    return low


@kernel
def exceeded(row: Any, first: int, last: int, need: int) -> int:
    """Sum over the columns of how much ``need`` adds to what is already missing; ``need`` is at most a nurse's shares,
    so that 32 bits hold it for decades of minutes."""
    part = row[first:last]
    most, none, total = np.int32(need), np.int32(0), np.int32(0)
    for column in range(part.size):
        total = np.int32(total + min(max(np.int32(most - part[column]), none), most))
    return int(total)


@kernel
def ward_mask(places: Any, cover: Any, ask: Any, ward: int, start: int, end: int) -> int:
    """Hard rules of cover that one more such stay would break (or break further) on a ward."""
    first, last = columns(cover.window, start, end)
    if first >= last:
        return 0
    mask = 0
    shares = places.floor_shares[ask.care_row, ward]
    if ask.active & NURSING_FLOOR and shares > lowest(cover.slack, ward, FLOOR, first, last) and shares > 0:
        mask |= NURSING_FLOOR
    if ask.active & SKILL_ON_DUTY and shares > 0:
        for index in range(ask.skills.size):
            series = ask.skills[index]
            if series < 0 or shares > lowest(cover.slack, ward, series, first, last):
                mask |= SKILL_ON_DUTY
    for pool in range(ask.pool_draw.size):
        draw = ask.pool_draw[pool]
        if draw > 0 and draw > lowest(cover.slack, ward, FIRST_POOL + pool, first, last):
            mask |= WARD_POOL
    return mask


@kernel
def short_until(cover: Any, ward: int, series: int, first: int, last: int, need: int) -> int:
    """The first minute after which ``need`` no longer meets a shortage of columns ``[first, last)``; 0 when none.

    Whoever starts earlier, and stays as long, still meets the last shortage.
    """
    if need <= lowest(cover.slack, ward, series, first, last):
        return 0
    row = cover.slack[ward, series]
    column = last - 1
    while row[column] >= need:
        column -= 1
    return cover.window[0] + column + 1


@kernel
def ward_short_until(places: Any, cover: Any, ask: Any, ward: int, start: int, end: int) -> int:
    """The minute before which no start on the ward can keep the rules of cover that one at ``start`` breaks;
    0: none.

    Must agree with ``ward_mask``: positive exactly when that names a rule.
    """
    first, last = columns(cover.window, start, end)
    if first >= last:
        return 0
    until = 0
    shares = places.floor_shares[ask.care_row, ward]
    if shares > 0:
        if ask.active & NURSING_FLOOR:
            until = short_until(cover, ward, FLOOR, first, last, shares)
        if ask.active & SKILL_ON_DUTY:
            for index in range(ask.skills.size):
                series = ask.skills[index]
                if series < 0:
                    return cover.window[2]
                until = max(until, short_until(cover, ward, series, first, last, shares))
    for pool in range(ask.pool_draw.size):
        draw = ask.pool_draw[pool]
        if draw > 0:
            until = max(until, short_until(cover, ward, FIRST_POOL + pool, first, last, draw))
    return until


@kernel
def cover_cost(places: Any, cover: Any, ask: Any, ward: int, start: int, end: int, prices: Any) -> int:
    """Price of what one more such stay takes beyond the ward's targets."""
    first, last = columns(cover.window, start, end)
    need = places.target_shares[ask.care_row, ward]
    if first >= last or need == 0:
        return 0
    cost = prices[NURSING_TARGET] * exceeded(cover.slack[ward, TARGET], first, last, need)
    first, last = hour_columns(cover.window, first, last)
    return cost + prices[NURSING_BALANCE] * exceeded(cover.balance[ward], first, last, need)


@kernel
def draw_minutes(slack: Any, window: Any, ward: int, series: int, start: int, end: int, need: int) -> None:
    """Take ``need`` from a series at every minute of a stay; a negative need gives back.

    The whole grid is patched, not only the horizon from now on, so that taking and giving back cancel
    whenever they happen.
    """
    first = max(start - window[0], 0)
    if need != 0:
        row = slack[ward, series, first : max(end - window[0], first)]
        less = np.int32(need)
        for column in range(row.size):
            row[column] = np.int32(row[column] - less)


@kernel
def draw_hours(slack: Any, balance: Any, window: Any, ward: int, start: int, end: int, target: int) -> None:
    """Take ``target`` shares at every full hour of a stay; negative shares give back."""
    first = max(start - window[0], 0)
    last = min(end - window[0], slack.shape[2])
    if first >= last or target == 0:
        return
    first, last = hour_columns(window, first, last)
    hours = balance[ward, first:last]
    less = np.int32(target)
    for column in range(hours.size):
        hours[column] = np.int32(hours[column] - less)


@kernel
def draw(
    slack: Any, balance: Any, window: Any, ward: int, start: int, end: int, needs: Any, target: int
) -> None:
    """Take ``needs[series]`` from every minute of a stay, and ``target`` shares at its full hours.

    ``needs`` int64 (n_series,); negative amounts give back.
    """
    for series in range(needs.size):
        draw_minutes(slack, window, ward, series, start, end, needs[series])
    draw_hours(slack, balance, window, ward, start, end, target)

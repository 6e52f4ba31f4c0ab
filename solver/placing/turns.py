"""When somebody may start and whose turn it is, in numbers: what service, kernels and simulation keep alike.

Plain functions that kernels compile in. Times are minutes; priorities 0 (emergency) to 3 (routine), as
``Priority``. The days and minutes are assumed; a hospital's committee sets them here (CLINICAL.md, safeguard 5: an
order that is written down, ties stated).
"""

from __future__ import annotations

from typing import Final

from solver.engine.jit import shared
from solver.hospital.timegrid import MINUTES_PER_DAY

AHEAD_MINUTES: Final = MINUTES_PER_DAY
"""Who has waited too long books at most so far ahead: nursing cover is checked for two days, so that at least the first
day of the stay is. With two days a patient lay without the skill they need on one day of six."""

WORTH_CHANGING_MINUTES: Final = 30
"""A place this much earlier is worth telling two wards of a change."""

NEVER: Final = 1 << 40
RISES_AFTER: Final = (NEVER, NEVER, 2 * MINUTES_PER_DAY, 7 * MINUTES_PER_DAY)
"""By priority: minutes of waiting at it after which a request is ranked one higher."""


@shared
def start_bounds(needed_by: int, wait: int, now: int) -> tuple[int, int]:
    """First and last start of who may wait so long; whose wait has run out may start now."""
    base = max(needed_by, now)
    return base, max(needed_by + wait, base)


@shared
def waited_too_long(needed_by: int, wait: int, now: int) -> bool:
    """Whether somebody has waited longer than they said they can."""
    return now > needed_by + wait


@shared
def starts_late(needed_by: int, wait: int, start: int, now: int) -> bool:
    """Whether a start is later than the wait allows, and enough later than now to look for another."""
    return start > max(needed_by + wait, now + WORTH_CHANGING_MINUTES - 1)


@shared
def wait_within_a_day(needed_by: int, wait: int, now: int) -> int:
    """The wait of who may book a day ahead of now."""
    return max(now + AHEAD_MINUTES - needed_by, wait)


@shared
def worth_changing(start: int, booked: int) -> bool:
    """Whether a start is so much earlier than the booked one that wards are told of a change."""
    return start + WORTH_CHANGING_MINUTES <= booked


@shared
def risen(priority: int, waited: int) -> int:
    """The priority at which somebody is ranked who has waited so long; nobody rises to emergency."""
    while waited >= RISES_AFTER[priority]:
        waited -= RISES_AFTER[priority]
        priority -= 1
    return priority

"""Precedence: in which order requests are decided when more than one of them wants what there is.

Priority first, then who has waited longer, then the id. Who waits long rises: a routine request after seven days is
ranked as ``soon``, one that is ``soon`` after two days as ``urgent``. Nobody rises to ``emergency``: emergencies
precede everybody, always. So after at most nine days of waiting only emergencies, and who has waited longer, come
before a request (docs/decisions/0013). The days are assumed; a hospital's committee sets them here (CLINICAL.md,
safeguard 5: an order that is written down, ties stated).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from solver.hospital import Minute, Priority
from solver.hospital.timegrid import MINUTES_PER_DAY

RISES_AFTER: Final[Mapping[Priority, Minute]] = {
    Priority.SOON: 2 * MINUTES_PER_DAY,
    Priority.ROUTINE: 7 * MINUTES_PER_DAY,
}
"""Minutes of waiting at a priority after which a request is ranked one higher."""

Precedence = tuple[Priority, Minute, str]
"""Sorts first who is decided first."""


def precedence(priority: Priority, since: Minute, request_id: str, now: Minute) -> Precedence:
    """Where a request stands that has waited since a minute."""
    waited = now - since
    while waited >= RISES_AFTER.get(priority, waited + 1):
        waited -= RISES_AFTER[priority]
        priority = Priority(priority - 1)
    return (priority, since, request_id)


def as_newcomer(priority: Priority, now: Minute) -> Precedence:
    """Where whoever comes now stands: of the same priority and the same minute, whoever waits was there first."""
    return (priority, now + 1, "")

"""Precedence: in which order requests are decided when more than one of them wants what there is.

Priority first, then who has waited longer, then the id. Who waits long rises: a routine request after seven days is
ranked as ``soon``, one that is ``soon`` after two days as ``urgent``. Nobody rises to ``emergency``: emergencies
precede everybody, always. So after at most nine days of waiting only emergencies, and who has waited longer, come
before a request (docs/decisions/0013). The days stand in ``turns``.
"""

from __future__ import annotations

from solver.hospital import Minute, Priority
from solver.placing.turns import risen

Precedence = tuple[Priority, Minute, str]
"""Sorts first who is decided first."""


def precedence(priority: Priority, since: Minute, request_id: str, now: Minute) -> Precedence:
    """Where a request stands that has waited since a minute."""
    return (Priority(risen(int(priority), now - since)), since, request_id)


def as_newcomer(priority: Priority, now: Minute) -> Precedence:
    """Where whoever comes now stands: of the same priority and the same minute, whoever waits was there first."""
    return (priority, now + 1, "")

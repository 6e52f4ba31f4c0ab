"""How often somebody was moved within one stay in the hospital, from the stays that continue each other."""

from __future__ import annotations

from sqlalchemy import Connection, select

from models.tables.care import LIVE_STAYS, request, stay

MOST_MOVES = 50
"""No more moves of one stay are counted."""


def moves_of_stays(connection: Connection) -> dict[str, int]:
    """For each live stay that continues another: how many times its patient was moved; the others are left out."""
    continuing = select(stay.c.id, request.c.from_stay_id).join(request, stay.c.request_id == request.c.id)
    continuing = continuing.where(request.c.from_stay_id.is_not(None))
    former = {
        row.id: row.from_stay_id
        for row in connection.execute(continuing.where(stay.c.state.in_([s.value for s in LIVE_STAYS])))
    }
    moves = dict.fromkeys(former, 1)
    for _ in range(MOST_MOVES - 1):
        found = connection.execute(continuing.where(stay.c.id.in_(set(former.values()))))
        before = {row.id: row.from_stay_id for row in found}
        former = {stay_id: before[left] for stay_id, left in former.items() if left in before}
        if not former:
            break
        for stay_id in former:
            moves[stay_id] += 1
    return moves

"""How many patients came to each ward: the past that forecasts of demand count."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from models.tables import care, places
from solver.hospital import Minute

CAME = ("arrived", "left")


def arrivals_by_ward(connection: Connection, since: Minute, until: Minute) -> tuple[Minute, dict[str, int]]:
    """Allocations during ``[since, until)`` whose patient came, by ward of the bed; and from which minute on there were
    any (``until`` if there were none), not before ``since``."""
    within = care.allocation.c.state.in_(CAME) & care.allocation.c.start_minute.between(since, until - 1)
    first = connection.scalar(select(func.min(care.allocation.c.start_minute)).where(within))
    counted = connection.execute(
        select(places.room.c.ward_id, func.count())
        .select_from(care.allocation)
        .join(places.bed, places.bed.c.id == care.allocation.c.bed_id)
        .join(places.room, places.room.c.id == places.bed.c.room_id)
        .where(within)
        .group_by(places.room.c.ward_id)
    )
    return until if first is None else first, {row[0]: row[1] for row in counted}

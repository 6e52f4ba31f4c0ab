# ruff: noqa: S608 (statements are put together from the constants of this file and common.py only)
"""What was decided, against what was known when it was decided; and that no need is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from models.invariants.common import AS_KNOWN, LIVE, Found, Overrides, document, ones


def unsuitable_room(connection: Connection) -> Found:
    """Airborne isolation, known when the bed was given, outside negative pressure; not overridden."""
    waived = Overrides(connection, "isolation_room")
    for row in _decisions(connection):
        airborne = "airborne" in document(row.isolation)
        offered = document(row.room_features) + document(row.bed_features)
        if airborne and "negative_pressure" not in offered and not _decision_waived(row, waived):
            yield (row.id,), f"room {row.room_id}"


def excluded_room(connection: Connection) -> Found:
    """A bed in a room the request excludes; not overridden."""
    waived = Overrides(connection, "room_excluded")
    for row in _decisions(connection):
        excluded = document(row.needs)["excluded_room_ids"]
        if row.room_id in excluded and not _decision_waived(row, waived):
            yield (row.id,), f"room {row.room_id}"


def too_heavy(connection: Connection) -> Found:
    """A person heavier than the bed carries, as known when the bed was given."""
    for row in _decisions(connection):
        if row.weight_kg > row.max_weight_kg:
            yield (row.id,), f"{row.weight_kg} kg in a bed for {row.max_weight_kg} kg"


def _decisions(connection: Connection) -> Iterable[Any]:
    return connection.execute(
        text(
            f"""SELECT a.id, a.request_id, a.bed_id, a.start_minute, r.id AS room_id,
                      r.features AS room_features, b.features AS bed_features, b.max_weight_kg,
                      q.needs, v.isolation, v.weight_kg
               FROM allocation a JOIN request q ON q.id = a.request_id JOIN bed b ON b.id = a.bed_id
               JOIN room r ON r.id = b.room_id JOIN person_version v ON v.id = a.person_id
               WHERE a.state <> 'released' AND {AS_KNOWN}"""
        )
    )


def _decision_waived(row: Any, waived: Overrides) -> bool:
    return waived.covers((row.id, row.request_id, row.bed_id), row.start_minute)


def lost_request(connection: Connection) -> Found:
    """A request that says it is placed has an allocation in force with a stay; an unplaced one says what
    next."""
    return ones(
        connection,
        f"""SELECT q.id AS id, q.state || ' without an allocation' AS detail FROM request q
            WHERE q.state IN ('placed', 'confirmed', 'arrived') AND NOT EXISTS
              (SELECT 1 FROM allocation a WHERE a.request_id = q.id AND a.state <> 'released')
            UNION ALL
            SELECT a.id, 'in force without a stay' FROM allocation a JOIN request q ON q.id = a.request_id
            WHERE q.state IN ('placed', 'confirmed', 'arrived') AND a.state <> 'released' AND NOT EXISTS
              (SELECT 1 FROM stay s WHERE s.allocation_id = a.id AND s.state IN {LIVE})
            UNION ALL
            SELECT q.id, 'unplaced and nobody to call' FROM request q WHERE q.state = 'unplaced'
              AND (q.decide_again_minute IS NULL OR q.fallback IS NULL OR q.call IS NULL)
            UNION ALL
            SELECT a.id, 'in force for a request that is ' || q.state
            FROM allocation a JOIN request q ON q.id = a.request_id
            WHERE a.state <> 'released' AND q.state IN ('unplaced', 'released')""",
    )

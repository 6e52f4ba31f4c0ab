"""The census as it is read: every bed in sight at a minute, with its sums."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from api.services import words
from api.services.sight import Sight
from models.census import BedCensus, census
from solver.hospital import Minute


def census_json(
    connection: Connection, at: Minute, known_at: Minute | None, zone: str, sight: Sight
) -> dict[str, Any]:
    """The census of a minute, bed by bed, with its sums, of the wards in sight."""
    found = [bed for bed in census(connection, at, known_at) if sight.sees((bed.ward_id,))]
    occupied = sum(bed.occupant is not None for bed in found)
    return {
        "at": words.moment(at, zone),
        "known_at": words.moment(known_at, zone) if known_at is not None else None,
        "beds": len(found),
        "occupied": occupied,
        "reserved": sum(bool(bed.reserved_for) for bed in found),
        "blocked": sum(bool(bed.blocks) for bed in found),
        "items": [_bed_census(bed, zone) for bed in found],
    }


def _bed_census(bed: BedCensus, zone: str) -> dict[str, Any]:
    occupant = bed.occupant
    return {
        "bed_id": bed.bed_id,
        "room_id": bed.room_id,
        "ward_id": bed.ward_id,
        "status": bed.status.value if bed.status is not None else None,
        "blocked": bool(bed.blocks),
        "reserved_for": list(bed.reserved_for),
        "occupant": None
        if occupant is None
        else {
            "stay_id": occupant.stay_id,
            "person_id": occupant.person_id,
            "arrived": words.moment(occupant.arrived, zone),
            "companion": occupant.companion,
        },
    }

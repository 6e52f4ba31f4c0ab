"""Rules about one decision: what was asked and what was given, or that nothing was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from solver.hospital import Allocation, Bed, BedKind, Companion, Priority, Request
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import rules
from solver.placing.records import Records
from solver.placing.referee import drugs, equipment
from solver.placing.referee.beds import utc_offset_minutes
from solver.placing.referee.counts import Amounts

COMPANION_KINDS: Final = {
    Companion.COT: frozenset({BedKind.COT}),
    Companion.CARER_BED: frozenset({BedKind.CHAIR, BedKind.TROLLEY, BedKind.EXTRA_BED}),
}
NIGHT_FROM: Final = 22 * 60
NIGHT_UNTIL: Final = 7 * 60
"""Local minutes of the day between which nobody is moved without need (NICE CG50)."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A request with what it was given (None: unplaced) and the bed published for it before, if any."""

    request: Request
    allocation: Allocation | None
    published_bed_id: str | None = None


def of_decision(decided: Decided, records: Records) -> Amounts:
    """What one decision adds by itself, whatever else the hospital holds."""
    request, allocation = decided.request, decided.allocation
    if allocation is None:
        yield rules.UNPLACED[request.priority], 1
        return
    bed = records.beds[allocation.bed_id]
    yield rules.ROOM_EXCLUDED, int(bed.room_id in request.excluded_room_ids)
    yield rules.COMPANION_PLACE, int(not _companion_is_beside(request, allocation, bed, records))
    published = decided.published_bed_id
    yield rules.STABILITY, int(published is not None and published != bed.id)
    yield rules.NIGHT_TRANSFER, int(_moves_at_night(request, allocation, records))
    yield rules.DELAY[request.priority], max(0, allocation.start - request.needed_by)
    yield from equipment.of_request(request, allocation, records)
    yield from drugs.of_request(request, allocation, records)


def _companion_is_beside(request: Request, allocation: Allocation, bed: Bed, records: Records) -> bool:
    if request.companion is Companion.NONE:
        return allocation.companion_bed_id is None
    if allocation.companion_bed_id is None:
        return False
    place = records.beds[allocation.companion_bed_id]
    suits = place.kind in COMPANION_KINDS[request.companion]
    return suits and place.id != bed.id and place.room_id == bed.room_id


def _moves_at_night(request: Request, allocation: Allocation, records: Records) -> bool:
    if request.from_stay_id is None or request.priority not in (Priority.SOON, Priority.ROUTINE):
        return False
    minute_of_day = (allocation.start + utc_offset_minutes(records)) % MINUTES_PER_DAY
    return minute_of_day >= NIGHT_FROM or minute_of_day < NIGHT_UNTIL

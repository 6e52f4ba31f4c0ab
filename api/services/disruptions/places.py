"""Events about beds, rooms and wards: closed, opened, cleaned, found occupied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.errors import WrongState
from api.schemas.disruptions import (
    BedCleaned,
    BedClosed,
    BedFoundOccupied,
    BedOpened,
    RoomClosed,
    RoomOpened,
    WardClosed,
    WardOpened,
)
from api.security.access import Access
from api.security.permissions import Permission
from api.services import repair
from api.services.changes import Changes
from api.services.disruptions.common import existing
from api.services.movements import make_clean
from api.services.proposals import propose_transfer
from solver.hospital import Block, Minute, OperationalStatus, StayState
from solver.placing import phrases
from solver.placing.language import Sentence


def bed_closed(event: BedClosed, changes: Changes, access: Access) -> str:
    """The bed is out of use; for who lies in it another bed is proposed."""
    bed = existing(changes.records.beds, event.bed_id, "bed_id")
    access.require(changes.records.ward_of_bed(bed.id).id, Permission.DISRUPTION_BED)
    block = _block(changes.now, event.until, event.reason)
    with repair.around_beds([bed.id], (), changes):
        changes.put(replace(bed, blocks=(*_current(bed.blocks, changes), block)))
    _propose_for([bed.id], phrases.BED_CLOSED.of(bed=bed.id), changes)
    return bed.id


def bed_opened(event: BedOpened, changes: Changes, access: Access) -> str:
    """The bed may be used again."""
    bed = existing(changes.records.beds, event.bed_id, "bed_id")
    access.require(changes.records.ward_of_bed(bed.id).id, Permission.DISRUPTION_BED)
    status = OperationalStatus.UNOCCUPIED if bed.status is OperationalStatus.CLOSED else bed.status
    changes.put(replace(bed, blocks=(), status=status))
    return bed.id


def bed_cleaned(event: BedCleaned, changes: Changes, access: Access) -> str:
    """Housekeeping has finished; the bed may be used from now on."""
    bed = existing(changes.records.beds, event.bed_id, "bed_id")
    access.require(changes.records.ward_of_bed(bed.id).id, Permission.DISRUPTION_BED)
    if any(s.state is StayState.OCCUPYING for s in changes.records.bed_stays(bed.id)):
        raise WrongState("Somebody lies in this bed.", "Record the departure first.")
    make_clean(bed, changes)
    return bed.id


def bed_found_occupied(event: BedFoundOccupied, changes: Changes, access: Access) -> str:
    """The bed is blocked until a person has found out who lies there."""
    bed = existing(changes.records.beds, event.bed_id, "bed_id")
    access.require(changes.records.ward_of_bed(bed.id).id, Permission.DISRUPTION_BED)
    block = _block(changes.now, None, "found occupied")
    with repair.around_beds([bed.id], (), changes):
        changes.put(replace(bed, blocks=(*_current(bed.blocks, changes), block)))
    return bed.id


def room_closed(event: RoomClosed, changes: Changes, access: Access) -> str:
    """The room or bay takes nobody; moves of those inside are proposed."""
    room = existing(changes.records.rooms, event.room_id, "room_id")
    access.require(room.ward_id, Permission.DISRUPTION_WARD)
    beds = repair.beds_of_rooms([room.id], changes)
    block = _block(changes.now, event.until, event.reason)
    with repair.around_beds(beds, (), changes):
        changes.put(replace(room, blocks=(*_current(room.blocks, changes), block)))
    _propose_for(beds, phrases.ROOM_CLOSED.of(room=room.id), changes)
    return room.id


def room_opened(event: RoomOpened, changes: Changes, access: Access) -> str:
    """The room's blocks are lifted."""
    room = existing(changes.records.rooms, event.room_id, "room_id")
    access.require(room.ward_id, Permission.DISRUPTION_WARD)
    changes.put(replace(room, blocks=()))
    return room.id


def ward_closed(event: WardClosed, changes: Changes, access: Access) -> str:
    """The ward takes nobody, as in an outbreak; those inside stay where they are."""
    ward = existing(changes.records.wards, event.ward_id, "ward_id")
    access.require(ward.id, Permission.DISRUPTION_WARD)
    block = _block(changes.now, event.until, event.reason)
    beds = repair.beds_of_ward(ward.id, changes)
    with repair.around_beds(beds, (), changes):
        changes.put(replace(ward, blocks=(*_current(ward.blocks, changes), block)))
    _propose_for(beds, phrases.WARD_CLOSED.of(ward=ward.id), changes, occupants=False)
    return ward.id


def ward_opened(event: WardOpened, changes: Changes, access: Access) -> str:
    """The ward's blocks are lifted."""
    ward = existing(changes.records.wards, event.ward_id, "ward_id")
    access.require(ward.id, Permission.DISRUPTION_WARD)
    changes.put(replace(ward, blocks=()))
    return ward.id


def _block(now: Minute, until: Minute | None, reason: str) -> Block:
    if until is not None and until <= now:
        raise WrongState("The closure would end before it begins.", "Give a later end, or none.")
    return Block(now, until, reason)


def _current(blocks: tuple[Block, ...], changes: Changes) -> tuple[Block, ...]:
    """Blocks that are not over, less any that begins now (told twice in one minute)."""
    return tuple(b for b in blocks if (b.end is None or b.end > changes.now) and b.start != changes.now)


def _propose_for(bed_ids: list[str], reason: Sentence, changes: Changes, occupants: bool = True) -> None:
    """Propose other beds for who is on the way there, and for who lies there if they should not stay."""
    for bed_id in bed_ids:
        for stay in changes.records.bed_stays(bed_id):
            if stay.state is StayState.IN_TRANSIT or (occupants and stay.state is StayState.OCCUPYING):
                propose_transfer(stay, reason, changes)


HANDLERS: Mapping[str, Callable[[Any, Changes, Access], str]] = {
    "bed_closed": bed_closed,
    "bed_opened": bed_opened,
    "bed_cleaned": bed_cleaned,
    "bed_found_occupied": bed_found_occupied,
    "room_closed": room_closed,
    "room_opened": room_opened,
    "ward_closed": ward_closed,
    "ward_opened": ward_opened,
}

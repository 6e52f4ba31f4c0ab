"""The hospital as it was last seen to be stored: what is read at the bedside while storage cannot be asked.

A picture holds only what was committed, whatever was decided meanwhile and could not be stored. It is made of the
decider's own records, which are frozen, so that taking one copies five dictionaries. Its answers have the form of those
that are read from the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.errors import Forbidden
from api.services import words
from api.services.cases import Case
from api.services.desk import Desk
from api.services.reads import CLOSED, BedFilter, Page
from api.services.sight import Sight
from models.errors import StorageFails
from models.store import OPEN_REQUESTS
from solver.hospital import Bed, Block, Minute, Room, Stay, StayState, Ward


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Places, who lies or is awaited in them, and open cases. ``since``: the minute at which this was last known to be
    what is stored."""

    since: Minute
    wards: Mapping[str, Ward]
    rooms: Mapping[str, Room]
    beds: Mapping[str, Bed]
    stays: Mapping[str, Stay]
    cases: Mapping[str, Case]

    @classmethod
    def of(cls, desk: Desk, since: Minute) -> Picture:
        """The desk as it stands; 0.1 ms where 5,000 lie."""
        r = desk.live.records
        return cls(since, dict(r.wards), dict(r.rooms), dict(r.beds), dict(r.stays), dict(desk.cases))


def wards(picture: Picture, page: Page, zone: str, sight: Sight) -> dict[str, Any]:
    """As ``reads.wards``."""
    beds = Counter(picture.rooms[bed.room_id].ward_id for bed in picture.beds.values())
    found = [w for name, w in sorted(picture.wards.items()) if name > page.after and sight.sees((name,))]
    return page.body([_ward(one, beds[one.id], zone) for one in found[: page.limit + 1]])


def _ward(ward: Ward, beds: int, zone: str) -> dict[str, Any]:
    return {
        "id": ward.id,
        "site_id": ward.site_id,
        "name": ward.name,
        "specialities": sorted(ward.specialities),
        "building": ward.building,
        "floor": ward.floor,
        "age_from_years": ward.age_from_years,
        "age_until_years": ward.age_until_years,
        "telemetry_channels": ward.pooled.telemetry_channels,
        "dialysis_points": ward.pooled.dialysis_points,
        "oxygen_flow": ward.pooled.oxygen_flow,
        "beds": beds,
        "blocks": [_block(block, zone) for block in ward.blocks],
    }


def beds(
    picture: Picture, page: Page, zone: str, wanted: BedFilter, now: Minute, sight: Sight
) -> dict[str, Any]:
    """As ``reads.beds``."""
    at = now if wanted.free_at is None else wanted.free_at
    lying = _there(picture.stays.values(), at)
    items: list[dict[str, Any]] = []
    for bed_id, bed in sorted(picture.beds.items()):
        ward_id = picture.rooms[bed.room_id].ward_id
        if bed_id <= page.after or wanted.ward_id not in (None, ward_id) or not sight.sees((ward_id,)):
            continue
        item = _bed(bed, picture, lying.get(bed_id), at, zone)
        if not wanted.features <= set(item["features"]) or (wanted.free_at is not None and not item["free"]):
            continue
        items.append(item)
        if len(items) > page.limit:
            break
    return page.body(items)


def _there(stays: Iterable[Stay], at: Minute) -> dict[str, Stay]:
    """Who lies in each bed at a minute, or is awaited in it."""
    return {
        stay.bed_id: stay
        for stay in stays
        if stay.start <= at and (stay.end > at or stay.state is StayState.OCCUPYING)
    }


def _bed(bed: Bed, picture: Picture, stay: Stay | None, at: Minute, zone: str) -> dict[str, Any]:
    room = picture.rooms[bed.room_id]
    every = (*bed.blocks, *room.blocks, *picture.wards[room.ward_id].blocks)
    blocks = [_block(one, zone) for one in every if one.start <= at and (one.end is None or one.end > at)]
    clean = bed.clean_at is None or bed.clean_at <= at
    return {
        "id": bed.id,
        "room_id": room.id,
        "ward_id": room.ward_id,
        "kind": bed.kind.value,
        "features": sorted(feature.value for feature in bed.features | room.features),
        "care_level": bed.care_level,
        "staffed": bed.staffed,
        "max_weight_kg": bed.max_weight_kg,
        "status": bed.status.value,
        "clean_at": None if bed.clean_at is None else words.moment(bed.clean_at, zone),
        "blocks": blocks,
        "stay_id": None if stay is None else stay.id,
        "stay_state": None if stay is None else stay.state.value,
        "free": stay is None and clean and bed.status.value not in CLOSED and not blocks,
    }


def requests(picture: Picture, page: Page, zone: str, state: str | None, sight: Sight) -> dict[str, Any]:
    """As ``reads.requests``; raises ``StorageFails`` for requests that are over, which are only stored."""
    states = OPEN_REQUESTS if state is None else (state,)
    if not set(states) <= set(OPEN_REQUESTS):
        raise StorageFails("Requests that are over cannot be read while storage fails.")
    found = [
        case
        for name, case in sorted(picture.cases.items())
        if name > page.after and case.state.value in states and sight.sees(_wards(case, picture))
    ]
    shown = (words.case_json(case, zone) for case in found[: page.limit + 1])
    return page.body([{**item, "id": item["request_id"]} for item in shown])


def allocation(
    picture: Picture, allocation_id: str, zone: str, sight: Sight, permission: str
) -> dict[str, Any]:
    """As ``reads.allocation`` of one that is in force; why rules were overridden is withheld. Raises ``Forbidden``,
    and ``StorageFails`` for one that is not in the picture: whether it exists cannot be told."""
    given = (case for case in picture.cases.values() if case.allocation is not None)
    case = next((case for case in given if case.allocation and case.allocation.id == allocation_id), None)
    if case is None:
        raise StorageFails("Allocations that are over cannot be read while storage fails.")
    if not sight.sees(_wards(case, picture)):
        raise Forbidden(permission, "on a ward that asked or was given")
    told = words.allocation_json(case, zone)
    if "overrides" not in told:
        return told
    return {**told, "overrides": [{**one, "reason": None, "withheld": True} for one in told["overrides"]]}


def _wards(case: Case, picture: Picture) -> tuple[str | None, ...]:
    """The ward that asked and the ward that was given."""
    given = case.allocation
    bed = None if given is None else picture.beds.get(given.bed_id)
    return case.ward_id, None if bed is None else picture.rooms[bed.room_id].ward_id


def _block(block: Block, zone: str) -> dict[str, Any]:
    return {
        "start": words.moment(block.start, zone),
        "end": None if block.end is None else words.moment(block.end, zone),
        "reason": block.reason,
    }

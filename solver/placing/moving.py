"""Who may be moved, and what is asked for them: the part of chains that is about people.

Somebody who lies in a bed is only ever *proposed* to be moved (CLINICAL.md, safeguard 2), and not even that when the
move would harm them or has been asked of them too often: these bars are policy, not price. Whoever accompanies a
patient goes along, because a request that continues a stay asks for the companion's place too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from solver.hospital import (
    BedKind,
    Companion,
    Departure,
    Minute,
    Origin,
    Priority,
    Request,
    Stay,
    StayState,
    from_minute,
)
from solver.hospital.door import Door
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.problem import SHORT_STAY_MINUTES
from solver.placing.records import Records
from solver.placing.referee.decisions import NIGHT_FROM, NIGHT_UNTIL

CRITICAL_LEVEL: Final = 2
"""Care levels from here on are critical care (Intensive Care Society): moved only for a clinical reason."""

LEAST_MINUTES: Final = 60
"""A stay that continues elsewhere is asked for at least this long."""


class Bar(StrEnum):
    """Why somebody who lies in a bed is not proposed to be moved."""

    ACCOMPANIES = "accompanies"
    NOT_LYING = "not_lying"
    JUST_CAME = "just_came"
    END_OF_LIFE = "end_of_life"
    CRITICAL = "critical"
    ONE_TO_ONE = "one_to_one"
    ATTACHED = "attached"
    MOVED_TOO_OFTEN = "moved_too_often"
    LEAVES_SOON = "leaves_soon"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be asked of people.

    ``moves_per_stay``: most moves without clinical reason within one stay in the hospital (NICE CG50 asks that they be
    avoided and limited; the number is assumed). ``leaves_soon_minutes``: who leaves within this is moved to a seat of
    the discharge lounge or not at all. ``wait_minutes``: how long after the earliest minute a move may begin.
    """

    moves_per_stay: int = 2
    leaves_soon_minutes: int = 240
    wait_minutes: int = 240

    def __post_init__(self) -> None:
        door = Door("Limits of moving", "")
        door.whole(self.moves_per_stay, "moves_per_stay", 0, 100)
        door.whole(self.leaves_soon_minutes, "leaves_soon_minutes", 0, MINUTES_PER_DAY)
        door.whole(self.wait_minutes, "wait_minutes", 0, MINUTES_PER_DAY)
        door.close()


def attached_allocations(records: Records) -> frozenset[str]:
    """Allocations whose patient has a unit attached now."""
    return frozenset(
        booking.allocation_id
        for booking in records.unit_bookings.values()
        if booking.pinned and booking.allocation_id is not None and booking.end > records.now
    )


def bars(stay: Stay, records: Records, limits: Limits, moves: int, attached: frozenset[str]) -> Iterator[Bar]:
    """What stands against moving a stay without clinical reason. ``moves``: how often its patient was moved before
    within the same stay in the hospital; ``attached``: see ``attached_allocations``."""
    # One after the other, so that who asks whether there is any looks no further than the first.
    if stay.with_stay_id is not None:
        yield Bar.ACCOMPANIES
    if stay.state is not StayState.OCCUPYING:
        yield Bar.NOT_LYING
    if stay.start >= records.now:
        yield Bar.JUST_CAME
    person = records.persons[stay.person_id]
    if person.end_of_life:
        yield Bar.END_OF_LIFE
    if stay.care.care_level >= CRITICAL_LEVEL:
        yield Bar.CRITICAL
    if person.one_to_one:
        yield Bar.ONE_TO_ONE
    if stay.allocation_id in attached:
        yield Bar.ATTACHED
    if moves >= limits.moves_per_stay:
        yield Bar.MOVED_TOO_OFTEN
    if stay.end - records.now < limits.leaves_soon_minutes and not may_sit(stay, records):
        yield Bar.LEAVES_SOON


def may_sit(stay: Stay, records: Records) -> bool:
    """Whether a patient may wait for the way home in a lounge seat: the discharge is ordered and at hand, nothing but a
    seat is needed, nobody else is put at risk."""
    if stay.departure is not Departure.CONFIRMED:
        return False
    person, care = records.persons[stay.person_id], stay.care
    at_hand = 0 < stay.end - records.now <= SHORT_STAY_MINUTES
    plain = care.care_level == 0 and not care.features and not care.skills
    safe = not (person.isolation or person.exposed_to or person.falls_risk or person.end_of_life)
    return at_hand and plain and safe and not records.with_companions(stay.id)[1:]


def lounge_rooms(records: Records) -> frozenset[str]:
    """Rooms with seats of a discharge lounge, and nothing but seats."""
    return frozenset(
        room_id
        for room_id, beds in records.beds_of_room.items()
        if beds and all(records.beds[bed].kind is BedKind.LOUNGE_SEAT for bed in beds)
    )


# --- nights -------------------------------------------------------------------------------------------------
def is_night(minute: Minute, zone: str) -> bool:
    """Whether nobody is moved without clinical reason: 22:00 to 07:00 on the site's clock (NICE CG50)."""
    of_day = _of_day(minute, zone)
    return of_day >= NIGHT_FROM or of_day < NIGHT_UNTIL


def by_day(minute: Minute, zone: str, wait: int) -> tuple[Minute, int]:
    """The first minute from a minute on that is no night, and how much of a wait ends before the next one."""
    start = minute
    if is_night(minute, zone):
        start += (NIGHT_UNTIL - _of_day(minute, zone)) % MINUTES_PER_DAY
        # Should the clock have been changed that night.
        start += NIGHT_UNTIL - _of_day(start, zone)
    return start, min(wait, NIGHT_FROM - 1 - _of_day(start, zone))


def _of_day(minute: Minute, zone: str) -> int:
    local = from_minute(minute, zone)
    return local.hour * 60 + local.minute


# --- what is asked for who is moved --------------------------------------------------------------------------
def zone_of(stay: Stay, records: Records) -> str:
    """The time zone of the site somebody lies on."""
    return records.sites[records.ward_of_bed(stay.bed_id).site_id].time_zone


def _off_site(stay: Stay, records: Records) -> set[str]:
    """Rooms of other sites: getting there is a journey, not a move."""
    if len(records.sites) == 1:
        return set()
    site_id = records.ward_of_bed(stay.bed_id).site_id
    return {room.id for room in records.rooms.values() if records.wards[room.ward_id].site_id != site_id}


def companion_of(stay: Stay, records: Records) -> Companion:
    """What accompanies a stay: a cot, a carer's bed, or nothing."""
    kinds = {records.beds[beside.bed_id].kind for beside in records.with_companions(stay.id)[1:]}
    if not kinds:
        return Companion.NONE
    return Companion.COT if BedKind.COT in kinds else Companion.CARER_BED


def move_request(
    stay: Stay,
    records: Records,
    limits: Limits,
    request_id: str,
    rooms: Iterable[str] | None = None,
    care_level: int | None = None,
) -> Request:
    """The request that continues a stay in another room of the site, by day; ``rooms``: only there."""
    start, wait = by_day(records.now, zone_of(stay, records), limits.wait_minutes)
    home = {records.beds[stay.bed_id].room_id}
    excluded = home | (_off_site(stay, records) if rooms is None else set(records.rooms) - set(rooms))
    care = stay.care if care_level is None else replace(stay.care, care_level=care_level)
    return Request(
        id=request_id,
        person_id=stay.person_id,
        priority=Priority.ROUTINE,
        care=care,
        decided_at=records.now,
        needed_by=start,
        duration_minutes=max(stay.end - start, LEAST_MINUTES),
        max_wait_minutes=wait,
        origin=Origin.WARD,
        companion=companion_of(stay, records),
        from_stay_id=stay.id,
        excluded_room_ids=frozenset(excluded),
    )

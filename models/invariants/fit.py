"""Whether a bed suits the person it was given to: judged for every decision, as things were known then."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from models.invariants.common import Found
from models.invariants.excuses import Excuses
from models.invariants.history import Known, Moment, Row, Subject

SEATS = ("chair", "trolley", "lounge_seat")
LONGEST_ON_A_SEAT = 12 * 60
OLDEST_IN = {"cot": 3, "incubator": 1}
"""Years from which somebody is too old for this kind of bed."""

YEAR = 525_960
EVERY_AGE = (0, 150)
BESIDE = {"cot": ("cot",), "carer_bed": ("chair", "trolley", "extra_bed")}
NOT_READY = ("contaminated", "isolated", "housekeeping")


def unstaffed_bed(moment: Moment, excuses: Excuses) -> Found:
    """A bed without staff."""
    for one in excuses.left(moment.decisions, "bed_staffed", moment):
        if not one.bed.staffed:
            yield (one.id,), f"bed {one.bed.id}"


def unsuitable_bed(moment: Moment, excuses: Excuses) -> Found:
    """A seat for longer than half a day; a cot or an incubator for somebody too old, or of unknown age."""
    for one in excuses.left(moment.decisions, "bed_kind", moment):
        age, kind = _age(one), one.bed.kind
        if kind in SEATS and one.end - one.start > LONGEST_ON_A_SEAT:
            yield (one.id,), f"{kind} {one.bed.id} for {one.end - one.start} minutes"
        if kind in OLDEST_IN and (age is None or age >= OLDEST_IN[kind]):
            yield (one.id,), f"{kind} {one.bed.id} at the age of {age}"


def missing_feature(moment: Moment, excuses: Excuses) -> Found:
    """A bed that lacks what the request needs."""
    for one in excuses.left(moment.decisions, "bed_features", moment):
        lacking = set(one.request.needs.get("features", ())) - {*one.bed.features, *one.room.features}
        if lacking:
            yield (one.id,), f"bed {one.bed.id} lacks {' '.join(sorted(lacking))}"


def too_heavy(moment: Moment, _: Excuses) -> Found:
    """A person heavier than the bed carries."""
    for one in moment.decisions:
        if one.person.weight_kg > one.bed.max_weight_kg:
            yield (one.id,), f"{one.person.weight_kg} kg in a bed for {one.bed.max_weight_kg} kg"


def too_little_care(moment: Moment, excuses: Excuses) -> Found:
    """A bed that gives less than the level of care the request needs."""
    for one in excuses.left(moment.decisions, "care_level", moment):
        if one.bed.care_level < one.request.care_level:
            yield (one.id,), f"level {one.bed.care_level} for level {one.request.care_level}"


def excluded_room(moment: Moment, excuses: Excuses) -> Found:
    """A bed in a room the request excludes."""
    for one in excuses.left(moment.decisions, "room_excluded", moment):
        if one.room.id in one.request.needs["excluded_room_ids"]:
            yield (one.id,), f"room {one.room.id}"


def refused_age(moment: Moment, excuses: Excuses) -> Found:
    """A ward that does not take people of this age; of unknown age only where every age is taken."""
    for one in excuses.left(moment.decisions, "ward_age", moment):
        taken, age = (one.ward.age_from_years, one.ward.age_until_years), _age(one)
        if taken != EVERY_AGE and (age is None or not taken[0] <= age < taken[1]):
            yield (one.id,), f"ward {one.ward.id} takes {taken[0]} to {taken[1]} years, not {age}"


def closed_when_given(moment: Moment, excuses: Excuses) -> Found:
    """A bed that was known to be closed, blocked or out of hours at some time of the stay."""
    for one in excuses.left(moment.decisions, "bed_open", moment):
        for why in _closures(one, moment):
            yield (one.id,), why


def _closures(one: Subject, moment: Moment) -> Iterator[str]:
    status = moment.known.status.get(one.bed.id)
    if status is not None and (
        status.status == "closed" or (status.status in NOT_READY and status.clean_at is None)
    ):
        yield f"bed {one.bed.id} is {status.status}"
    for block in moment.known.block.values():
        here = one.bed.id == block.bed_id or one.room.id == block.room_id or one.ward.id == block.ward_id
        meets = block.start_minute < one.end and (block.end_minute is None or one.start < block.end_minute)
        if here and meets and not block.void:
            yield f"blocked from {block.start_minute} to {block.end_minute}"
    if (one.bed.opens, one.bed.closes) != (0, 0):
        begins = _local(one.start, moment)
        if begins < one.bed.opens or begins + one.end - one.start > one.bed.closes:
            yield f"open from {one.bed.opens} to {one.bed.closes}, given from {begins}"


def _local(minute: int, moment: Moment) -> int:
    """Minute of the day on the site's clock."""
    then = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=moment.minute)
    offset = then.astimezone(ZoneInfo(moment.known.places.zone)).utcoffset()
    return (minute + (int(offset.total_seconds()) // 60 if offset is not None else 0)) % 1440


def unclean_when_given(moment: Moment, _: Excuses) -> Found:
    """A bed that cannot be clean at the start: after whoever leaves it, and before whoever comes next."""
    known = moment.known
    for one in moment.decisions:
        for bed_id in (one.bed.id, one.companion_bed_id):
            if bed_id is not None:
                for why in _unclean(one, bed_id, known):
                    yield (one.id,), f"bed {bed_id} {why}"


def _unclean(one: Subject, bed_id: str, known: Known) -> Iterator[str]:
    status = known.status.get(bed_id)
    clean_at = status.clean_at or 0 if status is not None else 0
    if one.start < clean_at:
        yield f"is clean at {clean_at}"
    after = one.end + _turnaround(one.person, bed_id, known)
    for stay in known.stays.get(bed_id, {}).values():
        if stay.allocation_id == one.id:
            continue
        clean = stay.end_minute + _turnaround(known.person[stay.person_id], bed_id, known)
        if stay.end_minute <= one.start < clean:
            yield f"is clean at {clean}"
        if stay.state == "booked" and one.end <= stay.start_minute < after and stay.start_minute >= clean_at:
            yield f"is not clean for who comes at {stay.start_minute}"


def _turnaround(person: Row, bed_id: str, known: Known) -> int:
    times = known.places.cleaning
    infectious = set(person.isolation) - {"protective"}
    kind = "terminal" if infectious else "discharge"
    if any(ultraviolet for _, _, ultraviolet in person.infections):
        kind = "ultraviolet"
    if "airborne" not in person.isolation:
        return times[kind]
    changes = known.places.rooms[known.places.beds[bed_id].room_id].air_changes_per_hour or 2
    left = 1 - times["air_removal_permille"] / 1000
    return times[kind] + round(-math.log(left) * 60 / changes)


def companion_elsewhere(moment: Moment, _: Excuses) -> Found:
    """A cot or carer's bed that was asked for and not given, of another kind, or in another room."""
    for one in moment.decisions:
        asked, bed_id = one.request.needs.get("companion", "none"), one.companion_bed_id
        if asked == "none" or bed_id is None:
            if (asked == "none") != (bed_id is None):
                yield (one.id,), f"asked for {asked}, given {bed_id}"
            continue
        beside = moment.known.places.beds[bed_id]
        if beside.kind not in BESIDE[asked] or beside.room_id != one.room.id or bed_id == one.bed.id:
            yield (one.id,), f"{beside.kind} {bed_id} in room {beside.room_id}"


def _age(one: Subject) -> int | None:
    born: int | None = one.person.born_minute
    return None if born is None else (one.start - born) // YEAR

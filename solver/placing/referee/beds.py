"""Rules between a stay and its bed, and between the stays of one bed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from solver.hospital import Bed, BedKind, Departure, Feature, Minute, OperationalStatus, Stay, StayState
from solver.hospital.stays import turnaround_minutes
from solver.hospital.timegrid import MINUTES_PER_DAY, from_minute
from solver.placing import rules
from solver.placing.problem import COT_AGE_YEARS, INCUBATOR_AGE_YEARS, SHORT_STAY_MINUTES, SPECIAL_FEATURES
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts, overlapping_pairs

SEATS: Final = frozenset({BedKind.CHAIR, BedKind.TROLLEY, BedKind.LOUNGE_SEAT})
NOT_CLEAN: Final = frozenset(
    {OperationalStatus.CONTAMINATED, OperationalStatus.ISOLATED, OperationalStatus.HOUSEKEEPING}
)
CHILDREN_ONLY: Final = {BedKind.COT: COT_AGE_YEARS, BedKind.INCUBATOR: INCUBATOR_AGE_YEARS}
"""Age in years from which a person is too old for this kind of bed."""


def of_stay(stay: Stay, records: Records) -> Amounts:
    """What one stay adds by lying in its bed; one that accompanies another only needs the bed to be open."""
    bed = records.beds[stay.bed_id]
    booked = stay.state is StayState.BOOKED
    if booked:
        yield rules.BED_OPEN, int(not is_open(bed, stay, records))
    if stay.with_stay_id is not None:
        return
    if booked:
        yield rules.BED_STAFFED, int(not bed.staffed)
    yield from _fit(bed, stay, records)


def _fit(bed: Bed, stay: Stay, records: Records) -> Amounts:
    care, person = stay.care, records.persons[stay.person_id]
    offered = bed.features | records.rooms[bed.room_id].features
    yield rules.BED_KIND, int(not _kind_suits(bed, stay, person.age_years(stay.start)))
    yield rules.BED_FEATURES, len(care.features - offered)
    yield rules.BED_WEIGHT, int(person.weight_kg > bed.max_weight_kg)
    yield rules.CARE_LEVEL, max(0, care.care_level - bed.care_level)
    yield rules.SCARCE_CARE_LEVEL, max(0, bed.care_level - care.care_level)
    yield rules.SCARCE_FEATURE, len((bed.features & SPECIAL_FEATURES) - care.features)
    yield rules.OBSERVATION_BED, int(person.falls_risk and Feature.OBSERVATION not in offered)
    yield rules.EXTRA_BED, int(bed.kind is BedKind.EXTRA_BED)


def _kind_suits(bed: Bed, stay: Stay, age: int | None) -> bool:
    if bed.kind in SEATS:
        return stay.end - stay.start <= SHORT_STAY_MINUTES
    if bed.kind in CHILDREN_ONLY:
        return age is not None and age < CHILDREN_ONLY[bed.kind]
    return True


def is_open(bed: Bed, stay: Stay, records: Records) -> bool:
    """Whether the bed, its room and its ward are open during the whole stay.

    A bed that is contaminated, isolated or in housekeeping opens once it is told when its cleaning ends
    (``clean_at``; that the stay does not start before is another rule's matter).
    """
    if bed.status is OperationalStatus.CLOSED or (bed.status in NOT_CLEAN and bed.clean_at is None):
        return False
    room = records.rooms[bed.room_id]
    for block in (*bed.blocks, *room.blocks, *records.wards[room.ward_id].blocks):
        if block.start < stay.end and (block.end is None or stay.start < block.end):
            return False
    return (bed.opens, bed.closes) == (0, 0) or _within_hours(bed, stay, records)


def _within_hours(bed: Bed, stay: Stay, records: Records) -> bool:
    minute_of_day = (stay.start + utc_offset_minutes(records)) % MINUTES_PER_DAY
    return bed.opens <= minute_of_day and minute_of_day + stay.end - stay.start <= bed.closes


def utc_offset_minutes(records: Records) -> int:
    """Minutes the first site's clock is ahead of UTC at ``records.now``; 0 without a site."""
    for site in records.sites.values():
        offset = from_minute(records.now, site.time_zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds()) // 60
    return 0


def of_bed(bed_id: str, stays: Sequence[Stay], records: Records) -> Amounts:
    """What the stays of one bed add by following, or meeting, each other; companions count like any other."""
    for _ in overlapping_pairs(stays):
        yield rules.BED_FREE, 1
    bed = records.beds[bed_id]
    for stay in stays:
        if stay.state is StayState.BOOKED:
            yield from _after_others(bed, stay, stays, records)


def _after_others(bed: Bed, stay: Stay, stays: Sequence[Stay], records: Records) -> Amounts:
    early = bed.clean_at is not None and stay.start < bed.clean_at
    before = [other for other in stays if other is not stay and other.end <= stay.start]
    yield rules.BED_CLEAN, int(early or any(stay.start < _clean_after(other, records) for other in before))
    if stay.with_stay_id is None:
        yield rules.PREDICTED_DEPARTURE, int(any(_only_predicted(other) for other in before))


def _clean_after(stay: Stay, records: Records) -> Minute:
    room = records.rooms[records.beds[stay.bed_id].room_id]
    return stay.end + turnaround_minutes(records.persons[stay.person_id], room, records.cleaning)


def _only_predicted(stay: Stay) -> bool:
    return stay.state.pinned and stay.departure is Departure.PREDICTED

"""Rules of nursing cover and ward pools, minute by minute: slow, plain, what :func:`recount` uses.

A nurse is :data:`~solver.hospital.staff.NURSE_SHARES` shares; a stay needs some of them, by its care level.
Only main stays count: who accompanies adds no load. ``cover_change.py`` counts the same words apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from solver.hospital import Minute, PooledCapacity, Shift, Stay, Ward
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts

BALANCE_STEP_MINUTES = 60
POOLS = tuple(pool.name for pool in fields(PooledCapacity))

PerMinute = list[int]
"""One number for each minute of the cover horizon."""


def of_ward(ward: Ward, records: Records) -> Amounts:
    """What one ward lacks, summed over the minutes of the cover horizon."""
    stays = list(ward_main_stays(ward, records))
    shifts = list(cover_shifts(ward, records))
    yield from _nurses(ward, stays, shifts, records)
    yield from _skills(ward, stays, shifts, records)
    yield from _pools(ward, stays, records)


def _nurses(ward: Ward, stays: Sequence[Stay], shifts: Sequence[Shift], records: Records) -> Amounts:
    floor = _per_minute(((s.start, s.end, floor_shares(s, ward, records)) for s in stays), records)
    target = _per_minute(((s.start, s.end, target_shares(s, ward, records)) for s in stays), records)
    supply = _supply(shifts, records)
    for minute, there in enumerate(supply, start=records.now):
        at = minute - records.now
        yield rules.NURSING_FLOOR, max(0, floor[at] - there)
        yield rules.NURSING_TARGET, max(0, target[at] - there)
        if minute % BALANCE_STEP_MINUTES == 0:
            yield rules.NURSING_BALANCE, max(0, target[at] - there * 4 // 5)


def _skills(ward: Ward, stays: Sequence[Stay], shifts: Sequence[Shift], records: Records) -> Amounts:
    for skill in {skill for stay in stays for skill in stay.care.skills}:
        who = [stay for stay in stays if skill in stay.care.skills]
        need = _per_minute(((s.start, s.end, floor_shares(s, ward, records)) for s in who), records)
        skilled = [shift for shift in shifts if skill in records.staff[shift.staff_id].skills]
        for wanted, there in zip(need, _supply(skilled, records), strict=True):
            yield rules.SKILL_ON_DUTY, max(0, wanted - there)


def _pools(ward: Ward, stays: Sequence[Stay], records: Records) -> Amounts:
    for pool in POOLS:
        drawn = _per_minute(((s.start, s.end, getattr(s.care.pooled, pool)) for s in stays), records)
        for draw in drawn:
            yield rules.WARD_POOL, max(0, draw - getattr(ward.pooled, pool))


def _supply(shifts: Iterable[Shift], records: Records) -> PerMinute:
    pieces = (piece for shift in shifts for piece in shift.on_duty())
    return _per_minute(((piece.start, piece.end, NURSE_SHARES) for piece in pieces), records)


def _per_minute(pieces: Iterable[tuple[Minute, Minute, int]], records: Records) -> PerMinute:
    """Sum of the amounts of ``(start, end, amount)`` that hold at each minute of the horizon."""
    now, horizon = records.now, records.options.cover_horizon_minutes
    sums: defaultdict[int, int] = defaultdict(int)
    for start, end, amount in pieces:
        for minute in range(max(start, now), min(end, now + horizon)):
            sums[minute - now] += amount
    return [sums[at] for at in range(horizon)]


def ward_main_stays(ward: Ward, records: Records) -> Iterator[Stay]:
    """Stays on a ward that need nursing of their own."""
    for room_id in records.rooms_of_ward.get(ward.id, ()):
        for stay in records.room_stays(room_id):
            if stay.with_stay_id is None:
                yield stay


def cover_shifts(ward: Ward, records: Records) -> Iterator[Shift]:
    """Shifts of a ward whose staff count as cover: not those of students."""
    for shift_id in records.shifts_of_ward.get(ward.id, ()):
        shift = records.shifts[shift_id]
        if not records.staff[shift.staff_id].student:
            yield shift


def floor_shares(stay: Stay, ward: Ward, records: Records) -> int:
    """Shares of a nurse this stay must have; all of one for who needs a nurse alone; 0 without a ratio."""
    if records.persons[stay.person_id].one_to_one:
        return NURSE_SHARES
    ratio = records.ratio(ward, stay.care.care_level)
    return 0 if ratio is None else NURSE_SHARES // ratio.floor_patients


def target_shares(stay: Stay, ward: Ward, records: Records) -> int:
    """Shares of a nurse this stay should have."""
    if records.persons[stay.person_id].one_to_one:
        return NURSE_SHARES
    ratio = records.ratio(ward, stay.care.care_level)
    return 0 if ratio is None else NURSE_SHARES // ratio.target_patients

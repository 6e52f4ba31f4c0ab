"""What changed stays do to the cover of a ward, by stretches instead of minutes: what :func:`check` uses.

Between two minutes at which a stay, a shift or a break begins or ends nothing changes, so each stretch is
counted once and multiplied by its length. Written apart from ``cover.py``, so that the two prove each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from solver.hospital import DutyKind, Minute, Shift, Stay, Ward
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts
from solver.placing.referee.cover import BALANCE_STEP_MINUTES, POOLS

Piece = tuple[Minute, Minute]


@dataclass(slots=True)
class Steps:
    """A step function of time within ``[start, end)``, held as its jumps: 0 before ``start``."""

    start: Minute
    end: Minute
    jumps: defaultdict[Minute, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, start: Minute, end: Minute, amount: int) -> None:
        """Add ``amount`` during the part of ``[start, end)`` that lies inside."""
        start = max(start, self.start)
        end = min(end, self.end)
        if start < end and amount:
            self.jumps[start] += amount
            self.jumps[end] -= amount


def stretches(*functions: Steps) -> Iterator[tuple[Minute, Minute, list[int]]]:
    """Start and end of every stretch over which all functions are level, and their levels there."""
    jumps = [function.jumps for function in functions]
    minutes = sorted({minute for one in jumps for minute in one})
    levels = [0] * len(jumps)
    for start, end in pairwise(minutes):
        for position, one in enumerate(jumps):
            if start in one:
                levels[position] += one[start]
        yield start, end, levels


@dataclass(slots=True)
class Change:
    """A ward during ``[start, end)``: its stays before, those who leave (-1) or come (+1), its shifts."""

    ward: Ward
    records: Records
    start: Minute
    end: Minute
    before: list[Stay]
    moved: list[tuple[Stay, int]]
    shifts: list[tuple[Shift, list[Piece]]]
    ratios: dict[int, tuple[int, int]] = field(default_factory=dict)

    def steps(self) -> Steps:
        """An empty step function over the change's minutes."""
        return Steps(self.start, self.end)

    def shares(self, stay: Stay) -> tuple[int, int]:
        """Floor and target shares of a stay."""
        if self.records.persons[stay.person_id].one_to_one:
            return NURSE_SHARES, NURSE_SHARES
        level = stay.care.care_level
        if level not in self.ratios:
            ratio = self.records.ratio(self.ward, level)
            patients = (ratio.floor_patients, ratio.target_patients) if ratio is not None else None
            self.ratios[level] = (
                (NURSE_SHARES // patients[0], NURSE_SHARES // patients[1]) if patients else (0, 0)
            )
        return self.ratios[level]


def of_ward(ward: Ward, gone: Sequence[Stay], added: Sequence[Stay], records: Records) -> Amounts:
    """What a ward lacks more (or less: negative) when its main stays ``gone`` give way to ``added``."""
    moved = [*((stay, -1) for stay in gone), *((stay, 1) for stay in added)]
    start = max(records.now, min(stay.start for stay, _ in moved))
    end = min(records.now + records.options.cover_horizon_minutes, max(stay.end for stay, _ in moved))
    if start >= end:
        return
    before, shifts = _present(ward, start, end, records), _shifts(ward, start, end, records)
    change = Change(ward, records, start, end, before, moved, shifts)
    yield from _nurses(change)
    for skill in {skill for stay, _ in moved for skill in stay.care.skills}:
        yield rules.SKILL_ON_DUTY, _skill(skill, change)
    for pool in POOLS:
        if any(getattr(stay.care.pooled, pool) for stay, _ in moved):
            yield rules.WARD_POOL, _pool(pool, change)


def _nurses(change: Change) -> Amounts:
    floor, more_floor, target, more_target, supply = (change.steps() for _ in range(5))
    for stay in change.before:
        must, should = change.shares(stay)
        floor.add(stay.start, stay.end, must)
        target.add(stay.start, stay.end, should)
    for stay, sign in change.moved:
        must, should = change.shares(stay)
        more_floor.add(stay.start, stay.end, sign * must)
        more_target.add(stay.start, stay.end, sign * should)
    _add_supply(supply, (pieces for _, pieces in change.shifts))
    lacking = [0, 0, 0]
    for start, end, (must, more_must, should, more_should, there) in stretches(
        floor, more_floor, target, more_target, supply
    ):
        lacking[0] += (end - start) * _more(must, more_must, there)
        lacking[1] += (end - start) * _more(should, more_should, there)
        lacking[2] += _full_hours(start, end) * _more(should, more_should, there * 4 // 5)
    yield from zip((rules.NURSING_FLOOR, rules.NURSING_TARGET, rules.NURSING_BALANCE), lacking, strict=True)


def _skill(skill: str, change: Change) -> int:
    need, more, supply = change.steps(), change.steps(), change.steps()
    for stay in change.before:
        if skill in stay.care.skills:
            need.add(stay.start, stay.end, change.shares(stay)[0])
    for stay, sign in change.moved:
        if skill in stay.care.skills:
            more.add(stay.start, stay.end, sign * change.shares(stay)[0])
    staff = change.records.staff
    _add_supply(supply, (pieces for shift, pieces in change.shifts if skill in staff[shift.staff_id].skills))
    return sum((end - start) * _more(*levels) for start, end, levels in stretches(need, more, supply))


def _pool(pool: str, change: Change) -> int:
    drawn, more, capacity = change.steps(), change.steps(), change.steps()
    for stay in change.before:
        drawn.add(stay.start, stay.end, getattr(stay.care.pooled, pool))
    for stay, sign in change.moved:
        more.add(stay.start, stay.end, sign * getattr(stay.care.pooled, pool))
    capacity.add(change.start, change.end, getattr(change.ward.pooled, pool))
    return sum((end - start) * _more(*levels) for start, end, levels in stretches(drawn, more, capacity))


def _add_supply(supply: Steps, shifts: Iterable[list[Piece]]) -> None:
    # Nurses mostly start, pause and end together: each distinct piece added once saves 14 % of a check.
    for (start, end), nurses in Counter(chain.from_iterable(shifts)).items():
        supply.add(start, end, nurses * NURSE_SHARES)


def _more(need: int, more: int, there: int) -> int:
    """How much more is lacking when the need grows by ``more``."""
    return max(0, need + more - there) - max(0, need - there) if more else 0


def _full_hours(start: Minute, end: Minute) -> int:
    """Minutes of ``[start, end)`` that are divisible by the step at which balance is counted."""
    return (end - 1) // BALANCE_STEP_MINUTES - (start - 1) // BALANCE_STEP_MINUTES


def _present(ward: Ward, start: Minute, end: Minute, records: Records) -> list[Stay]:
    stays, stays_of_bed, beds_of_room = records.stays, records.stays_of_bed, records.beds_of_room
    return [
        stay
        for room_id in records.rooms_of_ward.get(ward.id, ())
        for bed_id in beds_of_room.get(room_id, ())
        for stay_id in stays_of_bed.get(bed_id, ())
        if (stay := stays[stay_id]).with_stay_id is None and stay.start < end and start < stay.end
    ]


def _shifts(ward: Ward, start: Minute, end: Minute, records: Records) -> list[tuple[Shift, list[Piece]]]:
    shifts, staff = records.shifts, records.staff
    return [
        (shift, _on_duty(shift))
        for shift_id in records.shifts_of_ward.get(ward.id, ())
        if (shift := shifts[shift_id]).start < end and start < shift.end and not staff[shift.staff_id].student
    ]


def _on_duty(shift: Shift) -> list[Piece]:
    """Minutes this shift covers: without breaks, on call from the answer to the call, absent never."""
    if shift.absent:
        return []
    begin = shift.start
    if shift.kind is DutyKind.ON_CALL:
        if shift.called_at is None:
            return []
        begin = max(begin, shift.called_at + shift.response_minutes)
    pieces: list[Piece] = []
    for pause_start, pause_end in sorted((pause.start, pause.end) for pause in shift.breaks):
        if begin < pause_start:
            pieces.append((begin, pause_start))
        begin = max(begin, pause_end)
    if begin < shift.end:
        pieces.append((begin, shift.end))
    return pieces

"""What changed stays do to the cover of a ward, by stretches instead of minutes: what :func:`check` uses.

Between two minutes at which a stay, a shift or a break begins or ends nothing changes, so each stretch is
counted once and multiplied by its length. Written apart from ``cover.py``, so that the two prove each other.

What rests on the roster alone is kept with the records until the roster changes, what a change of stays does to a ward
until any record changes: a decision and the beds it is compared with mostly ask the same of the same ward.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from solver.engine.rule import Rule
from solver.hospital import DutyKind, Minute, Shift, Stay, Ward
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts
from solver.placing.referee.cover import BALANCE_STEP_MINUTES, POOLS

Piece = tuple[Minute, Minute]

MOST_KEPT: Final = 1000
"""Changes of stays whose counts are kept while no record changes."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A step function of time: 0 before the first of ``minutes``, ``levels[i]`` from ``minutes[i]`` on."""

    minutes: list[Minute]
    levels: list[int]

    def at(self, minute: Minute) -> int:
        """Its level at a minute."""
        place = bisect_right(self.minutes, minute)
        return self.levels[place - 1] if place else 0

    def jumps(self, start: Minute, end: Minute) -> Iterator[tuple[Minute, int]]:
        """Where inside ``(start, end)`` it jumps, and by how much."""
        first, last = bisect_right(self.minutes, start), bisect_right(self.minutes, end - 1)
        before = self.levels[first - 1] if first else 0
        for minute, level in zip(self.minutes[first:last], self.levels[first:last], strict=True):
            yield minute, level - before
            before = level


class Levels:
    """Several step functions of time within ``[start, end)``: 0 there until pieces are added."""

    __slots__ = ("_end", "_first", "_jumps", "_start")

    def __init__(self, start: Minute, end: Minute, functions: int) -> None:
        self._start = start
        self._end = end
        self._first = [0] * functions
        self._jumps: list[tuple[Minute, int, int]] = []

    def add(self, function: int, start: Minute, end: Minute, amount: int) -> None:
        """Add ``amount`` to a function during the part of ``[start, end)`` that lies inside."""
        if start >= self._end or end <= self._start or not amount:
            return
        if start <= self._start:
            self._first[function] += amount
        else:
            self._jumps.append((start, function, amount))
        if end < self._end:
            self._jumps.append((end, function, -amount))

    def follow(self, function: int, steps: Steps) -> None:
        """Add a step function to a function."""
        self._first[function] += steps.at(self._start)
        self._jumps += [(minute, function, more) for minute, more in steps.jumps(self._start, self._end)]

    def stretches(self) -> Iterator[tuple[Minute, Minute, list[int]]]:
        """Start and end of every stretch over which all functions are level, and their levels there; the list is
        the same each time."""
        levels, last = self._first.copy(), self._start
        for minute, function, amount in sorted(self._jumps):
            if last < minute:
                yield last, minute, levels
                last = minute
            levels[function] += amount
        yield last, self._end, levels


@dataclass(slots=True)
class Change:
    """A ward during ``[start, end)``: its stays before, those who leave (-1) or come (+1)."""

    ward: Ward
    records: Records
    start: Minute
    end: Minute
    before: list[Stay]
    moved: list[tuple[Stay, int]]
    ratios: dict[int, tuple[int, int]] = field(default_factory=dict)

    def levels(self, functions: int) -> Levels:
        """So many step functions over the change's minutes, all 0."""
        return Levels(self.start, self.end, functions)

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
        return ()
    # In which bed of the ward somebody lies makes no difference here.
    asked = (ward.id, start, end, *((s.start, s.end, s.care, s.person_id, sign) for s, sign in moved))
    known: list[tuple[Rule, int]] | None = records.counted.get(asked)
    if known is None:
        known = list(_counted(Change(ward, records, start, end, present(ward, start, end, records), moved)))
        if len(records.counted) >= MOST_KEPT:
            records.counted.clear()
        records.counted[asked] = known
    return known


def _counted(change: Change) -> Amounts:
    yield from _nurses(change)
    for skill in {skill for stay, _ in change.moved for skill in stay.care.skills}:
        yield rules.SKILL_ON_DUTY, _skill(skill, change)
    for pool in POOLS:
        if any(getattr(stay.care.pooled, pool) for stay, _ in change.moved):
            yield rules.WARD_POOL, _pool(pool, change)


def _nurses(change: Change) -> Amounts:
    levels = change.levels(5)
    for stay in change.before:
        must, should = change.shares(stay)
        levels.add(0, stay.start, stay.end, must)
        levels.add(2, stay.start, stay.end, should)
    for stay, sign in change.moved:
        must, should = change.shares(stay)
        levels.add(1, stay.start, stay.end, sign * must)
        levels.add(3, stay.start, stay.end, sign * should)
    levels.follow(4, supply(change.ward, change.records))
    lacking = [0, 0, 0]
    for start, end, (must, more_must, should, more_should, there) in levels.stretches():
        lacking[0] += (end - start) * _more(must, more_must, there)
        lacking[1] += (end - start) * _more(should, more_should, there)
        lacking[2] += _full_hours(start, end) * _more(should, more_should, there * 4 // 5)
    yield from zip((rules.NURSING_FLOOR, rules.NURSING_TARGET, rules.NURSING_BALANCE), lacking, strict=True)


def _skill(skill: str, change: Change) -> int:
    levels = change.levels(3)
    for stay in change.before:
        if skill in stay.care.skills:
            levels.add(0, stay.start, stay.end, change.shares(stay)[0])
    for stay, sign in change.moved:
        if skill in stay.care.skills:
            levels.add(1, stay.start, stay.end, sign * change.shares(stay)[0])
    levels.follow(2, supply(change.ward, change.records, skill))
    return _lacking(levels)


def _pool(pool: str, change: Change) -> int:
    levels = change.levels(3)
    for stay in change.before:
        levels.add(0, stay.start, stay.end, getattr(stay.care.pooled, pool))
    for stay, sign in change.moved:
        levels.add(1, stay.start, stay.end, sign * getattr(stay.care.pooled, pool))
    levels.add(2, change.start, change.end, getattr(change.ward.pooled, pool))
    return _lacking(levels)


def _lacking(levels: Levels) -> int:
    """Minutes times what is lacking more, of need, more need and what is there."""
    return sum((end - start) * _more(*each) for start, end, each in levels.stretches())


def _more(need: int, more: int, there: int) -> int:
    """How much more is lacking when the need grows by ``more``."""
    if need <= there >= need + more:
        return 0
    return max(0, need + more - there) - max(0, need - there)


def _full_hours(start: Minute, end: Minute) -> int:
    """Minutes of ``[start, end)`` that are divisible by the step at which balance is counted."""
    return (end - 1) // BALANCE_STEP_MINUTES - (start - 1) // BALANCE_STEP_MINUTES


def present(ward: Ward, start: Minute, end: Minute, records: Records) -> list[Stay]:
    """Main stays of a ward that share a minute with ``[start, end)``."""
    stays, stays_of_bed, beds_of_room = records.stays, records.stays_of_bed, records.beds_of_room
    return [
        stay
        for room_id in records.rooms_of_ward.get(ward.id, ())
        for bed_id in beds_of_room.get(room_id, ())
        for stay_id in stays_of_bed.get(bed_id, ())
        if (stay := stays[stay_id]).with_stay_id is None and stay.start < end and start < stay.end
    ]


def nurses_on_duty(ward: Ward, minute: Minute, records: Records) -> int:
    """How many nurses of a ward cover it at a minute."""
    return supply(ward, records).at(minute) // NURSE_SHARES


def supply(ward: Ward, records: Records, skill: str | None = None) -> Steps:
    """Shares of the nurses on duty on a ward, of those with a skill alone if it is given; students are none."""
    kept = records.rostered[ward.id]
    steps: Steps | None = kept.get(skill)
    if steps is None:
        steps = kept[skill] = _supply(ward, records, skill)
    return steps


def _supply(ward: Ward, records: Records, skill: str | None) -> Steps:
    jumps: defaultdict[Minute, int] = defaultdict(int)
    for shift in (records.shifts[shift_id] for shift_id in records.shifts_of_ward.get(ward.id, ())):
        nurse = records.staff[shift.staff_id]
        if not nurse.student and (skill is None or skill in nurse.skills):
            for start, end in _on_duty(shift):
                jumps[start] += NURSE_SHARES
                jumps[end] -= NURSE_SHARES
    minutes = sorted(jumps)
    return Steps(minutes, list(accumulate(jumps[minute] for minute in minutes)))


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

"""Rosters of a synthetic hospital: a nurse for every bed, breaks one after another, some skills scarce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulations.hospital_places import BuiltWard
from simulations.hospital_tables import HOSPITAL_RATIOS, SHIFT_STARTS, WardKind
from simulations.streams import Generator, apportion, stream
from solver.hospital import DutyKind, Interval, Minute, Person, Shift, StaffMember, Stay
from solver.hospital.staff import NURSE_SHARES
from solver.hospital.timegrid import local_day, local_minute

HOURS_BEFORE: Final = 8
HOURS_AFTER: Final = 72
BREAK_MINUTES: Final = 30
FIRST_BREAK: Final = 75
"""Minutes after the start of a shift at which its first break may begin: assumed."""
STUDENT_SHARE: Final = 0.07
EXTRA_NURSE: Final = 0.35
"""Ward-shifts with one nurse more than the floor asks for: assumed."""
ABSENT: Final = 0.10
"""Ward-shifts with one further nurse who is rostered but does not come: assumed."""
SCARCE_SHARE: Final = 0.22
"""Nurses of a ward who hold a skill that the ward does not always have: assumed."""
WANDERING_SKILLS: Final = ("ventilator", "dialysis", "chemotherapy", "paediatric")
WANDERING_SHARE: Final = 0.02
"""Nurses anywhere who hold one of these: assumed."""
WARDS_PER_CALL: Final = 6
"""Wards that share one nurse on call, from 30 minutes away: assumed."""
LETTERS: Final = "ELN"


@dataclass(frozen=True, slots=True)
class Slot:
    """One shift of one day: name and minutes."""

    code: str
    letter: str
    start: Minute
    end: Minute


def build_staff(
    wards: list[BuiltWard], total: int, persons: list[Person], stays: list[Stay],
    seed: int, now: Minute, zone: str,
) -> tuple[list[StaffMember], list[Shift]]:  # fmt: skip
    """All staff and their shifts from 8 hours before ``now`` to 72 hours after."""
    rng = stream(seed, 0, "hospital/staff")
    slots = _slots(now, zone)
    extra = _one_to_one(wards, persons, stays)
    needs = [nurses_needed(ward, extra[ward.ward.id]) for ward in wards]
    students = apportion(round(total * STUDENT_SHARE), [1.0] * len(wards))
    nurses = apportion(total - sum(students), needs)
    staff: list[StaffMember] = []
    shifts: list[Shift] = []
    for position, ward in enumerate(wards):
        team = _team(ward, nurses[position], len(staff), rng)
        shifts += _roster(ward, team, needs[position], slots, position % WARDS_PER_CALL == 0, rng)
        staff += team
        learners = [
            StaffMember(f"nurse-{len(staff) + 1 + i:05d}", ward.ward.id, grade=1, student=True)
            for i in range(students[position])
        ]
        shifts += [
            _shift(learner, slots[(3 * i + 1) % len(slots)], i % 10) for i, learner in enumerate(learners)
        ]
        staff += learners
    return staff, shifts


def nurses_needed(ward: BuiltWard, extra_shares: int) -> int:
    """Nurses that keep the floor with every bed taken at the bed's level of care, one of them on a break."""
    floors = floors_of(ward.kind)
    shares = sum(NURSE_SHARES // floors[bed.care_level] for bed in ward.beds()) + extra_shares
    present = -(-shares // NURSE_SHARES)
    return present + 1 + (present > (480 - 2 * FIRST_BREAK) // BREAK_MINUTES)


def floors_of(kind: WardKind) -> dict[int, int]:
    """Patients a nurse may have by level of care on wards of a kind."""
    return {ratio.care_level: ratio.floor_patients for ratio in (*HOSPITAL_RATIOS, *kind.ratios)}


def skilled_shares(ward: BuiltWard) -> int:
    """Shares that nurses with the ward's core skill give at every minute, one of them on a break."""
    need = nurses_needed(ward, 0)
    held, period = ward.kind.core_of
    least = need // period * held + max(0, need % period - (period - held))
    return NURSE_SHARES * (least - 1)


def _one_to_one(wards: list[BuiltWard], persons: list[Person], stays: list[Stay]) -> dict[str, int]:
    """Shares per ward that occupants with a nurse of their own take beyond the bed's."""
    special = {person.id for person in persons if person.one_to_one}
    ward_of = {bed.id: ward.ward.id for ward in wards for bed in ward.beds()}
    extra = {ward.ward.id: 0 for ward in wards}
    for stay in stays:
        if stay.person_id in special and stay.with_stay_id is None:
            extra[ward_of[stay.bed_id]] += NURSE_SHARES
    return extra


def _slots(now: Minute, zone: str) -> list[Slot]:
    """Shifts that touch the window, in time order; 7, 8 or 9 hours across a change of clocks."""
    first, last = now - HOURS_BEFORE * 60, now + HOURS_AFTER * 60
    day, slots = local_day(first, zone) - timedelta(days=1), []
    while day <= local_day(last, zone):
        for number, letter in enumerate(LETTERS):
            slot = _slot(day, number, letter, zone)
            if slot.start < last and slot.end > first:
                slots.append(slot)
        day += timedelta(days=1)
    return slots


def _slot(day: date, number: int, letter: str, zone: str) -> Slot:
    ends = SHIFT_STARTS[number + 1] if number + 1 < len(SHIFT_STARTS) else SHIFT_STARTS[0] + 1440
    start = local_minute(day, SHIFT_STARTS[number], zone)
    return Slot(f"{day:%Y%m%d}{letter}", letter, start, local_minute(day, ends, zone))


def _team(ward: BuiltWard, count: int, before: int, rng: Generator) -> list[StaffMember]:
    """The ward's nurses; the core skill's holders are spread so that every shift has its share of them.

    The last few, where the round begins again, all hold it.
    """
    held, period = ward.kind.core_of
    team = []
    for i in range(count):
        holds = ward.kind.core_skill and (i % period < held or i >= count - count % period)
        skills = {ward.kind.core_skill} if holds else set()
        skills |= {skill for skill in ward.kind.spare_skills if rng.random() < SCARCE_SHARE}
        if rng.random() < WANDERING_SHARE:
            skills.add(WANDERING_SKILLS[int(rng.integers(len(WANDERING_SKILLS)))])
        team.append(
            StaffMember(
                f"nurse-{before + i + 1:05d}", ward.ward.id, frozenset(s for s in skills if s),
                grade=int(rng.integers(5, 9)),
            )
        )  # fmt: skip
    return team


def _roster(
    ward: BuiltWard, team: list[StaffMember], need: int, slots: list[Slot], calls: bool, rng: Generator
) -> list[Shift]:
    """Nurses take turns in order, so that a whole team's round lies between two shifts of one nurse."""
    shifts, turn = [], 0
    for slot in slots:
        if ward.kind.hours != (0, 0) and slot.letter == "N":
            continue
        count = need + (rng.random() < EXTRA_NURSE)
        for place in range(count):
            shifts.append(_shift(team[(turn + place) % len(team)], slot, place))
        turn += count
        if rng.random() < ABSENT:
            shifts.append(_shift(team[turn % len(team)], slot, count, absent=True))
            turn += 1
        if calls:
            shifts.append(_on_call(team[(turn + len(team) // 2) % len(team)], slot))
    return shifts


def _shift(member: StaffMember, slot: Slot, place: int, absent: bool = False) -> Shift:
    """One rostered shift; the ``place``-th nurse takes the ``place``-th break."""
    breaks = (slot.end - slot.start - 2 * FIRST_BREAK) // BREAK_MINUTES
    start = slot.start + FIRST_BREAK + BREAK_MINUTES * (place % breaks)
    pause = Interval(start, start + BREAK_MINUTES)
    return Shift(
        f"{member.id}-{slot.code}", member.id, member.ward_id, slot.start, slot.end, (pause,), absent=absent
    )


def _on_call(member: StaffMember, slot: Slot) -> Shift:
    return Shift(
        f"{member.id}-{slot.code}-call", member.id, member.ward_id, slot.start, slot.end,
        kind=DutyKind.ON_CALL, response_minutes=30,
    )  # fmt: skip

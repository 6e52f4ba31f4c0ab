"""Nurses, skills and a ward's pools: whether what one command gave asked for more than there was.

Counted minute by minute over what was known then, up to ``HORIZON`` minutes ahead. What was lacking before (a nurse
who fell ill, a stay that lasts longer) is nobody's decision: only what the command's own decisions add is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from models.invariants.common import Found
from models.invariants.excuses import Excuses
from models.invariants.history import Known, Moment, Row, Subject

HORIZON = 47 * 60
"""An hour less than placing looks ahead: a command may be stored some minutes after it was decided."""

NURSE = 120
"""Shares of one nurse, so that every ratio in use divides them."""

POOLS = ("telemetry_channels", "dialysis_points", "oxygen_flow")

Piece = tuple[int, int, int]
"""Start, end, and how much."""

Lying = tuple[Row, int]
"""A stay and its end."""


def too_few_nurses(moment: Moment, excuses: Excuses) -> Found:
    """Fewer nurses on duty than the patients of the ward must have."""
    for ward_id, given in _by_ward(excuses.left(moment.decisions, "nursing_floor", moment)):
        there = list(_on_duty(ward_id, moment.known))
        yield from _told(given, moment, ward_id, there, _floor)


def missing_skill(moment: Moment, excuses: Excuses) -> Found:
    """Fewer nurses with a skill on duty than those who need it must have."""
    for ward_id, given in _by_ward(excuses.left(moment.decisions, "skill_on_duty", moment)):
        for skill in sorted({skill for one in given for skill in one.request.needs.get("skills", ())}):
            there = list(_on_duty(ward_id, moment.known, skill))

            def needed(stay: Row, known: Known, skill: str = skill) -> int:
                return _floor(stay, known) if skill in stay.needs.get("skills", ()) else 0

            yield from _told(given, moment, f"{ward_id}, {skill}", there, needed)


def ward_pool_exceeded(moment: Moment, _: Excuses) -> Found:
    """More telemetry channels, dialysis points or oxygen than the ward has."""
    for ward_id, given in _by_ward(moment.decisions):
        ward = moment.known.places.wards[ward_id]
        for pool in POOLS:
            there = [(moment.minute, moment.minute + HORIZON, getattr(ward, pool))]

            def drawn(stay: Row, _: Known, pool: str = pool) -> int:
                return int(stay.needs.get("pooled", {}).get(pool, 0))

            yield from _told(given, moment, f"{ward_id}, {pool}", there, drawn)


def _by_ward(given: Iterable[Subject]) -> Iterable[tuple[str, list[Subject]]]:
    wards: defaultdict[str, list[Subject]] = defaultdict(list)
    for one in given:
        wards[one.ward.id].append(one)
    return wards.items()


def _told(
    given: list[Subject],
    moment: Moment,
    where: str,
    there: list[Piece],
    needed: Callable[[Row, Known], int],
) -> Found:
    after, before = _stays(given, moment)
    known = moment.known
    lacking = [
        _lacking([(s.start_minute, end, needed(s, known)) for s, end in stays], there, moment.minute)
        for stays in (before, after)
    ]
    if lacking[1] > lacking[0]:
        yield tuple(one.id for one in given), f"{where}: lacking {lacking[0]} before, {lacking[1]} after"


def _stays(given: list[Subject], moment: Moment) -> tuple[list[Lying], list[Lying]]:
    """The ward's main stays with what was given, and without it: where the stays that transfers end go on. What
    else the command gave, under an override, is left out of both."""
    new = {one.id for one in given}
    excused = {one.id for one in moment.decisions} - new
    here = [s for s in moment.known.of_ward(given[0].ward.id) if s.with_stay_id is None]
    after = [(stay, stay.end_minute) for stay in here if stay.allocation_id not in excused]
    left = {one.request.from_stay_id: one.request for one in given}
    before = [(s, end) for s, end in after if s.allocation_id not in new and s.id not in left]
    return after, [*before, *_going_on(left, given[0].ward.id, moment)]


def _going_on(left: dict[str | None, Row], ward_id: str, moment: Moment) -> Iterator[Lying]:
    """The stays that transfers end, as they were before. Who is given another bed for one that is taken back lies where
    they lay: their stay, which the earlier transfer ended, goes on until the end that it had before any."""
    beds, rooms = moment.known.places.beds, moment.known.places.rooms
    taken_back = {was.request_id for was in moment.before.values() if was is not None}
    for stay_id, request in left.items():
        was = moment.before.get(stay_id or "", moment.known.stay.get(stay_id or ""))
        if was is not None and rooms[beds[was.bed_id].room_id].ward_id == ward_id:
            until = request.needs.get("left_until") if request.id in taken_back else None
            yield was, max(was.end_minute, until or was.end_minute)


def _lacking(needs: Iterable[Piece], there: Iterable[Piece], now: int) -> int:
    """Sum over the minutes from now on of what is needed beyond what is there."""
    steps: defaultdict[int, int] = defaultdict(int)
    for pieces, sign in ((needs, 1), (there, -1)):
        for start, end, amount in pieces:
            begin, until = max(start, now), min(end, now + HORIZON)
            if begin < until:
                steps[begin] += sign * amount
                steps[until] -= sign * amount
    level = last = lacking = 0
    for minute in sorted(steps):
        lacking += max(level, 0) * (minute - last)
        level, last = level + steps[minute], minute
    return lacking


def _floor(stay: Row, known: Known) -> int:
    if known.person[stay.person_id].one_to_one:
        return NURSE
    ward_id = known.places.rooms[known.places.beds[stay.bed_id].room_id].ward_id
    ratios = known.places.ratios
    ratio = ratios.get((ward_id, stay.care_level)) or ratios.get(("", stay.care_level))
    return NURSE // ratio.floor_patients if ratio is not None else 0


def _on_duty(ward_id: str, known: Known, skill: str | None = None) -> Iterator[Piece]:
    """Time on duty of everybody who counts: no students, nobody absent, breaks out, on call only when called."""
    for shift in known.shift.values():
        if shift.ward_id != ward_id or shift.absent or shift.cancelled:
            continue
        member = known.places.staff[shift.staff_id]
        if member.student or (skill is not None and skill not in member.skills):
            continue
        begin = shift.start_minute
        if shift.kind == "on_call":
            if shift.called_at is None:
                continue
            begin = max(begin, shift.called_at + shift.response_minutes)
        for pause_start, pause_end in sorted(shift.breaks):
            if begin < pause_start:
                yield begin, pause_start, NURSE
            begin = max(begin, pause_end)
        if begin < shift.end_minute:
            yield begin, shift.end_minute, NURSE

"""Who may be asked to move although nothing clinical asks for it, and when: only ever proposed, a person confirms."""

from __future__ import annotations

from typing import Final

from solver.hospital import Departure, Minute, Origin, Priority, Request, Stay, StayState
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.records import Records
from solver.placing.referee.beds import utc_offset_minutes
from solver.placing.referee.decisions import NIGHT_FROM, NIGHT_UNTIL

CRITICAL_CARE_LEVEL: Final = 2
"""From this level on a move without clinical reason is not proposed (NICE CG50)."""

LEAST_LEFT_MINUTES: Final = 120
"""Who leaves sooner than this is not moved before (assumed)."""


def may_be_moved(stay: Stay, records: Records) -> bool:
    """Whether a move may be proposed for somebody who lies in a bed.

    Not who is on the way, at the end of life, isolated, nursed one to one, in critical care, accompanied (mother and
    baby are one pair) or about to leave.
    """
    person = records.persons[stay.person_id]
    lies = stay.state is StayState.OCCUPYING and stay.with_stay_id is None
    alone = not records.companions.get(stay.id)
    left = stay.end - earliest_move(records)
    leaves = stay.departure is Departure.CONFIRMED or left < LEAST_LEFT_MINUTES
    delicate = person.end_of_life or person.one_to_one or bool(person.isolation)
    return lies and alone and not leaves and not delicate and stay.care.care_level < CRITICAL_CARE_LEVEL


def earliest_move(records: Records) -> Minute:
    """The first minute at which nobody is woken for it: now, or the end of the night (22:00-07:00, NICE CG50)."""
    minute = (records.now + utc_offset_minutes(records)) % MINUTES_PER_DAY
    if NIGHT_UNTIL <= minute < NIGHT_FROM:
        return records.now
    return records.now + (NIGHT_UNTIL - minute) % MINUTES_PER_DAY


def move_request(stay: Stay, records: Records, request_id: str) -> Request:
    """The request that continues a stay in another bed: the same care, at the earliest minute and no later."""
    at = earliest_move(records)
    return Request(
        id=request_id,
        person_id=stay.person_id,
        priority=Priority.ROUTINE,
        care=stay.care,
        decided_at=records.now,
        needed_by=at,
        duration_minutes=max(stay.end - at, LEAST_LEFT_MINUTES),
        max_wait_minutes=0,
        origin=Origin.WARD,
        from_stay_id=stay.id,
    )

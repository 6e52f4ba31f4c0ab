"""Who a plan of admissions is about, as the desk knows them: planned admissions that may be booked anew, and everybody
else who has a bed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from api.services.cases import Case
from api.services.changes import Changes
from api.services.displacing import may_be_changed
from solver.engine.types import Bool
from solver.hospital import BedKind, Companion, Minute, Person, Priority
from solver.hospital.stays import cleaning_after, turnaround_minutes
from solver.placing import rules
from solver.placing.ahead import as_it_waits
from solver.placing.asks import start_window

if TYPE_CHECKING:
    from solver.admissions.live import LiveRoom, Lying, Waiting

PLANNED: Final = frozenset({Priority.SOON, Priority.ROUTINE})
"""Whoever is more urgent is placed at once, not planned days ahead."""
MUST: Final = Priority.SOON
"""As urgent as this: to be admitted if the window of the request ends within the plan. So is who is booked."""
FITTING: Final = sum(
    1 << rules.NUMBER[rule.id]
    for rule in (
        *(rules.BED_OPEN, rules.BED_STAFFED, rules.BED_KIND, rules.BED_FEATURES, rules.BED_WEIGHT),
        *(rules.CARE_LEVEL, rules.ROOM_EXCLUDED, rules.WARD_AGE, rules.ISOLATION_ROOM),
    )
)
"""Bits of the rules that say whether a bed suits somebody, whoever else lies in the room."""

Surgeries = Mapping[str, tuple[str, int]]
"""Of requests, by whom they are operated on and for how many minutes."""


def plannable(case: Case, changes: Changes) -> bool:
    """Whether a plan may book somebody: not urgent, coming from outside, alone, and not decided on by a person."""
    request = case.request
    if request.priority not in PLANNED or request.from_stay_id is not None or case.held_until is not None:
        return False
    if request.companion is not Companion.NONE:
        return False
    if case.allocation is None:
        return True
    return may_be_changed(case, changes) and not any(s.state.pinned for s in changes.stays_of(case))


def seen(case: Case) -> list[Any]:
    """How a case stands; as long as this is the same, a plan that was made on it holds."""
    given = case.allocation
    return [case.state.value, *((given.bed_id, given.start, given.end) if given else ())]


def rooms_of(ward_ids: Iterable[str], changes: Changes) -> Iterator[LiveRoom]:
    """Rooms of wards with their staffed beds, in the order of the wards."""
    from solver.admissions.live import LiveRoom

    records = changes.records
    for ward_id in ward_ids:
        for room_id in records.rooms_of_ward.get(ward_id, ()):
            beds = (records.beds[bed_id] for bed_id in records.beds_of_room.get(room_id, ()))
            given = tuple(bed.id for bed in beds if bed.staffed and bed.kind is BedKind.BED)
            if given:
                yield LiveRoom(room_id, records.rooms[room_id].sex_policy, given)


def lying(changes: Changes) -> Iterator[tuple[str | None, Lying]]:
    """Everybody who has a bed, with the request that has it."""
    from solver.admissions.live import Lying

    records = changes.records
    for stay in records.stays.values():
        person = records.persons[stay.person_id]
        room = records.rooms[records.beds[stay.bed_id].room_id]
        end = max(stay.end, changes.now + 1) + turnaround_minutes(person, room, records.cleaning)
        years = person.age_years(stay.start)
        yield stay.request_id, Lying(stay.bed_id, person.sex, years, stay.start, end, _alone(person))


def _alone(person: Person) -> bool:
    """Whether whom they share a room with is more than a matter of sex and age."""
    return bool(person.isolation or person.infections or person.exposed_to or person.keep_apart)


class Suiting:
    """Which beds of some rooms suit whom. Made once for many who wait: the desk decides nothing meanwhile."""

    def __init__(self, rooms: Iterable[LiveRoom], changes: Changes) -> None:
        self._live = changes.live
        beds = [bed for room in rooms for bed in room.beds]
        self._beds = np.array(beds, object)
        self._numbers = np.array([changes.live.arrays.bed_number[bed] for bed in beds], np.int64)
        self._takes = [changes.records.ward_of_bed(bed).specialities for bed in beds]
        self._of: dict[str, Bool] = {}

    def beds(self, case: Case) -> frozenset[str]:
        """Of wards of the speciality where there are such, else of any."""
        suits = self._live.masks(case.request, case.waived)[self._numbers] & FITTING == 0
        own = suits & self._wards_of(case.request.care.speciality)
        return frozenset(self._beds[own if own.any() else suits].tolist())

    def _wards_of(self, speciality: str) -> Bool:
        if speciality not in self._of:
            takes = [not taken or speciality in taken for taken in self._takes]
            self._of[speciality] = np.array(takes, bool)
        return self._of[speciality]


def waiting(case: Case, surgeries: Surgeries, suiting: Suiting, end: Minute, changes: Changes) -> Waiting:
    """A planned admission as it may be booked by a plan that ends at a minute."""
    from solver.admissions.live import Waiting

    request, records = as_it_waits(case.request, changes.now), changes.records
    person = records.persons[request.person_id]
    first, last = start_window(request, changes.now)
    surgeon, minutes = surgeries.get(case.id, ("", 0))
    stay = request.duration_minutes + records.cleaning.minutes(cleaning_after(person))
    return Waiting(
        case.id,
        person.sex,
        person.age_years(first),
        first,
        last,
        stay,
        suiting.beds(case),
        case.allocation is not None or (case.request.priority is MUST and last < end),
        _alone(person),
        surgeon if minutes else "",
        minutes,
    )

"""Who shares a room with whom, and what the room must have: judged when a bed is given and when somebody comes."""

from __future__ import annotations

from collections.abc import Iterator

from models.invariants.common import Found
from models.invariants.excuses import Excuses
from models.invariants.history import Moment, Row, Subject

NEEDED = {"airborne": "negative_pressure", "protective": "positive_pressure"}


def unsuitable_room(moment: Moment, excuses: Excuses) -> Found:
    """Airborne isolation without negative pressure, protective without positive, both without an anteroom."""
    for subject in _judged(moment, "isolation_room", excuses):
        needed = {NEEDED[kind] for kind in subject.person.isolation if kind in NEEDED}
        if len(needed) == len(NEEDED):
            needed.add("anteroom")
        if lacking := needed - set(subject.room.features):
            yield (subject.id,), f"room {subject.room.id} lacks {' '.join(sorted(lacking))}"


def isolation_shared(moment: Moment, excuses: Excuses) -> Found:
    """An isolated person with somebody who has not the very same confirmed organisms."""
    for subject in _judged(moment, "isolation_cohort", excuses):
        for stay, other in _beside(subject, moment, "isolation_cohort", excuses):
            isolation = {*subject.person.isolation, *other.isolation}
            same = _organisms(subject.person) == _organisms(other) is not None
            if isolation and ("protective" in isolation or not same):
                yield (subject.id, stay.id), f"room {subject.room.id}"


def exposure_shared(moment: Moment, excuses: Excuses) -> Found:
    """Somebody exposed to an infection with somebody who was not exposed to the same."""
    for subject in _judged(moment, "exposure_cohort", excuses):
        for stay, other in _beside(subject, moment, "exposure_cohort", excuses):
            if set(subject.person.exposed_to) != set(other.exposed_to):
                yield (subject.id, stay.id), f"room {subject.room.id}"


def near_whom_to_avoid(moment: Moment, excuses: Excuses) -> Found:
    """Two people of whom one must not be near the other."""
    for subject in _judged(moment, "keep_apart", excuses):
        for stay, other in _beside(subject, moment, "keep_apart", excuses):
            if other.id in subject.person.keep_apart or subject.person.id in other.keep_apart:
                yield (subject.id, stay.id), f"room {subject.room.id}"


def _judged(moment: Moment, rule_id: str, excuses: Excuses) -> Iterator[Subject]:
    return excuses.left((*moment.decisions, *moment.arrivals), rule_id, moment)


def _beside(subject: Subject, moment: Moment, rule_id: str, excuses: Excuses) -> Iterator[tuple[Row, Row]]:
    """Main stays of others in other beds of the room at the same time, each with its person. A pair of one command
    is excused by either's override."""
    excused = {one.names[0] for one in moment.decisions if excuses.waived(rule_id, one)}
    for stay in moment.known.of_room(subject.room.id):
        if stay.with_stay_id is not None or stay.allocation_id in excused:
            continue
        apart = stay.bed_id != subject.bed.id and stay.person_id != subject.person.id
        # Who lies there has not left, whatever was expected.
        until = None if subject.arrival and stay.state == "occupying" else stay.end_minute
        if apart and stay.start_minute < subject.end and (until is None or subject.start < until):
            yield stay, moment.known.person[stay.person_id]


def _organisms(person: Row) -> frozenset[str] | None:
    """What a person is confirmed to have; None if that is nothing, or anything is only suspected."""
    if any(status != "confirmed" for _, status, _ in person.infections):
        return None
    return frozenset(organism for organism, _, _ in person.infections) or None

"""What handlers of events share: records that must exist, and who lies wrongly now."""

from __future__ import annotations

from typing import Any, TypeVar

from api.errors import Place, UnknownReference
from api.places import pointer
from api.services.changes import Changes
from solver.hospital import Stay
from solver.placing import rules
from solver.placing.referee import people
from solver.placing.referee.counts import Tally

R = TypeVar("R")

MATTER_TO_OCCUPANTS = (
    rules.ISOLATION_ROOM,
    rules.ISOLATION_COHORT,
    rules.EXPOSURE_COHORT,
    rules.KEEP_APART,
)
"""Rules for whose sake a move of somebody who lies somewhere is proposed."""


def existing(records: dict[str, R], record_id: str, field: str) -> R:
    """The record of an id in the event; raises ``UnknownReference`` with its place."""
    record = records.get(record_id)
    if record is None:
        raise UnknownReference([Place(pointer("event", field), "an id known here")])
    return record


def lying_wrongly(stay: Stay, changes: Changes) -> list[str]:
    """Ids of the rules that an occupant's place breaks now, among those that matter to occupants."""
    records = changes.records
    room_id = records.beds[stay.bed_id].room_id
    tally = Tally()
    tally.add(people.of_stay(stay, records))
    others = (other for other in records.room_stays(room_id) if other.id != stay.id and other.state.pinned)
    tally.add(people.of_pairs(room_id, ((stay, other) for other in others), records))
    counts: dict[str, Any] = tally.counts()
    active = (rule for rule in MATTER_TO_OCCUPANTS if records.profile.active(rule))
    return [rule.id for rule in active if counts.get(rule.id, 0) > 0]


def main_stays_of(person_id: str, changes: Changes) -> list[Stay]:
    """The person's own stays, in order of time."""
    stays = (changes.records.stays[s] for s in changes.desk.stays_of_person.get(person_id, ()))
    return sorted(
        (stay for stay in stays if stay.with_stay_id is None), key=lambda stay: (stay.start, stay.id)
    )

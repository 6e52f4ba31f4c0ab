"""The hospital's clock moves: cleaning ends, expected ends that have passed move forward, holds and matches of
blood lapse, the waiting list is decided again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.services import bookings, chaining, holding, proposals, repair, waiting, words
from api.services.changes import Changes
from api.services.disruptions.supplies import lapse_matches
from api.services.lasting import set_end
from models.commands import Answer
from solver.hospital import Departure, Minute, OperationalStatus, StayState, Step, UnitBooking


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock has moved (the snapshot follows it before every batch; this is what else follows). ``moves``: how often
    each stay's patient was moved before."""

    moves: Mapping[str, int] = field(default_factory=dict)


def tick(command: Tick, changes: Changes) -> Answer:
    """Everything that time alone changes."""
    cleaned = _finish_cleaning(changes)
    _reopen(changes)
    _forget_past_bookings(changes)
    overdue = _extend_overdue(changes)
    proposals.expire(changes)
    lapsed = holding.lapse(changes)
    bookings.lapse(changes)
    lapse_matches(changes)
    changes.unplaced_by_repair.clear()
    placed = waiting.decide_again(changes, explain=True)
    chaining.seek_for_the_urgent(command.moves, changes)
    return Answer(
        200,
        {
            "now": words.moment(changes.now, changes.zone),
            "cleaned_beds": cleaned,
            "overdue_stays": overdue,
            "lapsed_holds": lapsed,
            "repaired": changes.repaired,
            "placed_from_waiting": [_placed(case, changes) for case in placed],
        },
    )


def _placed(case: Any, changes: Changes) -> dict[str, Any]:
    return words.case_json(case, changes.zone)


def _finish_cleaning(changes: Changes) -> list[str]:
    done = []
    for bed in list(changes.records.beds.values()):
        if bed.clean_at is None or bed.clean_at > changes.now:
            continue
        closed = bed.status is OperationalStatus.CLOSED
        changes.put(
            replace(bed, status=bed.status if closed else OperationalStatus.UNOCCUPIED, clean_at=None)
        )
        done.append(bed.id)
        coming = changes.records.bed_stays(bed.id)[:1]
        if coming and coming[0].state is not StayState.OCCUPYING:
            changes.step(coming[0].request_id, Step.BED_CLEAN, bed.clean_at)
    return done


def _reopen(changes: Changes) -> None:
    """A bed that was closed for a time is open when that is over; one closed without an end waits for a
    person."""
    for bed in list(changes.records.beds.values()):
        over = bool(bed.blocks) and all(b.end is not None and b.end <= changes.now for b in bed.blocks)
        if over and bed.status is OperationalStatus.CLOSED:
            changes.put(replace(bed, status=OperationalStatus.UNOCCUPIED, blocks=()))
            changes.tell("bed.reopened", bed.id)


def _forget_past_bookings(changes: Changes) -> None:
    """Uses that are over, turnaround included, need no longer be looked at."""
    records = changes.records
    for booking in list(records.unit_bookings.values()):
        kind = records.equipment_types[records.units[booking.unit_id].type_id]
        if booking.end + kind.turnaround_minutes <= changes.now and not _still_attached(booking, changes):
            changes.drop(UnitBooking, booking.id)


def _still_attached(booking: UnitBooking, changes: Changes) -> bool:
    stay = changes.records.stays.get(f"{booking.allocation_id}/stay")
    return booking.pinned and stay is not None and stay.state.pinned


def _extend_overdue(changes: Changes) -> list[str]:
    """Who should have left and has not, or should have come and has not, is expected later; nobody is
    dropped."""
    overdue = [s for s in changes.records.stays.values() if s.end <= changes.now and s.with_stay_id is None]
    for stay in sorted(overdue, key=lambda s: (s.end, s.id)):
        if changes.records.stays.get(stay.id) is not stay:
            continue
        if stay.state.pinned:
            set_end(stay, _later(changes), Departure.PREDICTED, changes)
        else:
            repair.missed(stay, changes)
        changes.tell("stay.overdue", stay.id, bed_id=stay.bed_id)
    return [stay.id for stay in overdue]


def _later(changes: Changes) -> Minute:
    return changes.now + changes.practice.overdue_minutes

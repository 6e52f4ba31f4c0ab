"""Events about a stay: longer, shorter, over, on leave, another level of care."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.errors import WrongState
from api.schemas.disruptions import (
    OnLeave,
    PersonLeft,
    ReadyForStepDown,
    StayProlonged,
    StayShortened,
    StepUp,
)
from api.security.access import Access
from api.security.permissions import Permission
from api.services.chaining import freed_bed, pair_step_down
from api.services.changes import Changes
from api.services.disruptions.common import existing
from api.services.lasting import set_end
from api.services.leaving import leave
from api.services.proposals import propose_transfer
from solver.hospital import Departure, Stay, StayState
from solver.placing import phrases


def stay_prolonged(event: StayProlonged, changes: Changes, access: Access) -> str:
    """The stay will last longer; bookings after it are decided again."""
    stay = _patients(event.stay_id, changes, access)
    if event.until <= stay.end:
        raise WrongState("The stay is expected to last that long already.", "Use stay_shortened.")
    set_end(stay, event.until, Departure.PREDICTED, changes)
    return stay.id


def stay_shortened(event: StayShortened, changes: Changes, access: Access) -> str:
    """The stay will end sooner."""
    stay = _patients(event.stay_id, changes, access)
    if event.until >= stay.end and not event.confirmed:
        raise WrongState("The stay is expected to end by then already.", "Use stay_prolonged.")
    departure = Departure.CONFIRMED if event.confirmed else Departure.PREDICTED
    set_end(stay, max(event.until, changes.now + 1), departure, changes)
    return stay.id


def person_left(event: PersonLeft, changes: Changes, access: Access) -> str:
    """The person left: the bed is cleaned, units come free, whoever accompanies them leaves too."""
    stay = _lying(event.stay_id, changes, access)
    at = changes.now if event.at is None else event.at
    leave(stay, at, event.kind, changes)
    return stay.id


def on_leave(event: OnLeave, changes: Changes, access: Access) -> str:
    """On leave or back: the bed stays theirs, so nothing is decided; the history says it."""
    return _lying(event.stay_id, changes, access).id


def step_up(event: StepUp, changes: Changes, access: Access) -> str:
    """The person needs a higher level of care, at once: a move is proposed with the highest urgency."""
    stay = _patients(event.stay_id, changes, access)
    if event.care_level <= stay.care.care_level:
        raise WrongState("The stay has that level of care already.", "Use ready_for_step_down.")
    changes.put(replace(stay, care=replace(stay.care, care_level=event.care_level)))
    if changes.records.beds[stay.bed_id].care_level < event.care_level:
        reason = phrases.NEEDS_LEVEL.of(level=event.care_level)
        propose_transfer(
            changes.records.stays[stay.id], reason, changes, care_level=event.care_level, urgent=True
        )
    return stay.id


def ready_for_step_down(event: ReadyForStepDown, changes: Changes, access: Access) -> str:
    """The person needs less care than the bed gives: a move is proposed that frees the bed, together with the coming of
    who waits for it if somebody does."""
    stay = _patients(event.stay_id, changes, access)
    if event.care_level >= stay.care.care_level:
        raise WrongState("The stay has no higher level of care.", "Use step_up.")
    changes.put(replace(stay, care=replace(stay.care, care_level=event.care_level)))
    stay = changes.records.stays[stay.id]
    if pair_step_down(stay, changes) is None:
        reason = phrases.READY_FOR_LEVEL.of(level=event.care_level)
        frees = freed_bed(stay, changes)
        propose_transfer(stay, reason, changes, care_level=event.care_level, frees=frees)
    return stay.id


def _lying(stay_id: str, changes: Changes, access: Access) -> Stay:
    stay = existing(changes.records.stays, stay_id, "stay_id")
    access.require(changes.records.ward_of_bed(stay.bed_id).id, Permission.DISRUPTION_PERSON)
    if stay.state is not StayState.OCCUPYING:
        raise WrongState("The patient has not arrived.", "Change the request instead.")
    return stay


def _patients(stay_id: str, changes: Changes, access: Access) -> Stay:
    """A patient's own stay: one that accompanies it lasts as long, and needs no care."""
    stay = _lying(stay_id, changes, access)
    if stay.with_stay_id is not None:
        raise WrongState(f"Stay {stay.id} accompanies another.", f"Name the stay {stay.with_stay_id}.")
    return stay


HANDLERS: Mapping[str, Callable[[Any, Changes, Access], str]] = {
    "stay_prolonged": stay_prolonged,
    "stay_shortened": stay_shortened,
    "left": person_left,
    "died": person_left,
    "absconded": person_left,
    "on_leave": on_leave,
    "back_from_leave": on_leave,
    "step_up": step_up,
    "ready_for_step_down": ready_for_step_down,
}

"""Events about staff: a nurse absent, present after all, called in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.errors import WrongState
from api.schemas.disruptions import NurseAbsent, NursePresent, NursesAbsent, OnCallCalled
from api.security.access import Access
from api.security.permissions import Permission
from api.services import repair
from api.services.changes import Changes
from api.services.disruptions.common import existing
from api.services.proposals import propose_call_in
from solver.hospital import DutyKind, Shift


def nurse_absent(event: NurseAbsent, changes: Changes, access: Access) -> str:
    """The shift covers nothing; bookings the ward can no longer nurse are decided again, a call-in is
    proposed."""
    shift = existing(changes.records.shifts, event.shift_id, "shift_id")
    _absent([shift], changes, access)
    return shift.id


def nurses_absent(event: NursesAbsent, changes: Changes, access: Access) -> str:
    """Several shifts cover nothing; the bookings of all their wards are repaired together."""
    shifts = [existing(changes.records.shifts, s, "shift_ids") for s in sorted(event.shift_ids)]
    _absent(shifts, changes, access)
    return shifts[0].id


def _absent(shifts: list[Shift], changes: Changes, access: Access) -> None:
    for shift in shifts:
        access.require(shift.ward_id, Permission.DISRUPTION_STAFF)
        _refuse_past(shift, changes)
    wards = dict.fromkeys(shift.ward_id for shift in shifts)
    beds = [bed for ward_id in wards for bed in repair.beds_of_ward(ward_id, changes)]
    with repair.around_beds(beds, (), changes):
        for shift in shifts:
            changes.put(replace(shift, absent=True))
    for shift in shifts:
        propose_call_in(shift, changes)


def nurse_present(event: NursePresent, changes: Changes, access: Access) -> str:
    """The shift is worked after all."""
    shift = existing(changes.records.shifts, event.shift_id, "shift_id")
    access.require(shift.ward_id, Permission.DISRUPTION_STAFF)
    _refuse_past(shift, changes)
    changes.put(replace(shift, absent=False))
    return shift.id


def on_call_called(event: OnCallCalled, changes: Changes, access: Access) -> str:
    """Somebody on call comes, having agreed; covers from now plus the response time."""
    shift = existing(changes.records.shifts, event.shift_id, "shift_id")
    access.require(shift.ward_id, Permission.DISRUPTION_STAFF)
    _refuse_past(shift, changes)
    if shift.kind is not DutyKind.ON_CALL:
        raise WrongState("This shift is no on-call shift.", "Name an on-call shift.")
    changes.put(replace(shift, called_at=changes.now))
    return shift.id


def _refuse_past(shift: Shift, changes: Changes) -> None:
    if shift.end <= changes.now:
        raise WrongState("The shift is over.", "Name a shift that is not.")


HANDLERS: Mapping[str, Callable[[Any, Changes, Access], str]] = {
    "nurse_absent": nurse_absent,
    "nurses_absent": nurses_absent,
    "nurse_present": nurse_present,
    "on_call_called": on_call_called,
}

"""What becomes of units, lots and beds as patients come and go, in a hospital of this process: as in the service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from solver.hospital import (
    Allocation,
    HandlingClass,
    Minute,
    OperationalStatus,
    Request,
    Stay,
    StayState,
    UnitBooking,
    UnitState,
)
from solver.placing import rules
from solver.placing.live import LiveHospital
from solver.placing.referee import Decided, broken, check

KEPT_RESERVED: Final = frozenset({HandlingClass.CONTROLLED, HandlingClass.BLOOD})
"""Never dispensed here: two people confirm a controlled drug, the blood bank issues blood."""
MARGIN_MINUTES: Final = 60
"""Left before a unit's next use for the way and the turnaround (assumed)."""
AT_THE_BED: Final = frozenset(
    rule.id
    for rule in (
        rules.BED_OPEN,
        rules.ROOM_SEX,
        rules.ISOLATION_ROOM,
        rules.ISOLATION_COHORT,
        rules.EXPOSURE_COHORT,
        rules.KEEP_APART,
    )
)
"""Rules judged again when somebody comes to the bed."""


def ready(live: LiveHospital, request: Request, given: Allocation, own: list[Stay]) -> bool:
    """Whether the bed is empty, clean, and right for the patient with who lies around it now; ``own``: the booked
    stays of the allocation."""
    records, now = live.records, live.now
    ids = {stay.id for stay in own}
    for stay in own:
        others = [s for s in records.bed_stays(stay.bed_id) if s.id not in ids]
        clean_at = records.beds[stay.bed_id].clean_at
        if any(s.state is StayState.OCCUPYING for s in others) or (clean_at is not None and clean_at > now):
            return False
    for stay in reversed(own):
        live.drop(Stay, stay.id)
    bare = replace(request, equipment=(), drugs=())
    lying = replace(given, start=now, end=max(given.end, now + 1), units=(), lots=())
    counts = check(Decided(bare, lying), records)
    for stay in own:
        live.put(stay)
    return not AT_THE_BED & set(broken(counts, records.profile))


def attach(live: LiveHospital, bookings: Iterable[UnitBooking], given: Allocation) -> None:
    """The patient has come: units are at the bed and pinned, drugs are dispensed."""
    records, now = live.records, live.now
    for booking in bookings:
        live.put(replace(booking, pinned=True))
        unit = records.units[booking.unit_id]
        if unit.state.usable and booking.start <= now:
            live.put(replace(unit, state=UnitState.ATTACHED))
    for use in given.lots:
        lot = records.lots[use.lot_id]
        if records.drugs[lot.drug_id].handling not in KEPT_RESERVED and lot.usable_until > now:
            live.put(replace(lot, on_hand=lot.on_hand - use.quantity, reserved=lot.reserved - use.quantity))


def detach(live: LiveHospital, bookings: Iterable[UnitBooking]) -> None:
    """The patient has left: units come free after their turnaround."""
    for booking in bookings:
        unit = live.records.units[booking.unit_id]
        if booking.start >= live.now or not unit.state.usable:
            live.drop(UnitBooking, booking.id)
        else:
            live.put(replace(booking, end=min(booking.end, live.now), pinned=False))
        if unit.state is UnitState.ATTACHED:
            live.put(replace(unit, state=UnitState.FREE))


def keep(live: LiveHospital, booking: UnitBooking, end: Minute) -> None:
    """Keep a unit until another end, as far as who comes next leaves it."""
    records = live.records
    others = (records.unit_bookings[b] for b in records.bookings_of_unit[booking.unit_id])
    later = (o.start - MARGIN_MINUTES for o in others if o.id != booking.id and o.start >= booking.end)
    live.put(replace(booking, end=max(min(end, min(later, default=end)), booking.start + 1)))


def finish_cleaning(live: LiveHospital) -> None:
    """Beds whose cleaning is over may be used."""
    for bed in list(live.records.beds.values()):
        if bed.clean_at is not None and bed.clean_at <= live.now:
            closed = bed.status is OperationalStatus.CLOSED
            status = bed.status if closed else OperationalStatus.UNOCCUPIED
            live.put(replace(bed, status=status, clean_at=None))


def forget_past_bookings(live: LiveHospital) -> None:
    """Uses that are over, turnaround included, no longer matter; what is at a bed stays there."""
    records = live.records
    for booking in list(records.unit_bookings.values()):
        kind = records.equipment_types[records.units[booking.unit_id].type_id]
        if booking.end + kind.turnaround_minutes > live.now:
            continue
        stay = records.stays.get(f"{booking.allocation_id}/stay")
        if not (booking.pinned and stay is not None and stay.state.pinned):
            live.drop(UnitBooking, booking.id)

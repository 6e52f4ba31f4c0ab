"""Events about units of equipment and lots of drugs: broken, returned, recalled, quarantined, released."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from api.errors import Place, UnknownReference, WrongState
from api.places import pointer
from api.schemas.disruptions import (
    LotQuarantined,
    LotRecalled,
    LotReleased,
    ModelRecalled,
    UnitBroken,
    UnitReturned,
)
from api.security.access import Access
from api.security.permissions import Permission
from api.services import repair
from api.services.booking_repair import fleet_of
from api.services.bookings import booking_id_of
from api.services.cases import Case
from api.services.changes import Changes
from api.services.disruptions.common import existing
from api.services.proposals import propose_lot, propose_unit
from solver.equipment.live import is_own
from solver.hospital import HandlingClass, Lot, LotState, LotUse, Unit, UnitBooking, UnitState
from solver.pharmacy.ledger.checks import STAY_SHUT
from solver.pharmacy.rules_of_lots import counts_as_stock, lasts, lies_elsewhere
from solver.placing import phrases
from solver.placing.language import Sentence


def unit_broken(event: UnitBroken, changes: Changes, access: Access) -> str:
    """The unit is out of use; another is proposed for whom it is attached to."""
    unit = existing(changes.records.units, event.unit_id, "unit_id")
    access.require(unit.ward_id, Permission.DISRUPTION_EQUIPMENT)
    _take_out([unit], UnitState.BROKEN, phrases.UNIT_BROKEN.of(unit=unit.id), changes)
    return unit.id


def unit_returned(event: UnitReturned, changes: Changes, access: Access) -> str:
    """The unit is usable again."""
    unit = existing(changes.records.units, event.unit_id, "unit_id")
    access.require(unit.ward_id, Permission.DISRUPTION_EQUIPMENT)
    bookings = (changes.records.unit_bookings[b] for b in changes.records.bookings_of_unit.get(unit.id, ()))
    attached = any(b.pinned and b.start <= changes.now < b.end for b in bookings)
    changes.put(replace(unit, state=UnitState.ATTACHED if attached else UnitState.FREE))
    return unit.id


def model_recalled(event: ModelRecalled, changes: Changes, access: Access) -> str:
    """Every unit of the model is out of use."""
    access.require(None, Permission.DISRUPTION_EQUIPMENT)
    units = [unit for unit in changes.records.units.values() if unit.model == event.model]
    if not units:
        raise UnknownReference([Place(pointer("event", "model"), "a model of some unit here")])
    for unit in units:
        access.require(unit.ward_id, Permission.DISRUPTION_EQUIPMENT)
    _take_out(units, UnitState.RECALLED, phrases.MODEL_RECALLED.of(), changes)
    return event.model


def lot_recalled(event: LotRecalled, changes: Changes, access: Access) -> str:
    """The lot may never be used again, wherever parts of it lie; who was given it is named."""
    lot = existing(changes.records.lots, event.lot_id, "lot_id")
    access.require(lot.ward_id, Permission.DISRUPTION_DRUG)
    for part in changes.desk.parts_of(lot.id):
        if changes.records.lots[part].state is not LotState.RECALLED:
            bar(changes.records.lots[part], LotState.RECALLED, phrases.LOT_RECALLED.of(lot=part), changes)
    return lot.id


def lot_quarantined(event: LotQuarantined, changes: Changes, access: Access) -> str:
    """The lot may not be used for now."""
    lot = existing(changes.records.lots, event.lot_id, "lot_id")
    if lot.state in STAY_SHUT:
        raise WrongState(f"The lot is {lot.state.value} already.", "A quarantine would soften that.")
    access.require(lot.ward_id, Permission.DISRUPTION_DRUG)
    bar(lot, LotState.QUARANTINED, phrases.LOT_QUARANTINED.of(lot=lot.id), changes)
    return lot.id


def lot_released(event: LotReleased, changes: Changes, access: Access) -> str:
    """The lot may be used again; a recall is for good."""
    lot = existing(changes.records.lots, event.lot_id, "lot_id")
    access.require(lot.ward_id, Permission.DISRUPTION_DRUG)
    if lot.state is LotState.RECALLED:
        raise WrongState("A recalled lot is never released.", "Take in a new lot.")
    if lot.state is LotState.LOCKED:
        raise WrongState("Two people unlock a lot.", "POST /pharmacy/moves with a move of kind unlock.")
    changes.put(replace(lot, state=LotState.AVAILABLE))
    return lot.id


def _take_out(units: Iterable[Unit], state: UnitState, reason: Sentence, changes: Changes) -> None:
    units = list(units)
    with repair.around(repair.of_units([unit.id for unit in units], changes), changes):
        for unit in units:
            changes.put(replace(unit, state=state))
    for unit in units:
        for booking_id in sorted(changes.records.bookings_of_unit.get(unit.id, ())):
            booking = changes.records.unit_bookings[booking_id]
            if booking.end <= changes.now and not booking.pinned:
                # The use is over; the turnaround after it no longer matters.
                changes.drop(UnitBooking, booking.id)
            elif booking.end > changes.now:
                _told_of(booking, reason, changes)


def _told_of(booking: UnitBooking, reason: Sentence, changes: Changes) -> None:
    """Whoever has the unit, or for whom it is on its way, is proposed another; a booking to come of its own is told
    as hit (POST /equipment/repairs); those of bundles are repaired by now."""
    own = is_own(booking)
    if booking.pinned or (own and fleet_of(changes.records).on_its_way(booking)):
        propose_unit(booking, reason, changes)
    elif own:
        what = {"ward_id": booking.ward_id, "unit_id": booking.unit_id, "start": booking.start}
        changes.tell("booking.unit_out", booking_id_of(booking), **what)


def bar(lot: Lot, state: LotState, reason: Sentence, changes: Changes) -> None:
    """Take a lot out of use: what rests on it is decided as ``_change_under`` says."""
    _change_under(lot, {"state": state}, reason, changes)


def lapse_matches(changes: Changes) -> None:
    """Blood that was matched until now is matched for nobody; what rests on it is decided as ``_change_under`` says."""
    for lot in list(changes.records.lots.values()):
        if lot.crossmatched_until is not None and lot.crossmatched_until <= changes.now:
            lapsed = {"crossmatched_for": None, "crossmatched_until": None}
            _change_under(lot, lapsed, phrases.MATCH_LAPSED.of(lot=lot.id), changes)
            changes.tell("stock.match_lapsed", lot.id, drug_id=lot.drug_id)


def _change_under(lot: Lot, change: Mapping[str, Any], reason: Sentence, changes: Changes) -> None:
    """Change a lot so that it serves nobody whom it served: bookings that rest on it are decided again, patients on the
    way or here get another lot for what is only reserved, and whoever was given some is to be looked after."""
    cases = repair.of_lots([lot.id], changes)
    booked = [case for case in cases if repair.is_booked(case, changes)]
    with repair.around(booked, changes):
        # Reservations of the bookings taken out are in the live record, not in the one looked up before.
        changes.put(replace(changes.records.lots[lot.id], **change))
    held = {case.id for case in booked}
    for case in cases:
        if case.id not in held:
            _exchange(changes.desk.cases[case.id], lot.id, reason, changes)


def _exchange(case: Case, lot_id: str, reason: Sentence, changes: Changes) -> None:
    """For a patient on the way or here: what is only reserved comes from another lot; what was given is
    told."""
    allocation = case.allocation
    assert allocation is not None, "looked up by its lots"
    dispensed = lot_id in case.explanation.get("dispensed", ())
    uses = list(allocation.lots)
    lacking = dispensed
    for use in allocation.lots:
        if use.lot_id != lot_id or dispensed:
            continue
        uses.remove(use)
        changes.reserve(use.lot_id, -use.quantity)
        other = _other_lot(case, use, changes)
        if other is not None:
            changes.reserve(other.id, use.quantity)
            uses.append(replace(use, lot_id=other.id))
        lacking = lacking or other is None
    changes.set_case(replace(case, allocation=replace(allocation, lots=_merged(uses))))
    stays = list(changes.stays_of(case))
    if lacking and stays:
        propose_lot(changes.records.lots[lot_id], stays[0].id, reason, changes)


def _merged(uses: Iterable[LotUse]) -> tuple[LotUse, ...]:
    """Each lot once for each need."""
    quantities: dict[tuple[str, str], int] = {}
    for use in uses:
        key = use.drug_id, use.lot_id
        quantities[key] = quantities.get(key, 0) + use.quantity
    return tuple(LotUse(drug_id, lot_id, quantity) for (drug_id, lot_id), quantity in quantities.items())


def _other_lot(case: Case, use: LotUse, changes: Changes) -> Lot | None:
    """Another lot of the very drug that holds enough until its last use, the first to expire; blood is never
    exchanged (it is cross-matched)."""
    records = changes.records
    drug_id = records.lots[use.lot_id].drug_id
    if records.drugs[drug_id].handling is HandlingClass.BLOOD:
        return None
    within = {need.drug_id: need.use_within_minutes for need in case.request.drugs}
    assert case.allocation is not None, "looked up by its lots"
    until = max(case.allocation.start, changes.now) + within.get(use.drug_id, 0)
    ward_id = records.ward_of_bed(case.allocation.bed_id).id
    fitting = (
        lot
        for lot in (records.lots[i] for i in records.lots_of_drug.get(drug_id, ()))
        if counts_as_stock(lot, changes.now)
        and lasts(lot, until)
        and lot.available >= use.quantity
        and not lies_elsewhere(lot, ward_id)
    )
    return min(fitting, key=lambda lot: (lot.expires, lot.id), default=None)


HANDLERS: Mapping[str, Callable[[Any, Changes, Access], str]] = {
    "unit_broken": unit_broken,
    "unit_returned": unit_returned,
    "model_recalled": model_recalled,
    "lot_recalled": lot_recalled,
    "lot_quarantined": lot_quarantined,
    "lot_released": lot_released,
}

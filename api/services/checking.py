"""Checking: what a change would break and cost before anybody makes it. Asked of the live hospital, undone at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api.errors import Place, UnknownReference
from api.places import pointer
from api.schemas.checks import CheckIn
from api.security.access import Access
from api.security.permissions import TABLE, Permission
from api.services.changes import Changes
from api.services.choosing import refuse_past
from api.services.subjects import Subject, subject_of
from api.services.words import lots_json, moment, units_json
from solver.engine.rule import Level
from solver.hospital import Allocation, EquipmentNeed, LotUse, Minute, Request, UnitUse
from solver.placing import phrases
from solver.placing.checking import Breach, Checked, checked, supplies
from solver.placing.records import Records
from solver.placing.referee import Decided
from solver.placing.telling import as_json


def check(body: CheckIn, access: Access, changes: Changes) -> dict[str, Any]:
    """What a change would break and cost; nothing is changed that ``changes`` does not undo.

    Raises ``UnknownReference`` with every id that names nothing, ``WrongState`` for a start that is over, and what
    refuses the subject itself.
    """
    unknown = list(_unknown(body, changes.records))
    if unknown:
        raise UnknownReference(unknown)
    refuse_past(body.start, changes)
    subject = _moved_at(body.start, subject_of(body, access, changes))
    allocation = _allocation(body, subject, changes)
    proposed = Decided(subject.request, allocation, subject.published)
    found = checked(proposed, changes.records, subject.present)
    return _json(allocation, found, subject, changes)


def _unknown(body: CheckIn, records: Records) -> Iterator[Place]:
    for name in ("bed_id", "companion_bed_id"):
        if getattr(body, name) is not None and getattr(body, name) not in records.beds:
            yield Place(pointer(name), "the id of a bed (GET /beds)")
    for number, unit in enumerate(body.units or ()):
        if unit.unit_id not in records.units:
            yield Place(pointer("units", number, "unit_id"), "the id of a unit (GET /equipment)")
        if unit.type_id not in records.equipment_types:
            yield Place(pointer("units", number, "type_id"), "the id of an equipment type")
    for number, lot in enumerate(body.lots or ()):
        if lot.lot_id not in records.lots:
            yield Place(pointer("lots", number, "lot_id"), "the id of a lot (GET /drug-lots)")
        if lot.drug_id not in records.drugs:
            yield Place(pointer("lots", number, "drug_id"), "the id of a drug (GET /drugs)")


def _moved_at(start: Minute | None, subject: Subject) -> Subject:
    """Who lies here waits for nothing: a later move is no delay, and the stay still ends when it was to end."""
    request = subject.request
    if start is None or request.from_stay_id is None or start <= request.needed_by:
        return subject
    left = request.needed_by + request.duration_minutes - start
    return replace(subject, request=replace(request, needed_by=start, duration_minutes=max(left, 60)))


def _allocation(body: CheckIn, subject: Subject, changes: Changes) -> Allocation:
    request, present = subject.request, subject.present
    has = None if present is None else present.allocation
    earliest = max(request.needed_by, changes.now) if has is None else has.start
    start = earliest if body.start is None else body.start
    own = (
        ((), ())
        if body.units is not None and body.lots is not None
        else _own(has, start, body, subject, changes)
    )
    units = own[0] if body.units is None else _units(body, request, start)
    lots = own[1] if body.lots is None else _lots(body)
    return Allocation(
        changes.desk.new_id("alc"),
        request.id,
        request.person_id,
        body.bed_id,
        start,
        start + request.duration_minutes,
        units,
        lots,
        body.companion_bed_id,
    )


def _own(
    has: Allocation | None, start: Minute, body: CheckIn, subject: Subject, changes: Changes
) -> tuple[tuple[UnitUse, ...], tuple[LotUse, ...]]:
    """The units and lots it has already, from the new start; those that serve best if it has none."""
    if has is None:
        return supplies(changes.live, subject.request, body.bed_id, start)
    later = start - has.start
    units = (replace(use, start=use.start + later, end=use.end + later) for use in has.units)
    return tuple(units), has.lots


def _units(body: CheckIn, request: Request, start: Minute) -> tuple[UnitUse, ...]:
    """Each for as long as its need says; what nobody asked for, for the whole stay."""
    needs = {need.type_id: need for need in request.equipment}
    uses = []
    for pick in body.units or ():
        need = needs.get(pick.type_id, EquipmentNeed(pick.type_id))
        begin = start + need.offset_minutes
        lasts = need.duration_minutes
        end = start + request.duration_minutes if lasts is None else begin + lasts
        uses.append(UnitUse(pick.type_id, pick.unit_id, begin, end))
    return tuple(uses)


def _lots(body: CheckIn) -> tuple[LotUse, ...]:
    return tuple(LotUse(pick.drug_id, pick.lot_id, pick.quantity) for pick in body.lots or ())


# --- told ---------------------------------------------------------------------------------------------------
def _json(allocation: Allocation, found: Checked, subject: Subject, changes: Changes) -> dict[str, Any]:
    breaks = [breach_json(breach, subject) for breach in found.breaches]
    against = tuple(told["rule_id"] for told in breaks if not told["waived"])
    return {
        "bed_id": allocation.bed_id,
        "ward_id": changes.records.ward_of_bed(allocation.bed_id).id,
        "start": moment(allocation.start, changes.zone),
        "end": moment(allocation.end, changes.zone),
        "companion_bed_id": allocation.companion_bed_id,
        "units": units_json(allocation, changes.zone),
        "lots": lots_json(allocation),
        "allowed": not against,
        "breaks": breaks,
        "prices": list(_prices(found)),
        "cost": found.cost,
        "cost_now": found.cost_now,
        "difference": found.difference,
        "sentence": as_json(
            phrases.CHECK_BREAKS.of(bed=allocation.bed_id, rules=against)
            if against
            else phrases.CHECK_KEEPS.of(bed=allocation.bed_id, cost=found.difference)
        ),
        "hospital_revision": changes.desk.revision,
    }


def breach_json(breach: Breach, subject: Subject) -> dict[str, Any]:
    """A broken rule, and who may override it."""
    overridable = breach.level is Level.OVERRIDABLE
    return {
        "rule_id": breach.rule_id,
        "level": breach.level.value,
        "amount": breach.amount,
        "sentence": as_json(phrases.RULES.of(rules=(breach.rule_id,))),
        "overridable_by": [role.value for role in TABLE[Permission.OVERRIDE]] if overridable else [],
        "waived": overridable and breach.rule_id in subject.waived,
    }


def _prices(found: Checked) -> Iterator[dict[str, Any]]:
    """Each rule once: those of the change, then those that no longer cost anything."""
    then = {price.rule_id: price for price in found.prices}
    now = {price.rule_id: price for price in found.now}
    for rule_id in dict.fromkeys((*then, *now)):
        changed, present = then.get(rule_id), now.get(rule_id)
        yield {
            "rule_id": rule_id,
            "amount": 0 if changed is None else changed.amount,
            "cost": 0 if changed is None else changed.cost,
            "amount_now": 0 if present is None else present.amount,
            "cost_now": 0 if present is None else present.cost,
            "sentence": as_json(phrases.RULES.of(rules=(rule_id,))),
        }

"""Ways to come by what a request needs: units and lots from elsewhere, another drug, a nurse on call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from solver.equipment.rules import UNIT_LENT
from solver.hospital import Drug, DutyKind, HandlingClass, Request, Shift
from solver.pharmacy.rules import LOT_PLACE
from solver.placing.concessions import TARIFFS, Concession, Kind, rule_price
from solver.placing.records import Records

ELSEWHERE: Final = frozenset({UNIT_LENT.id, LOT_PLACE.id})
"""Rules that say where units and lots may come from."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to supply the request: as asked, or with an equivalent; units and lots from elsewhere or not."""

    request: Request
    waived: frozenset[str]
    concessions: tuple[Concession, ...] = ()

    @property
    def least(self) -> int:
        """What it costs at least."""
        elsewhere = sum(rule_price(rule_id) or 0 for rule_id in self.waived & ELSEWHERE)
        return elsewhere + sum(concession.price for concession in self.concessions)


def variants_of(request: Request, records: Records) -> Iterator[Variant]:
    """As asked; with units lent and lots fetched, where there are such; with another drug of the same kind."""
    elsewhere = [frozenset[str]()]
    if request.equipment and any(not unit.lendable for unit in records.units.values()):
        elsewhere.append(frozenset({UNIT_LENT.id}))
    if request.drugs and any(lot.ward_id is not None for lot in records.lots.values()):
        elsewhere += [waived | {LOT_PLACE.id} for waived in elsewhere]
    for waived in elsewhere:
        yield Variant(request, waived)
        for other, concession in _other_drugs(request, records):
            yield Variant(other, waived, (concession,))


def _other_drugs(request: Request, records: Records) -> Iterator[tuple[Request, Concession]]:
    """The request with one drug replaced by one that a pharmacist could approve: the same substance, strength, form
    and route."""
    asked = {need.drug_id for need in request.drugs}
    for number, need in enumerate(request.drugs):
        drug = records.drugs[need.drug_id]
        for other in records.drugs.values():
            if other.id in asked or other.id in drug.equivalents or not _alike(drug, other):
                continue
            drugs = (*request.drugs[:number], replace(need, drug_id=other.id), *request.drugs[number + 1 :])
            price = TARIFFS[Kind.APPROVE_EQUIVALENT].price
            yield replace(request, drugs=drugs), Concession(Kind.APPROVE_EQUIVALENT, other.id, price)


def _alike(one: Drug, other: Drug) -> bool:
    def product(drug: Drug) -> tuple[str, ...]:
        return drug.substance, drug.strength, drug.form, drug.route, drug.unit

    ordinary = HandlingClass.BLOOD not in (one.handling, other.handling)
    return ordinary and one.handling is other.handling and product(one) == product(other)


def on_call(records: Records) -> Iterator[Shift]:
    """Shifts of nurses on call who have not been called and could still come."""
    for shift in records.shifts.values():
        waiting_for_call = shift.kind is DutyKind.ON_CALL and shift.called_at is None and not shift.absent
        comes = max(shift.start, records.now + shift.response_minutes)
        if waiting_for_call and comes < shift.end and not records.staff[shift.staff_id].student:
            yield shift


def calling(shift: Shift) -> Concession:
    """A nurse on call is called in; they agree to it first."""
    return Concession(Kind.CALL_NURSE, shift.id, TARIFFS[Kind.CALL_NURSE].price, shift.ward_id)

"""Rules about lots: what a request gets, and what is left of each drug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from solver.hospital import Allocation, Drug, DrugNeed, HandlingClass, Lot, LotState, LotUse, Minute, Request
from solver.pharmacy import rules
from solver.pharmacy.rules_of_lots import counts_as_stock, lies_elsewhere, too_short, unfit_for
from solver.placing.records import Records
from solver.placing.referee.counts import Amounts


def of_request(request: Request, allocation: Allocation, records: Records) -> Amounts:
    """Whether the drugs given are those asked for, in full, and each lot may be used for this person."""
    matched = [_matched(need, allocation, records) for need in request.drugs]
    for need, positions in zip(request.drugs, matched, strict=True):
        given = sum(allocation.lots[position].quantity for position in positions)
        yield rules.DRUG_GIVEN, abs(need.quantity - given)
    for position, use in enumerate(allocation.lots):
        if not any(position in positions for positions in matched):
            yield rules.DRUG_GIVEN, use.quantity
        yield from _of_use(use, request, allocation, records)


def _matched(need: DrugNeed, allocation: Allocation, records: Records) -> set[int]:
    """Positions in ``allocation.lots`` of the uses that serve ``need``."""
    approved = (need.drug_id, *records.drugs[need.drug_id].equivalents)
    return {
        position
        for position, use in enumerate(allocation.lots)
        if use.drug_id == need.drug_id and records.lots[use.lot_id].drug_id in approved
    }


def _of_use(use: LotUse, request: Request, allocation: Allocation, records: Records) -> Amounts:
    lot = records.lots[use.lot_id]
    drug = records.drugs[lot.drug_id]
    person = records.persons[request.person_id]
    yield rules.LOT_USABLE, int(lot.state is not LotState.AVAILABLE)
    against = {*too_short(lot, _used_until(use, request, allocation)), *unfit_for(person, drug, lot)}
    yield from ((rule, 1) for rule in against)
    yield rules.LOT_PLACE, int(lies_elsewhere(lot, records.ward_of_bed(allocation.bed_id).id))
    yield rules.DRUG_SUBSTITUTE, int(lot.drug_id != use.drug_id)
    if drug.handling is not HandlingClass.BLOOD:
        yield rules.EARLIEST_EXPIRY_FIRST, use.quantity * _lots_passed_over(lot, records)


def _used_until(use: LotUse, request: Request, allocation: Allocation) -> Minute:
    """By when the last of a use is used; 0 of a use for no need, which is told by ``drug_given``."""
    within = [need.use_within_minutes for need in request.drugs if need.drug_id == use.drug_id]
    return allocation.start + max(within) if within else 0


def _lots_passed_over(lot: Lot, records: Records) -> int:
    """How many usable lots of the same drug expire before this one (ties by id)."""
    asked = ("passed over", lot.id, records.now)
    passed: int | None = records.counted.get(asked)
    if passed is None:
        others = (records.lots[lot_id] for lot_id in records.lots_of_drug.get(lot.drug_id, ()))
        sooner = (other for other in others if (other.expires, other.id) < (lot.expires, lot.id))
        passed = records.counted[asked] = sum(counts_as_stock(other, records.now) for other in sooner)
    return passed


def of_lot(lot: Lot) -> Amounts:
    """Quantity reserved beyond what the lot holds: ``Lot`` refuses it, and it is recounted all the same."""
    yield rules.LOT_QUANTITY, max(0, lot.reserved - lot.on_hand)


def of_drug(drug: Drug, records: Records) -> Amounts:
    """Quantity of one drug missing to its safety stock."""
    yield rules.SAFETY_STOCK, max(0, drug.safety_stock - stock(drug.id, records))


def stock(drug_id: str, records: Records) -> int:
    """Quantity of a drug that may still be reserved, over its usable lots."""
    lots = (records.lots[lot_id] for lot_id in records.lots_of_drug.get(drug_id, ()))
    return sum(lot.available for lot in lots if counts_as_stock(lot, records.now))


def quantities(allocation: Allocation) -> Counter[str]:
    """Quantity an allocation asks of each lot."""
    asked: Counter[str] = Counter()
    for use in allocation.lots:
        asked[use.lot_id] += use.quantity
    return asked


def taken_from_stock(drug_id: str, asked: Mapping[str, int], records: Records) -> int:
    """How much of the quantities asked of lots lowers the stock of one drug."""
    lots = ((records.lots[lot_id], quantity) for lot_id, quantity in asked.items())
    return sum(
        quantity for lot, quantity in lots if lot.drug_id == drug_id and counts_as_stock(lot, records.now)
    )

"""The referee's two counts: everything there is, and what one decision adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, product

from solver.hospital import Allocation, Request, Stay, UnitBooking
from solver.pharmacy import rules
from solver.placing.records import Records, consequences
from solver.placing.referee import beds, cover, cover_change, drugs, equipment, people
from solver.placing.referee.counts import Counts, Tally
from solver.placing.referee.decisions import Decided, of_decision


def recount(records: Records, decided: Iterable[Decided] = ()) -> Counts:
    """Everything that counts in ``records`` and, by itself, in each decision.

    The consequences of the decisions (stays, bookings, reservations; the stay a transfer leaves, ended) are
    in ``records`` already. Slow: the cover of every ward is counted minute by minute.
    """
    tally = Tally()
    for stay in records.stays.values():
        tally.add(beds.of_stay(stay, records))
        tally.add(people.of_stay(stay, records))
    for bed_id in records.beds:
        tally.add(beds.of_bed(bed_id, records.bed_stays(bed_id), records))
    for room_id in records.rooms:
        tally.add(people.of_pairs(room_id, combinations(records.room_stays(room_id), 2), records))
    for ward in records.wards.values():
        tally.add(cover.of_ward(ward, records))
    _recount_supplies(tally, records)
    for decision in decided:
        tally.add(of_decision(decision, records))
    return tally.counts()


def _recount_supplies(tally: Tally, records: Records) -> None:
    for unit_id in records.units:
        bookings = [records.unit_bookings[b] for b in records.bookings_of_unit.get(unit_id, ())]
        tally.add(equipment.of_unit(unit_id, bookings, records))
    for lot in records.lots.values():
        tally.add(drugs.of_lot(lot))
    for drug in records.drugs.values():
        tally.add(drugs.of_drug(drug, records))


def check(decided: Decided, records: Records) -> Counts:
    """What one decision adds to ``recount(records)``; ``records`` are those before it is applied.

    Equals ``recount(after, [decided]) - recount(before)``. Amounts may be negative: a transfer heals what
    its patient no longer breaks. Looks only at what the decision touches: beds, rooms, wards, units, lots.
    """
    tally = Tally()
    tally.add(of_decision(decided, records))
    request, allocation = decided.request, decided.allocation
    if allocation is None:
        return tally.counts()
    # Reservations are counted from the quantities asked: a Lot refuses to be reserved beyond its stock.
    bare = replace(allocation, lots=()) if allocation.lots else allocation
    new = consequences(request, bare, records)
    _check_stays(tally, changed_stays(request, allocation, new.stays, records), records)
    _check_units(tally, new.bookings, records)
    _check_lots(tally, allocation, records)
    return tally.counts()


@dataclass(frozen=True, slots=True)
class ChangedStays:
    """Stays as they were (``gone``) and as they become (``added``); one that only ends earlier is in both."""

    gone: list[Stay] = field(default_factory=list)
    added: list[Stay] = field(default_factory=list)

    def by(self, key: Callable[[Stay], str]) -> dict[str, ChangedStays]:
        """The same, apart for each bed, room or ward."""
        parts: defaultdict[str, ChangedStays] = defaultdict(ChangedStays)
        for stay in self.gone:
            parts[key(stay)].gone.append(stay)
        for stay in self.added:
            parts[key(stay)].added.append(stay)
        return parts

    def main(self) -> ChangedStays:
        """Those that accompany nobody."""
        gone, added = ([s for s in part if s.with_stay_id is None] for part in (self.gone, self.added))
        return ChangedStays(gone, added)

    def untouched(self, stays: Iterable[Stay]) -> list[Stay]:
        """Those of ``stays`` that stay as they are."""
        gone = {stay.id for stay in self.gone}
        return [stay for stay in stays if stay.id not in gone]


def changed_stays(
    request: Request, allocation: Allocation, new: Sequence[Stay], records: Records
) -> ChangedStays:
    """What an allocation does to stays: it adds ``new`` ones; the stay it continues ends when it starts, and
    so do those that accompany it.

    A stay whose forecast ends before stays as it is: moving overdue ends forward is the clock's matter.
    """
    changed = ChangedStays([records.stays[stay.id] for stay in new if stay.id in records.stays], list(new))
    for left in records.with_companions(request.from_stay_id) if request.from_stay_id is not None else ():
        if allocation.start < left.end:
            changed.gone.append(left)
            if left.start < allocation.start:
                changed.added.append(replace(left, end=allocation.start))
    return changed


def _check_stays(tally: Tally, changed: ChangedStays, records: Records) -> None:
    for stays, times in ((changed.added, 1), (changed.gone, -1)):
        for stay in stays:
            tally.add(beds.of_stay(stay, records), times)
            tally.add(people.of_stay(stay, records), times)
    for bed_id, here in changed.by(lambda stay: stay.bed_id).items():
        before = records.bed_stays(bed_id)
        tally.add(beds.of_bed(bed_id, before, records), -1)
        tally.add(beds.of_bed(bed_id, [*here.untouched(before), *here.added], records))
    for room_id, here in changed.by(lambda stay: records.beds[stay.bed_id].room_id).items():
        steady = here.untouched(records.room_stays(room_id))
        tally.add(people.of_pairs(room_id, _pairs_with(here.gone, steady), records), -1)
        tally.add(people.of_pairs(room_id, _pairs_with(here.added, steady), records))
    for ward_id, here in changed.main().by(lambda stay: records.ward_of_bed(stay.bed_id).id).items():
        tally.add(cover_change.of_ward(records.wards[ward_id], here.gone, here.added, records))


def _pairs_with(some: Sequence[Stay], others: Sequence[Stay]) -> Iterable[tuple[Stay, Stay]]:
    """Pairs with at least one of ``some``."""
    return chain(combinations(some, 2), product(some, others))


def _check_units(tally: Tally, bookings: Sequence[UnitBooking], records: Records) -> None:
    of_unit: defaultdict[str, list[UnitBooking]] = defaultdict(list)
    for booking in bookings:
        of_unit[booking.unit_id].append(booking)
    for unit_id, new in of_unit.items():
        before = [records.unit_bookings[b] for b in records.bookings_of_unit.get(unit_id, ())]
        replaced = {booking.id for booking in new}
        steady = [booking for booking in before if booking.id not in replaced]
        tally.add(equipment.of_unit(unit_id, before, records), -1)
        tally.add(equipment.of_unit(unit_id, [*steady, *new], records))


def _check_lots(tally: Tally, allocation: Allocation, records: Records) -> None:
    asked = drugs.quantities(allocation)
    for lot_id, quantity in asked.items():
        lot = records.lots[lot_id]
        tally.add([(rules.LOT_QUANTITY, max(0, quantity - lot.available) - max(0, -lot.available))])
    for drug_id in dict.fromkeys(records.lots[lot_id].drug_id for lot_id in asked):
        drug = records.drugs[drug_id]
        left = drugs.stock(drug_id, records)
        taken = drugs.taken_from_stock(drug_id, asked, records)
        short = max(0, drug.safety_stock - left + taken) - max(0, drug.safety_stock - left)
        tally.add([(rules.SAFETY_STOCK, short)])

"""What came free, and when: by ward, type of unit and drug, so that it is known whether a place is made of something
that came free since somebody looked.

A bed's room, its nurses and their shared limits are its ward's, so a ward is the smallest part of a hospital that all
a bed takes comes from. Units and drugs are taken from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from api.services.changes import Changes
from api.services.homes import record_of
from models.commands import Touched
from solver.hospital import Allocation, Bed, Drug, Lot, Room, Shift, Stay, Unit, UnitBooking, Ward
from solver.placing.displace import Exchange
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from solver.placing.records import Record, Records
from solver.placing.turns import AHEAD_MINUTES

Thing = tuple[str, str]
"""Of what kind (ward, type of unit, drug), and which."""

A_DAY_AHEAD: Final[Thing] = ("start", "a day ahead")
"""What every minute lets come free: one more start for whoever has waited too long, and only a place that begins then
or later takes anything of it."""


class Freed:
    """Counts what came free. ``count``: how often anything did; it begins at 1, and whoever was never looked at was
    looked at at 0."""

    def __init__(self) -> None:
        self.count = 1
        self._anything = 1
        self._at: dict[Thing, int] = {}

    def note(self, things: Iterable[Thing] | None) -> None:
        """These came free; None: whatever there is may have."""
        self.count += 1
        if things is None:
            self._anything = self.count
        else:
            self._at.update(dict.fromkeys(things, self.count))

    def newest(self, things: Iterable[Thing]) -> int:
        """The count at which any of these came free last."""
        return max([self._anything, *(self._at.get(thing, 0) for thing in things)])


def things_of(changes: Changes) -> set[Thing] | None:
    """What a command's records belong to, as they were and as they are; None if that cannot be told: a record of
    another kind was changed, the rules, or nothing but cases."""
    if changes.activated is not None or changes.repriced is not None:
        return None
    found: set[Thing] = set()
    for changed in (changes.before, changes.after):
        for record in changed.values():
            thing = None if record is None else thing_of(record, changes.records)
            if record is not None and thing is None:
                return None
            found.update([] if thing is None else [thing])
    return found or None


def thing_of(record: Record, records: Records) -> Thing | None:
    """What a record belongs to; None for a kind that may matter anywhere."""
    found: Thing | None = None
    match record:
        case Ward():
            found = Ward.__name__, record.id
        case Room() | Shift():
            found = Ward.__name__, record.ward_id
        case Bed():
            found = Ward.__name__, records.rooms[record.room_id].ward_id
        case Stay():
            found = Ward.__name__, records.ward_of_bed(record.bed_id).id
        case Unit():
            found = Unit.__name__, record.type_id
        case UnitBooking():
            found = Unit.__name__, records.units[record.unit_id].type_id
        case Lot():
            found = Drug.__name__, record.drug_id
    return found


def things_taken(got: Decision | Exchange, records: Records) -> set[Thing]:
    """What a place is made of; of an exchange both places."""
    decisions = (got.urgent, got.again) if isinstance(got, Exchange) else (got,)
    return {thing for one in decisions for thing in parts_of(one.allocation, records)}


def parts_of(allocation: Allocation | None, records: Records) -> Iterator[Thing]:
    """The wards, types of unit and drugs an allocation takes from, and whether it begins a day ahead."""
    if allocation is None:
        return
    if allocation.start >= records.now + AHEAD_MINUTES:
        yield A_DAY_AHEAD
    yield Ward.__name__, records.ward_of_bed(allocation.bed_id).id
    if allocation.companion_bed_id is not None:
        yield Ward.__name__, records.ward_of_bed(allocation.companion_bed_id).id
    for unit in allocation.units:
        yield Unit.__name__, records.units[unit.unit_id].type_id
    for lot in allocation.lots:
        yield Drug.__name__, records.lots[lot.lot_id].drug_id


def things_known(touched: Iterable[Touched], live: LiveHospital) -> set[Thing] | None:
    """What touched records that were here before belong to: what was added takes, and lets nothing come free. None if
    that cannot be told."""
    kinds = {kind.__name__: kind for kind in get_args(Record)}
    found: set[Thing] = set()
    for name, record_id in touched:
        before = record_of(live, kinds[name], record_id) if name in kinds else None
        if before is None:
            continue
        thing = thing_of(before, live.records)
        if thing is None:
            return None
        found.add(thing)
    return found

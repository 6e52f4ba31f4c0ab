"""What a proposed change would break and cost, whoever made it up: a person at a board, a program, or placing itself.

Counted by the referee's ``check``, as every decision is before it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.engine.rule import Level
from solver.hospital import Companion, LotUse, Minute, Request, Stay, UnitUse
from solver.hospital.stays import Care
from solver.placing import rules
from solver.placing.live import LiveHospital
from solver.placing.problem import Price
from solver.placing.records import Records
from solver.placing.referee import Counts, Decided, broken, check, cost
from solver.placing.variants import ELSEWHERE

OVERRIDABLE: Final = frozenset(rule.id for rule in rules.HARD if rule.level is Level.OVERRIDABLE)


@dataclass(frozen=True, slots=True)
class Breach:
    """A hard rule a change would break, by how much (in the rule's unit)."""

    rule_id: str
    level: Level
    amount: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a change breaks and costs. ``now``: what the same request adds as it stands, none if it is new; a move of
    somebody who lies here is counted as the difference it makes, so that nothing stands against it."""

    breaches: tuple[Breach, ...]
    prices: tuple[Price, ...]
    now: tuple[Price, ...]

    @property
    def cost(self) -> int:
        """What the change adds to the cost of the hospital."""
        return sum(price.cost for price in self.prices)

    @property
    def cost_now(self) -> int:
        """What the request adds as it stands."""
        return sum(price.cost for price in self.now)

    @property
    def difference(self) -> int:
        """How much dearer the hospital becomes; negative if it gains."""
        return self.cost - self.cost_now


def checked(proposed: Decided, records: Records, present: Decided | None = None) -> Checked:
    """The referee's word on a change. ``records``: the hospital without what ``present`` gave.

    Raises KeyError when the change names a bed, unit or lot that is not in the records.
    """
    counts = check(proposed, records)
    against = broken(counts, records.profile)
    return Checked(
        tuple(Breach(rule_id, rules.RULES[rule_id].level, counts[rule_id]) for rule_id in against),
        _prices(counts, records),
        () if present is None else _prices(check(present, records), records),
    )


def _prices(counts: Counts, records: Records) -> tuple[Price, ...]:
    """Soft rules with a price, dearest first."""
    priced = [Price(r, amount, cost({r: amount}, records.profile)) for r, amount in counts.items()]
    return tuple(
        sorted((price for price in priced if price.cost), key=lambda price: (-price.cost, price.rule_id))
    )


def supplies(
    live: LiveHospital, request: Request, bed_id: str, start: Minute
) -> tuple[tuple[UnitUse, ...], tuple[LotUse, ...]]:
    """The cheapest units and lots for a request in a bed from a minute, whatever else stands against the bed.

    Units of other wards and lots of their cabinets only where none of the own ward and the pool will do; nothing at
    all if the hospital has no supplies for it then.
    """
    if not request.equipment and not request.drugs:
        return (), ()
    ward = live.records.ward_of_bed(bed_id)
    own = live.records.rooms_of_ward[ward.id]
    bare = replace(
        request,
        needed_by=max(start, live.now),
        max_wait_minutes=0,
        care=Care(request.care.speciality),
        companion=Companion.NONE,
        from_stay_id=None,
        excluded_room_ids=frozenset(room_id for room_id in live.records.rooms if room_id not in own),
    )
    for emptied in (False, True):
        for waived in (OVERRIDABLE - ELSEWHERE, OVERRIDABLE):
            found = _found(live, bare, waived - {rules.ROOM_EXCLUDED.id}, bed_id if emptied else None)
            if found is not None:
                return found
    return (), ()


def _found(
    live: LiveHospital, bare: Request, waived: frozenset[str], emptied: str | None
) -> tuple[tuple[UnitUse, ...], tuple[LotUse, ...]] | None:
    """Units and lots in any bed of the ward; ``emptied``: as if nobody lay in that one."""
    with live.trial():
        for stay in _stays(live.records, emptied):
            live.drop(Stay, stay.id)
        allocation = live.find(bare, f"{bare.id}/supplies", waived=waived)
    return None if allocation is None else (allocation.units, allocation.lots)


def _stays(records: Records, bed_id: str | None) -> Sequence[Stay]:
    return () if bed_id is None else records.bed_stays(bed_id)

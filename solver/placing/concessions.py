"""What may give way so that a request fits: each kind of change once, with its price, and what it does to the records.

A price is in the units of the rules' weights: 1,000 is a minute of a routine patient's waiting. The prices say how far
people would go for one change rather than for another; all are assumed, a hospital puts its own there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from solver.engine.rule import Level
from solver.equipment.rules import UNIT_LENT
from solver.hospital import Allocation, Bed, Minute, Request
from solver.pharmacy.rules import LOT_PLACE
from solver.placing import rules
from solver.placing.displace import Booking
from solver.placing.fallback import Contact, contact
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check
from solver.placing.referee.beds import NOT_CLEAN


class Kind(StrEnum):
    """The kinds of change."""

    WAIT = "wait"
    WAIVE_RULE = "waive_rule"
    OPEN_BED = "open_bed"
    CLEAN_BED = "clean_bed"
    LEND_UNIT = "lend_unit"
    FETCH_LOT = "fetch_lot"
    APPROVE_EQUIVALENT = "approve_equivalent"
    CALL_NURSE = "call_nurse"
    MOVE_PATIENT = "move_patient"
    DISPLACE_BOOKING = "displace_booking"


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of one change of a kind, where it comes from, and who can make it."""

    price: int
    source: str
    by: Contact


TARIFFS: Final[dict[Kind, Tariff]] = {
    # Besides, every minute is charged as the rule on delay of the request's priority says.
    Kind.WAIT: Tariff(0, "the rules on delay", contact("present_team")),
    # Besides, each rule has its own price in WAIVERS.
    Kind.WAIVE_RULE: Tariff(0, "the prices of WAIVERS", contact("bed_manager")),
    Kind.OPEN_BED: Tariff(240_000, "assumed: four hours of a routine wait", contact("open_staffed_bed")),
    Kind.CLEAN_BED: Tariff(30_000, "assumed: a call to housekeeping", contact("housekeeping")),
    Kind.LEND_UNIT: Tariff(30_000, "assumed: half an hour of asking and fetching", contact("lend_unit")),
    Kind.FETCH_LOT: Tariff(15_000, "assumed: a porter's way", contact("move_stock")),
    Kind.APPROVE_EQUIVALENT: Tariff(45_000, "assumed: a pharmacist's check", contact("order_or_approve")),
    Kind.CALL_NURSE: Tariff(240_000, "assumed: four hours' pay of who comes in", contact("call_in_nurse")),
    Kind.MOVE_PATIENT: Tariff(
        180_000, "assumed: three hours; each move lengthens a stay", contact("present_team")
    ),
    # Besides, the delay added to the displaced, or what it costs that they have no place at all.
    Kind.DISPLACE_BOOKING: Tariff(120_000, "assumed: two hours of a routine wait", contact("bed_manager")),
}

WAIVERS: Final[dict[str, int]] = {
    rules.BED_OPEN.id: 360_000,
    rules.BED_KIND.id: 120_000,
    rules.BED_FEATURES.id: 180_000,
    rules.CARE_LEVEL.id: 480_000,
    rules.ROOM_EXCLUDED.id: 150_000,
    rules.WARD_AGE.id: 240_000,
    rules.ROOM_SEX.id: 240_000,
    rules.ISOLATION_ROOM.id: 600_000,
    rules.ISOLATION_COHORT.id: 720_000,
    rules.EXPOSURE_COHORT.id: 480_000,
    rules.KEEP_APART.id: 960_000,
    rules.NURSING_FLOOR.id: 480_000,
    rules.SKILL_ON_DUTY.id: 480_000,
}
"""What it takes to override a rule for one request, by rule; assumed. Those left out are changed at their cause: a bed
is staffed, a unit lent, a lot fetched."""

CAUSES: Final = {
    rules.BED_STAFFED.id: Kind.OPEN_BED,
    UNIT_LENT.id: Kind.LEND_UNIT,
    LOT_PLACE.id: Kind.FETCH_LOT,
}
"""Overridable rules that are changed at their cause."""


@dataclass(frozen=True, slots=True)
class Concession:
    """One change. ``subject_id``: the request that waits, the rule, bed, unit, lot, drug, shift, stay or the request
    of the booking that gives way. ``ward_id``: whose it is. ``minute``: until when to wait, or when the bed is clean.

    ``booking`` gives way (for a patient who lies here: the request to move them, without an allocation) and gets
    ``to``, or waits if that is None.
    """

    kind: Kind
    subject_id: str
    price: int
    ward_id: str | None = None
    minute: Minute | None = None
    request: Request | None = None
    booking: Booking | None = None
    to: Allocation | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Changes after which a request fits. ``request``: as it may be placed then (a longer wait, another drug);
    ``waived``: with those rules overridden; ``allocation``: what it can get."""

    concessions: tuple[Concession, ...]
    request: Request
    waived: frozenset[str]
    allocation: Allocation

    @property
    def price(self) -> int:
        """The sum of what the changes cost."""
        return sum(concession.price for concession in self.concessions)


def concede(concessions: Iterable[Concession], live: LiveHospital) -> bool:
    """Make the changes in the records (inside a trial); whether everybody who goes elsewhere keeps every rule there.

    Bookings that give way are taken back first, then each gets its new place, in an order in which it is free. Waiting,
    waivers and other drugs are no changes of the records.
    """
    going = []
    for concession in concessions:
        if concession.booking is not None:
            live.withdraw(concession.booking.request, concession.booking.allocation)
        if concession.kind in (Kind.MOVE_PATIENT, Kind.DISPLACE_BOOKING):
            going.append(concession)
        else:
            _provide(concession, live)
    while going:
        # Whose new bed is another's old one comes after them.
        left = [concession for concession in going if not _settled(concession, live)]
        if len(left) == len(going):
            return False
        going = left
    return True


def _provide(concession: Concession, live: LiveHospital) -> None:
    records, subject = live.records, concession.subject_id
    match concession.kind:
        case Kind.OPEN_BED:
            live.put(replace(records.beds[subject], staffed=True))
        case Kind.CLEAN_BED:
            live.put(replace(records.beds[subject], clean_at=concession.minute))
        case Kind.LEND_UNIT:
            live.put(replace(records.units[subject], lendable=True))
        case Kind.FETCH_LOT:
            live.put(replace(records.lots[subject], ward_id=None))
        case Kind.CALL_NURSE:
            live.put(replace(records.shifts[subject], called_at=records.now))
        case _:
            pass


def _settled(concession: Concession, live: LiveHospital) -> bool:
    """Give whoever goes elsewhere their new place if it keeps every rule as things stand; whether it does."""
    booking, to = concession.booking, concession.to
    request = concession.request if booking is None else booking.request
    assert request is not None, "a move has its request, a displacement its booking"
    if to is None:
        return True
    waived = frozenset[str]() if booking is None else booking.waived
    if broken(check(Decided(request, to), live.records), live.records.profile, waived):
        return False
    live.apply(Decision(request, to, 0))
    return True


# --- prices ---------------------------------------------------------------------------------------------------
def rule_price(rule_id: str) -> int | None:
    """What it takes at least that one rule does not stand in the way; None if nothing but the hospital's state
    changes it."""
    if rule_id in CAUSES:
        return TARIFFS[CAUSES[rule_id]].price
    return WAIVERS.get(rule_id)


def waiting(request: Request, start: Minute, records: Records) -> Concession | None:
    """The wait until a start, if it is one: from when it could begin at best."""
    late = start - max(request.needed_by, records.now)
    if late <= 0:
        return None
    price = late * records.profile.weight(rules.DELAY[request.priority])
    return Concession(Kind.WAIT, request.id, price, minute=start)


def displacing(booking: Booking, to: Allocation | None, records: Records) -> Concession:
    """A booking gives way: its fixed price, and the delay that is added or the place that is lost."""
    request, given = booking.request, booking.allocation
    profile = records.profile
    if to is None:
        lost = profile.weight(rules.UNPLACED[request.priority])
    else:
        lost = max(0, to.start - given.start) * profile.weight(rules.DELAY[request.priority])
    ward_id = records.ward_of_bed(given.bed_id).id
    price = TARIFFS[Kind.DISPLACE_BOOKING].price + lost
    return Concession(Kind.DISPLACE_BOOKING, request.id, price, ward_id, booking=booking, to=to)


def moving(request: Request, to: Allocation, records: Records) -> Concession:
    """Somebody who lies here goes to another bed."""
    assert request.from_stay_id is not None, "a move continues a stay"
    stay = records.stays[request.from_stay_id]
    ward_id = records.ward_of_bed(stay.bed_id).id
    price = TARIFFS[Kind.MOVE_PATIENT].price
    return Concession(Kind.MOVE_PATIENT, stay.id, price, ward_id, request=request, to=to)


def unclean(bed: Bed) -> bool:
    """Whether a bed is dirty and nobody has said when it is clean."""
    return bed.status in NOT_CLEAN and bed.clean_at is None


def cleaning(bed: Bed, records: Records) -> Concession:
    """The bed is cleaned now, as after whoever asks for most: who lay there is not known any more."""
    times = records.cleaning
    minutes = max(times.routine, times.discharge, times.terminal, times.ultraviolet)
    ward_id = records.ward_of_bed(bed.id).id
    price = TARIFFS[Kind.CLEAN_BED].price
    return Concession(Kind.CLEAN_BED, bed.id, price, ward_id, minute=records.now + minutes)


def for_rule(rule_id: str, allocation: Allocation, records: Records) -> Iterator[Concession]:
    """What has to give way so that a bundle may break an overridable rule."""
    ward_id = records.ward_of_bed(allocation.bed_id).id
    kind = CAUSES.get(rule_id)
    if kind is None:
        yield Concession(Kind.WAIVE_RULE, rule_id, WAIVERS[rule_id], ward_id)
    elif kind is Kind.OPEN_BED:
        yield Concession(kind, allocation.bed_id, TARIFFS[kind].price, ward_id)
    elif kind is Kind.LEND_UNIT:
        for unit in (records.units[use.unit_id] for use in allocation.units):
            if unit.owner_ward_id not in (None, ward_id) and not unit.lendable:
                yield Concession(kind, unit.id, TARIFFS[kind].price, unit.owner_ward_id)
    else:
        for lot in {use.lot_id: records.lots[use.lot_id] for use in allocation.lots}.values():
            if lot.ward_id not in (None, ward_id):
                yield Concession(kind, lot.id, TARIFFS[kind].price, lot.ward_id)


def is_waivable(rule_id: str) -> bool:
    """Whether some change takes a rule out of the way."""
    return rules.RULES[rule_id].level is not Level.ABSOLUTE and rule_price(rule_id) is not None

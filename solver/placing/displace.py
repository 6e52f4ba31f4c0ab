"""Displacing: one booked, less urgent bundle is taken back so that someone urgent comes in earlier.

Less urgent requests book beds hours ahead, and an emergency then finds nothing that is free for as long as it needs
a bed. Taking one such booking back, and deciding it anew, often costs its patient little. Two decisions are proposed
together, and only if the referee counts less for both than for leaving things as they are.

Safeguards (CLINICAL.md 2 and 5): only bookings that have not started, of patients who are neither in bed nor on the
way and who are less urgent by priority. Nothing is taken from a patient in treatment, and nobody is moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from solver.engine.rule import Rule
from solver.hospital import Allocation, Minute, Priority, Request, StayState
from solver.placing import rules
from solver.placing.bounds import Bounds
from solver.placing.layout import FAR
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision, Method
from solver.placing.records import Records

URGENT: Final = frozenset({Priority.EMERGENCY, Priority.URGENT})
"""Who may displace others."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A bundle that was given and has not started. ``waived``: rules a person overrode for its request."""

    request: Request
    allocation: Allocation
    waived: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two decisions that belong together: the urgent request's, and the displaced one's after it.

    ``again.allocation`` is None when nothing is left for the displaced; its ``why_not`` then says why. ``gain``: by how
    much the total cost falls, above 0.
    """

    urgent: Decision
    displaced: Booking
    again: Decision
    gain: int


def wants_exchange(request: Request, found: Allocation | None, now: Minute, bounds: Bounds) -> bool:
    """Whether a request is urgent and has found no place, or a late one."""
    if request.priority not in URGENT or bounds.tries == 0:
        return False
    return found is None or found.start > max(request.needed_by, now) + bounds.after_minutes


def exchange(
    live: LiveHospital,
    request: Request,
    found: Allocation | None,
    bookings: Iterable[Booking],
    ids: tuple[str, str],
    bounds: Bounds,
    waived: frozenset[str] = frozenset(),
) -> Exchange | None:
    """The best single booking to take back for an urgent request; None when none makes the whole cheaper.

    ``found``: what the request gets as things stand, not applied. ``bookings``: those the caller allows to be taken
    back, all of them ``movable``; who is not less urgent is left out here. ``ids``: of the new allocations, the urgent
    request's and the displaced one's. Changes nothing that lasts.
    """
    if not wants_exchange(request, found, live.now, bounds):
        return None
    allowed = [booking for booking in bookings if booking.request.priority > request.priority]
    if not allowed:
        return None
    before = live.judged(request, found, Method.KERNEL, waived=waived).cost
    latest = FAR if found is None else found.start
    return _Search(live, request, waived, ids, before, latest).best(allowed, bounds.tries)


def movable(booking: Booking, live: LiveHospital) -> bool:
    """Whether a booking may be taken back at all: no move from another bed, not due yet, and every stay still a mere
    booking."""
    given, stays = booking.allocation, live.records.stays
    if booking.request.from_stay_id is not None or given.start <= live.now:
        return False
    main, beside = stays.get(f"{given.id}/stay"), stays.get(f"{given.id}/companion")
    only_booked = beside is None or beside.state is StayState.BOOKED
    return main is not None and main.state is StayState.BOOKED and only_booked


@dataclass(frozen=True, slots=True)
class _Search:
    """One search for a booking to take back.

    ``before``: cost of the urgent request as things stand. ``latest``: it must start earlier than this. ``ids``: of
    the new allocations.
    """

    live: LiveHospital
    request: Request
    waived: frozenset[str]
    ids: tuple[str, str]
    before: int
    latest: Minute

    def best(self, bookings: list[Booking], tries: int) -> Exchange | None:
        """The exchange that saves most, of at most ``tries`` bookings; the referee has the last word."""
        saved: list[tuple[int, Booking]] = []
        for start, booking in self.promising(bookings)[:tries]:
            if saved and self.before - self.delay_cost(start) <= max(saving for saving, _ in saved):
                break
            saving = self.estimate(booking)
            if saving is not None and saving > 0:
                saved.append((saving, booking))
        saved.sort(key=lambda item: -item[0])
        confirmed = (self.confirmed(booking) for _, booking in saved)
        return next((found for found in confirmed if found is not None), None)

    # --- which bookings are worth a trial -------------------------------------------------------------------
    def promising(self, bookings: list[Booking]) -> list[tuple[Minute, Booking]]:
        """Bookings without which the request might start earlier, and from when; the earliest start first, then the
        least urgent, then who comes last."""
        stay_ids = [f"{booking.allocation.id}/stay" for booking in bookings]
        starts = [int(start) for start in self.live.starts_without(self.request, stay_ids, self.waived)]
        if self.lacks_supplies():
            base = max(self.request.needed_by, self.live.now)
            starts = [
                base if self.holds_supplies(booking.allocation) else start
                for start, booking in zip(starts, bookings, strict=True)
            ]
        worth = [
            (start, booking) for start, booking in zip(starts, bookings, strict=True) if start < self.latest
        ]
        return sorted(worth, key=lambda item: (item[0], *_order(item[1])))

    def lacks_supplies(self) -> bool:
        """Whether the request could start earlier if it needed neither units nor lots."""
        if not self.request.equipment and not self.request.drugs:
            return False
        bare = replace(self.request, equipment=(), drugs=())
        found = self.live.find(bare, self.ids[0], waived=self.waived)
        return found is not None and found.start < self.latest

    def holds_supplies(self, given: Allocation) -> bool:
        """Whether a bundle holds a unit or a lot of a kind that may serve the request."""
        records = self.live.records
        return bool(supplies_wanted(self.request, records) & supplies_held(given, records))

    def delay_cost(self, start: Minute) -> int:
        """What the request's delay costs when it starts at a minute."""
        return self.weight(rules.DELAY[self.request.priority]) * (start - self.request.needed_by)

    # --- trials ---------------------------------------------------------------------------------------------
    def estimate(self, booking: Booking) -> int | None:
        """What taking a booking back would save by the kernels' costs; None when the request starts no earlier.

        Of the booking as it stands only the delay is reckoned: what its bed costs besides hardly differs between
        bookings, and the referee counts it in the end.
        """
        theirs, given = booking.request, booking.allocation
        with self.live.trial():
            self.live.withdraw(theirs, given)
            urgent = self.live.priced(self.request, self.ids[0], waived=self.waived)
            if urgent is None or urgent[0].start >= self.latest:
                return None
            self.give(urgent[0])
            again = self.live.priced(theirs, self.ids[1], published=given.bed_id, waived=booking.waived)
        stood = self.weight(rules.DELAY[theirs.priority]) * (given.start - theirs.needed_by)
        unplaced = self.weight(rules.UNPLACED[theirs.priority])
        return self.before + stood - urgent[1] - (unplaced if again is None else again[1])

    def confirmed(self, booking: Booking) -> Exchange | None:
        """The exchange as the referee counts it; None unless both decisions are clean and the total falls."""
        theirs, given, live = booking.request, booking.allocation, self.live
        with live.trial():
            live.withdraw(theirs, given)
            stood = live.judged(theirs, given, Method.KERNEL, waived=booking.waived).cost
            urgent = live.judged(
                self.request,
                live.find(self.request, self.ids[0], waived=self.waived),
                Method.KERNEL,
                waived=self.waived,
            )
            if urgent.allocation is None or not urgent.verified:
                return None
            self.give(urgent.allocation)
            again = live.decide(theirs, self.ids[1], published=given.bed_id, waived=booking.waived)
        gain = self.before + stood - urgent.cost - again.cost
        return Exchange(urgent, booking, again, gain) if again.verified and gain > 0 else None

    def give(self, allocation: Allocation) -> None:
        """Apply the urgent request's allocation. The bed that a transfer leaves is not counted as free by it: it is
        free when the patient has left."""
        self.live.apply(Decision(replace(self.request, from_stay_id=None), allocation, 0))

    def weight(self, rule: Rule) -> int:
        """A rule's price under the hospital's profile."""
        return self.live.records.profile.weight(rule)


def _order(booking: Booking) -> tuple[int, Minute, str]:
    return -booking.request.priority, -booking.allocation.start, booking.allocation.bed_id


def supplies_wanted(request: Request, records: Records) -> frozenset[tuple[str, str]]:
    """Kinds of units and drugs that may serve a request."""
    types = (
        ("type", name)
        for need in request.equipment
        for name in (need.type_id, *records.equipment_types[need.type_id].substitutes)
    )
    drugs = (
        ("drug", name)
        for need in request.drugs
        for name in (need.drug_id, *records.drugs[need.drug_id].equivalents)
    )
    return frozenset((*types, *drugs))


def supplies_held(given: Allocation, records: Records) -> frozenset[tuple[str, str]]:
    """Kinds of units and drugs that a bundle holds."""
    types = (("type", records.units[use.unit_id].type_id) for use in given.units)
    return frozenset((*types, *(("drug", records.lots[use.lot_id].drug_id) for use in given.lots)))

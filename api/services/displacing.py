"""Displacing: which booking someone urgent may take the place of, as this hospital works the desk.

Whom the solver's search may take back is decided here: what a person chose or waived rules for, and what a ward has
accepted and awaits soon, is left to people; and nobody is displaced twice.
"""

from __future__ import annotations

from api.services.cases import Case
from api.services.desk import Changes
from solver.hospital import Allocation, RequestState
from solver.placing.displace import Booking, Exchange, exchange, movable, wants_exchange
from solver.placing.problem import Method


class Displaceable:
    """The bookings that somebody more urgent may take the place of, as the desk stands; looked up when first needed,
    and good until a booking is made, taken back or begun."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._bookings: list[Booking] | None = None

    def exchange_for(self, case: Case, found: Allocation | None) -> Exchange | None:
        """The exchange that lets an urgent case in earlier than ``found``, if one makes the whole cheaper. Changes
        nothing."""
        changes, bounds = self._changes, self._changes.practice.displacing
        if not wants_exchange(case.request, found, changes.now, bounds):
            return None
        if self._bookings is None:
            untouched = (c for c in changes.desk.cases.values() if c.displaced_by is None)
            self._bookings = [found for found in map(self.booking_of, untouched) if found is not None]
        ids = (changes.desk.new_id("alc"), changes.desk.new_id("alc"))
        return exchange(changes.live, case.request, found, self._bookings, ids, bounds, case.waived)

    def booking_of(self, case: Case) -> Booking | None:
        """The booking of a case if software may change it: it has not begun, and no person has had a say in it."""
        if case.allocation is None or case.state is RequestState.ARRIVED:
            return None
        booking = Booking(case.request, case.allocation, case.waived)
        allowed = movable(booking, self._changes.live) and not _decided_by_a_person(case)
        return booking if allowed and not _awaited(case, self._changes) else None


def _decided_by_a_person(case: Case) -> bool:
    """Whether a person chose the bed, or waived rules for it (an override may be over by now, its bed is not)."""
    chosen = case.explanation.get("method") == Method.PERSON.value
    return chosen or bool(case.waivers) or bool(case.explanation.get("waived"))


def _awaited(case: Case, changes: Changes) -> bool:
    """Whether its ward has accepted the patient and awaits them soon."""
    assert case.allocation is not None, "booked"
    soon = changes.now + changes.practice.displacing.imminent_minutes
    return case.state is RequestState.CONFIRMED and case.allocation.start <= soon

"""Displacing: which booking someone urgent may take the place of, as this hospital works the desk.

Whom the solver's search may take back is decided here: what a person chose, holds or waived rules for, and what a ward
has accepted and awaits soon, is left to people; and nobody is displaced twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from api.services.cases import Case
from api.services.changes import Changes
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
            bookings = (booking_of(other) for other in may_be_displaced(changes))
            self._bookings = [booking for booking in bookings if movable(booking, changes.live)]
        ids = (changes.desk.new_id("alc"), changes.desk.new_id("alc"))
        return exchange(changes.live, case.request, found, self._bookings, ids, bounds, case.waived)


def booking_of(case: Case) -> Booking:
    """A case that has a bundle, as the solver knows it."""
    assert case.allocation is not None, "booked"
    return Booking(case.request, case.allocation, case.waived)


def may_be_displaced(changes: Changes) -> Iterator[Case]:
    """Booked cases that were not displaced before and that may be changed, in no order."""
    for other in changes.desk.to_come.values():
        if other.displaced_by is None and may_be_changed(other, changes):
            yield other


def may_be_changed(case: Case, changes: Changes) -> bool:
    """Whether software may change a booking: no person has had a say in it (who holds it has), and
    nobody awaits it."""
    if case.allocation is None or case.state is RequestState.ARRIVED or case.held_until is not None:
        return False
    return not _decided_by_a_person(case) and not _awaited(case, changes)


def _decided_by_a_person(case: Case) -> bool:
    """Whether a person chose the bed, or waived rules for it (an override may be over by now, its bed is not)."""
    chosen = case.explanation.get("method") == Method.PERSON.value
    return chosen or bool(case.waivers) or bool(case.explanation.get("waived"))


def _awaited(case: Case, changes: Changes) -> bool:
    """Whether its ward has accepted the patient and awaits them soon."""
    assert case.allocation is not None, "booked"
    soon = changes.now + changes.practice.displacing.imminent_minutes
    return case.state is RequestState.CONFIRMED and case.allocation.start <= soon

"""Displacing: which booking someone urgent may take the place of, as this hospital works the desk.

Whom the solver's search may take back is decided here: what a person chose or waived rules for, and what a ward has
accepted and awaits soon, is left to people; and nobody is displaced twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from api.services.cases import Case
from api.services.desk import Changes
from solver.hospital import Allocation, Request, RequestState
from solver.placing.displace import Booking, Exchange, exchange, wants_exchange
from solver.placing.problem import Method


def exchange_for(case: Case, found: Allocation | None, changes: Changes) -> Exchange | None:
    """The exchange that lets an urgent case in earlier than ``found``, if one makes the whole cheaper. Changes
    nothing."""
    bounds = changes.practice.displacing
    if not wants_exchange(case.request, found, changes.now, bounds):
        return None
    bookings = [
        Booking(other.request, other.allocation, other.waived)
        for other in may_be_displaced(case.request, changes)
        if other.allocation is not None
    ]
    ids = (changes.desk.new_id("alc"), changes.desk.new_id("alc"))
    return exchange(changes.live, case.request, found, bookings, ids, bounds, case.waived)


def may_be_displaced(request: Request, changes: Changes) -> Iterator[Case]:
    """Booked cases less urgent than a request, in no order, that no person has had a say in."""
    for other in changes.desk.cases.values():
        if other.allocation is None or other.request.priority <= request.priority:
            continue
        untouched = other.displaced_by is None and not _decided_by_a_person(other)
        if untouched and not _awaited(other, changes):
            yield other


def _decided_by_a_person(case: Case) -> bool:
    """Whether a person chose the bed, or waived rules for it (an override may be over by now, its bed is not)."""
    chosen = case.explanation.get("method") == Method.PERSON.value
    return chosen or bool(case.waivers) or bool(case.explanation.get("waived"))


def _awaited(case: Case, changes: Changes) -> bool:
    """Whether its ward has accepted the patient and awaits them soon."""
    assert case.allocation is not None, "booked"
    soon = changes.now + changes.practice.displacing.imminent_minutes
    return case.state is RequestState.ARRIVED or (
        case.state is RequestState.CONFIRMED and case.allocation.start <= soon
    )

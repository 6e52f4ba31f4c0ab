"""Bookings and emergencies for tests of displacing: a hospital where only bed B1 ever comes free."""

from __future__ import annotations

from solver.hospital import Priority, Request
from solver.placing.bounds import Bounds
from solver.placing.displace import Booking, Exchange, exchange, movable
from solver.placing.live import LiveHospital
from solver.placing.problem import Decision
from tests.builders import DAY, HOUR, NOW, given, occupant, person, records_of, request

IDS = ("urgent", "again")
FULL = [occupant(f"s{bed}", bed, end=5 * DAY) for bed in ("B2", "B3", "B4", "C1", "C2")]


def live_with(*records, **changes) -> LiveHospital:
    return LiveHospital(records_of(*FULL, *records, **changes))


def book(live: LiveHospital, person_id: str, start: int, bed_id: str = "B1", **changes) -> Booking:
    """A booking from ``start`` minutes after now; routine, for a day, unless said otherwise."""
    who = changes.pop("who", person(person_id))
    live.put(who)
    asked = request(
        person_id,
        **{"priority": Priority.ROUTINE, "needed_by": NOW + start, "max_wait_minutes": DAY, **changes},
    )
    booking = Booking(asked, given(asked, bed_id))
    live.apply(Decision(asked, booking.allocation, 0))
    return booking


def emergency(**changes) -> Request:
    return request(**{"priority": Priority.EMERGENCY, "max_wait_minutes": 2 * HOUR, **changes})


def live_with_booking(booking: Booking) -> LiveHospital:
    live = live_with(person(booking.request.person_id))
    live.apply(Decision(booking.request, booking.allocation, 0))
    return live


def exchanged(live: LiveHospital, asked: Request, *bookings: Booking, **bounds) -> Exchange | None:
    found = live.find(asked, IDS[0])
    bookings = [booking for booking in bookings if movable(booking, live)]
    return exchange(live, asked, found, bookings, IDS, Bounds(**bounds))

"""Bookings of units that go along with their patients."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from models.repositories.records import RecordChange, save_changes
from models.store import load_hospital
from solver.hospital import BookingTerms, UnitBooking

NOW = 29_000_000
BEFORE = UnitBooking("first", "U2", "W", NOW - 100, NOW - 20)
"""Its turnaround of 20 minutes is over just when the next use begins, on the unit's own ward: no way between."""
IN_USE = UnitBooking("second", "U2", "W", NOW, NOW + 300, pinned=True)


def store(at, minute, *changes):
    with at(minute) as transaction:
        save_changes(transaction, [RecordChange(*change) for change in changes], "test")


def test_a_unit_in_use_goes_along_to_another_ward_though_the_use_before_it_ended_just_in_time(at):
    """A transferred patient could not arrive: the way to the new ward was reckoned before a use that had begun on the
    old one, and ran into the use before."""
    store(at, NOW - 100, (None, BEFORE))
    store(at, NOW, (None, IN_USE))
    elsewhere = replace(IN_USE, ward_id="V")
    store(at, NOW + 60, (IN_USE, elsewhere))
    with at(NOW + 61) as transaction:
        row = transaction.connection.exec_driver_sql(
            "SELECT ward_id, blocked_start, blocked_end FROM unit_booking WHERE id = 'second'"
        ).one()
    assert tuple(row) == ("V", NOW, NOW + 320)


def test_a_unit_that_goes_along_to_a_nearer_ward_can_be_used_until_the_shorter_way_begins(at):
    """Its booking kept the minutes of the longer way: whoever was given those minutes was refused without end."""
    on_its_way = replace(IN_USE, ward_id="V")
    store(at, NOW - 100, (None, on_its_way))
    store(at, NOW - 99, (on_its_way, IN_USE))
    store(at, NOW - 98, (None, BEFORE))
    with at(NOW - 97) as transaction:
        assert {booking.id for booking in load_hospital(transaction.connection).unit_bookings} == {
            "first",
            "second",
        }


def test_a_use_that_is_put_off_to_another_ward_has_its_way_before_it(at):
    store(at, NOW - 100, (None, BEFORE))
    store(at, NOW - 50, (None, replace(IN_USE, pinned=False)))
    with pytest.raises(IntegrityError):
        store(at, NOW - 40, (replace(IN_USE, pinned=False), replace(IN_USE, pinned=False, ward_id="V")))


HELD = UnitBooking(
    "held", "U2", "W", NOW, NOW + 60, terms=BookingTerms("b", "pump", NOW, NOW + 90, 3, "s", NOW - 10)
)


def test_the_last_revision_of_what_a_booking_was_asked_for_holds_and_those_before_stay(at):
    for_good = replace(HELD, terms=replace(HELD.terms, held_until=None, revision=2))
    store(at, NOW - 100, (None, HELD))
    with at(NOW - 99) as transaction:
        assert load_hospital(transaction.connection).unit_bookings == (HELD,)
    store(at, NOW - 50, (HELD, for_good))
    with at(NOW - 49) as transaction:
        assert load_hospital(transaction.connection).unit_bookings == (for_good,)
        kept = "SELECT revision, held_until FROM booking_terms ORDER BY revision"
        assert [tuple(r) for r in transaction.connection.exec_driver_sql(kept)] == [(1, NOW - 10), (2, None)]
        asked = "SELECT need_type_id FROM unit_booking"
        assert transaction.connection.exec_driver_sql(asked).scalar_one() == "pump"


def test_a_revision_of_what_was_asked_for_is_stored_once(at):
    store(at, NOW - 100, (None, HELD))
    with pytest.raises(IntegrityError):
        store(at, NOW - 50, (HELD, replace(HELD, terms=replace(HELD.terms, priority=9))))

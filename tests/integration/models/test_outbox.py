from models import outbox
from models.clock import Instant
from models.commands import Event


def put(database, *topics, at=0):
    with database.writing() as connection:
        events = outbox.prepare([Event(topic, {"n": topic}) for topic in topics], Instant(at))
        outbox.append(connection, events, 1)


def topics(database, after, limit=500):
    with database.reading() as connection:
        return [(event.sequence, event.topic) for event in outbox.read(connection, after, limit)]


def test_events_are_read_in_the_order_they_were_stored(database):
    put(database, "a", "b")
    put(database, "c")
    assert topics(database, 0) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_reader_goes_on_after_the_last_it_has_seen(database):
    put(database, "a", "b", "c")
    assert topics(database, 1, limit=1) == [(2, "b")]
    assert topics(database, 3) == []


def test_pruning_keeps_the_newest_so_that_no_number_is_given_twice(database):
    put(database, "a", "b", at=10)
    with database.writing() as connection:
        assert outbox.prune(connection, Instant(11)) == 1
    put(database, "c", at=20)
    assert topics(database, 0) == [(2, "b"), (3, "c")]

"""The books of a group commit, on both databases."""

import pytest
from sqlalchemy import text

from models import audit, outbox
from models.batch import Records, Step, carry_out
from models.commands import Answer, AuditEntry, Command, Event, Outcome, hash_of
from models.errors import KeyReused
from models.ledger import SqlStorage


def command(key, what="a"):
    outcome = Outcome(
        Answer(201, {"key": key}), (AuditEntry("did", key, {}),), (Event("done", {"key": key}),)
    )
    return Command(
        "do", "acc", idempotency_key=key, body_hash=hash_of("do", {"what": what}), write=lambda _: outcome
    )


def keep(ledger, clock, *keys):
    """Each of these commands, of one batch."""
    return carry_out(ledger, [Step(one, one.write) for one in map(command, keys)], clock())


def fail(storage, clock, *keys):
    with storage.writing() as ledger:
        keep(ledger, clock, *keys)
        raise ZeroDivisionError


def books(database):
    with database.reading() as connection:
        return audit.verify_chain(connection), [event.sequence for event in outbox.read(connection, 0)]


def test_commands_of_several_batches_stand_in_one_chain(database, clock):
    storage = SqlStorage(database)
    for keys in (("a",), ("b", "c"), ("d",)):
        with storage.writing() as ledger:
            keep(ledger, clock, *keys)
    report, events = books(database)
    assert (report.lines, report.breaks) == (4, ())
    assert events == [1, 2, 3, 4]


def test_what_is_kept_twice_in_a_transaction_goes_on_from_the_first(database, clock):
    with SqlStorage(database).writing() as ledger:
        keep(ledger, clock, "a")
        now = clock()
        lines = audit.prepare("acc", [AuditEntry("did", "b", {})], now)
        ledger.keep(Records(lines=lines, events=outbox.prepare([Event("done", {})], now)), 2)
    report, events = books(database)
    assert (report.lines, report.breaks) == (2, ())
    assert events == [1, 2]


def test_a_transaction_that_failed_leaves_the_next_no_place_to_go_on_from(database, clock):
    with pytest.raises(ZeroDivisionError):
        fail(SqlStorage(database), clock, "a", "b")
    with SqlStorage(database).writing() as ledger:
        keep(ledger, clock, "c")
    report, events = books(database)
    assert (report.lines, report.breaks) == (1, ())
    assert events == [1]


def test_only_what_is_committed_was_answered_before(database, clock):
    storage, one = SqlStorage(database), command("a")
    with pytest.raises(ZeroDivisionError):
        fail(storage, clock, "a")
    assert storage.answers([one]) == {}
    with storage.writing() as ledger:
        keep(ledger, clock, "a")
    assert storage.answers([one, command("b")])[one.key_hash].replayed
    assert isinstance(storage.answers([command("a", "other")])[one.key_hash], KeyReused)


def test_whether_a_key_is_known_is_asked_outside_of_any_transaction(database):
    storage = SqlStorage(database)
    storage.answers([command("a")])
    # One that were left open would hold the write lock, or keep the log from being folded.
    with database.writing() as connection:
        connection.execute(text("UPDATE hospital_meta SET name = 'x'"))
    database.fold_log()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_was_answered_is_told_where_the_writing_connection_cannot_be_had(database, clock):
    storage, one = SqlStorage(database), command("a")
    with storage.writing() as ledger:
        keep(ledger, clock, "a")
    database.settle()
    database._writer.dispose()
    aside = database.path.rename(database.path.with_suffix(".aside"))
    try:
        assert storage.answers([one])[one.key_hash].replayed
        assert storage.answers([command("b")]) == {}
    finally:
        aside.rename(database.path)

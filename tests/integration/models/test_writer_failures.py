"""The writer while storage itself fails: nothing half kept, nothing falsely told, and on again by itself."""

import contextlib
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models import audit
from models.commands import Answer, AuditEntry, Command, Outcome
from models.errors import CommitFailed, OutcomeUnknown
from models.failures import store_and_take_away
from tests.integration.models.test_writer import ask, count, decider, queue_up, rooms, writer

__all__ = ["decider", "rooms", "writer"]


@contextlib.contextmanager
def full(database):
    """The writing connection may take no page more than the file has."""
    with database.writing() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    yield
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")


def fill(transaction):
    transaction.connection.execute(
        text("INSERT INTO booking VALUES ('big', hex(zeroblob(99999)), 1, 2, 'no')")
    )
    return Outcome(Answer(200, {}), (AuditEntry("fill", "hospital"),))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_disk_that_is_full_in_the_middle_of_a_batch_keeps_nothing_of_it(writer, decider, rooms):
    """SQLite ends the whole transaction when the disk is full. The commands after the one that met it used to be
    committed one by one, without audit line, event or key, and were told so."""
    with full(rooms):
        commands = [ask("A", 1, "k1"), Command("fill", "acc_1", write=fill), ask("B", 2, "k2")]
        for future in queue_up(writer, decider, commands):
            with pytest.raises(CommitFailed, match="nothing of it was kept"):
                future.result(5)
        assert (count(rooms, "booking"), count(rooms, "audit_line"), count(rooms, "idempotency")) == (1, 1, 0)
    assert writer.submit_and_wait(ask("A", 1, "k1"), 5).replayed is False
    with rooms.reading() as connection:
        assert audit.verify_chain(connection).breaks == ()


def wait_until_storing(writer):
    until = time.monotonic() + 5
    while not writer.storing and time.monotonic() < until:
        time.sleep(0.01)
    return writer.storing


@contextlib.contextmanager
def no_space(rooms, postgresql_server):
    """Storage takes no write, whatever it is."""
    if rooms.shared:
        name = rooms.url.database
        postgresql_server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        postgresql_server.execute(ended)
        yield
        postgresql_server.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        postgresql_server.execute(ended)
        return
    with rooms.writing() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA query_only=ON")
    yield
    raw = rooms._writer.raw_connection()
    raw.cursor().execute("PRAGMA query_only=OFF")
    raw.close()


def test_storage_that_takes_no_writes_is_tried_every_second_until_it_does(
    writer, decider, rooms, postgresql_server
):
    writer.submit_and_wait(ask("A", 1, "before"), 5)
    with no_space(rooms, postgresql_server):
        for start in (2, 3):
            with pytest.raises(CommitFailed) as caught:
                writer.submit_and_wait(ask("A", start), 5)
            assert not isinstance(caught.value, OutcomeUnknown)
            assert not writer.storing
        decided = len(decider.batches)
        assert writer.submit_and_wait(ask("A", 1, "before"), 5).replayed, (
            "what was answered is answered still"
        )
        time.sleep(1.2)
        assert not writer.storing
        assert writer.statistics.failed_commits >= 2
    assert wait_until_storing(writer)
    assert len(decider.batches) == decided, "nothing is decided that cannot be stored"
    assert writer.submit_and_wait(ask("A", 4), 5).revision == 2
    assert (count(rooms, "booking"), count(rooms, "batch_touched")) == (2, 2 if rooms.shared else 0)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_trying_to_store_goes_to_the_disk_and_leaves_nothing(rooms):
    log = rooms.path.with_name(rooms.path.name + "-wal")
    rooms.fold_log()
    assert log.stat().st_size == 0
    with rooms.writing() as connection:
        store_and_take_away(connection)
    assert log.stat().st_size > 0
    assert count(rooms, "batch_touched") == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["hospital.db", "hospital.db-wal"])
@pytest.mark.parametrize("put", ["moved", "replaced"])
def test_nothing_is_acknowledged_that_goes_to_a_file_without_its_name(writer, rooms, name, put):
    """A file that was deleted or moved takes writes as before, for as long as it is open: everything that was
    acknowledged since then was gone at the next start."""
    writer.submit_and_wait(ask("A", 1), 5)
    here, there = rooms.path.with_name(name), rooms.path.with_name("elsewhere")
    here.rename(there)
    if put == "replaced":
        here.write_bytes(there.read_bytes())
    with pytest.raises(CommitFailed, match="nothing of it was kept"):
        writer.submit_and_wait(ask("A", 2), 5)
    assert count(rooms, "booking") == 1, "reading goes on"
    there.rename(here)
    assert wait_until_storing(writer)
    assert writer.submit_and_wait(ask("A", 2), 5).revision == 2


def test_what_was_stored_before_is_not_denied_when_its_key_cannot_be_looked_up(writer, rooms, monkeypatch):
    writer.submit_and_wait(ask("A", 1, "key"), 5)

    def no_answer():
        raise OperationalError("SELECT", {}, OSError("nobody there"))

    with monkeypatch.context() as broken:
        broken.setattr(rooms, "reading", no_answer)
        with pytest.raises(OutcomeUnknown):
            writer.submit_and_wait(ask("A", 1, "key"), 5)
    assert writer.submit_and_wait(ask("A", 1, "key"), 5).replayed

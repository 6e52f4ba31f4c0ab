"""The writer on a real encrypted database, with a decider that books rooms of a guarded table."""

import asyncio
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import text

from models import audit, outbox
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, hash_of
from models.database import open_database
from models.errors import CommitFailed, Contended, GuardViolation, KeyReused, QueueFull, WriterClosed
from models.following import revision_of
from models.guards import IntervalGuard
from models.keys import write_key_file
from models.place import shown
from models.writer import Writer

TABLE = """CREATE TABLE booking (id TEXT PRIMARY KEY NOT NULL, room TEXT NOT NULL, start INTEGER NOT NULL,
           finish INTEGER NOT NULL, status TEXT NOT NULL)"""
GUARD = IntervalGuard("booking_room", "booking", "room", "start", "finish", "status = 'live'")


class Unwanted(Exception):
    """A refusal of the decider's own."""


@dataclass
class Booking:
    room: str
    start: int
    decided_room: str = ""

    def write(self, transaction):
        values = {"k": f"{transaction.revision}-{self.start}-{self.decided_room}", "r": self.decided_room}
        transaction.connection.execute(
            text("INSERT INTO booking VALUES (:k, :r, :s, :s + 1, 'live')"), {**values, "s": self.start}
        )
        if self.room == "burns after writing":
            raise Unwanted
        if self.room == "not json":
            return Outcome(Answer(201, {"value": object()}), ())
        return Outcome(
            Answer(201, {"room": self.decided_room, "start": self.start}),
            (AuditEntry("book", self.decided_room, {"start": self.start}),),
            (Event("booked", {"room": self.decided_room}),),
        )


@dataclass
class Decider:
    """Decides rooms as asked, or by ``plan``; notes what it is told."""

    plan: dict = field(default_factory=dict)
    batches: list = field(default_factory=list)
    told_refused: list = field(default_factory=list)
    told_committed: list = field(default_factory=list)
    resets: int = 0
    followed: int = 0
    revision: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)

    def decide(self, commands):
        self.batches.append(len(commands))
        self.entered.set()
        self.gate.wait(10)
        return [self.one(command) for command in commands]

    def one(self, command):
        room, start = command.body
        if room == "unwanted":
            return Unwanted()
        if room == "poison":
            raise RuntimeError("cannot decide")
        rooms = self.plan.get(room)
        return Booking(room, start, rooms.pop(0) if rooms else room)

    def place_in_batch(self, command):
        return 0

    def refused(self, command, decision):
        self.told_refused.append((command, decision.decided_room))

    def committed(self, decisions, revision):
        self.told_committed.append(([decision.start for decision in decisions], revision))
        self.revision = revision

    def follow(self, connection):
        before, self.revision = self.revision, revision_of(connection)
        self.followed += self.revision != before
        return self.revision != before

    def reset(self):
        self.resets += 1


@pytest.fixture
def decider():
    decider = Decider()
    decider.gate.set()
    return decider


@pytest.fixture
def rooms(database):
    with database.writing() as connection:
        connection.execute(text(TABLE + (" STRICT" if connection.dialect.name == "sqlite" else "")))
        database.dialect.install_guards(connection, [GUARD])
    return database


@pytest.fixture
def writer(rooms, decider, clock):
    writer = Writer(rooms, decider, clock).start()
    yield writer
    decider.gate.set()
    writer.close()


def ask(room, start, key=None, actor="acc_1"):
    return Command("book", actor, (room, start), key, hash_of("book", {"room": room, "start": start}))


def count(database, table):
    with database.reading() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def revision(database):
    with database.reading() as connection:
        return connection.scalar(text("SELECT revision FROM hospital_meta"))


def test_an_answered_command_is_stored_with_its_audit_line_and_event(writer, rooms):
    reply = writer.submit_and_wait(ask("A", 1, "k1"), 5)
    assert reply.answer == Answer(201, {"room": "A", "start": 1})
    assert (reply.revision, revision(rooms)) == (1, 1)
    with rooms.reading() as connection:
        report = audit.verify_chain(connection)
        (event,) = outbox.read(connection, after=0)
    assert (report.lines, report.breaks) == (1, ())
    assert (event.topic, event.revision) == ("booked", 1)
    assert count(rooms, "idempotency") == 1


def queue_up(writer, decider, commands):
    """Let commands pile up behind one that is being decided, then let them go."""
    decider.gate.clear()
    decider.entered.clear()
    first = writer.submit_later(ask("first", 0))
    assert decider.entered.wait(5)
    futures = [writer.submit_later(command) for command in commands]
    decider.gate.set()
    first.result(5)
    return futures


def test_what_queues_during_a_commit_is_committed_together(writer, decider, rooms):
    futures = queue_up(writer, decider, [ask("A", start) for start in range(100)])
    replies = [future.result(5) for future in futures]
    assert {reply.revision for reply in replies} == {2}
    assert decider.batches == [1, 100]
    assert writer.statistics.largest_batch == 100
    assert count(rooms, "booking") == 101


def test_a_batch_is_bounded(rooms, decider, clock):
    writer = Writer(rooms, decider, clock, batch=8).start()
    for future in queue_up(writer, decider, [ask("A", start) for start in range(20)]):
        future.result(5)
    writer.close()
    assert decider.batches == [1, 8, 8, 4]


def test_a_refused_command_harms_no_other_of_its_batch(writer, decider, rooms):
    decider.plan["anywhere"] = ["A", "B"]
    futures = queue_up(writer, decider, [ask("A", 7), ask("anywhere", 7), ask("C", 7)])
    assert [future.result(5).answer.body["room"] for future in futures] == ["A", "B", "C"]
    assert [room for _, room in decider.told_refused] == ["A"]
    assert decider.told_committed[1:] == [([7, 7], 2), ([7], 3)]
    assert count(rooms, "audit_line") == 4


def test_a_command_refused_again_and_again_is_given_up_as_contended(writer, decider, rooms):
    writer.submit_and_wait(ask("A", 7), 5)
    with pytest.raises(Contended) as caught:
        writer.submit_and_wait(ask("A", 7, "key"), 5)
    assert caught.value.guard == "booking_room"
    assert caught.value.retryable
    assert len(decider.told_refused) == 3
    assert (count(rooms, "booking"), count(rooms, "idempotency"), revision(rooms)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("room", "error"), [("unwanted", Unwanted), ("burns after writing", Unwanted), ("not json", TypeError)]
)
def test_a_command_that_fails_leaves_nothing_behind(writer, decider, rooms, room, error):
    futures = queue_up(writer, decider, [ask("A", 1), ask(room, 2, "key"), ask("B", 3)])
    assert futures[0].result(5).revision == futures[2].result(5).revision == 2
    with pytest.raises(error):
        futures[1].result(5)
    assert (count(rooms, "booking"), count(rooms, "audit_line"), count(rooms, "idempotency")) == (3, 3, 0)


def test_a_command_the_decider_breaks_on_harms_no_other(writer, decider, rooms):
    futures = queue_up(writer, decider, [ask("A", 1), ask("poison", 2), ask("B", 3)])
    assert futures[0].result(5).answer.status == futures[2].result(5).answer.status == 201
    with pytest.raises(RuntimeError, match="cannot decide"):
        futures[1].result(5)
    writer.submit_and_wait(ask("A", 4), 5)
    assert decider.resets == 2, "what it did to the snapshot before it broke is not gone on with"


def test_the_same_command_again_gets_the_same_answer_and_takes_nothing(writer, decider, rooms):
    first = writer.submit_and_wait(ask("A", 1, "key"), 5)
    again = writer.submit_and_wait(ask("A", 1, "key"), 5)
    assert (again.answer, again.revision) == (first.answer, first.revision)
    assert (first.replayed, again.replayed) == (False, True)
    assert decider.batches == [1]
    assert (count(rooms, "booking"), count(rooms, "audit_line"), revision(rooms)) == (1, 1, 1)


def test_the_same_command_twice_in_one_batch_is_carried_out_once(writer, decider, rooms):
    futures = queue_up(writer, decider, [ask("A", 1, "key") for _ in range(5)])
    replies = [future.result(5) for future in futures]
    assert sorted(reply.replayed for reply in replies) == [False, True, True, True, True]
    assert len({reply.revision for reply in replies}) == 1
    assert decider.batches == [1, 1]
    assert count(rooms, "booking") == 2


def test_a_key_with_another_body_is_refused(writer, rooms):
    writer.submit_and_wait(ask("A", 1, "key"), 5)
    with pytest.raises(KeyReused):
        writer.submit_and_wait(ask("A", 2, "key"), 5)
    assert count(rooms, "booking") == 1


def test_a_key_with_another_body_in_the_same_batch_is_refused(writer, decider, rooms):
    same, other, again = queue_up(
        writer, decider, [ask("A", 1, "key"), ask("A", 2, "key"), ask("A", 1, "key")]
    )
    assert same.result(5).answer == again.result(5).answer
    with pytest.raises(KeyReused):
        other.result(5)


def test_keys_of_different_accounts_have_nothing_to_do_with_each_other(writer, rooms):
    writer.submit_and_wait(ask("A", 1, "key", actor="acc_1"), 5)
    reply = writer.submit_and_wait(ask("B", 2, "key", actor="acc_2"), 5)
    assert reply.answer.body["room"] == "B"


def test_a_replay_survives_a_restart_of_the_writer(rooms, decider, clock):
    for expected in (False, True):
        writer = Writer(rooms, decider, clock).start()
        assert writer.submit_and_wait(ask("A", 1, "key"), 5).replayed is expected
        writer.close()


def test_a_plain_command_needs_no_decider(writer, decider, rooms):
    def write(transaction):
        transaction.connection.execute(text("UPDATE hospital_meta SET name = 'Renamed'"))
        return Outcome(Answer(200, {"name": "Renamed"}), (AuditEntry("rename", "hospital"),))

    command = Command("rename", "acc_1", None, "key", hash_of("rename", {}), write)
    assert writer.submit_and_wait(command, 5).revision == 1
    assert writer.submit_and_wait(command, 5).replayed
    assert decider.batches == []
    assert count(rooms, "audit_line") == 1


def test_a_stale_compare_and_set_is_decided_again(writer, rooms):
    attempts = []

    def write(_):
        attempts.append(1)
        if len(attempts) == 1:
            raise GuardViolation("cover_revision")
        return Outcome(Answer(200, {}), ())

    writer.submit_and_wait(Command("try", "acc_1", write=write), 5)
    assert len(attempts) == 2


def break_the_commit(transaction):
    """A deferred foreign key is checked at COMMIT: the batch fails at the last moment."""
    transaction.connection.execute(
        text("CREATE TABLE late (a TEXT REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED)")
    )
    transaction.connection.execute(text("INSERT INTO late VALUES ('nobody')"))
    return Outcome(Answer(200, {}), ())


def test_when_the_commit_fails_nothing_is_kept_and_the_snapshot_is_rebuilt(writer, decider, rooms):
    writer.submit_and_wait(ask("A", 0), 5)

    futures = queue_up(
        writer, decider, [ask("A", 1, "key"), Command("break", "acc_1", write=break_the_commit), ask("B", 2)]
    )
    for future in futures:
        with pytest.raises(CommitFailed) as caught:
            future.result(5)
        assert caught.value.retryable
    assert count(rooms, "booking") == 2
    assert writer.submit_and_wait(ask("A", 1, "key"), 5).replayed is False
    assert decider.resets == 1
    assert revision(rooms) == 3


def test_a_refusal_waits_for_the_commit_of_what_it_rests_on(writer, decider, rooms):
    """It was told before: "released already", of a release that then was not stored."""
    futures = queue_up(
        writer,
        decider,
        [ask("A", 1), Command("break", "acc_1", write=break_the_commit), ask("unwanted", 2)],
    )
    for future in futures:
        with pytest.raises(CommitFailed):
            future.result(5)
    with pytest.raises(Unwanted):
        writer.submit_and_wait(ask("unwanted", 2), 5)


def test_what_was_refused_after_a_decision_that_was_not_kept_is_decided_again(writer, decider, rooms):
    decider.plan["anywhere"] = ["A", "B"]
    futures = queue_up(
        writer, decider, [ask("unwanted", 1), ask("A", 7), ask("anywhere", 7), ask("unwanted", 2)]
    )
    assert futures[2].result(5).answer.body["room"] == "B"
    for refused in (futures[0], futures[3]):
        with pytest.raises(Unwanted):
            refused.result(5)
    assert decider.batches == [1, 4, 2], "the first refusal rests on nothing that was taken back"


def test_a_batch_of_refusals_needs_no_commit(writer, decider, rooms):
    with pytest.raises(Unwanted):
        writer.submit_and_wait(ask("unwanted", 1), 5)
    assert (decider.told_committed, revision(rooms)) == ([], 0)


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(rooms, decider, clock):
    writer = Writer(rooms, decider, clock, queue=3).start()
    decider.gate.clear()
    first = writer.submit_later(ask("A", 0))
    assert decider.entered.wait(5)
    futures = [writer.submit_later(ask("A", start)) for start in (1, 2, 3)]
    with pytest.raises(QueueFull) as caught:
        writer.submit_later(ask("A", 4))
    assert caught.value.retry_after_seconds >= 1
    decider.gate.set()
    assert all(future.result(5) for future in (first, *futures))
    writer.close()
    assert count(rooms, "booking") == 4


def test_who_is_due_sooner_is_carried_out_sooner_and_what_takes_long_can_ask_whether_somebody_is(
    writer, decider
):
    decider.gate.clear()
    first = writer.submit_later(ask("A", 0))
    assert decider.entered.wait(5)
    done = []
    waits = {}
    for name, due in (("patient", None), ("hasty", time.monotonic() + 0.2)):
        waits[name] = writer.submit_later(replace(ask(name, 1), due=due))
        waits[name].add_done_callback(lambda _, name=name: done.append(name))
        assert writer.pressed(0.2) == (name == "hasty")
    assert not writer.pressed(-1.0)
    decider.gate.set()
    assert all(future.result(5) for future in (first, *waits.values()))
    assert done == ["hasty", "patient"]
    assert not writer.pressed(60.0), "nobody waits any more"


def test_closing_carries_out_what_waits_and_refuses_what_comes(writer, decider, rooms):
    futures = queue_up(writer, decider, [ask("A", start) for start in range(50)])
    writer.close()
    assert all(future.done() for future in futures)
    with pytest.raises(WriterClosed):
        writer.submit_later(ask("B", 0))
    assert count(rooms, "booking") == 51


async def test_many_coroutines_are_answered_from_one_commit(writer, rooms):
    replies = await asyncio.gather(*(writer.submit(ask("A", start)) for start in range(200)))
    assert sorted(reply.answer.body["start"] for reply in replies) == list(range(200))
    assert writer.statistics.batches < 100


async def test_a_cancelled_caller_disturbs_nobody(writer, decider, rooms):
    decider.gate.clear()
    waiting = [asyncio.ensure_future(writer.submit(ask("A", start))) for start in range(3)]
    await asyncio.sleep(0.05)
    waiting[1].cancel()
    decider.gate.set()
    assert (await waiting[0]).answer.status == (await waiting[2]).answer.status == 201


async def test_errors_reach_the_coroutine_that_asked(writer):
    with pytest.raises(Unwanted):
        await writer.submit(ask("unwanted", 1))


def test_threads_that_race_for_one_room_get_one_booking(writer, rooms):
    outcomes = []

    def attempt():
        try:
            outcomes.append(writer.submit_and_wait(ask("last", 1), 10).answer.status)
        except Contended:
            outcomes.append(409)

    threads = [threading.Thread(target=attempt) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [201] + [409] * 29


CRASH = """
import os, sys
from pathlib import Path
from models.clock import Instant
from models.place import place_of
from models.commands import *
from models.database import open_database
from models.keys import read_key_file
from models.writer import Writer

class NoDecider:
    revision = 0

    def place_in_batch(self, command):
        return 0

    def follow(self, connection):
        return False

    def committed(self, decisions, revision):
        os._exit(9)  # after COMMIT, before anybody is told

database = open_database(place_of(sys.argv[1]), read_key_file(Path(sys.argv[2])).database)

def write(transaction):
    transaction.connection.exec_driver_sql("INSERT INTO booking VALUES ('x', 'A', 1, 2, 'live')")
    return Outcome(Answer(201, {"room": "A"}), (AuditEntry("book", "A"),))

writer = Writer(database, NoDecider(), lambda: Instant(5)).start()
writer.submit_and_wait(Command("book", "acc_1", None, "key", b"0" * 32, write), 10)
"""


def test_after_a_crash_between_commit_and_answer_the_retry_gets_the_answer(
    rooms, place, keys, tmp_path, decider, clock
):
    key_file = tmp_path / "keys" / "wardflow.key"
    write_key_file(key_file, keys, tmp_path / "data")
    rooms.close()
    arguments = [sys.executable, "-c", CRASH, shown(place), str(key_file)]
    crashed = subprocess.run(arguments, capture_output=True, check=False, timeout=60)
    assert crashed.returncode == 9, crashed.stderr.decode()
    with open_database(place, keys.database) as database:
        writer = Writer(database, decider, clock).start()
        again = Command("book", "acc_1", ("A", 1), "key", b"0" * 32)
        reply = writer.submit_and_wait(again, 5)
        writer.close()
        assert (reply.replayed, reply.answer) == (True, Answer(201, {"room": "A"}))
        assert count(database, "booking") == 1


def test_the_servers_clock_stamps_the_records(rooms, decider):
    writer = Writer(rooms, decider, lambda: Instant(123_456_789)).start()
    writer.submit_and_wait(ask("A", 1, "key"), 5)
    writer.close()
    with rooms.reading() as connection:
        stamps = connection.execute(
            text(
                "SELECT recorded_microsecond FROM audit_line UNION ALL SELECT created_microsecond FROM "
                "outbox_event UNION ALL SELECT created_microsecond FROM idempotency"
            )
        ).scalars()
        assert set(stamps) == {123_456_789}


def test_a_clock_set_back_never_brings_records_out_of_order(rooms, decider):
    moments = iter([Instant(1000), Instant(400), Instant(1001)])
    writer = Writer(rooms, decider, lambda: next(moments)).start()
    for start in range(3):
        writer.submit_and_wait(ask("A", start), 5)
    writer.close()
    with rooms.reading() as connection:
        stamps = connection.execute(text("SELECT recorded_microsecond FROM audit_line ORDER BY sequence"))
        assert stamps.scalars().all() == [1000, 1001, 1002]


# --- several processes over one database --------------------------------------------------------------------
@pytest.fixture
def other(rooms, place, keys, clock):
    """Another process's writer over the same database, with a decider of its own."""
    decider = Decider()
    decider.gate.set()
    with open_database(place, keys.database) as database:
        writer = Writer(database, decider, clock).start()
        yield writer, decider
        writer.close()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_batch_stands_on_what_other_processes_committed(writer, decider, other):
    other_writer, other_decider = other
    writer.submit_and_wait(ask("A", 1), 5)
    other_writer.submit_and_wait(ask("A", 2), 5)
    assert other_decider.followed == 1
    # Whether the first has heard of the second by now, or catches up when it is asked, is left to chance.
    assert writer.submit_and_wait(ask("A", 3), 5).revision == 3
    assert (decider.followed, decider.revision) == (1, 3)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_another_process_made_stale_is_decided_again_before_it_is_stored(writer, decider, other, rooms):
    other_writer, _ = other
    decider.plan["anywhere"] = ["A", "B"]
    decider.gate.clear()
    late = writer.submit_later(ask("anywhere", 1, "key"))
    assert decider.entered.wait(5)
    other_writer.submit_and_wait(ask("A", 1), 5)
    decider.gate.set()
    assert late.result(5).answer.body["room"] == "B"
    assert [room for _, room in decider.told_refused] == ["A"]
    assert (writer.statistics.decided_again, writer.statistics.refused) == (1, 0)
    assert count(rooms, "booking") == 2


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_processes_that_met_take_turns_and_decide_nothing_twice(writer, decider, other, rooms):
    """Decided while the other committed, every batch of two busy processes was decided a second time."""
    other_writer, _ = other
    decider.gate.clear()
    late = writer.submit_later(ask("A", 1))
    assert decider.entered.wait(5)
    other_writer.submit_and_wait(ask("A", 2), 5)
    decider.gate.set()
    late.result(5)
    other_writer.submit_and_wait(ask("A", 3), 5)
    assert writer.statistics.decided_again == 1

    decider.gate.clear()
    decider.entered.clear()
    turn = writer.submit_later(ask("A", 4))
    assert decider.entered.wait(5)
    first = other_writer.submit_later(ask("A", 5))
    with pytest.raises(TimeoutError):
        first.result(0.3)
    next_turn = [first, other_writer.submit_later(ask("A", 6))]
    decider.gate.set()
    revision = turn.result(5).revision
    assert {reply.result(5).revision for reply in next_turn} == {revision + 1}, "what waits goes along"
    assert (writer.statistics.decided_again, other_writer.statistics.decided_again) == (1, 0)
    assert count(rooms, "booking") == 6


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_nobody_waits_for_ever_for_the_turn_of_a_process_that_hangs(rooms, place, keys, monkeypatch):
    monkeypatch.setattr("models.postgresql.turn.PATIENCE_MILLISECONDS", 300)
    with open_database(place, keys.database) as hanging, hanging.turn():
        began = time.monotonic()
        with rooms.turn():
            assert 0.15 < time.monotonic() - began < 5


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_nobody_waits_for_the_turn_of_a_process_that_has_ended(rooms, place, keys, monkeypatch):
    monkeypatch.setattr("models.postgresql.turn.PATIENCE_MILLISECONDS", 120_000)
    with open_database(place, keys.database) as ended:
        taken = ended.turn()
        taken.__enter__()
    began = time.monotonic()
    with rooms.turn():
        assert time.monotonic() - began < 60, "half of the longest wait"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_one_key_sent_to_two_processes_is_carried_out_once(writer, other, rooms):
    other_writer, _ = other
    for start in range(20):
        same = ask("A", start, f"key {start}")
        futures = [w.submit_later(same) for w in (writer, other_writer, writer, other_writer)]
        replies = [future.result(5) for future in futures]
        assert sorted(reply.replayed for reply in replies) == [False, True, True, True]
        assert len({reply.revision for reply in replies}) == 1
    assert count(rooms, "booking") == 20


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_two_processes_that_book_all_the_time_lose_and_double_nothing(writer, decider, other, rooms):
    other_writer, other_decider = other
    futures = [
        w.submit_later(ask("A", 2 * n + place))
        for n in range(300)
        for place, w in enumerate((writer, other_writer))
    ]
    revisions = sorted(future.result(30).revision for future in futures)
    assert revisions[-1] == revision(rooms)
    with rooms.reading() as connection:
        report = audit.verify_chain(connection)
        sequences = [event.sequence for event in outbox.read(connection, after=0, limit=1000)]
    assert (report.lines, report.breaks) == (600, ())
    assert sequences == list(range(1, 601))
    assert count(rooms, "booking") == 600
    assert {decider.revision, other_decider.revision} & {revision(rooms)}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_idle_process_hears_of_a_commit_and_catches_up(writer, decider, other):
    other_writer, _ = other
    revision = other_writer.submit_and_wait(ask("A", 1), 5).revision
    until = time.monotonic() + 5
    while decider.revision != revision and time.monotonic() < until:
        time.sleep(0.01)
    assert (decider.revision, decider.batches) == (revision, [])


CUT_AT_COMMIT = """
CREATE TABLE late (a TEXT);
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION cut()
"""


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_when_the_connection_is_lost_before_the_commit_nothing_was_kept(writer, rooms, postgresql_server):
    def cut(transaction):
        number = transaction.connection.scalar(text("SELECT pg_backend_pid()"))
        postgresql_server.execute(f"SELECT pg_terminate_backend({number})")
        transaction.connection.execute(text("SELECT 1"))

    with pytest.raises(CommitFailed, match="nothing of it was kept"):
        writer.submit_and_wait(Command("cut", "acc_1", write=cut), 5)
    assert writer.submit_and_wait(ask("A", 1), 5).revision == revision(rooms) == 1


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_when_it_is_lost_in_the_commit_nobody_says_that_nothing_was_kept(writer, rooms):
    with rooms.writing() as connection:
        connection.exec_driver_sql(CUT_AT_COMMIT)

    def cut(transaction):
        transaction.connection.execute(text("INSERT INTO late VALUES ('x')"))
        return Outcome(Answer(200, {}), ())

    with pytest.raises(CommitFailed, match="again with the same key"):
        writer.submit_and_wait(Command("cut", "acc_1", write=cut), 5)
    assert writer.submit_and_wait(ask("A", 1), 5).revision == revision(rooms) == 1

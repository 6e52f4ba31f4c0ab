"""The judge alone: raw SQL against guarded tables, nothing of wardflow in between."""

import random
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.guards import Effect, IntervalGuard, Refusal, append_only, versioned

GUARD = IntervalGuard("booking_room", "booking", "room", "start", "finish", "status <> 'cancelled'")
TABLE = """CREATE TABLE booking (id TEXT PRIMARY KEY NOT NULL, room TEXT NOT NULL, start INTEGER NOT NULL,
           finish INTEGER, status TEXT NOT NULL, CHECK (finish > start))"""


def make_table(connection, statement):
    """As the hospital's own tables are: STRICT on SQLite."""
    connection.execute(text(statement + (" STRICT" if connection.dialect.name == "sqlite" else "")))


@pytest.fixture
def bookings(database):
    with database.writing() as connection:
        make_table(connection, TABLE)
        database.dialect.install_guards(connection, [GUARD])
    return database


def book(connection, key, start, finish, room="R", status="live"):
    values = {"k": key, "r": room, "s": start, "f": finish, "t": status}
    connection.execute(text("INSERT INTO booking VALUES (:k, :r, :s, :f, :t)"), values)


def violated(database, attempt):
    """The name of the guard that refused, or None if the attempt went through."""
    try:
        with database.writing() as connection:
            attempt(connection)
    except IntegrityError as error:
        return database.dialect.violated_guard(error)
    return None


@pytest.mark.parametrize(
    ("start", "finish", "refused"),
    [
        (0, 100, False),  # touches the start
        (0, 101, True),
        (100, 200, True),  # the same
        (120, 130, True),  # inside
        (50, 300, True),  # around
        (199, 250, True),
        (200, 250, False),  # touches the end
        (300, 400, False),
        (99, None, True),  # open, begins before
        (150, None, True),
        (200, None, False),  # open, begins at the end
    ],
)
def test_two_live_bookings_of_a_room_never_overlap(bookings, start, finish, refused):
    with bookings.writing() as connection:
        book(connection, "a", 100, 200)
    guard = violated(bookings, lambda connection: book(connection, "b", start, finish))
    assert guard == ("booking_room" if refused else None)


@pytest.mark.parametrize(("start", "finish", "refused"), [(0, 100, False), (0, 101, True), (500, 600, True)])
def test_an_open_end_takes_everything_after_its_start(bookings, start, finish, refused):
    with bookings.writing() as connection:
        book(connection, "a", 100, None)
    guard = violated(bookings, lambda connection: book(connection, "b", start, finish))
    assert guard == ("booking_room" if refused else None)


def test_another_room_is_free(bookings):
    with bookings.writing() as connection:
        book(connection, "a", 100, 200)
        book(connection, "b", 100, 200, room="S")


def test_a_cancelled_booking_takes_nothing(bookings):
    with bookings.writing() as connection:
        book(connection, "a", 100, 200, status="cancelled")
        book(connection, "b", 100, 200)
        book(connection, "c", 100, 200, status="cancelled")


@pytest.fixture
def four(bookings):
    """Two bookings one after the other, one in another room, one that is cancelled."""
    with bookings.writing() as connection:
        book(connection, "a", 100, 200)
        book(connection, "b", 200, 300)
        book(connection, "c", 100, 200, room="S")
        book(connection, "d", 100, 200, status="cancelled")
    return bookings


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE booking SET start = 150 WHERE id = 'b'",
        "UPDATE booking SET room = 'R', start = 120, finish = 130 WHERE id = 'c'",
        "UPDATE booking SET status = 'live' WHERE id = 'd'",
        "UPDATE booking SET finish = NULL WHERE id = 'a'",
        "UPDATE booking SET finish = 201 WHERE id = 'a'",
        "INSERT INTO booking SELECT 'e', room, start, finish, status FROM booking WHERE id = 'a'",
    ],
)
def test_no_raw_statement_brings_two_into_one_room(four, change):
    assert violated(four, lambda connection: connection.execute(text(change))) == "booking_room"


@pytest.mark.parametrize(
    ("engine", "change"),
    [
        ("sqlite", "INSERT OR REPLACE INTO booking VALUES ('b', 'R', 150, 250, 'live')"),
        ("sqlite", "INSERT OR IGNORE INTO booking VALUES ('e', 'R', 150, 250, 'live')"),
        ("postgresql", "INSERT INTO booking VALUES ('e', 'R', 150, 250, 'live') ON CONFLICT DO NOTHING"),
        (
            "postgresql",
            "INSERT INTO booking VALUES ('b', 'R', 150, 250, 'live') "
            "ON CONFLICT (id) DO UPDATE SET start = 150, finish = 250",
        ),
    ],
    indirect=["engine"],
)
def test_nor_does_one_that_passes_over_conflicts(four, change):
    with four.reading() as connection:
        before = set(connection.execute(text("SELECT * FROM booking")).all())
    assert violated(four, lambda connection: connection.execute(text(change))) in ("booking_room", None)
    with four.reading() as connection:
        assert set(connection.execute(text("SELECT * FROM booking")).all()) == before


def test_a_booking_may_be_moved_over_its_own_old_place(bookings):
    with bookings.writing() as connection:
        book(connection, "a", 100, 200)
        connection.execute(text("UPDATE booking SET start = 150, finish = 260 WHERE id = 'a'"))


def test_without_the_trigger_the_double_booking_goes_through(bookings):
    with bookings.writing() as connection:
        book(connection, "a", 100, 200)
        bookings.dialect.drop_guards(connection)
        book(connection, "b", 100, 200)


def test_the_guard_agrees_with_a_plain_count_on_random_bookings(bookings):
    random_numbers = random.Random(11)
    accepted = []
    with bookings.writing() as connection:
        for number in range(600):
            start = random_numbers.randrange(400)
            finish = None if random_numbers.random() < 0.02 else start + random_numbers.randrange(1, 30)
            clash = any(start < (f or 10**9) and s < (finish or 10**9) for s, f in accepted)
            point = connection.begin_nested()
            try:
                book(connection, f"b{number}", start, finish)
            except IntegrityError:
                point.rollback()
                assert clash
            else:
                point.commit()
                assert not clash
                accepted.append((start, finish))
    assert 10 < len(accepted) < 600


def test_of_many_who_race_for_the_last_room_one_gets_it(bookings):
    won, lost = [], []

    def attempt(number):
        guard = violated(bookings, lambda connection: book(connection, f"b{number}", 100, 200))
        (lost if guard else won).append(number)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 11


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_probe_uses_the_index_however_many_bookings_there_are(bookings):
    with bookings.reading() as connection:
        plan = connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT finish FROM booking WHERE room = 'R' AND status <> 'cancelled' "
                "AND id <> 'x' AND start <= 5 ORDER BY start DESC LIMIT 1"
            )
        ).fetchall()
    assert "guard_booking_room_index (room=? AND start<?)" in plan[0][3]


@pytest.mark.parametrize("change", ["UPDATE note SET words = 'b'", "DELETE FROM note"])
def test_an_append_only_table_refuses_change_and_deletion(database, change):
    with database.writing() as connection:
        make_table(connection, "CREATE TABLE note (words TEXT NOT NULL)")
        connection.execute(text("INSERT INTO note VALUES ('a')"))
        database.dialect.install_guards(connection, append_only("note"))
    assert violated(database, lambda connection: connection.execute(text(change))).startswith(
        "note_append_only"
    )


def test_a_refusal_and_an_effect_speak_of_the_row(database):
    guards = [
        Refusal("spend_covered", "spend", ("INSERT",), "NEW.amount > (SELECT rest FROM purse)"),
        Effect("spend_taken", "spend", ("INSERT",), "UPDATE purse SET rest = rest - NEW.amount"),
    ]
    with database.writing() as connection:
        make_table(connection, "CREATE TABLE purse (rest INTEGER NOT NULL)")
        make_table(connection, "CREATE TABLE spend (amount INTEGER NOT NULL)")
        connection.execute(text("INSERT INTO purse VALUES (10)"))
        database.dialect.install_guards(connection, guards)
        connection.execute(text("INSERT INTO spend VALUES (7)"))
    spend = text("INSERT INTO spend VALUES (4)")
    assert violated(database, lambda connection: connection.execute(spend)) == "spend_covered"


@pytest.fixture
def versions(database):
    numbers = "version INTEGER NOT NULL, recorded_microsecond INTEGER NOT NULL"
    columns = f"id TEXT NOT NULL, place TEXT NOT NULL, {numbers}"
    with database.writing() as connection:
        make_table(connection, f"CREATE TABLE fact ({columns}, PRIMARY KEY (id))")
        make_table(connection, f"CREATE TABLE fact_version ({columns}, PRIMARY KEY (id, version))")
        guards = versioned("fact", ("id", "place", "version", "recorded_microsecond"))
        database.dialect.install_guards(connection, guards)
        connection.execute(text("INSERT INTO fact VALUES ('a', 'here', 1, 50)"))
    return database


def test_every_state_a_versioned_row_had_is_kept(versions):
    with versions.writing() as connection:
        connection.execute(
            text("UPDATE fact SET place = 'there', version = version + 1, recorded_microsecond = 60")
        )
        kept = connection.execute(text("SELECT place, version FROM fact_version ORDER BY version")).fetchall()
    assert [tuple(row) for row in kept] == [("here", 1), ("there", 2)]


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE fact SET place = 'x'", "fact_next_version"),
        ("UPDATE fact SET version = 3, recorded_microsecond = 60", "fact_next_version"),
        ("UPDATE fact SET version = 2, recorded_microsecond = 49", "fact_next_version"),
        ("UPDATE fact SET version = 2, id = 'b'", "fact_next_version"),
        ("DELETE FROM fact", "fact_kept"),
        ("INSERT INTO fact VALUES ('c', 'x', 2, 60)", "fact_first_version"),
        ("UPDATE fact_version SET place = 'x'", "fact_version_append_only_update"),
        ("DELETE FROM fact_version", "fact_version_append_only_delete"),
    ],
)
def test_history_cannot_be_rewritten_or_skipped(versions, change, guard):
    assert violated(versions, lambda connection: connection.execute(text(change))) == guard

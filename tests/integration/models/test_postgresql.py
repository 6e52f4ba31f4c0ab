"""What is particular to PostgreSQL: how it is opened and shared, and that its judge cannot be taken away unseen."""

import secrets
import select
import threading
import time

import psycopg
import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError

from models.database import create_database, migrate_database, open_at_any_step, open_database
from models.errors import (
    DatabaseError,
    DatabaseExists,
    DatabaseInUse,
    DatabaseMissing,
    NewerSchema,
    NotAWardflowDatabase,
    OlderSchema,
    WrongKey,
)
from models.failures import storage_failed
from models.invariants import recount
from models.keys import generate_keys
from models.place import shown
from models.tables.accounts import account

CANARY = "canary-7f3a91"


@pytest.fixture
def engine():
    return "postgresql"


@pytest.fixture
def blank(postgresql_server):
    """The address of an empty database."""
    address = postgresql_server.create()
    yield address
    postgresql_server.drop(address)


def test_a_hospital_is_made_in_an_empty_database_once(blank, keys):
    create_database(blank, keys.database).close()
    with pytest.raises(DatabaseExists, match="never overwritten"):
        create_database(blank, keys.database)
    open_database(blank, keys.database).close()


def test_a_role_that_owns_its_database_is_enough(postgresql_server, keys):
    postgresql_server.execute("CREATE ROLE plain LOGIN")
    postgresql_server.execute("CREATE DATABASE owned OWNER plain TEMPLATE template0")
    address = postgresql_server.url("owned").set(username="plain")
    with create_database(address, keys.database) as database:
        database.fold_log()
        database.migrate("0001")
        database.migrate()
    open_database(address, keys.database).close()


def test_a_role_that_may_make_nothing_is_told_what_it_needs(blank, postgresql_server, keys):
    postgresql_server.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(DatabaseError, match="needs CREATE on the database"):
        create_database(blank.set(username="guest"), keys.database)


def test_what_was_made_a_moment_ago_is_taken_away_whole(blank, keys, postgresql_server):
    create_database(blank, keys.database).discard()
    with postgresql_server.connect(blank.database) as connection:
        assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'wardflow'").fetchall() == []
    create_database(blank, keys.database).close()


def test_a_database_that_sorts_otherwise_is_refused_with_the_way_to_make_one(postgresql_server, keys):
    postgresql_server.execute(
        "CREATE DATABASE sorted TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    with pytest.raises(DatabaseError, match="TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"):
        create_database(postgresql_server.url("sorted"), keys.database)


def test_a_server_or_database_that_is_not_there_is_named_without_the_password(postgresql_server, keys):
    address = postgresql_server.url("nowhere").set(password=CANARY)
    with pytest.raises(DatabaseMissing, match="nowhere") as caught:
        open_database(address, keys.database)
    assert CANARY not in str(caught.value)


def test_a_database_without_a_hospital_asks_for_init(blank, keys):
    with pytest.raises(DatabaseMissing, match="wardflow init"):
        open_database(blank, keys.database)


def test_a_foreign_schema_of_that_name_is_left_alone(blank, keys, postgresql_server):
    with postgresql_server.connect(blank.database) as connection:
        connection.execute("CREATE SCHEMA wardflow")
    with pytest.raises(NotAWardflowDatabase):
        open_database(blank, keys.database)
    with pytest.raises(DatabaseExists):
        create_database(blank, keys.database)


def test_another_key_file_does_not_open_the_database(empty_database, place):
    with pytest.raises(WrongKey, match="Use the key file"):
        open_database(place, generate_keys(secrets.token_bytes).database)


def test_a_database_made_before_the_key_was_rotated_opens(empty_database, place, keys):
    open_database(place, keys.database.rotated(secrets.token_bytes(32))).close()


def test_several_processes_open_a_hospital_and_one_alone_migrates_it(empty_database, place, keys):
    with open_database(place, keys.database), pytest.raises(DatabaseInUse, match="Stop them first"):
        empty_database.migrate()
    empty_database.migrate()


def test_a_hospital_that_is_served_is_not_migrated_after_its_server_was_away_either(
    empty_database, place, keys, postgresql_server
):
    """The lock that says who is there went with the server, and was not taken again."""
    listener = empty_database.listen(lambda revision: None)
    name = empty_database.url.database
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    locks = f"""SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                WHERE locktype = 'advisory' AND granted AND datname = '{name}'"""
    postgresql_server.execute(ended)
    until = time.monotonic() + 5
    while postgresql_server.execute(locks) == [(0,)]:
        assert time.monotonic() < until
        time.sleep(0.05)
    with open_database(place, keys.database) as other, pytest.raises(DatabaseInUse, match="Stop them first"):
        other.migrate()
    listener.close()


def test_nobody_opens_a_hospital_that_is_being_migrated(empty_database, place, keys):
    with empty_database.alone(), pytest.raises(DatabaseInUse, match="being migrated"):
        open_database(place, keys.database)
    open_database(place, keys.database).close()


def test_other_schemas_are_refused_as_on_the_embedded_database(empty_database, place, keys):
    with empty_database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema):
        open_database(place, keys.database)
    with empty_database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(OlderSchema, match="wardflow migrate"):
        open_database(place, keys.database)


def test_reading_connections_cannot_write(database):
    with database.reading() as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.execute(text("UPDATE hospital_meta SET name = 'x'"))


@pytest.mark.parametrize("way", ["reading", "writing"])
def test_a_server_that_ends_every_connection_at_once_is_storage_that_failed(database, postgresql_server, way):
    """The pool gives up after the second, with what it says of code that uses it wrongly: a reader got 500."""
    engine = {"reading": database._readers, "writing": database._writer}[way]

    def end(connection, *_):
        postgresql_server.execute(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        select.select([connection.fileno()], [], [], 5)

    event.listen(engine, "checkout", end, insert=True)
    with pytest.raises(DisconnectionError) as caught, getattr(database, way)():
        pass
    assert storage_failed(caught.value)
    event.remove(engine, "checkout", end)
    with getattr(database, way)() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_reader_sees_one_snapshot_while_others_write(database):
    with database.reading() as connection:
        before = connection.scalar(text("SELECT revision FROM hospital_meta"))
        with database.writing() as writing:
            writing.execute(text("UPDATE hospital_meta SET revision = 7"))
        assert connection.scalar(text("SELECT revision FROM hospital_meta")) == before == 0


def test_a_commit_waits_for_the_disk_whatever_the_server_says(database, keys, postgresql_server):
    postgresql_server.execute(f'ALTER DATABASE "{database.url.database}" SET synchronous_commit = off')
    with open_at_any_step(database.url, keys.database) as again, again.writing() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"


def test_no_error_quotes_a_row(database):
    row = {"id": CANARY, "login": CANARY, "disabled": False, "created_microsecond": 0}
    for column, value in (("password_hash", CANARY), ("password_hash", None), ("disabled", None)):
        values = {"password_hash": "$argon2id$", **row, column: value}
        with pytest.raises(IntegrityError) as caught, database.writing() as connection:
            connection.execute(insert(account), values)
        assert CANARY not in str(caught.value) + str(caught.value.orig) + repr(caught.value)


TAMPERED = {
    "a dropped constraint": ("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed", "guard_stay_bed"),
    "a weaker constraint": (
        "ALTER TABLE stay DROP CONSTRAINT guard_stay_bed; ALTER TABLE stay ADD CONSTRAINT guard_stay_bed "
        "EXCLUDE USING gist (int8range(start_minute, end_minute) WITH &&) WHERE (state = 'nothing')",
        "guard_stay_bed",
    ),
    "a dropped trigger": ("DROP TRIGGER guard_stay_kept ON stay", "guard_stay_kept"),
    "a disabled trigger": ("ALTER TABLE stay DISABLE TRIGGER guard_stay_kept", "guard_stay_kept"),
    "a function that does nothing": (
        "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "guard_refuse",
    ),
    "another function": (
        "CREATE OR REPLACE FUNCTION guard_unit_booking_usable() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'",
        "guard_unit_booking_usable",
    ),
    "a function put back by hand": (
        "DROP FUNCTION guard_unit_booking_usable() CASCADE",
        "guard_unit_booking_usable",
    ),
}


@pytest.mark.parametrize("tampered", TAMPERED)
def test_a_hospital_without_its_judge_is_not_opened_and_a_migration_puts_it_back(
    empty_database, place, keys, tampered, postgresql_server
):
    statement, guard = TAMPERED[tampered]
    with empty_database.reading() as connection:
        before = empty_database.dialect.objects(connection)
    empty_database.close()
    with postgresql_server.connect(place.database) as connection:
        connection.execute(f"SET search_path = wardflow; {statement}")
    with pytest.raises(DatabaseError, match=f"{guard}[,.]"):
        open_database(place, keys.database)
    with migrate_database(place, keys.database) as again, again.reading() as connection:
        assert again.dialect.objects(connection) == before


@pytest.mark.parametrize("table", ["audit_line", "stay", "stay_version", "lot_reservation"])
def test_a_table_whose_rows_stay_is_not_emptied_at_once(database, table):
    with pytest.raises(IntegrityError) as caught, database.writing() as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
    assert database.dialect.violated_guard(caught.value) is not None


def test_a_raw_session_that_books_a_unit_waits_for_who_is_taking_it_out_of_use(ward, postgresql_server):
    """What a guard sees in another table cannot change before its own transaction ends."""
    booking = (
        "INSERT INTO unit_booking VALUES ('K', 'U1', 'W', 29000100, 29000200, 29000100, 29000220, 'use', 'active', "
        "false, NULL, 'A', 1, 0, 1)"
    )
    with postgresql_server.connect(ward.url.database) as raw:
        raw.execute("SET search_path = wardflow; SET lock_timeout = '200ms'")
        with ward.writing() as connection:
            ward.dialect.take_write_lock(connection)
            connection.execute(
                text(
                    "UPDATE unit SET state = 'broken', version = 2, recorded_microsecond = 9e15 WHERE id = 'U1'"
                )
            )
            with pytest.raises(Exception, match="lock timeout"):
                raw.execute(booking)
        with pytest.raises(Exception, match="unit_booking_usable"):
            raw.execute(booking)


@pytest.mark.parametrize(("guarded", "winners"), [(True, 1), (False, 16)])
def test_of_many_sessions_that_race_for_a_bed_one_gets_it_and_without_the_guard_all(
    ward, postgresql_server, guarded, winners
):
    booking = (
        "INSERT INTO stay SELECT %s, person_id, 'B2', start_minute, end_minute, 'booked', departure, speciality, "
        "care_level, needs, NULL, NULL, NULL, 1, recorded_microsecond, 1 FROM stay WHERE id = 'T9'"
    )
    if not guarded:
        with ward.writing() as connection:
            connection.execute(text("ALTER TABLE stay DROP CONSTRAINT guard_stay_bed"))
    together, won, lost = threading.Barrier(16), [], []

    def attempt(number):
        with postgresql_server.connect(ward.url.database) as raw:
            raw.execute("SET search_path = wardflow")
            together.wait()
            try:
                raw.execute(booking, [f"X{number}"])
            except (psycopg.errors.ExclusionViolation, psycopg.errors.DeadlockDetected):
                # Two that wait for each other are a deadlock to the server; our writers take turns instead.
                lost.append(number)
            else:
                won.append(number)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (winners, 16 - winners)
    with ward.reading() as connection:
        assert {violation.rule for violation in recount(connection)} == (
            set() if guarded else {"bed_promised_twice"}
        )


def test_an_address_is_shown_without_its_password(blank):
    assert CANARY not in shown(blank.set(password=CANARY))

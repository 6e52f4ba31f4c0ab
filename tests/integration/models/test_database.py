import os
import secrets
import sqlite3
import stat
import subprocess
import sys

import pytest
import sqlcipher3
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError

from models.database import create_database, open_database
from models.errors import (
    DatabaseError,
    DatabaseExists,
    DatabaseInUse,
    DatabaseMissing,
    FolderOpenToOthers,
    NewerSchema,
    NotAWardflowDatabase,
    OlderSchema,
    WrongKey,
)
from models.keys import generate_keys
from models.tables.ledger import outbox_event

CANARY = "canary-7f3a91"


@pytest.fixture
def engine():
    """The embedded database alone; test_postgresql.py has the other's own."""
    return "sqlite"


def put_canary(database):
    with database.writing() as connection:
        event = {"sequence": 1, "topic": CANARY, "payload": {}, "revision": 1, "created_microsecond": 0}
        connection.execute(insert(outbox_event), event)


def files_of(place):
    return [path for path in place.parent.iterdir() if path.name.startswith(place.name)]


def test_nothing_that_was_stored_can_be_read_from_the_files(database, place):
    put_canary(database)
    on_disk = b"".join(path.read_bytes() for path in files_of(place))
    assert CANARY.encode() not in on_disk
    assert b"outbox_event" not in on_disk
    assert len(on_disk) > 100_000


def test_the_canary_would_be_found_in_an_unencrypted_file(tmp_path):
    plain = sqlite3.connect(tmp_path / "plain.db")
    plain.execute("CREATE TABLE event (topic TEXT)")
    plain.execute("INSERT INTO event VALUES (?)", (CANARY,))
    plain.commit()
    plain.close()
    assert CANARY.encode() in (tmp_path / "plain.db").read_bytes()


def test_what_was_stored_is_there_after_opening_again(empty_database, place, keys):
    put_canary(empty_database)
    empty_database.close()
    with open_database(place, keys.database) as again, again.reading() as connection:
        assert connection.scalar(text("SELECT topic FROM outbox_event")) == CANARY


def test_files_and_folder_are_for_their_owner_alone(database, place):
    put_canary(database)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in files_of(place)}
    assert modes == {0o600}
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_folder_open_to_others_is_refused(tmp_path, keys):
    tmp_path.chmod(0o755)
    with pytest.raises(FolderOpenToOthers, match="chmod 700"):
        create_database(tmp_path / "hospital.db", keys.database)
    assert list(tmp_path.iterdir()) == []


def test_another_key_file_does_not_open_the_database(empty_database, place):
    empty_database.close()
    with pytest.raises(WrongKey, match="Use the key file"):
        open_database(place, generate_keys(secrets.token_bytes).database)


def test_a_database_made_before_the_key_was_rotated_opens(empty_database, place, keys):
    empty_database.close()
    rotated = keys.database.rotated(secrets.token_bytes(32))
    with open_database(place, rotated) as database:
        assert database.path == place


def test_a_forged_header_does_not_open_the_database(empty_database, place, keys):
    empty_database.close()
    content = bytearray(place.read_bytes())
    content[20] ^= 1
    place.write_bytes(content)
    with pytest.raises(DatabaseError, match="damaged"):
        open_database(place, keys.database)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 4096, os.urandom(8192)])
def test_a_foreign_file_is_refused_and_left_as_it_is(place, keys, content):
    place.parent.mkdir(mode=0o700)
    place.write_bytes(content)
    with pytest.raises(NotAWardflowDatabase):
        open_database(place, keys.database)
    assert place.read_bytes() == content


def test_an_unencrypted_sqlite_file_is_called_so(place, keys):
    place.parent.mkdir(mode=0o700)
    plain = sqlite3.connect(place)
    plain.execute("CREATE TABLE t (a)")
    plain.close()
    with pytest.raises(NotAWardflowDatabase, match="unencrypted SQLite"):
        open_database(place, keys.database)


def test_a_missing_database_is_not_made_by_opening(place, keys):
    with pytest.raises(DatabaseMissing):
        open_database(place, keys.database)
    assert not place.exists()


def test_an_existing_database_is_never_made_anew(empty_database, place, keys):
    put_canary(empty_database)
    empty_database.close()
    with pytest.raises(DatabaseExists):
        create_database(place, keys.database)
    with open_database(place, keys.database) as again, again.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox_event")) == 1


def test_one_process_alone_opens_the_hospital(empty_database, place, keys):
    with pytest.raises(DatabaseInUse, match=str(os.getpid())):
        open_database(place, keys.database)
    program = f"import fcntl, os; fcntl.flock(os.open({str(place)!r} + '.lock', os.O_RDWR), 6)"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert b"BlockingIOError" in other.stderr


def test_after_closing_the_next_process_may_open(empty_database, place, keys):
    empty_database.close()
    open_database(place, keys.database).close()
    open_database(place, keys.database).close()


def test_a_failed_opening_leaves_no_lock_behind(empty_database, place, keys):
    empty_database.close()
    with pytest.raises(WrongKey):
        open_database(place, generate_keys(secrets.token_bytes).database)
    open_database(place, keys.database).close()


def set_version(place, keys, version):
    with open_database(place, keys.database) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_a_database_of_a_newer_wardflow_is_refused(empty_database, place, keys):
    empty_database.close()
    set_version(place, keys, "9999")
    with pytest.raises(NewerSchema, match="9999"):
        open_database(place, keys.database)


def test_a_database_of_an_older_wardflow_asks_for_a_migration(empty_database, place, keys):
    empty_database.migrate("base")
    empty_database.close()
    with pytest.raises(OlderSchema, match="wardflow migrate"):
        open_database(place, keys.database)


def test_a_hospital_without_its_judge_is_not_opened(empty_database, place, keys):
    with empty_database.writing() as connection:
        connection.execute(text("DROP TRIGGER guard_audit_line_append_only_delete"))
    empty_database.close()
    with pytest.raises(DatabaseError, match="guard_audit_line_append_only_delete"):
        open_database(place, keys.database)


def test_reading_connections_cannot_write(database):
    with database.reading() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("UPDATE hospital_meta SET name = 'x'"))


def test_a_reader_sees_one_snapshot_while_others_write(database):
    with database.reading() as connection:
        before = connection.scalar(text("SELECT count(*) FROM outbox_event"))
        put_canary(database)
        assert connection.scalar(text("SELECT count(*) FROM outbox_event")) == before
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox_event")) == before + 1


def test_the_file_is_synced_fully_and_written_ahead(database):
    with database.writing() as connection:
        settings = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 5000,
    }


def test_the_engine_is_free_of_the_wal_reset_bug():
    assert sqlcipher3.sqlite_version_info >= (3, 51, 3)

"""The recorder misses nothing: what it noted, carried out, gives the very files that SQLite left."""

import subprocess
import sys

from benchmarks.safety.disk import EVERYTHING, Disk
from benchmarks.safety.recording import entries

# In a process of its own, for the recorder stays in the one it is put into.
COMMITS = """
import os, sys
from pathlib import Path
import sqlcipher3
from benchmarks.safety.recording import Recorder, Tap

database, recording, synchronous = sys.argv[1:]
Tap(Recorder(Path(recording)))
connection = sqlcipher3.connect(database, isolation_level=None)
for pragma in (f"key=\\"x'{'07' * 48}'\\"", "journal_mode=WAL", f"synchronous={synchronous}", "wal_autocheckpoint=20"):
    connection.execute(f"PRAGMA {pragma}").close()
connection.execute("CREATE TABLE bed (id INTEGER, note TEXT)").close()
for number in range(12):
    connection.execute("INSERT INTO bed VALUES (?, ?)", (number, "x" * 9000)).close()
connection.execute("DELETE FROM bed").close()

os._exit(0)
"""


def recorded(folder, synchronous="FULL"):
    database, recording = folder / "hospital.db", folder / "recording"
    script = [sys.executable, "-c", COMMITS, str(database), str(recording), synchronous]
    subprocess.run(script, check=True, timeout=60)
    return list(entries(recording))


def test_what_was_recorded_gives_the_files_that_are_there(tmp_path):
    disk = Disk({})
    for number, entry in enumerate(recorded(tmp_path)):
        disk.follow(number, entry)
    there = {
        path.name: path.read_bytes() for path in tmp_path.glob("hospital.db*") if path.suffix != ".db-shm"
    }
    assert disk.after_cut(EVERYTHING) == there
    assert set(there) == {"hospital.db", "hospital.db-wal"}


def test_the_log_and_its_folder_are_synced_before_a_commit_is_over(tmp_path):
    kinds = [entry.kind for entry in recorded(tmp_path) if entry.file in ("hospital.db-wal", "")]
    first = kinds.index("create")
    assert "sync_folder" in kinds[first : first + kinds[first:].index("sync")]


def test_every_commit_syncs_the_log_unless_it_is_told_not_to(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "normal").mkdir()
    log = ("sync", "hospital.db-wal")
    full = [(entry.kind, entry.file) for entry in recorded(tmp_path / "full")].count(log)
    normal = [(entry.kind, entry.file) for entry in recorded(tmp_path / "normal", "NORMAL")].count(log)
    assert full >= 14 > normal


def test_a_recording_that_was_cut_short_is_read_up_to_there(tmp_path):
    whole = recorded(tmp_path)
    path = tmp_path / "recording"
    path.write_bytes(path.read_bytes()[:-10])
    assert list(entries(path)) == whole[:-1]

"""Real faults of what keeps a hospital: each a context in which it is upon a running service, and then no more.

None needs rights that an ordinary account lacks, but for a disk that is really full: that wants a small file system of
its own, which only root may mount. Where that is not allowed, the limit of file sizes stands in for it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlcipher3

from benchmarks.safety.scene import Scene
from models.keys import read_key_file
from models.sqlite.engine import file_salt

if TYPE_CHECKING:
    from tests.postgresql_server import Server


@dataclass(frozen=True, slots=True)
class Victim:
    """A hospital that is served, the ``server`` it is in unless it is a file, and the ``disk`` that its database has
    for itself if it has one."""

    scene: Scene
    server: Server | None
    disk: Path | None

    @property
    def file(self) -> Path:
        """The database, if it is a file."""
        assert isinstance(self.scene.hall.database, Path), "this fault befalls a file"
        return self.scene.hall.database

    @property
    def postgresql(self) -> Server:
        """The server, if there is one."""
        assert self.server is not None, "this fault befalls a server"
        return self.server

    @property
    def database_name(self) -> str:
        """The name of the database in the server."""
        assert not isinstance(self.scene.hall.database, Path), "this fault befalls a server"
        return str(self.scene.hall.database.database)


SMALL_DISK_MB: Final = 48
CUT_SECONDS: Final = 0.1
FIND_SECONDS: Final = 10.0


# --- the embedded database ------------------------------------------------------------------------------------
@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    """A file system of its own with little room; None where it may not be mounted."""
    with tempfile.TemporaryDirectory(prefix="wardflow-disk-") as folder:
        options = f"size={SMALL_DISK_MB}m,mode=0700"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)


@contextlib.contextmanager
def disk_full(victim: Victim) -> Iterator[None]:
    """Not a byte is left on the disk of the database; without a disk of its own no file takes any more."""
    if victim.disk is None:
        with writes_refused(victim):
            yield
        return
    with _filled(victim.disk):
        yield


@contextlib.contextmanager
def _filled(disk: Path) -> Iterator[None]:
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def writes_refused(victim: Victim) -> Iterator[None]:
    """Every write of the service to any file fails, its log included: as on a file system that has become read-only
    since it was opened, or a disk that is broken."""
    with _file_size_limited(victim.scene.service.process.pid):
        yield


@contextlib.contextmanager
def _file_size_limited(pid: int) -> Iterator[None]:
    """No write of a process to any file succeeds."""
    _limit_file_size(pid, 0)
    try:
        yield
    finally:
        # One that ended over it has no limits any more.
        with contextlib.suppress(FileNotFoundError, subprocess.SubprocessError):
            _limit_file_size(pid, resource.RLIM_INFINITY)


def _limit_file_size(pid: int, size: int) -> None:
    """As the account that the process belongs to: not even root may do it to another's, in most containers."""

    def limit() -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    owner = Path(f"/proc/{pid}").stat()
    if owner.st_uid == os.geteuid():
        limit()
    else:
        account: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        subprocess.run(["true"], check=True, preexec_fn=limit, **account)


@contextlib.contextmanager
def file_gone(victim: Victim) -> Iterator[None]:
    """The database's file is moved away, and back."""
    here = victim.file
    there = here.rename(here.with_name("elsewhere"))
    try:
        yield
    finally:
        there.rename(here)


@contextlib.contextmanager
def locked(victim: Victim) -> Iterator[None]:
    """Somebody else holds the write lock: every change waits, as on a disk that takes seconds."""
    key = read_key_file(victim.scene.hall.key_file).database.current
    connection = sqlcipher3.connect(str(victim.file), isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA key=\"x'{key.secret.hex()}{file_salt(key).hex()}'\"").close()
        connection.execute("BEGIN IMMEDIATE").close()
        yield
    finally:
        connection.close()


# --- PostgreSQL -----------------------------------------------------------------------------------------------
@contextlib.contextmanager
def server_gone(victim: Victim) -> Iterator[None]:
    """PostgreSQL ends without a word, and is started again."""
    victim.postgresql.kill()
    try:
        yield
    finally:
        victim.postgresql.restart()


@contextlib.contextmanager
def connections_cut(victim: Victim) -> Iterator[None]:
    """Whatever connection the service makes is ended a moment later."""
    over = threading.Event()

    def keep_cutting() -> None:
        while not over.wait(CUT_SECONDS):
            victim.postgresql.execute(_CUT.format(database=victim.database_name))

    thread = threading.Thread(target=keep_cutting)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


_CUT: Final = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = '{database}' AND application_name = 'wardflow'"""
_WRITING: Final = """SELECT pid FROM pg_stat_activity
                     WHERE datname = '{database}' AND application_name = 'wardflow' AND backend_xid IS NOT NULL"""


@contextlib.contextmanager
def server_silent(victim: Victim) -> Iterator[None]:
    """Every process of PostgreSQL stands still: it takes connections and answers nothing."""
    with _stopped(_processes(victim.postgresql)):
        yield


@contextlib.contextmanager
def commit_slow(victim: Victim) -> Iterator[None]:
    """The server's process for the service's writing connection stands still in the middle of a transaction, as it does
    when the disk takes its time."""
    with _stopped([_writing(victim)]):
        yield


@contextlib.contextmanager
def server_read_only(victim: Victim) -> Iterator[None]:
    """PostgreSQL takes no changes, as a standby or a server that protects itself."""
    victim.postgresql.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    victim.postgresql.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        victim.postgresql.execute("ALTER SYSTEM RESET default_transaction_read_only")
        victim.postgresql.execute("SELECT pg_reload_conf()")


@contextlib.contextmanager
def tables_full(victim: Victim) -> Iterator[None]:
    """Not a byte is left where the tables lie; without a disk of their own the log takes no more."""
    if victim.disk is None:
        with log_full(victim):
            yield
        return
    with _filled(victim.disk):
        yield


def tables_on(disk: Path, server: Server) -> str:
    """A new database whose tables lie on a disk of their own; its name."""
    folder = disk / "tables"
    folder.mkdir()
    owner = server.folder.stat()
    for entry in (disk, folder):
        os.chown(entry, owner.st_uid, owner.st_gid)
    server.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
    server.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
    return "small"


@contextlib.contextmanager
def log_full(victim: Victim) -> Iterator[None]:
    """PostgreSQL cannot write its write-ahead log: it ends itself, and recovers."""
    with _file_size_limited(_writing(victim)):
        yield


def _writing(victim: Victim) -> int:
    """The process of the server that is in the middle of the service's write transaction."""
    found = _WRITING.format(database=victim.database_name)
    until = time.monotonic() + FIND_SECONDS
    while time.monotonic() < until:
        for row in victim.postgresql.execute(found):
            return int(row[0])
    raise TimeoutError("The service writes nothing.")


def _processes(server: Server) -> list[int]:
    first = server.process.pid
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


@contextlib.contextmanager
def _stopped(pids: Iterable[int]) -> Iterator[None]:
    stopped = list(pids)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

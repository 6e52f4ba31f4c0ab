"""How the board is opened: the file's key, its first tables, connections that take turns."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlcipher3
from sqlalchemy import Engine, MetaData, QueuePool, create_engine, text

from models.errors import NotAWardflowDatabase, WrongKey
from models.keys import Key, KeyRing
from models.place import Place
from models.sqlite.database import refuse_unfit
from models.sqlite.engine import HEADER_MARK, file_salt

SCHEMA: Final = "wardflow_jobs"
BUSY_MILLISECONDS: Final = 30_000

_MAKING: Final = 0x6A6F6274
"""Lock of a PostgreSQL database under which the board is made."""


def jobs_file(hospital: Path) -> Path:
    """Where the jobs of an embedded hospital lie."""
    return hospital.with_name(f"{hospital.stem}-jobs.db")


def board_engine(place: Place, keys: KeyRing, connections: int) -> Engine:
    """Connections to the board of the hospital at ``place``; raises ``DatabaseError`` if that is not there, open to
    others, or under a key that the ring has not."""
    common: dict[str, Any] = {
        "poolclass": QueuePool,
        "pool_size": connections,
        "max_overflow": 10,
        "hide_parameters": True,
    }
    if not isinstance(place, Path):
        arguments = {
            "options": f"-c search_path={SCHEMA},pg_temp",
            "application_name": "wardflow",
            "connect_timeout": 3,
        }
        return create_engine(place, connect_args=arguments, pool_pre_ping=True, **common)
    refuse_unfit(place)
    path = jobs_file(place)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    key = _key_of(path, keys)
    return create_engine(
        "sqlite+pysqlite://", module=sqlcipher3.dbapi2, creator=lambda: _connect(path, key), **common
    )


def made_once(engine: Engine, place: Place, metadata: MetaData) -> None:
    """Make what is not there yet, one process after another."""
    with turn(place), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING})"))
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        metadata.create_all(connection)


@contextmanager
def turn(place: Place) -> Iterator[None]:
    """Alone with the file of an embedded hospital's jobs: two that turn it to a write-ahead log at once fail."""
    if not isinstance(place, Path):
        yield
        return
    path = jobs_file(place)
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _key_of(path: Path, keys: KeyRing) -> Key:
    """The key a file was made with; a new file is made with the current one."""
    with path.open("rb") as file:
        header = file.read(16)
    if not header:
        return keys.current
    if header[:8] != HEADER_MARK:
        raise NotAWardflowDatabase(f"{path} holds no jobs of wardflow. Move it away; a new one is made.")
    key = keys.by_id.get(header[8:].hex())
    if key is None:
        raise WrongKey(
            f"{path} was encrypted with key {header[8:].hex()!r}, which the key file does not have. Use the key file "
            "it was made with, or delete it: jobs that have not ended begin anew."
        )
    return key


def _connect(path: Path, key: Key) -> Any:
    # Writers take turns from their first statement on: two that had both read could not both go on to write.
    connection = sqlcipher3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level="IMMEDIATE", check_same_thread=False
    )
    try:
        for pragma in (
            f"key=\"x'{key.secret.hex()}{file_salt(key).hex()}'\"",
            "cipher_log_level=NONE",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection

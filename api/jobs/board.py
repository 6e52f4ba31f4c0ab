"""Where service and workers meet: a database of its own, which any number of processes has open.

Beside an embedded hospital it is a second encrypted file (one process alone opens the hospital's), under the same key;
on PostgreSQL a schema of its own. It holds what workers are given and what they say; nothing in it identifies anybody,
and nothing in it is needed once a job's outcome is stored with the hospital.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import sqlcipher3
from sqlalchemy import (
    Column,
    Double,
    Engine,
    MetaData,
    QueuePool,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from api.jobs.kinds import Document
from models.keys import Key
from models.place import Place
from models.sqlite.engine import file_salt
from models.tables.base import Flag, Whole

SCHEMA: Final = "wardflow_jobs"
BUSY_MILLISECONDS: Final = 30_000

_metadata = MetaData()
_job = Table(
    "wardflow_job",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("stopped", Flag, nullable=False),
    Column("outcome", Text),
)
_told = Table(
    "wardflow_told",
    _metadata,
    Column("sequence", Whole, primary_key=True),
    Column("job_id", Text, nullable=False, index=True),
    Column("payload", Text, nullable=False),
)
_worker = Table(
    "wardflow_worker",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("beat", Double, nullable=False),
)
_lease = Table(
    "wardflow_lease",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Progress of a job; ``sequence`` grows."""

    sequence: int
    payload: Document


class Board:
    """The open database. Safe to use from several threads; to be closed."""

    def __init__(self, place: Place, key: Key, connections: int = 10) -> None:
        self.engine = _engine(place, key, connections)
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            _metadata.create_all(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    # --- jobs -----------------------------------------------------------------------------------------------
    def put(self, job_id: str, kind: str, spec: Document) -> None:
        """Have a job done; nothing if it is there already."""
        row = {"id": job_id, "kind": kind, "spec": _json(spec), "stopped": False}
        self._insert_unless_there(_job, row)

    def stop(self, job_id: str) -> None:
        """Have a job end with the best there is."""
        self._change(update(_job).where(_job.c.id == job_id).values(stopped=True))

    def is_stopped(self, job_id: str) -> bool:
        """Whether a job is to end; one that is not known is."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(select(_job.c.stopped).where(_job.c.id == job_id)) in (None, True))

    def open_jobs(self) -> list[str]:
        """Jobs without an outcome."""
        with self.engine.connect() as connection:
            return list(
                connection.scalars(select(_job.c.id).where(_job.c.outcome.is_(None)).order_by(_job.c.id))
            )

    def job(self, job_id: str) -> tuple[str, Document]:
        """Kind and specification; raises ``LookupError``."""
        with self.engine.connect() as connection:
            row = connection.execute(select(_job.c.kind, _job.c.spec).where(_job.c.id == job_id)).first()
        if row is None:
            raise LookupError(f"No job {job_id!r} is on the board.")
        return row.kind, orjson.loads(row.spec)

    def end(self, job_id: str, outcome: Document) -> None:
        """Leave what came of a job for the service; the first outcome stays."""
        there = (_job.c.id == job_id) & _job.c.outcome.is_(None)
        self._change(update(_job).where(there).values(outcome=_json(outcome)))

    def outcomes(self, job_ids: Sequence[str]) -> dict[str, Document]:
        """What came of those that have ended."""
        asked = select(_job.c.id, _job.c.outcome).where(_job.c.id.in_(job_ids), _job.c.outcome.is_not(None))
        with self.engine.connect() as connection:
            return {row.id: orjson.loads(row.outcome) for row in connection.execute(asked)}

    def forget(self, job_id: str) -> None:
        """The outcome is stored elsewhere, and nobody asks how it came about any more."""
        self._change(delete(_told).where(_told.c.job_id == job_id))
        self._change(delete(_job).where(_job.c.id == job_id))

    # --- progress -------------------------------------------------------------------------------------------
    def tell(self, job_id: str, payload: Document) -> None:
        """Pass progress on."""
        self._change(insert(_told).values(job_id=job_id, payload=_json(payload)))

    def told(self, job_id: str, after: int, limit: int = 500) -> list[Told]:
        """Progress after a sequence, oldest first."""
        chosen = select(_told.c.sequence, _told.c.payload).where(
            _told.c.job_id == job_id, _told.c.sequence > after
        )
        with self.engine.connect() as connection:
            rows = connection.execute(chosen.order_by(_told.c.sequence).limit(limit))
            return [Told(row.sequence, orjson.loads(row.payload)) for row in rows]

    def last_told(self, job_id: str) -> Document | None:
        """The newest progress."""
        chosen = select(_told.c.payload).where(_told.c.job_id == job_id)
        with self.engine.connect() as connection:
            found = connection.scalar(chosen.order_by(_told.c.sequence.desc()).limit(1))
        return orjson.loads(found) if found is not None else None

    # --- workers --------------------------------------------------------------------------------------------
    def beat(self, worker_id: str, now: float) -> None:
        """A worker is alive (``now``: seconds since 1970)."""
        with self.engine.begin() as connection:
            known = connection.execute(update(_worker).where(_worker.c.id == worker_id).values(beat=now))
            if known.rowcount == 0:
                connection.execute(insert(_worker).values(id=worker_id, beat=now))

    def leave(self, worker_id: str) -> None:
        """A worker ends in good order."""
        self._change(delete(_worker).where(_worker.c.id == worker_id))

    def alive(self, since: float) -> set[str]:
        """Workers that beat since then."""
        with self.engine.connect() as connection:
            return set(connection.scalars(select(_worker.c.id).where(_worker.c.beat >= since)))

    def bury(self, before: float) -> None:
        """Forget workers that have not beaten since then."""
        self._change(delete(_worker).where(_worker.c.beat < before))

    def take_lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        """Whether a piece of work that one does for all is this holder's until ``now + seconds``."""
        self._insert_unless_there(_lease, {"name": name, "holder": holder, "until": 0.0})
        free = (_lease.c.name == name) & ((_lease.c.holder == holder) | (_lease.c.until < now))
        with self.engine.begin() as connection:
            taken = connection.execute(update(_lease).where(free).values(holder=holder, until=now + seconds))
            return bool(taken.rowcount == 1)

    # --- parts ----------------------------------------------------------------------------------------------
    def _insert_unless_there(self, table: Table, row: dict[str, Any]) -> None:
        make = insert_postgresql if self.engine.dialect.name == "postgresql" else insert_sqlite
        self._change(make(table).values(row).on_conflict_do_nothing())

    def _change(self, statement: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(statement)


def jobs_file(hospital: Path) -> Path:
    """Where the jobs of an embedded hospital lie."""
    return hospital.with_name(f"{hospital.stem}-jobs.db")


def _engine(place: Place, key: Key, connections: int) -> Engine:
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
    path = jobs_file(place)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    return create_engine(
        "sqlite+pysqlite://", module=sqlcipher3.dbapi2, creator=lambda: _connect(path, key), **common
    )


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


def _json(document: Document) -> str:
    return orjson.dumps(document).decode()

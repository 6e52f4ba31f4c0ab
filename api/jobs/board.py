"""Where service and workers meet: a database of its own, which any number of processes has open.

Beside an embedded hospital it is a second encrypted file (one process alone opens the hospital's), under a key of the
same ring; on PostgreSQL a schema of its own. It holds what workers are given and what they say; nothing in it
identifies anybody, and nothing in it is needed once a job's outcome is stored with the hospital.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Double,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from api.jobs.board_engine import board_engine, made_once, turn
from api.jobs.kinds import Document
from models.keys import KeyRing
from models.place import Place
from models.tables.base import Flag, Whole

_metadata = MetaData()
_job = Table(
    "wardflow_job",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("stopped", Flag, nullable=False),
    Column("revived", Whole, nullable=False),
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


FUTURE: Final = 10
"""A lease that lasts longer than so many times what is asked for was taken on a clock that has been set back since."""


@dataclass(frozen=True, slots=True)
class Told:
    """Progress of a job; ``sequence`` grows."""

    sequence: int
    payload: Document


@dataclass(frozen=True, slots=True)
class Standing:
    """A job on the board: whether it is to stop, and whether something came of it."""

    stopped: bool
    ended: bool


class Board:
    """The open database. Safe to use from several threads; to be closed.

    Time is the database's own, so that machines whose clocks differ agree; beside an embedded hospital ``wall``,
    seconds since 1970. Raises ``WrongKey`` if the ring has not the key the file was made with.
    """

    def __init__(
        self, place: Place, keys: KeyRing, connections: int = 10, wall: Callable[[], float] = time.time
    ) -> None:
        self._wall = wall
        self._place = place
        self.engine = board_engine(place, keys, connections)
        try:
            made_once(self.engine, place, _metadata)
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While what others keep in the same database is made."""
        with turn(self._place):
            yield

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    # --- jobs -----------------------------------------------------------------------------------------------
    def put(self, job_id: str, kind: str, spec: Document) -> None:
        """Have a job done; nothing if it is there already."""
        row = {"id": job_id, "kind": kind, "spec": _json(spec), "stopped": False, "revived": 0}
        self._insert_unless_there(_job, row)

    def stop(self, job_id: str) -> None:
        """Have a job end with the best there is."""
        self._change(update(_job).where(_job.c.id == job_id).values(stopped=True))

    def is_stopped(self, job_id: str) -> bool:
        """Whether a job is to end; one that is not known is."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(select(_job.c.stopped).where(_job.c.id == job_id)) in (None, True))

    def standing(self) -> dict[str, Standing]:
        """Every job there is."""
        chosen = select(_job.c.id, _job.c.stopped, _job.c.outcome.is_not(None).label("ended"))
        with self.engine.connect() as connection:
            return {row.id: Standing(row.stopped, bool(row.ended)) for row in connection.execute(chosen)}

    def open_jobs(self, kinds: Sequence[str] | None = None) -> list[str]:
        """Jobs without an outcome, the oldest first; of all kinds, or of these."""
        chosen = select(_job.c.id).where(_job.c.outcome.is_(None))
        if kinds is not None:
            chosen = chosen.where(_job.c.kind.in_(kinds))
        with self.engine.connect() as connection:
            return list(connection.scalars(chosen.order_by(_job.c.id)))

    def revive(self, job_id: str, most: int) -> bool:
        """Count that a job without an outcome is begun anew; False if that was done ``most`` times."""
        again = (_job.c.id == job_id) & _job.c.outcome.is_(None) & (_job.c.revived < most)
        with self.engine.begin() as connection:
            counted = connection.execute(update(_job).where(again).values(revived=_job.c.revived + 1))
            return bool(counted.rowcount == 1)

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

    def outcome(self, job_id: str) -> Document | None:
        """What came of it; None while nothing has."""
        with self.engine.connect() as connection:
            found = connection.scalar(select(_job.c.outcome).where(_job.c.id == job_id))
        return orjson.loads(found) if found is not None else None

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
    def beat(self, worker_id: str) -> None:
        """A worker is alive."""
        with self.engine.begin() as connection:
            now = self._now(connection)
            known = connection.execute(update(_worker).where(_worker.c.id == worker_id).values(beat=now))
            if known.rowcount == 0:
                connection.execute(insert(_worker).values(id=worker_id, beat=now))

    def leave(self, worker_id: str) -> None:
        """A worker ends in good order, or is given up."""
        self._change(delete(_worker).where(_worker.c.id == worker_id))

    def beats(self) -> dict[str, float]:
        """When each worker last said that it is alive: a number that changes when it does."""
        with self.engine.connect() as connection:
            return {row.id: row.beat for row in connection.execute(select(_worker))}

    def alive(self, seconds: float) -> int:
        """How many workers beat within the last so many seconds."""
        with self.engine.connect() as connection:
            since = self._now(connection) - seconds
            return connection.scalar(select(func.count()).where(_worker.c.beat >= since)) or 0

    def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Whether a piece of work that one does for all is this holder's for so many seconds."""
        self._insert_unless_there(_lease, {"name": name, "holder": holder, "until": 0.0})
        with self.engine.begin() as connection:
            now = self._now(connection)
            over = (_lease.c.until < now) | (_lease.c.until > now + FUTURE * seconds)
            free = (_lease.c.name == name) & ((_lease.c.holder == holder) | over)
            taken = connection.execute(update(_lease).where(free).values(holder=holder, until=now + seconds))
            return bool(taken.rowcount == 1)

    # --- parts ----------------------------------------------------------------------------------------------
    def _insert_unless_there(self, table: Table, row: dict[str, Any]) -> None:
        make = insert_postgresql if self.engine.dialect.name == "postgresql" else insert_sqlite
        self._change(make(table).values(row).on_conflict_do_nothing())

    def _now(self, connection: Connection) -> float:
        if self.engine.dialect.name == "postgresql":
            return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)
        return self._wall()

    def _change(self, statement: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(statement)


def _json(document: Document) -> str:
    return orjson.dumps(document).decode()

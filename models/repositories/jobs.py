"""Jobs: what somebody asked for, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from models.commands import JsonObject, Transaction
from models.errors import NotFound
from models.tables.jobs import ENDED, JobState, job


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job without its specification and result, which may be long (``load_spec``, ``load_result``)."""

    id: str
    kind: str
    state: JobState
    stopping: bool
    problem: str | None
    requested_by: str
    created_microsecond: int
    ended_microsecond: int | None


_SHORT = tuple(column for column in job.columns if column.name not in ("spec", "result"))


def insert_job(transaction: Transaction, job_id: str, kind: str, spec: JsonObject, actor: str) -> StoredJob:
    """Store what is asked for."""
    made = StoredJob(job_id, kind, JobState.REQUESTED, False, None, actor, transaction.now.microsecond, None)
    row = {
        "id": job_id,
        "kind": kind,
        "spec": spec,
        "state": made.state.value,
        "stopping": False,
        "requested_by": actor,
        "created_microsecond": made.created_microsecond,
    }
    transaction.connection.execute(insert(job), row)
    return made


def load_job(connection: Connection, job_id: str) -> StoredJob:
    """One job; raises ``NotFound``."""
    row = connection.execute(select(*_SHORT).where(job.c.id == job_id)).first()
    if row is None:
        raise NotFound("job", job_id)
    return _read(row)


@dataclass(frozen=True, slots=True)
class Shown:
    """Jobs of some ``kinds`` (None: of every one), and those of ``own_kinds`` that one account asked for."""

    kinds: Collection[str] | None = None
    account_id: str = ""
    own_kinds: Collection[str] = ()


def load_jobs(connection: Connection, before: str, limit: int, shown: Shown = Shown()) -> list[StoredJob]:
    """Some jobs, the newest first, older than the one of id ``before`` (empty: all)."""
    chosen = select(*_SHORT)
    if before:
        chosen = chosen.where(job.c.id < before)
    if shown.kinds is not None:
        own = (job.c.requested_by == shown.account_id) & job.c.kind.in_(sorted(shown.own_kinds))
        chosen = chosen.where(job.c.kind.in_(sorted(shown.kinds)) | own)
    return [_read(row) for row in connection.execute(chosen.order_by(job.c.id.desc()).limit(limit))]


def load_open_jobs(connection: Connection) -> list[StoredJob]:
    """Those that have not ended, the oldest first."""
    still = job.c.state.in_([JobState.REQUESTED.value, JobState.RUNNING.value])
    return [_read(row) for row in connection.execute(select(*_SHORT).where(still).order_by(job.c.id))]


def load_spec(connection: Connection, job_id: str) -> dict[str, Any]:
    """What workers are given; raises ``NotFound``."""
    return _document(connection, job_id, "spec") or {}


def load_result(connection: Connection, job_id: str) -> dict[str, Any] | None:
    """What came of it, None while nothing has; raises ``NotFound``."""
    return _document(connection, job_id, "result")


def hand_over(transaction: Transaction, job_id: str) -> None:
    """The workers have it."""
    waits = (job.c.id == job_id) & (job.c.state == JobState.REQUESTED.value)
    transaction.connection.execute(update(job).where(waits).values(state=JobState.RUNNING.value))


def ask_to_stop(transaction: Transaction, job_id: str) -> StoredJob:
    """Have a job end with the best there is; one that has ended stays as it is. Raises ``NotFound``."""
    found = load_job(transaction.connection, job_id)
    if found.state not in ENDED:
        transaction.connection.execute(update(job).where(job.c.id == job_id).values(stopping=True))
    return load_job(transaction.connection, job_id)


def end_job(
    transaction: Transaction,
    job_id: str,
    state: JobState,
    result: Mapping[str, Any] | None,
    problem: str | None,
) -> bool:
    """Store what came of it; False if that is stored already."""
    goes_on = (job.c.id == job_id) & job.c.state.not_in([ended.value for ended in ENDED])
    values = {
        "state": state.value,
        "result": result,
        "problem": problem,
        "ended_microsecond": transaction.now.microsecond,
    }
    return transaction.connection.execute(update(job).where(goes_on).values(**values)).rowcount == 1


def _document(connection: Connection, job_id: str, column: str) -> dict[str, Any] | None:
    row = connection.execute(select(job.c[column]).where(job.c.id == job_id)).first()
    if row is None:
        raise NotFound("job", job_id)
    found: dict[str, Any] | None = row[0]
    return found


def _read(row: Any) -> StoredJob:
    return StoredJob(
        row.id,
        row.kind,
        JobState(row.state),
        row.stopping,
        row.problem,
        row.requested_by,
        row.created_microsecond,
        row.ended_microsecond,
    )

"""Jobs as the service sees them: asked for, given to the workers, stopped, ended; what they have come to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from api.errors import Forbidden, WrongState
from api.jobs.catalogue import NEEDS
from api.jobs.kinds import Document
from api.security.access import Access
from api.security.permissions import Permission
from api.services.reads import Page
from api.services.words import moment
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction, Write
from models.errors import NotFound
from models.ids import IdGenerator
from models.repositories import jobs
from models.repositories.jobs import StoredJob
from models.tables.jobs import ENDED, JobState


def requesting(kind: str, spec: Document, command: Command, new_id: IdGenerator, zone: str) -> Command:
    """The command that stores a job, to be done once; ``spec`` holds nothing about any person."""
    job_id = new_id("job")

    def write(transaction: Transaction) -> Outcome:
        made = jobs.insert_job(transaction, job_id, kind, spec, command.actor)
        return _told("job.requested", made, Answer(202, _acted(made, transaction, zone)), transaction)

    return replace(command, write=write)


def stopping(job_id: str, access: Access, command: Command, zone: str) -> Command:
    """The command that has a job end with the best there is; one that has ended stays as it ended."""

    def write(transaction: Transaction) -> Outcome:
        job_in_sight(transaction.connection, job_id, access)
        found = jobs.ask_to_stop(transaction, job_id)
        return _told("job.stopping", found, Answer(202, _acted(found, transaction, zone)), transaction)

    return replace(command, write=write)


def handed_over(job_id: str) -> Write:
    """The workers have it."""

    def write(transaction: Transaction) -> Outcome:
        jobs.hand_over(transaction, job_id)
        return _told(
            "job.handed_over", jobs.load_job(transaction.connection, job_id), Answer(200, {}), transaction
        )

    return write


def ended(job_id: str, outcome: Document) -> Write:
    """Store what the workers left: ``{"result": ..., "stopped": ...}`` or ``{"failed": why}``. The write raises
    ``WrongState`` if the job has ended already."""
    problem = outcome.get("failed")
    came_to = JobState.FAILED if problem is not None else JobState.DONE
    state = JobState.STOPPED if outcome.get("stopped") else came_to

    def write(transaction: Transaction) -> Outcome:
        if not jobs.end_job(transaction, job_id, state, outcome.get("result"), problem):
            raise WrongState("The job has ended already.", "Read the job.")
        found = jobs.load_job(transaction.connection, job_id)
        return _told(f"job.{found.state.value}", found, Answer(200, {}), transaction)

    return write


# --- who sees what ------------------------------------------------------------------------------------------
def job_in_sight(connection: Connection, job_id: str, access: Access) -> StoredJob:
    """One job; raises ``NotFound`` for one of a kind that is hidden, too: not even that there is one is told."""
    found = jobs.load_job(connection, job_id)
    if not (_oversees(access) or found.kind in _kinds_of(access) or _own(found, access)):
        raise NotFound("job", job_id)
    return found


def _own(job: StoredJob, access: Access) -> bool:
    """Whether the principal asked for it, and may still ask for such a one somewhere: on one ward, say."""
    need = NEEDS.get(job.kind)
    return job.requested_by == access.principal.account_id and need is not None and access.anywhere(need)


def _oversees(access: Access) -> bool:
    return access.allows(None, Permission.JOB_OVERSEE)


def _kinds_of(access: Access) -> frozenset[str]:
    """Kinds of which the principal may ask for a job; a kind that the catalogue does not name is nobody's."""
    return frozenset(kind for kind, need in NEEDS.items() if access.everywhere(need))


def _listed(access: Access, kind: str | None) -> jobs.Shown:
    """The jobs to list."""
    if _oversees(access):
        return jobs.Shown(None if kind is None else (kind,))
    own = frozenset(found for found, need in NEEDS.items() if access.anywhere(need))
    whole = _kinds_of(access)
    if kind is not None:
        own, whole = own & {kind}, whole & {kind}
    return jobs.Shown(whole, access.principal.account_id, own)


# --- what is shown ------------------------------------------------------------------------------------------
def listed(connection: Connection, page: Page, kind: str | None, access: Access, zone: str) -> dict[str, Any]:
    """A page of the jobs in sight, the newest first."""
    found = jobs.load_jobs(connection, page.after, page.limit + 1, _listed(access, kind))
    return page.body([job_json(job, zone) for job in found])


def job_json(job: StoredJob, zone: str) -> dict[str, Any]:
    """A job as clients see it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "stopping": job.stopping and job.state not in ENDED,
        "problem": job.problem,
        "requested_by": job.requested_by,
        "created": _moment(job.created_microsecond, zone),
        "ended": _moment(job.ended_microsecond, zone) if job.ended_microsecond is not None else None,
    }


def result_json(connection: Connection, job_id: str, access: Access) -> dict[str, Any]:
    """What came of it; raises ``NotFound`` as ``job_in_sight`` does, ``Forbidden`` for whoever only oversees jobs, and
    ``WrongState`` while nothing has come of it, or if it failed."""
    job = job_in_sight(connection, job_id, access)
    need = NEEDS.get(job.kind)
    if need is None:  # Of a kind that another version of the service stored.
        raise NotFound("job", job_id)
    if not (_own(job, access) or access.everywhere(need)):
        raise Forbidden(need.value, "beyond a single ward")
    if job.state is JobState.FAILED:
        raise WrongState("The job failed; there is no result.", "Read the job: its problem says why.")
    if job.state not in ENDED:
        raise WrongState("The job has not ended.", "Wait for it, or stop it to have the best there is.")
    return {
        "id": job.id,
        "stopped": job.state is JobState.STOPPED,
        "result": jobs.load_result(connection, job_id),
    }


# --- parts --------------------------------------------------------------------------------------------------
def _acted(job: StoredJob, transaction: Transaction, zone: str) -> dict[str, Any]:
    return {"job_id": job.id, **job_json(job, zone), "hospital_revision": transaction.revision}


def _told(topic: str, job: StoredJob, answer: Answer, transaction: Transaction) -> Outcome:
    payload = {"subject": job.id, "kind": job.kind, "minute": transaction.now.minute, "wards": []}
    return Outcome(
        answer, (AuditEntry(topic, job.id, {"kind": job.kind}),), (Event(topic, payload),), touched=()
    )


def _moment(microsecond: int, zone: str) -> str:
    return moment(Instant(microsecond).minute, zone)

"""Answers about jobs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.answers.common import Aged, PageOut, Time
from api.schemas.base import Out

State = Literal["requested", "running", "done", "stopped", "failed"]


class JobOut(Out):
    """A job. ``requested``: stored; ``running``: with the workers; ``stopped``: ended early with the best there was."""

    id: str
    kind: str
    state: State
    stopping: Annotated[bool, Field(description="Asked to stop, not ended yet")]
    problem: Annotated[str | None, Field(description="Why it failed")]
    requested_by: str
    created: Time
    ended: Time | None


class JobStanding(JobOut):
    """A job, how far it is, and how many workers there are: with none, nothing goes on."""

    progress: Annotated[
        dict[str, Any] | None, Field(description="The last its workers said, by the kind of job")
    ]
    workers: int | None


class JobActed(JobOut, Aged):
    """A job that was asked for, or asked to stop."""

    job_id: str


class JobPage(PageOut[JobOut]):
    """A page of jobs, the newest first."""


class JobResult(Out):
    """What came of a job; its form depends on the kind of job."""

    id: str
    stopped: bool
    result: dict[str, Any] | None

"""Long work that somebody asked for, and what came of it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Index, Text

from models.tables.base import Flag, Json, Whole, one_of, record_id, strict_table


class JobState(StrEnum):
    """Asked for and stored; given to the workers; ended, in one of three ways."""

    REQUESTED = "requested"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


ENDED = frozenset({JobState.DONE, JobState.STOPPED, JobState.FAILED})

job = strict_table(
    "job",
    record_id(),
    Column("kind", Text, nullable=False),
    Column("spec", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("stopping", Flag, nullable=False),
    Column("result", Json),
    Column("problem", Text),
    Column("requested_by", Text, nullable=False),
    Column("created_microsecond", Whole, nullable=False),
    Column("ended_microsecond", Whole),
    one_of("state", JobState),
    CheckConstraint(
        "(state IN ('done', 'stopped', 'failed')) = (ended_microsecond IS NOT NULL)", name="ended"
    ),
    CheckConstraint("(state = 'failed') = (problem IS NOT NULL)", name="problem"),
    Index("ix_job_state", "state"),
)
"""``spec`` is what workers are given: free of personal data, never changed. ``result``: what came of it, of a stopped
one the best there was; ``problem``: why one failed."""

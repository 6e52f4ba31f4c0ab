"""Every setting of the service in one table. Each is read from the environment as ``WARDFLOW_<NAME>``.

Nothing is read when this module is imported: whoever starts the service makes a ``Settings``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, InstanceOf, PlainValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL

from api.delivery.destinations import IpNetwork
from models.place import place_of
from solver.placing.bounds import Bounds

LONGEST_PAGE = 1000
"""Most records on one page of a list, whatever a hospital sets."""

DISPLACING = Bounds()
"""How far displacing goes unless a hospital says otherwise."""


def _place(value: Any) -> Path | URL:
    """A file or an address, however it is said; the message never holds what was said (it may be a password)."""
    if not isinstance(value, str | Path | URL):
        raise ValueError("expected a file or an address of PostgreSQL")
    return place_of(value)


class Settings(BaseSettings):
    """Settings of one service process; a value outside its range is refused with the variable's name."""

    model_config = SettingsConfigDict(env_prefix="WARDFLOW_", frozen=True, extra="forbid")

    database: Annotated[Path | InstanceOf[URL], NoDecode, PlainValidator(_place)] = Field(
        default=Path("data/hospital.db"),
        description="The encrypted database, in a folder for the owner alone; or postgresql+psycopg://...",
    )
    key_file: Path = Field(
        default=Path("wardflow.keys"),
        description="What opens the database; outside the data folder, mode 0600.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")

    body_limit_bytes: int = Field(
        default=1_048_576, ge=1024, le=64 * 1_048_576, description="Longest request body that is read."
    )
    page_limit: int = Field(
        default=200, ge=1, le=LONGEST_PAGE, description="Most records on one page of a list."
    )
    queue_limit: int = Field(
        default=4096,
        ge=1,
        le=100_000,
        description="Commands that may wait for the writer before 503 is answered.",
    )
    overload_seconds: float = Field(
        default=0.5,
        gt=0,
        le=60,
        description="Commands are answered 503 while those under way would take longer than this.",
    )
    overload_commands: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="Commands that may be under way however long they take.",
    )
    answer_seconds: float = Field(
        default=10.0,
        gt=0,
        le=600,
        description="Longest wait for the database before 503 is answered; a change may wait for a batch as well.",
    )
    readers: int = Field(default=8, ge=1, le=64, description="Reading connections to the database.")

    session_minutes: int = Field(
        default=12 * 60, ge=1, le=30 * 24 * 60, description="How long a token is good after login."
    )
    outage_minutes: int = Field(
        default=30,
        ge=1,
        le=240,
        description="While storage cannot be asked a token is good for so long after storage last knew it.",
    )
    login_attempts: int = Field(
        default=5, ge=1, le=100, description="Wrong passwords before an account is locked for a while."
    )
    login_lock_seconds: int = Field(
        default=300, ge=1, le=86_400, description="First lock; each further wrong password doubles it."
    )
    password_hash_parallel: int = Field(
        default=2, ge=1, le=64, description="Passwords checked at once; each takes 64 MiB."
    )

    tick_seconds: float = Field(
        default=60.0, ge=0, le=3600, description="Seconds between two ticks of the hospital's clock; 0: none."
    )
    step_seconds: float = Field(
        default=1.0, ge=0, le=4, description="Seconds between two looks for steps that are overdue; 0: none."
    )
    overdue_minutes: int = Field(
        default=60, ge=5, le=1440, description="By how much an overdue expected end moves forward."
    )
    repair_moves: int = Field(
        default=50, ge=0, le=1000, description="Most booked allocations one disruption may change."
    )
    chain_searches: int = Field(
        default=2,
        ge=0,
        le=50,
        description="Urgent waiting requests a chain is sought for at each tick; 0: none.",
    )
    retry_unplaced: int = Field(
        default=200, ge=1, le=5000, description="Most waiting requests looked at in one slice of a round."
    )
    round_ms: int = Field(
        default=5,
        ge=1,
        le=10_000,
        description="How long a slice of a round of the waiting list may look at requests.",
    )
    displace_after_minutes: int = Field(
        default=DISPLACING.after_minutes,
        ge=0,
        le=1440,
        description="An urgent place that starts this much later than it could is as if there were none.",
    )
    displace_tries: int = Field(
        default=DISPLACING.tries,
        ge=0,
        le=100,
        description="Most less urgent bookings taken back on trial for one urgent request; 0: none ever is.",
    )
    displace_imminent_minutes: int = Field(
        default=DISPLACING.imminent_minutes,
        ge=0,
        le=1440,
        description="A booking its ward has accepted is not taken back from this long before its start.",
    )
    hold_rest_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="So long a need whose hold lapsed is left to people before it is decided again by itself.",
    )
    holds_per_resource: int = Field(
        default=3,
        ge=1,
        le=100,
        description="How often one bed or unit is held for one request at most; then it is given for good or left.",
    )
    batch_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Longest joint decision of a batch when it sets no deadline."
    )
    solver_process: bool = Field(
        default=True, description="Plan batches that have time for it in a process of their own."
    )
    solver_workers: int = Field(
        default=1, ge=1, le=256, description="Threads with which that process solves one batch."
    )
    solver_memory_mb: int = Field(
        default=2048, ge=1, le=1_048_576, description="What that process may take above its own needs."
    )
    scarcity_minutes: int = Field(
        default=15,
        ge=0,
        le=240,
        description="Minutes between two computations of what scarce capacity is worth; 0: plain prices always.",
    )
    stock_minutes: int = Field(
        default=60,
        ge=0,
        le=1440,
        description="Minutes between two looks at what expires or runs out in the pharmacy; 0: none.",
    )
    stale_minutes: int = Field(
        default=10, ge=1, le=1440, description="Age of the data beyond which answers are advice only."
    )
    comparisons: int = Field(
        default=1, ge=0, le=10, description="Other beds a decision is compared with in its explanation."
    )

    job_poll_seconds: float = Field(
        default=0.5,
        gt=0,
        le=3600,
        description="How often service and workers look for jobs, and for what came of them.",
    )
    worker_processes: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="Pieces of jobs a worker does at once; none: one for each core. What the worker that was started "
        "last says holds for all workers of the hospital.",
    )
    worker_memory_mb: int = Field(
        default=4096,
        ge=1,
        le=1_048_576,
        description="What one piece of a job may take above its process's needs.",
    )
    worker_stop_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="A piece that was told to stop is killed after this."
    )
    worker_lost_seconds: float = Field(
        default=15.0,
        ge=1,
        le=3600,
        description="Work of a worker that has not been heard of for this long is taken over.",
    )

    webhook_delivery: bool = Field(
        default=True,
        description="Send events to webhooks from this process, unless another of the hospital does.",
    )
    webhook_limit: int = Field(
        default=100, ge=0, le=1000, description="Most webhooks there may be; each is looked after by itself."
    )
    webhook_networks: tuple[IpNetwork, ...] = Field(
        default=(),
        description="Networks of the hospital's own that events may be sent into, as JSON; others only to the public.",
    )
    webhook_plain_http: bool = Field(
        default=False, description="Send events without TLS as well; a sandbox does so in any case."
    )
    webhook_timeout_seconds: float = Field(
        default=10.0, gt=0, le=60, description="Longest wait for the answer of a webhook's receiver."
    )
    webhook_retry_seconds: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="First pause after a failed delivery; doubled up to two hours.",
    )
    webhook_retry_hours: float = Field(
        default=24.0,
        gt=0,
        le=168,
        description="An event is given up once its pauses would be longer than this.",
    )
    webhook_disable_hours: float = Field(
        default=120.0, gt=0, le=2160, description="A webhook that failed for this long is disabled."
    )

    event_poll_seconds: float = Field(
        default=0.5, gt=0, le=10, description="How often an event stream looks for new events."
    )
    event_stream_seconds: float = Field(
        default=3600.0, gt=0, le=86_400, description="An event stream ends after this; clients come back."
    )


@cache
def installed_version() -> str:
    """The version of wardflow that is installed; looked up once, in the files of the installation."""
    try:
        return version("wardflow")
    except PackageNotFoundError:
        return "unknown"

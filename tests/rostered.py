"""Rosters of the tests' small hospital, searched in this process as a worker would."""

from __future__ import annotations

from typing import Any

from api.examples import EXAMPLES
from api.jobs.kinds import Observer
from api.jobs.rosters import RosterDraft
from api.services import jobs
from models.commands import Command
from models.repositories.jobs import load_spec
from tests.api_service import Service

TERMS = EXAMPLES["POST /api/v1/roster-terms"]["two_part_timers"]
DRAFT = EXAMPLES["POST /api/v1/rosters"]["with_wishes"] | {"seconds": 20}
"""It is proven best long before."""
UNWATCHED = Observer(lambda _: None, lambda: False)


async def terms(service: Service, revision: int = 0, login: str = "manager1", **changes: Any) -> Any:
    """A version of ward W1's terms."""
    return await service.post("/roster-terms", {**TERMS, **changes}, login, revision)


async def drafted(service: Service, login: str = "manager1", **changes: Any) -> Any:
    """A draft of ward W1 with its plan: searched until it is proven best."""
    made = await service.post("/rosters", {**DRAFT, **changes}, login)
    assert made.status_code == 202, made.text
    await searched(service, made.json()["job_id"])
    return (await service.get(f"/rosters/{made.json()['roster_id']}", login)).json()


async def searched(service: Service, job_id: str) -> None:
    """Do a job and store what came of it."""
    with service.runtime.database.reading() as connection:
        spec = load_spec(connection, job_id)
    kind, done = RosterDraft(), []
    while pieces := kind.pieces(spec, done):
        done += [kind.work(spec, piece, UNWATCHED) for piece in pieces]
    outcome = {"result": kind.result(spec, done, False)}
    await service.runtime.note(Command("job.end", "job.tender", write=jobs.ended(job_id, outcome)))

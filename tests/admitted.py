"""Plans of admissions of the tests' small hospital, searched in this process as a worker would."""

from __future__ import annotations

from typing import Any

from api.examples import EXAMPLES
from api.jobs.admissions import AdmissionPlanning
from api.jobs.kinds import Observer
from api.services import jobs
from models.commands import Command
from models.repositories.jobs import load_spec
from tests.api_service import DAY, Service, at

TERMS = EXAMPLES["POST /api/v1/admission-terms"]["one_theatre"]
PLAN = EXAMPLES["POST /api/v1/plans"]["a_week"] | {"iterations": 20_000}
UNWATCHED = Observer(lambda _: None, lambda: False)


async def terms(service: Service, revision: int = 0, login: str = "bed", **changes: Any) -> Any:
    """A version of the terms."""
    return await service.post("/admission-terms", {**TERMS, **changes}, login, revision)


async def asked(service: Service, **changes: Any) -> Any:
    """A planned admission from home: of a woman, for almost a day, from tomorrow on for five days."""
    body = {
        "person": {"sex": "female", "born": "1986-01-01"},
        "priority": "routine",
        "care": {"speciality": "medicine"},
        "origin": "home",
        "needed_by": at(DAY),
        "max_wait_minutes": 5 * DAY,
        "duration_minutes": 1200,
    }
    made = await service.post("/requests", {**body, **changes}, "bed")
    assert made.status_code in (201, 202), made.text
    return made.json()


async def planned(service: Service, **changes: Any) -> Any:
    """A plan with what was found."""
    made = await service.post("/plans", {**PLAN, **changes}, "bed")
    assert made.status_code == 202, made.text
    await searched(service, made.json()["job_id"])
    return (await service.get(f"/plans/{made.json()['plan_id']}", "bed")).json()


async def searched(service: Service, job_id: str) -> None:
    """Do a job and store what came of it."""
    with service.runtime.database.reading() as connection:
        spec = load_spec(connection, job_id)
    kind, done = AdmissionPlanning(), []
    while pieces := kind.pieces(spec, done):
        done += [kind.work(spec, piece, UNWATCHED) for piece in pieces]
    outcome = {"result": kind.result(spec, done, False)}
    await service.runtime.note(Command("job.end", "job.tender", write=jobs.ended(job_id, outcome)))

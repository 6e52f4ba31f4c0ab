"""Orders of a pharmacy: checked at the door, then jobs."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection

from api.errors import InvalidInput, Place, WrongState
from api.jobs.catalogue import PHARMACY_PLAN
from api.jobs.kinds import Document
from api.places import pointer
from api.schemas.pharmacy import PharmacyPlanIn
from models.errors import NotFound
from models.repositories.jobs import load_job, load_result
from models.tables.jobs import JobState
from solver.engine.errors import InvalidInstance, Problem

_AT = re.compile(r"stock\.json, (items\[\d+\](?:, (?:lots|on_order)\[\d+\])?)")


def specification(body: PharmacyPlanIn) -> Document:
    """What the workers are given; raises ``InvalidInput`` with every fault and its place, repeating nothing."""
    # Tuning is loaded with the first plan: a service that is asked for none does without.
    from solver.pharmacy.reorder.formats import read_stock

    try:
        read_stock(body.stock)
    except InvalidInstance as refused:
        raise InvalidInput([_place(problem) for problem in refused.problems]) from None
    return {"stock": body.stock, "seed": body.seed}


def proposal(connection: Connection, job_id: str) -> dict[str, Any]:
    """What a plan came to; raises ``NotFound``, for a job of another kind, too, and ``WrongState`` where there is
    nothing yet."""
    job = load_job(connection, job_id)
    if job.kind != PHARMACY_PLAN:
        raise NotFound("job", job_id)
    result = load_result(connection, job_id)
    if result is None:
        raise WrongState("There is no order.", "Only a pharmacy's plan that has ended has one.")
    return {"job_id": job.id, "stopped": job.state is JobState.STOPPED, **result}


def _place(problem: Problem) -> Place:
    found = _AT.match(problem.where)
    where = f"at {found.group(1)}: " if found else ""
    return Place(pointer("stock"), f"{where}{problem.expected}")

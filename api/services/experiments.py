"""What-if experiments: checked at the door, then jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import Connection

from api.errors import ContradictoryInput, InvalidInput, Place, WrongState
from api.jobs.catalogue import EXPERIMENT
from api.jobs.kinds import Document
from api.places import pointer
from api.schemas.experiments import ExperimentIn
from models.errors import NotFound
from models.repositories.jobs import load_job, load_result
from solver.engine.errors import InvalidInstance, Problem

FLEET = ("type", "change", "around")
"""Where faults of a question about a fleet are said to be."""
_LINE = re.compile(r"scenario\.yaml:(\d+)")


def specification(body: ExperimentIn) -> Document:
    """What the workers are given; raises ``InvalidInput`` with every fault and its line, repeating nothing."""
    names = [variant.name for variant in body.variants]
    if len(set(names)) < len(names):
        raise ContradictoryInput([Place(pointer("variants"), "variants of different names")])
    if body.variants and body.fleet is not None:
        raise ContradictoryInput([Place(pointer("fleet"), "either variants or a fleet")])
    spec: Document = {
        "scenario": body.scenario,
        "variants": [{"name": variant.name, "settings": dict(variant.settings)} for variant in body.variants],
        "seed": body.seed,
        "replications": body.replications,
        "precision": body.precision,
        "budget": body.budget,
    }
    if body.fleet is not None:
        spec["fleet"] = {"type_ids": list(body.fleet.type_ids), "around": body.fleet.around}
    # The simulator is loaded with the first scenario: a service that is asked for none does without.
    from api.jobs.experiments import checked

    try:
        checked(spec)
    except InvalidInstance as refused:
        raise InvalidInput(list(_places(refused.problems))) from None
    return spec


def report(connection: Connection, job_id: str) -> str:
    """The report as a page; raises ``NotFound``, for a job of another kind, too, and ``WrongState`` where
    there is none."""
    job = load_job(connection, job_id)
    if job.kind != EXPERIMENT:
        raise NotFound("job", job_id)
    result = load_result(connection, job_id)
    if result is None or "report" not in result:
        raise WrongState(
            "There is no report.", "Only an experiment that has ended with replications has one."
        )
    page: str = result["report"]
    return page


def _places(problems: tuple[Problem, ...]) -> Iterator[Place]:
    for problem in problems:
        line = _LINE.match(problem.where)
        if line is not None:
            yield Place(pointer("scenario"), f"in line {line.group(1)}: {problem.expected}")
        elif problem.where in FLEET:
            yield Place(pointer("fleet"), problem.expected)
        else:
            yield Place(pointer("budget" if problem.where == "budget" else "variants"), problem.expected)

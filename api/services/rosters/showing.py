"""Rosters as clients see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from api.services import searches
from api.services.reads import Page
from api.services.searches import found_json
from api.services.sight import Sight
from api.services.words import moment
from models.clock import Instant
from models.repositories import rosters
from models.repositories.jobs import load_job, load_result
from models.repositories.rosters import StoredRoster
from models.tables.jobs import JobState
from solver.placing.language import Language

EPOCH = date(1970, 1, 1)


def day_text(day: int) -> str:
    """A day counted since 1970-01-01 as a date."""
    return (EPOCH + timedelta(days=day)).isoformat()


def listed(
    connection: Connection, page: Page, ward_id: str | None, sight: Sight, zone: str
) -> dict[str, Any]:
    """A page of drafts and editions in sight, the newest first."""
    found = rosters.load_rosters(connection, page.after, page.limit + 1, sight.wards, ward_id)
    return page.body([short_json(one, zone) for one in found])


def short_json(stored: StoredRoster, zone: str) -> dict[str, Any]:
    """A roster without its plan."""
    return {
        "id": stored.id,
        "ward_id": stored.ward_id,
        "edition": stored.edition,
        "first_day": day_text(stored.first_day),
        "last_day": day_text(stored.end_day - 1),
        "terms_revision": stored.terms_version,
        "job_id": stored.job_id,
        "draft_id": stored.draft_id,
        "change_id": stored.change_id,
        "by": stored.actor,
        "at": moment(Instant(stored.recorded_microsecond).minute, zone),
    }


def roster_json(
    connection: Connection, stored: StoredRoster, language: Language, zone: str
) -> dict[str, Any]:
    """A roster with its plan, as far as there is one."""
    job = load_job(connection, stored.job_id)
    result = load_result(connection, stored.job_id)
    assignments = [] if result is None else result["assignments"]
    if stored.plan is not None:
        # What was found for the draft says nothing of an edition that people changed.
        result = result if stored.change_id is None else None
        assignments = stored.plan["assignments"]
    state = job.state.value if stored.edition is None else "published"
    return {
        **short_json(stored, zone),
        "state": state,
        "problem": job.problem if job.state is JobState.FAILED else None,
        "progress": None,
        "plan": None if result is None else _plan(result, language),
        "duties": duties(assignments, stored.first_day),
    }


def duties(assignments: Iterable[Iterable[Any]], first_day: int) -> list[dict[str, Any]]:
    """Rows of employee, day, shift, skill as clients see them."""
    return [
        {"staff_id": employee, "day": day_text(first_day + day), "shift_id": shift, "skill": skill}
        for employee, day, shift, skill in assignments
    ]


def _plan(result: Mapping[str, Any], language: Language) -> dict[str, Any]:
    from solver.rostering.rules import CATALOGUE

    return found_json(result, "collisions", CATALOGUE, language)


def rules_told(tallies: Iterable[Mapping[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Rules of rosters that are broken, in the reader's language."""
    from solver.rostering.rules import CATALOGUE

    return searches.rules_told(tallies, CATALOGUE, language)

"""Plans of admissions as clients see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from api.services.admissions.items import Item, items_of, read_items, result_of
from api.services.reads import Page
from api.services.rosters.showing import day_text
from api.services.searches import found_json, rules_told
from api.services.words import moment
from models.clock import Instant
from models.repositories import admissions
from models.repositories.admissions import StoredItem, StoredPlan
from models.repositories.jobs import load_job, load_result, load_spec
from models.tables.jobs import JobState
from solver.placing.language import Language, Text

LEFT_OUT: Final = "left_out"
REASONS: Final[Mapping[str, Text]] = {
    LEFT_OUT: Text(
        "The beds and theatres of these days serve others better.", "这些天的床位与手术室安排给他人更合适。"
    ),
    "no_day": Text(
        "No admission time of the plan lies in the window of the request.",
        "申请的时间窗内没有计划中的收治时点。",
    ),
    "no_room": Text("No room of the wards suits the patient.", "所选病区没有适合该患者的病室。"),
    "no_theatre": Text(
        "On no day of the window have surgeon and theatre the minutes.",
        "时间窗内没有一天手术医生与手术室时间充足。",
    ),
}
"""Why somebody who waits is not admitted."""


def listed(connection: Connection, page: Page, zone: str) -> dict[str, Any]:
    """A page of plans, the newest first."""
    found = admissions.load_plans(connection, page.after, page.limit + 1)
    return page.body([short_json(one, zone) for one in found])


def short_json(stored: StoredPlan, zone: str) -> dict[str, Any]:
    """A plan without its items."""
    return {
        "id": stored.id,
        "first_day": day_text(stored.first_day),
        "last_day": day_text(stored.first_day + stored.days - 1),
        "ward_ids": list(stored.ward_ids),
        "terms_revision": stored.terms_version,
        "job_id": stored.job_id,
        "before_id": stored.before_id,
        "by": stored.actor,
        "at": moment(Instant(stored.recorded_microsecond).minute, zone),
    }


def plan_json(
    connection: Connection, stored: StoredPlan, ward_of_room: Mapping[str, str], language: Language, zone: str
) -> dict[str, Any]:
    """A plan with its items, as far as there is one."""
    job, spec = load_job(connection, stored.job_id), load_spec(connection, stored.job_id)
    result = load_result(connection, stored.job_id)
    found = result is not None and result["cost"] is not None
    items = read_items(spec, result, stored.first_day) if result is not None and found else []
    revision = admissions.last_revision(connection, stored.id)
    return {
        **short_json(stored, zone),
        "revision": revision,
        "state": job.state.value,
        "problem": job.problem if job.state is JobState.FAILED else None,
        "progress": None,
        "plan": None if result is None else _found(result, language),
        "admissions": [_admission(one, ward_of_room, zone) for one in items if one.start is not None],
        "left_out": list(_left_out(items, spec["without"], language)),
        "applied": [item_json(one) for one in admissions.load_items(connection, stored.id, revision)],
    }


def _found(result: Mapping[str, Any], language: Language) -> dict[str, Any]:
    from solver.admissions.rules import CATALOGUE

    return found_json(result, "relaxed", CATALOGUE, language)


def _admission(item: Item, ward_of_room: Mapping[str, str], zone: str) -> dict[str, Any]:
    assert item.start is not None, "who is left out has no place"
    return {
        "request_id": item.request_id,
        "day": day_text(item.day or 0),
        "start": moment(item.start, zone),
        "ward_id": ward_of_room[item.room_id or ""],
        "room_id": item.room_id,
        "surgeon_id": item.surgeon_id,
        "theatre_id": item.theatre_id,
        "minutes": item.minutes,
    }


def _left_out(
    items: Iterable[Item], without: Mapping[str, str], language: Language
) -> Iterator[dict[str, Any]]:
    reasons = {one.request_id: LEFT_OUT for one in items if one.start is None} | dict(without)
    for request_id, reason in sorted(reasons.items()):
        yield {"request_id": request_id, "reason": reason, "told": REASONS[reason].say(language)}


def item_json(one: StoredItem) -> dict[str, Any]:
    """What became of an item; its reason is a sentence in no language yet."""
    return {
        "request_id": one.request_id,
        "outcome": one.outcome,
        "allocation_id": one.allocation_id,
        "reason": one.why.get("reason"),
        "told": one.why.get("told"),
        "rules": one.why.get("rules", []),
    }


def recounted(connection: Connection, stored: StoredPlan, language: Language) -> dict[str, Any]:
    """A plan as the referee counts it; raises ``WrongState`` where there is none."""
    from api.jobs.admissions import counted_again, tallies
    from solver.admissions.rules import CATALOGUE

    result = result_of(connection, stored)
    counted, whole = counted_again(load_spec(connection, stored.job_id), result)
    newest = admissions.load_terms(connection)
    return {
        "plan_id": stored.id,
        "revision": admissions.last_revision(connection, stored.id),
        "agrees": counted.cost == result["cost"] and tallies(counted) == result["rules"],
        "cost": counted.cost,
        "verified": whole,
        "rules": rules_told(tallies(counted), CATALOGUE, language),
        "newer_terms": newest is not None and newest.version != stored.terms_version,
    }


def difference(connection: Connection, plan_id: str, other_id: str) -> dict[str, Any]:
    """Requests that two plans have elsewhere; raises ``NotFound`` and ``WrongState`` where one has no plan."""
    before, after = (
        {one.request_id: _place(one) for one in items_of(connection, admissions.load_plan(connection, plan))}
        for plan in (plan_id, other_id)
    )
    found = [
        {"request_id": request_id, "before": before.get(request_id), "after": after.get(request_id)}
        for request_id in sorted(before.keys() | after.keys())
        if before.get(request_id) != after.get(request_id)
    ]
    return {"plan_id": plan_id, "other_id": other_id, "difference": found}


def _place(item: Item) -> dict[str, Any] | None:
    if item.start is None:
        return None
    return {"day": day_text(item.day or 0), "room_id": item.room_id, "theatre_id": item.theatre_id}

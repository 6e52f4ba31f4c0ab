"""Plans of bookings: checked at the door, then jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from api.errors import InvalidInput, Place, WrongState
from api.jobs.catalogue import EQUIPMENT_PLAN
from api.jobs.kinds import Document
from api.places import pointer
from api.schemas.equipment import DueIn, EquipmentPlanIn, LiveIn, TechnicianIn, WantedIn
from api.services.changes import Changes
from api.services.equipment_faults import live_faults
from api.services.units import ways_of
from api.services.words import moment
from models.errors import NotFound
from models.repositories.jobs import load_job, load_result
from models.tables.jobs import JobState
from solver.engine.errors import InvalidInstance, Problem
from solver.equipment.live import Wanted, live_problem, wanted_of
from solver.equipment.maintenance import TECHNICIAN, Due, with_maintenance
from solver.equipment.problem import BookingProblem, PlannedUnit
from solver.hospital.timegrid import Minute
from solver.placing.records import Records

_AT = re.compile(r"bookings\.json, ((?:devices|requests|maintenance|technicians)\[\d+\])")


def specification(body: EquipmentPlanIn) -> Document:
    """What the workers are given for bookings that came along; raises ``InvalidInput`` with every fault and its place,
    repeating nothing."""
    from solver.equipment.formats import booking_from_json

    if body.bookings is None or not body.is_empty:
        expected = "either bookings wanted of this hospital, or `bookings` as a document"
        raise InvalidInput([Place(pointer("wanted"), expected)])
    try:
        problem = booking_from_json(body.bookings, "bookings.json")
    except InvalidInstance as refused:
        raise InvalidInput([_place(one) for one in refused.problems]) from None
    return _spec(body, problem, (), None)


def live_specification(changes: Changes, body: EquipmentPlanIn) -> Document:
    """What the workers are given for the hospital as it stands; raises ``InvalidInput`` with every fault."""
    problem, without = live_bookings(changes.records, body, changes.now)
    return _spec(body, problem, without, changes.now)


def live_bookings(records: Records, asked: LiveIn, now: Minute) -> tuple[BookingProblem, tuple[str, ...]]:
    """As ``live_problem``, of the bookings and the maintenance asked for; raises ``InvalidInput`` with every fault, and
    ``InvalidInstance`` for what no plan can hold."""
    faults = list(live_faults(records, asked, now))
    if faults:
        raise InvalidInput(faults)
    problem, without = live_problem(
        [_wanted(one) for one in asked.wanted],
        records.equipment_types.values(),
        records.units.values(),
        records.unit_bookings.values(),
        sorted(records.wards),
        ways_of(records),
        now,
    )
    due = [_due(one, now) for one in asked.maintenance]
    horizon = max((problem.horizon, *(one.latest_start + one.duration for one in due)))
    crew = [
        PlannedUnit(one.id, TECHNICIAN, one.ward_id, tuple(_off_duty(one, now, horizon)))
        for one in asked.technicians
    ]
    return with_maintenance(replace(problem, horizon=horizon), due, crew), without


def _due(one: DueIn, now: Minute) -> Due:
    start = max(0, one.earliest - now)
    return Due(one.id, one.unit_id, start, one.latest_start - now, one.minutes, one.priority)


def _off_duty(one: TechnicianIn, now: Minute, horizon: int) -> Iterator[tuple[int, int]]:
    """Minutes from now to the horizon outside of somebody's hours, in order."""
    since = 0
    for hours in one.hours:
        if since < hours.start - now:
            yield since, hours.start - now
        since = max(since, hours.end - now)
    if since <= horizon:
        yield since, horizon + 1


def _wanted(one: WantedIn) -> Wanted:
    return Wanted(
        one.id,
        one.type_ids,
        one.ward_id,
        one.earliest,
        one.latest_start,
        one.minutes,
        one.priority,
        one.every_minutes,
        one.times,
    )


def _spec(
    body: EquipmentPlanIn, problem: BookingProblem, without: tuple[str, ...], since: Minute | None
) -> Document:
    from solver.equipment.formats import write_bookings

    bookings = write_bookings(problem)
    return {
        "bookings": bookings,
        "without": list(without),
        "since": since,
        "seconds": body.seconds,
        "seed": body.seed,
    }


def proposal(connection: Connection, job_id: str, zone: str) -> dict[str, Any]:
    """What a plan came to; raises ``NotFound``, for a job of another kind, too, and ``WrongState`` where there is
    nothing yet."""
    job = load_job(connection, job_id)
    if job.kind != EQUIPMENT_PLAN:
        raise NotFound("job", job_id)
    result = load_result(connection, job_id)
    if result is None:
        raise WrongState("There is no plan.", "Only a plan of bookings that has ended has one.")
    told = {name: value for name, value in result.items() if name != "since"}
    lines = [_line(line, result["since"], zone) for line in result["lines"]]
    return {"job_id": job.id, "stopped": job.state is JobState.STOPPED, **told, "lines": lines}


def _line(line: Document, since: int | None, zone: str) -> dict[str, Any]:
    request_id = line["request_id"]
    id_, part, turn = (request_id, 1, 1) if since is None else wanted_of(request_id)
    begin = None if since is None else since + line["start_minute"]
    return {
        "id": id_,
        "part": part,
        "occurrence": turn,
        **{name: line[name] for name in ("unit_id", "ward_id", "start_minute", "minutes")},
        "start": None if begin is None else moment(begin, zone),
        "end": None if begin is None else moment(begin + line["minutes"], zone),
    }


def _place(problem: Problem) -> Place:
    found = _AT.match(problem.where)
    where = f"at {found.group(1)}: " if found else ""
    return Place(pointer("bookings"), f"{where}{problem.expected}")

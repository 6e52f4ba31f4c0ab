"""Bookings of units that are out of use: a repair is a job, a person has it carried out, and everyone hit is told.

All of it is carried out or nothing: what was found stands only together. ``If-Match`` names how often that was done,
0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from api.errors import StaleRevision, WrongState
from api.jobs.catalogue import EQUIPMENT_REPAIR
from api.jobs.kinds import Document
from api.schemas.equipment import EquipmentRepairIn
from api.services.bookings import booking_id_of, own_bookings, revision_of
from api.services.changes import Changes
from api.services.units import turnaround, ways_of
from api.services.words import moment
from models.commands import Answer
from models.errors import NotFound
from models.repositories.equipment import carried_out
from models.repositories.jobs import load_job, load_result, load_spec
from models.tables.jobs import JobState
from solver.equipment.availability import blocked, may_serve
from solver.equipment.live import terms_of
from solver.equipment.live_repair import Fleet, live_plan
from solver.hospital import UnitBooking
from solver.placing.records import Records


@dataclass(frozen=True, slots=True)
class Apply:
    """Carry a repair out that was seen at a revision."""

    job_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Line:
    """A booking that is not as it was: ``unit_id`` and ``start`` None if it is served no more. ``seen``: how it stood
    when the repair was asked for."""

    seen: Mapping[str, Any]
    outcome: str
    unit_id: str | None
    start: int | None


# --- asked for ----------------------------------------------------------------------------------------------
def specification(changes: Changes, body: EquipmentRepairIn) -> Document:
    """What the workers are given; raises ``WrongState`` if no booking to come is of a unit out of use."""
    from solver.equipment.formats import write_bookings

    records = changes.records
    live = live_plan(fleet_of(records), records.unit_bookings.values())
    if not live.hit:
        raise WrongState("No booking to come is of a unit that is out of use.", "Nothing is left to do.")
    return {
        "bookings": write_bookings(live.problem),
        "plan": [[one.request_id, one.unit_id, one.start] for one in live.plan.served],
        "outages": [[one.unit_id, one.since, one.until] for one in live.outages],
        "since": changes.now,
        "seen": {one.request_id: _seen(records.unit_bookings[one.request_id]) for one in live.plan.served},
        **body.model_dump(),
    }


def fleet_of(records: Records) -> Fleet:
    """The units of the hospital as it stands."""
    return Fleet(records.equipment_types, records.units, sorted(records.wards), ways_of(records), records.now)


def _seen(booking: UnitBooking) -> Document:
    return {
        "id": booking.id,
        "booking_id": booking_id_of(booking),
        "revision": revision_of([booking]),
        "ward_id": booking.ward_id,
        "unit_id": booking.unit_id,
        "start": booking.start,
        "end": booking.end,
    }


# --- shown --------------------------------------------------------------------------------------------------
def proposal(connection: Connection, job_id: str, zone: str) -> dict[str, Any]:
    """What a repair comes to; raises ``NotFound``, for a job of another kind, too, and ``WrongState`` where there is
    nothing yet."""
    found = _result(connection, job_id)
    return {
        "job_id": job_id,
        "stopped": load_job(connection, job_id).state is JobState.STOPPED,
        "revision": int(carried_out(connection, job_id)),
        "verified": found["verified"],
        "cost": found["cost"],
        "lines": [_line_json(line, zone) for line in _lines(connection, job_id)],
    }


def _result(connection: Connection, job_id: str) -> Document:
    if load_job(connection, job_id).kind != EQUIPMENT_REPAIR:
        raise NotFound("job", job_id)
    found = load_result(connection, job_id)
    if found is None:
        raise WrongState("There is no repair.", "Only one that has ended has bookings to move.")
    return found


def _lines(connection: Connection, job_id: str) -> Iterator[Line]:
    spec = load_spec(connection, job_id)
    for line in _result(connection, job_id)["lines"]:
        start = line["start_minute"]
        begins = None if start is None else spec["since"] + start
        yield Line(spec["seen"][line["request_id"]], line["outcome"], line["unit_id"], begins)


def _line_json(line: Line, zone: str) -> dict[str, Any]:
    seen = line.seen
    return {
        "booking_id": seen["booking_id"],
        "ward_id": seen["ward_id"],
        "outcome": line.outcome,
        "from_unit_id": seen["unit_id"],
        "from_start": moment(seen["start"], zone),
        "unit_id": line.unit_id,
        "start": None if line.start is None else moment(line.start, zone),
    }


# --- carried out --------------------------------------------------------------------------------------------
def apply(command: Apply, changes: Changes) -> Answer:
    """Raises ``NotFound``, ``StaleRevision`` if it was carried out meanwhile, ``WrongState`` if a booking stands
    otherwise by now, or a unit that was to serve is taken or out of use; then nothing changes."""
    stored = changes.desk.storage
    found = stored(lambda connection: _result(connection, command.job_id))
    done = int(stored(lambda connection: carried_out(connection, command.job_id)))
    if done != command.revision:
        raise StaleRevision(done)
    if not found["verified"]:
        raise WrongState(
            "No repair was found that keeps every rule.", "Ask again, for more changes or longer."
        )
    lines = stored(lambda connection: list(_lines(connection, command.job_id)))
    standing = [_still_standing(line, changes) for line in lines]
    revisions = {name: revision_of(parts) for name, parts in own_bookings(changes.records).items()}
    for booking in standing:
        changes.drop(UnitBooking, booking.id)
    for line, booking in zip(lines, standing, strict=True):
        _carry_out(line, booking, revisions[booking_id_of(booking)] + 1, changes)
    changes.booking_repairs.append(command.job_id)
    changes.came_free = True
    told = [_line_json(line, changes.zone) for line in lines]
    return Answer(200, {"job_id": command.job_id, "revision": 1, "lines": told})


def _still_standing(line: Line, changes: Changes) -> UnitBooking:
    booking = changes.records.unit_bookings.get(line.seen["id"])
    if booking is None or _seen(booking) != line.seen or fleet_of(changes.records).on_its_way(booking):
        raise _changed(f"The booking {line.seen['booking_id']} stands otherwise by now.")
    return booking


def _carry_out(line: Line, before: UnitBooking, revision: int, changes: Changes) -> None:
    """Book the other unit, or the later start; told in either case."""
    what = {"ward_id": before.ward_id, "from_unit_id": before.unit_id, "from_start": before.start}
    if line.unit_id is None or line.start is None:
        changes.tell("booking.lost", booking_id_of(before), **what)
        return
    terms = terms_of(before, changes.records.units[before.unit_id].type_id)
    after = replace(
        before,
        id=f"{before.id.partition('@')[0]}@{revision}",
        unit_id=line.unit_id,
        start=line.start,
        end=line.start + before.end - before.start,
        terms=replace(terms, revision=revision),
    )
    _refuse_taken(after, changes.records)
    changes.put(after)
    changes.tell("booking.moved", booking_id_of(after), **what, unit_id=after.unit_id, start=after.start)


def _refuse_taken(after: UnitBooking, records: Records) -> None:
    unit, ways = records.units[after.unit_id], ways_of(records)
    pause = turnaround(unit, records)
    begin, end = blocked(after, unit, pause, ways)
    taken = (
        blocked(records.unit_bookings[other], unit, pause, ways)
        for other in records.bookings_of_unit.get(unit.id, ())
    )
    if not may_serve(unit, after.ward_id) or any(since < end and begin < until for since, until in taken):
        raise _changed(f"The unit {unit.id} is taken or out of use by now.")
    if begin < records.now:
        raise _changed(f"The unit {unit.id} would have to be on its way already.")


def _changed(why: str) -> WrongState:
    return WrongState(f"{why} Nothing was changed.", "Ask for another repair.")

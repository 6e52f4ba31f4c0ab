"""Drafts of plans of admissions: the waiting list of the moment, frozen, and searched by a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from api.errors import InvalidInput, Place, UnknownReference
from api.jobs.catalogue import ADMISSION_PLAN
from api.jobs.kinds import Document
from api.places import pointer
from api.schemas.admissions import AdmissionPlanIn
from api.services import searches
from api.services.admissions.items import Item, items_of
from api.services.admissions.terms import read_terms
from api.services.admissions.waiting import Suiting, Surgeries, lying, plannable, rooms_of, seen, waiting
from api.services.cases import Case
from api.services.changes import Changes
from api.services.searches import Kept
from models.commands import Command, Transaction
from models.ids import IdGenerator
from models.repositories import admissions
from models.repositories.admissions import StoredPlan, StoredTerms
from solver.hospital import Minute
from solver.hospital.timegrid import local_day

if TYPE_CHECKING:
    from solver.admissions.live import Live, LiveRoom, Lying, Terms, Waiting


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be searched, and by which terms."""

    first_day: int
    days: int
    ward_ids: tuple[str, ...]
    terms_version: int
    before_id: str | None
    spec: Document


def items_before(connection: Connection, body: AdmissionPlanIn) -> Sequence[Item] | None:
    """The items of the plan from which another one shall differ little; None if none is named. Raises ``NotFound``, or
    ``WrongState`` if it has no plan."""
    if body.before_id is None:
        return None
    return items_of(connection, admissions.load_plan(connection, body.before_id))


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan is made of, as the desk had it at one moment. ``waiting``: in their turn; ``lying``: everybody who
    has a bed, with the request that has it."""

    terms: Terms
    zone: str
    first_day: int
    moments: Sequence[Minute]
    cases: Mapping[str, Case]
    surgeries: Surgeries
    rooms: Sequence[LiveRoom]
    waiting: Sequence[Waiting]
    lying: Sequence[tuple[str | None, Lying]]


def known(changes: Changes, body: AdmissionPlanIn, stored: StoredTerms) -> Known:
    """Look at the desk, which decides nothing meanwhile; raises ``UnknownReference`` or ``InvalidInput`` with all
    faults."""
    from solver.admissions.live import EPOCH, admission_minutes

    terms = read_terms(stored.document)
    unknown = list(_unknown(changes, body, set(terms.surgeons), set(terms.theatres)))
    if unknown:
        raise UnknownReference(unknown)
    tomorrow = (local_day(changes.now, changes.zone) - EPOCH).days + 1
    first_day = tomorrow if body.first_day is None else body.first_day
    moments = admission_minutes(terms, first_day, body.days, changes.zone)
    if moments[0] <= changes.now:
        raise InvalidInput([Place(pointer("first_day"), "a day whose admission time is to come")])
    found = [case for case in changes.desk.cases.values() if plannable(case, changes)]
    cases = {case.id: case for case in sorted(found, key=lambda case: case.precedence(changes.now))}
    surgeries, rooms = _surgeries(body, stored, cases), list(rooms_of(body.ward_ids, changes))
    suiting = Suiting(rooms, changes)
    asked = [waiting(case, surgeries, suiting, moments[-1], changes) for case in cases.values()]
    return Known(
        terms, changes.zone, first_day, moments, cases, surgeries, rooms, asked, list(lying(changes))
    )


def draft(found: Known, body: AdmissionPlanIn, stored: StoredTerms, before: Sequence[Item] | None) -> Draft:
    """The problem of what was found, frozen; raises ``InvalidInput`` with every pin that cannot be."""
    live = _problem(found, body.days)
    spec = _spec(body, live, found) | {
        "pins": list(_pins(body, live, found.first_day)),
        "before": None if before is None else _standing(before, live, found.moments),
    }
    return Draft(found.first_day, body.days, body.ward_ids, stored.version, body.before_id, spec)


def _problem(found: Known, days: int) -> Live:
    """Who is booked and cannot be planned stays booked, and has that bed."""
    from solver.admissions.live import live_problem

    planned = set(found.cases)
    while True:
        fixed = [one for request_id, one in found.lying if request_id not in planned]
        asked = [one for one in found.waiting if one.id in planned]
        live = live_problem(found.terms, found.first_day, days, found.zone, found.rooms, fixed, asked)
        booked = {case_id for case_id in live.without if found.cases[case_id].allocation is not None}
        if not booked:
            return live
        planned -= booked


def _surgeries(body: AdmissionPlanIn, stored: StoredTerms, cases: Mapping[str, Case]) -> Surgeries:
    """What was said of a request, else what is usual for its speciality."""
    usual = {one["speciality"]: (one["surgeon_id"], one["minutes"]) for one in stored.document["surgeries"]}
    found = {
        case.id: usual[case.request.care.speciality]
        for case in cases.values()
        if case.request.care.speciality in usual
    }
    return found | {one.request_id: (one.surgeon_id or "", one.minutes) for one in body.surgeries}


def _spec(body: AdmissionPlanIn, live: Live, found: Known) -> Document:
    from solver.admissions.formats import problem_to_document

    return {
        "problem": problem_to_document(live.problem),
        "moments": list(found.moments),
        "rooms": {r: {"room_id": room, "beds": list(beds)} for r, (room, beds) in live.rooms.items()},
        "requests": {
            p: {
                "request_id": request_id,
                "seen": seen(found.cases[request_id]),
                "surgery": found.surgeries.get(request_id),
            }
            for p, request_id in live.requests.items()
        },
        "theatres": dict(live.theatres),
        "without": dict(live.without),
        "change_price": body.change_price,
        "max_changes": body.max_changes,
        "seconds": body.seconds,
        "iterations": body.iterations,
        "workers": body.workers if body.iterations is None else 1,
        "seed": body.seed,
    }


def _pins(body: AdmissionPlanIn, live: Live, first_day: int) -> Iterator[list[Any]]:
    """Pins in the problem's own ids; raises ``InvalidInput`` with every fault."""
    patients = {request_id: p for p, request_id in live.requests.items()}
    theatres = {theatre_id: t for t, theatre_id in live.theatres.items()}
    window = {one.id: one for one in live.problem.patients}
    made: list[list[Any]] = []
    wrong: list[Place] = []
    for n, pin in enumerate(body.pins):
        patient, day = window.get(patients.get(pin.request_id, "")), pin.day - first_day
        if patient is None:
            wrong.append(Place(pointer("pins", n, "request_id"), "a request that this plan can admit"))
            continue
        rooms = [r for r, (room_id, _) in live.rooms.items() if room_id == pin.room_id]
        rooms = [r for r in rooms if r not in patient.incompatible_rooms]
        if not rooms:
            wrong.append(Place(pointer("pins", n, "room_id"), "a room of the plan that suits the patient"))
        elif not patient.release <= day <= live.problem.last_day(patient):
            wrong.append(Place(pointer("pins", n, "day"), "a day of the plan in the request's window"))
        else:
            taken = Counter(row[2] for row in made)
            room = min(rooms, key=lambda r: taken[r])
            made.append([patient.id, day, room, theatres.get(pin.theatre_id or "")])
    if wrong:
        raise InvalidInput(wrong)
    yield from made


def _standing(before: Sequence[Item], live: Live, moments: Sequence[int]) -> dict[str, Any]:
    """Where requests of this plan were by an earlier one, in the problem's own ids; one of a time or a room that this
    plan does not have is left away: it has to move."""
    rooms = {place: r for r, place in live.rooms.items()}
    patients = {request_id: p for p, request_id in live.requests.items()}
    found: dict[str, Any] = {}
    for item in before:
        patient = patients.get(item.request_id)
        if patient is None:
            continue
        room = rooms.get((item.room_id or "", item.beds))
        if item.start is None:
            found[patient] = None
        elif room is not None and item.start in moments[:-1]:
            found[patient] = [moments.index(item.start), room, "t0"]
    return found


def _unknown(
    changes: Changes, body: AdmissionPlanIn, surgeons: set[str], theatres: set[str]
) -> Iterator[Place]:
    for n, ward_id in enumerate(body.ward_ids):
        if ward_id not in changes.records.wards or ward_id in body.ward_ids[:n]:
            yield Place(pointer("ward_ids", n), "a ward (GET /wards), each once")
    for n, one in enumerate(body.surgeries):
        if one.request_id not in changes.desk.cases:
            yield Place(pointer("surgeries", n, "request_id"), "an open request (GET /requests)")
        if one.minutes and one.surgeon_id not in surgeons:
            yield Place(pointer("surgeries", n, "surgeon_id"), "a surgeon of the terms")
    for n, pin in enumerate(body.pins):
        if pin.request_id in {other.request_id for other in body.pins[:n]}:
            yield Place(pointer("pins", n, "request_id"), "each request once")
        if pin.theatre_id is not None and pin.theatre_id not in theatres:
            yield Place(pointer("pins", n, "theatre_id"), "a theatre of the terms")


def requesting(made: Draft, command: Command, new_id: IdGenerator, zone: str) -> Command:
    """The command that stores a plan with the job that finds it, both or neither."""
    plan_id = new_id("pln")

    def keep(transaction: Transaction, job_id: str) -> Kept:
        place = made.first_day, made.days, made.ward_ids, made.terms_version, job_id, made.before_id
        stored = StoredPlan(plan_id, *place, actor=command.actor)
        admissions.insert_plan(transaction, stored)
        detail = {"first_day": stored.first_day, "days": stored.days}
        return Kept("admission.planned", "plan_id", stored.id, detail)

    return searches.requesting(ADMISSION_PLAN, made.spec, command, new_id, zone, keep)

"""Drafts of rosters: a ward's problem of the moment, frozen, and searched by a job."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection

from api.errors import InvalidInput, Place, WrongState
from api.jobs.catalogue import ROSTER
from api.jobs.kinds import Document
from api.places import pointer
from api.schemas.rosters import RosterIn
from api.services import searches
from api.services.rosters import terms as ward_terms
from api.services.searches import Kept
from models.commands import Command, Transaction
from models.errors import NotFound
from models.ids import IdGenerator
from models.repositories import rosters
from models.repositories.rosters import StoredRoster, StoredTerms
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import Minute
from solver.hospital.timegrid import MINUTES_PER_DAY, local_day

if TYPE_CHECKING:
    from solver.rostering.past import Edition
    from solver.rostering.problem import Wish
    from solver.rostering.terms import Terms
    from solver.rostering.ward import Known

DAYS_CARRIED: Final = 180
"""Nights, weekends and refused wishes of so many days before a roster count towards fairness."""

_WISH = re.compile(r"wish (\d+)(?:, (\w+))?")
_FIELDS: Final = {"employee": "staff_id", "shift": "shift_id", "day": "day", "price": "price"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be searched, and of which terms."""

    ward_id: str
    first_day: int
    days: int
    terms_version: int
    spec: Document


def draft(connection: Connection, body: RosterIn, now: Minute) -> Draft:
    """Freeze the ward's problem as it is now; raises ``WrongState`` without terms, ``InvalidInput`` with all faults."""
    from solver.rostering.arrays import compiled
    from solver.rostering.census import weekday
    from solver.rostering.door import checked
    from solver.rostering.formats_json import to_json
    from solver.rostering.terms import read_terms
    from solver.rostering.ward import ward_problem

    if weekday(body.first_day):
        raise InvalidInput([Place(pointer("first_day"), "a Monday")])
    stored = in_force(connection, body.ward_id)
    terms = read_terms(stored.document)
    known = known_of(connection, body.ward_id, terms, body.first_day, now)
    wishes = list(_wishes(body, terms, known))
    problem = ward_problem(body.ward_id, terms, body.first_day, known, wishes)
    try:
        compiled(checked(problem))
    except InvalidInstance as refused:
        raise InvalidInput(list(map(_place, refused.problems))) from None
    spec = {
        "problem": to_json(problem),
        "pins": list(_pins(body, terms, {one.id for one in problem.employees})),
        "before": _before(connection, body, terms),
        "change_price": body.change_price,
        "max_changes": body.max_changes,
        "asked": len(wishes),
        "seconds": body.seconds,
        "iterations": body.iterations,
        "workers": body.workers,
        "seed": body.seed,
    }
    return Draft(body.ward_id, body.first_day, terms.days, stored.version, spec)


def in_force(connection: Connection, ward_id: str) -> StoredTerms:
    """The terms that hold; raises ``WrongState`` if there are none."""
    try:
        return ward_terms.existing(connection, ward_id)
    except NotFound:
        raise WrongState("The ward has no terms for rosters.", "Send them: POST /roster-terms.") from None


def known_of(connection: Connection, ward_id: str, terms: Terms, first_day: int, now: Minute) -> Known:
    """What is known of a ward now: people, who lies there and lay there, what was worked before."""
    from solver.rostering.past import Past, burdens
    from solver.rostering.ward import DAYS_SEEN, EPOCH, Known

    zone = rosters.zone_of(connection, ward_id)
    today = (local_day(now, zone) - EPOCH).days
    since = now - DAYS_SEEN * MINUTES_PER_DAY
    lay = rosters.load_care(connection, ward_id, since, now)
    first = min((start for start, _, _ in lay), default=now)
    # The day on which the first one came was not seen whole.
    first_seen = max(today - DAYS_SEEN, (local_day(first, zone) - EPOCH).days + 1)
    editions = editions_of(rosters.load_editions(connection, ward_id, first_day - DAYS_CARRIED))
    past = Past.of(one for one in editions if one.first_day < first_day)
    carried = burdens(editions, past, terms.nights, first_day - DAYS_CARRIED, first_day)
    staff = rosters.load_staff(connection, ward_id)
    return Known(staff, zone, today, first_seen, lay, past, carried)


def editions_of(stored: Iterable[StoredRoster]) -> list[Edition]:
    """What was published, as the solver reads it. Wishes that an edition refuses count once, by the last one of its
    days."""
    from solver.rostering.formats_json import from_rows
    from solver.rostering.past import Edition

    stored = list(stored)
    last = {one.first_day: one.id for one in stored}
    return [
        Edition(
            one.first_day,
            one.end_day,
            from_rows(one.plan["assignments"]).assignments,
            one.plan["refused"] if last[one.first_day] == one.id else {},
            one.plan["stepped_in"],
        )
        for one in stored
        if one.plan is not None
    ]


def requesting(made: Draft, command: Command, new_id: IdGenerator, zone: str) -> Command:
    """The command that stores a draft with the job that finds its plan, both or neither."""
    roster_id = new_id("ros")

    def keep(transaction: Transaction, job_id: str) -> Kept:
        stored = StoredRoster(
            roster_id, made.ward_id, None, made.first_day, made.days, made.terms_version, job_id,
            actor=command.actor,
        )  # fmt: skip
        rosters.insert_roster(transaction, stored)
        detail = {"ward_id": stored.ward_id, "first_day": stored.first_day, "days": stored.days}
        return Kept("roster.drafted", "roster_id", stored.id, detail, (stored.ward_id,))

    return searches.requesting(ROSTER, made.spec, command, new_id, zone, keep)


def _pins(body: RosterIn, terms: Terms, people: Collection[str]) -> Iterator[list[Any]]:
    """Pins by day of the roster; raises ``InvalidInput`` with every fault."""
    shifts = {shift.id for shift in terms.shifts}
    wrong: list[Place] = []
    for n, pin in enumerate(body.pins):
        if pin.staff_id not in people:
            wrong.append(Place(pointer("pins", n, "staff_id"), "somebody of the ward's terms"))
        if not 0 <= pin.day - body.first_day < terms.days:
            wrong.append(Place(pointer("pins", n, "day"), "a day of the roster"))
        if pin.shift_id is not None and pin.shift_id not in shifts:
            wrong.append(Place(pointer("pins", n, "shift_id"), "a shift of the ward's terms"))
    if wrong:
        raise InvalidInput(wrong)
    for pin in body.pins:
        yield [pin.staff_id, pin.day - body.first_day, pin.shift_id]


def _before(connection: Connection, body: RosterIn, terms: Terms) -> Document | None:
    """What was published of the roster's days; None if nothing was."""
    from solver.rostering.past import Past

    editions = rosters.load_editions(connection, body.ward_id, body.first_day)
    past = Past.of(editions_of(editions))
    days = [day for day in range(terms.days) if body.first_day + day in past.known]
    worked = [
        [employee, day, own[body.first_day + day]]
        for employee, own in sorted(past.worked.items())
        for day in days
        if body.first_day + day in own
    ]
    return {"worked": worked, "days": days} if days else None


def _wishes(body: RosterIn, terms: Terms, known: Known) -> Iterator[Wish]:
    """Wishes of those who were refused before weigh more."""
    from solver.rostering.cover import Burden
    from solver.rostering.problem import Wish

    for wish in body.wishes:
        refused = known.burdens.get(wish.staff_id, Burden()).refused
        price = wish.price + refused * terms.prices.refused
        yield Wish(wish.staff_id, wish.day - body.first_day, wish.shift_id, wish.on, price)


def _place(problem: Problem) -> Place:
    """Where a fault lies in what was sent; what is wrong with the terms by now is said of the ward."""
    wish = _WISH.match(problem.where)
    if wish is None:
        return Place(pointer("ward_id"), f"terms that hold for its staff now: {problem.expected}")
    expected = problem.expected.replace("of the problem", "of the ward's terms")
    if wish[2] == "day":
        expected = "a day of the roster"
    return Place(pointer("wishes", int(wish[1]) - 1, _FIELDS.get(wish[2] or "", "staff_id")), expected)

"""What the rosters of a ward are made by: checked at the door, stored version by version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from api.errors import InvalidInput, Place, StaleRevision, UnknownReference
from api.places import pointer
from api.schemas.rosters import RosterContractIn, RosterTermsIn, ShiftTypeIn
from api.services.words import moment
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.errors import NotFound
from models.repositories import rosters
from models.repositories.rosters import StoredTerms
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import StaffMember


def check(connection: Connection, body: RosterTermsIn) -> None:
    """Raise ``UnknownReference`` or ``InvalidInput`` with every fault and its place, repeating nothing."""
    staff = {member.id: member for member in rosters.load_staff(connection, body.ward_id)}
    wrong = list(_unknown(body, staff))
    if wrong:
        raise UnknownReference(wrong)
    twice = list(_twice(body))
    if twice:
        raise InvalidInput(twice)
    # The solver is loaded with the first terms: a service that is asked for no roster does without.
    from solver.rostering.arrays import compiled
    from solver.rostering.door import checked
    from solver.rostering.terms import read_terms
    from solver.rostering.ward import Known, ward_problem

    terms = read_terms(body.model_dump(mode="json"))
    try:
        # Any Monday will do: this one is of the last week of 1969.
        problem = ward_problem(body.ward_id, terms, -3, Known(tuple(staff.values()), "UTC", 0))
        compiled(checked(problem))
    except InvalidInstance as refused:
        raise InvalidInput(list(dict.fromkeys(_place(one, body) for one in refused.problems))) from None


def storing(body: RosterTermsIn, revision: int, command: Command) -> Command:
    """The command that stores a version after ``revision`` (0: the first). Its write raises ``StaleRevision``."""

    def write(transaction: Transaction) -> Outcome:
        before = rosters.load_terms(transaction.connection, body.ward_id)
        current = 0 if before is None else before.version
        if current != revision:
            raise StaleRevision(current)
        version, document = revision + 1, body.model_dump(mode="json")
        rosters.insert_terms(transaction, body.ward_id, version, document, command.actor)
        detail = {"ward_id": body.ward_id, "version": version}
        payload = {"subject": body.ward_id, "minute": transaction.now.minute, **detail}
        answer = {
            "ward_id": body.ward_id, "revision": version, "hospital_revision": transaction.revision,
        }  # fmt: skip
        return Outcome(
            Answer(200, answer),
            (AuditEntry("roster.terms", body.ward_id, detail),),
            (Event("roster.terms", payload | {"wards": [body.ward_id]}),),
            touched=(),
        )

    return replace(command, write=write)


def shown(connection: Connection, ward_id: str, zone: str) -> dict[str, Any]:
    """The version that holds; raises ``NotFound`` before the first."""
    return terms_json(existing(connection, ward_id), zone)


def existing(connection: Connection, ward_id: str, version: int | None = None) -> StoredTerms:
    """Terms of a ward; raises ``NotFound``."""
    found = rosters.load_terms(connection, ward_id, version)
    if found is None:
        raise NotFound("roster terms of ward", ward_id)
    return found


def terms_json(stored: StoredTerms, zone: str) -> dict[str, Any]:
    """As clients see them."""
    document = dict(stored.document)
    shifts = [{**shift, "starts": clock(shift["starts"])} for shift in document["shifts"]]
    return {
        "ward_id": stored.ward_id,
        "revision": stored.version,
        "by": stored.actor,
        "at": moment(Instant(stored.recorded_microsecond).minute, zone),
        "terms": document | {"shifts": shifts},
    }


def clock(minute: int) -> str:
    """A minute of the day as clocks show it."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


# --- faults -------------------------------------------------------------------------------------------------
def _unknown(body: RosterTermsIn, staff: Mapping[str, StaffMember]) -> Iterator[Place]:
    contracts = {contract.id for contract in body.contracts}
    shifts = {shift.id for shift in body.shifts}
    for n, person in enumerate(body.people):
        if person.staff_id not in staff or staff[person.staff_id].student:
            yield Place(pointer("people", n, "staff_id"), "a staff member of the ward, no student")
        if person.contract_id not in contracts:
            yield Place(pointer("people", n, "contract_id"), "a contract of these terms")
    for n, cell in enumerate(body.cover):
        if cell.shift_id not in shifts:
            yield Place(pointer("cover", n, "shift_id"), "a shift of these terms")
    for n, contract in enumerate(body.contracts):
        if not contract.most_of_shift.keys() <= shifts:
            yield Place(pointer("contracts", n, "most_of_shift"), "shifts of these terms")


def _twice(body: RosterTermsIn) -> Iterator[Place]:
    for name, ids in (
        ("shifts", [shift.id for shift in body.shifts]),
        ("contracts", [contract.id for contract in body.contracts]),
        ("people", [person.staff_id for person in body.people]),
    ):
        if max(Counter(ids).values()) > 1:
            yield Place(pointer(name), "each id once")
    for n, shift in enumerate(body.shifts):
        ends = [(pause.after_minutes, pause.after_minutes + pause.minutes) for pause in shift.breaks]
        apart = all(before[1] <= after[0] for before, after in pairwise(ends))
        if not apart or (ends and ends[-1][1] >= shift.minutes):
            yield Place(pointer("shifts", n, "breaks"), "breaks within the shift, one after the other")
    for n, cell in enumerate(body.cover):
        if cell.least > cell.wanted:
            yield Place(pointer("cover", n, "least"), "not above `wanted`")


def _place(problem: Problem, body: RosterTermsIn) -> Place:
    """Where a fault of the problem lies in what was sent."""
    named: tuple[tuple[str, str, Sequence[RosterContractIn | ShiftTypeIn]], ...] = (
        ("contracts", "contract", body.contracts),
        ("shifts", "shift", body.shifts),
    )
    for name, what, records in named:
        for n, record in enumerate(records):
            if problem.where.startswith(f"{what} {record.id!r}"):
                return Place(pointer(name, n), problem.expected)
    return Place(pointer("cover" if problem.where.startswith("cover") else "people"), problem.expected)

"""What plans of admissions are made by: checked at the door, stored version by version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from api.errors import InvalidInput, Place, StaleRevision, WrongState
from api.places import pointer
from api.schemas.admissions import AdmissionTermsIn
from api.services.rosters.terms import clock
from api.services.words import moment
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.errors import NotFound
from models.repositories import admissions
from models.repositories.admissions import StoredTerms

if TYPE_CHECKING:
    from solver.admissions.live import Terms


def check(body: AdmissionTermsIn) -> None:
    """Raise ``InvalidInput`` with every fault and its place, repeating nothing."""
    wrong = list(_faults(body))
    if wrong:
        raise InvalidInput(wrong)


def _faults(body: AdmissionTermsIn) -> Iterator[Place]:
    surgeons = {one.id for one in body.surgeons}
    for name, ids in (
        ("theatres", [one.id for one in body.theatres]),
        ("surgeons", [one.id for one in body.surgeons]),
        ("surgeries", [one.speciality for one in body.surgeries]),
    ):
        if max(Counter(ids).values(), default=0) > 1:
            yield Place(pointer(name), "each one once")
    for n, one in enumerate(body.surgeries):
        if one.surgeon_id not in surgeons:
            yield Place(pointer("surgeries", n, "surgeon_id"), "a surgeon of these terms")
    if any(after <= before for before, after in pairwise(body.age_groups)):
        yield Place(pointer("age_groups"), "years that rise")


def storing(body: AdmissionTermsIn, revision: int, command: Command) -> Command:
    """The command that stores a version after ``revision`` (0: the first). Its write raises ``StaleRevision``."""

    def write(transaction: Transaction) -> Outcome:
        before = admissions.load_terms(transaction.connection)
        current = 0 if before is None else before.version
        if current != revision:
            raise StaleRevision(current)
        version = revision + 1
        admissions.insert_terms(transaction, version, body.model_dump(mode="json"), command.actor)
        detail = {"version": version}
        payload = {"subject": "hospital", "minute": transaction.now.minute, **detail, "wards": []}
        answer = {"revision": version, "hospital_revision": transaction.revision}
        return Outcome(
            Answer(200, answer),
            (AuditEntry("admission.terms", "hospital", detail),),
            (Event("admission.terms", payload),),
            touched=(),
        )

    return replace(command, write=write)


def shown(connection: Connection, zone: str) -> dict[str, Any]:
    """The version that holds, as clients see it; raises ``NotFound`` before the first."""
    stored = admissions.load_terms(connection)
    if stored is None:
        raise NotFound("version of admission terms", "1")
    return {
        "revision": stored.version,
        "by": stored.actor,
        "at": moment(Instant(stored.recorded_microsecond).minute, zone),
        "terms": dict(stored.document) | {"admits_at": clock(stored.document["admits_at"])},
    }


def in_force(connection: Connection) -> StoredTerms:
    """The terms that hold; raises ``WrongState`` if there are none."""
    stored = admissions.load_terms(connection)
    if stored is None:
        raise WrongState("There are no terms for plans of admissions.", "Send them: POST /admission-terms.")
    return stored


def read_terms(document: Mapping[str, Any]) -> Terms:
    """Terms as they are stored."""
    # The solver is loaded with the first plan: a service that is asked for none does without.
    from solver.admissions.live import Terms
    from solver.admissions.problem import Weights

    prices = document["weights"]
    weights = Weights(
        room_mixed_age=prices["mixed_age"],
        room_nurse_skill=0,
        continuity_of_care=0,
        excessive_workload=0,
        open_theatre=prices["open_theatre"],
        surgeon_transfer=prices["surgeon_transfer"],
        patient_delay=prices["delay"],
        unscheduled_optional=prices["left_out"],
    )
    return Terms(
        document["admits_at"],
        {one["id"]: tuple(one["minutes"]) for one in document["theatres"]},
        {one["id"]: tuple(one["minutes"]) for one in document["surgeons"]},
        tuple(document["age_groups"]),
        weights,
    )

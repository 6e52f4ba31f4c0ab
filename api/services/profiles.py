"""Rule profiles: a version is drafted, previewed on past decisions, put in force; going back is putting an older one in
force."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidInput, NotReady, Place, StaleRevision, UnknownReference, WrongState
from api.places import pointer
from api.schemas.profiles import ActivationIn, PreviewIn, ProfileIn
from api.security.access import Access
from api.security.permissions import Permission
from api.services.changes import Changes
from api.services.words import moment
from api.solving.messages import NoPlan
from api.solving.replaying import ReplayTask, replayed, replayed_apart
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.ledger import stored_answers
from models.past import Decided, load_decided
from models.repositories import profiles
from models.repositories.profiles import Happening, ProfileBook, ProfileEvent, ProfileState
from solver.engine.errors import InvalidInstance
from solver.engine.rule import Level, Profile
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import phrases, rules
from solver.placing.problem import PlacingOptions, checked_priorities, checked_profile
from solver.placing.replay import PastPlace, Replayed
from solver.placing.telling import as_json

if TYPE_CHECKING:
    from api.runtime import Runtime

MOST_DECISIONS: Final = 2000
"""Past decisions of one preview; of more, the newest."""

PREVIEW_SECONDS: Final = 20.0
"""How long past decisions are taken again; what there was no time for is told."""

MOST_SHOWN: Final = 500
"""Differences listed in one answer; all are counted."""


@dataclass(frozen=True, slots=True)
class Activate:
    """Put a version in force, which was read at a revision."""

    version: int
    revision: int
    body: ActivationIn
    access: Access


# --- drafting -----------------------------------------------------------------------------------------------
def drafting(body: ProfileIn, command: Command) -> Command:
    """The command that stores another version, based on the one in force when it is carried out."""
    _refuse_unfit(body)

    def write(transaction: Transaction) -> Outcome:
        book = profiles.load_book(transaction.connection)
        base = book.in_force
        draft = _kept_safe(_changed(base, body, book.next_version))
        profiles.insert_draft(transaction, draft, base.version, body.reason, command.actor)
        told = {
            "version": draft.version,
            "based_on": base.version,
            "state": ProfileState.DRAFT.value,
            "revision": book.revision(draft.version),
            "hospital_revision": transaction.revision,
        }
        return _outcome(Answer(201, told), "profile.drafted", transaction, based_on=base.version)

    return replace(command, write=write)


def _refuse_unfit(body: ProfileIn) -> None:
    """Raises what the rules themselves refuse; ids that were sent are not repeated."""
    named = {"weights": body.weights.keys(), "switch_off": body.switch_off, "switch_on": body.switch_on}
    unknown = [field for field, ids in named.items() if not set(ids) <= rules.RULES.keys()]
    if unknown:
        raise UnknownReference([Place(pointer(field), "ids of rules (GET /rules)") for field in unknown])
    wrong = []
    if any(rules.RULES[rule_id].level is not Level.SOFT for rule_id in body.weights):
        wrong.append(Place(pointer("weights"), "prices of soft rules alone: the others have none"))
    if any(rules.RULES[rule_id].level is Level.ABSOLUTE for rule_id in body.switch_off):
        wrong.append(Place(pointer("switch_off"), "overridable or soft rules: absolute rules always hold"))
    if body.switch_on & body.switch_off:
        wrong.append(Place(pointer("switch_on"), "other rules than those that are switched off"))
    if not (body.weights or body.switch_off or body.switch_on):
        wrong.append(Place(pointer("weights"), "at least one change"))
    if wrong:
        raise InvalidInput(wrong)


def _changed(base: Profile, body: ProfileIn, version: int) -> Profile:
    weights = {**base.weights, **body.weights}
    own = {rule_id: weight for rule_id, weight in weights.items() if weight != rules.RULES[rule_id].weight}
    return Profile(base.name, version, own, (base.switched_off | body.switch_off) - body.switch_on)


def _kept_safe(profile: Profile) -> Profile:
    """The profile, if it keeps what no price may overrule."""
    try:
        return checked_priorities(checked_profile(profile, PlacingOptions()))
    except InvalidInstance as refused:
        raise InvalidInput([Place(pointer("weights"), p.expected) for p in refused.problems]) from None


# --- previewing ---------------------------------------------------------------------------------------------
async def previewing(
    version: int, body: PreviewIn, command: Command, access: Access, runtime: Runtime
) -> Command:
    """The command that stores what a preview found; the past is read and decided again before, beside the writer."""
    if await runtime.read(lambda connection: bool(stored_answers(connection, [command]))):
        return command  # its answer is there already
    book = await runtime.read(profiles.load_book)
    wanted, in_force = book.profile(version), book.in_force
    since = max(0, runtime.clock().minute - body.days * MINUTES_PER_DAY)
    async with runtime.previewing:
        decided = await asyncio.to_thread(_decided, runtime, since)
        found = await _replayed(ReplayTask(decided.past, in_force, wanted, PREVIEW_SECONDS), runtime)
    shown = access.allows(None, Permission.REQUEST_READ)
    told = {
        "version": version,
        "against_version": in_force.version,
        "days": body.days,
        **_counts(found, decided),
        "items": _differences(found, runtime.meta.zone) if shown else [],
    }
    return replace(command, write=lambda transaction: _store_preview(transaction, told, command.actor))


def _decided(runtime: Runtime, since: int) -> Decided:
    with runtime.database.reading() as connection:
        return load_decided(connection, since, MOST_DECISIONS)


async def _replayed(task: ReplayTask, runtime: Runtime) -> Sequence[Replayed]:
    settings = runtime.settings
    if not settings.solver_process:
        return await asyncio.to_thread(replayed, task)
    try:
        return await asyncio.to_thread(replayed_apart, task, settings.solver_memory_mb * 1_048_576)
    except NoPlan:
        raise NotReady("The preview could not be made.", "Try again; look at fewer days.") from None


def _counts(found: Sequence[Replayed], decided: Decided) -> dict[str, Any]:
    same = sum(each.as_recorded for each in found)
    later = len(decided.past.decisions) - len(found)
    return {
        "decisions": len(found),
        "would_differ": sum(each.differs for each in found),
        "as_decided": same,
        "left_out": {**decided.left_out, "earlier": decided.earlier, "later": later},
        "rests_on": as_json(phrases.REPLAYED.of(same=same, decisions=len(found))),
    }


def _differences(found: Sequence[Replayed], zone: str) -> list[dict[str, Any]]:
    def place(at: PastPlace | None) -> dict[str, Any] | None:
        return None if at is None else {"bed_id": at.bed_id, "start": moment(at.start, zone)}

    return [
        {
            "request_id": each.request_id,
            "decided_at": moment(each.minute, zone),
            "given": place(each.given),
            "before": place(each.before),
            "after": place(each.after),
            "before_costs_more": each.price_before,
            "after_costs_more": each.price_after,
        }
        for each in [each for each in reversed(found) if each.differs][:MOST_SHOWN]
    ]


def _store_preview(transaction: Transaction, told: Mapping[str, Any], actor: str) -> Outcome:
    version, counted = told["version"], ("against_version", "days", "decisions", "would_differ")
    if profiles.load_book(transaction.connection).in_force.version != told["against_version"]:
        raise WrongState("Another version came into force meanwhile.", "Preview it again.")
    detail = {name: told[name] for name in counted}
    profiles.note(transaction, version, Happening.PREVIEWED, actor, detail=detail)
    revision = profiles.load_book(transaction.connection).revision(version)
    body = {**told, "revision": revision, "hospital_revision": transaction.revision}
    return _outcome(Answer(200, body), "profile.previewed", transaction, **detail)


def _outcome(answer: Answer, action: str, transaction: Transaction, **detail: Any) -> Outcome:
    """What came of it. The rules are the whole hospital's, so that whoever may read them hears of it, on every ward."""
    version = answer.body["version"]
    subject, minute = f"profile-{version}", transaction.now.minute
    event = Event(action, {"subject": subject, "minute": minute, "version": version, **detail, "wards": []})
    return Outcome(answer, (AuditEntry(action, subject, detail),), (event,), touched=())


# --- in force -----------------------------------------------------------------------------------------------
def activate(command: Activate, changes: Changes) -> Answer:
    """Put a version in force: what is decided after this in the batch is decided under it already.

    Raises ``StaleRevision`` if it was previewed, or another one activated, since it was read; ``WrongState`` if nobody
    has seen what it would change against the version in force (a version that was in force before needs no preview:
    going back must not wait).
    """
    command.access.require(None)
    book, former = changes.desk.profiles(), changes.records.profile
    wanted, revision = book.profile(command.version), book.revision(command.version)
    if command.revision != revision or former.version != book.in_force.version:
        raise StaleRevision(revision)
    if book.state(wanted.version) is ProfileState.ACTIVE:
        raise WrongState("This version is in force already.")
    if not book.may_be_activated(wanted.version):
        remedy = f"Look at what it would change first: POST /api/v1/profiles/{wanted.version}:preview."
        raise WrongState("This version was not previewed against the one in force.", remedy)
    changes.use_profile(wanted, command.body.reason)
    changes.came_free = True
    changes.tell(
        "profile.activated",
        f"profile-{wanted.version}",
        version=wanted.version,
        former_version=former.version,
    )
    told = {
        "version": wanted.version,
        "former_version": former.version,
        "state": ProfileState.ACTIVE.value,
        "revision": revision + 1,
    }
    return Answer(200, told)


# --- reading ------------------------------------------------------------------------------------------------
def book_json(book: ProfileBook, zone: str) -> dict[str, Any]:
    """Every version, the newest first."""
    items = [version_json(book, version, zone) for version in sorted(book.profiles, reverse=True)]
    return {"active_version": book.in_force.version, "items": items}


def version_json(book: ProfileBook, version: int, zone: str) -> dict[str, Any]:
    """One version; raises ``NotFound``."""
    profile = book.profile(version)
    drafted = book.last(version, Happening.DRAFTED)
    state = book.state(version)
    return {
        "version": version,
        "name": profile.name,
        "state": state.value,
        "revision": book.revision(version),
        "ready": state is not ProfileState.ACTIVE and book.may_be_activated(version),
        "based_on": None if drafted is None else drafted.detail["based_on"],
        "changed": [
            {
                "rule_id": rule.id,
                "default_weight": rule.weight,
                "weight": profile.weight(rule),
                "active": profile.active(rule),
            }
            for rule in rules.CATALOGUE
            if profile.weight(rule) != rule.weight or not profile.active(rule)
        ],
        "drafted": _event_json(drafted, zone),
        "previewed": _previewed_json(book.last(version, Happening.PREVIEWED), zone),
        "activated": _event_json(book.last(version, Happening.ACTIVATED), zone),
    }


def _event_json(event: ProfileEvent | None, zone: str) -> dict[str, Any] | None:
    return None if event is None else {**_who_and_when(event, zone), "reason": event.reason}


def _previewed_json(event: ProfileEvent | None, zone: str) -> dict[str, Any] | None:
    return None if event is None else {**_who_and_when(event, zone), **event.detail}


def _who_and_when(event: ProfileEvent, zone: str) -> dict[str, Any]:
    return {"by": event.actor, "at": moment(Instant(event.recorded_microsecond).minute, zone)}

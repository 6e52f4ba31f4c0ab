"""Steps that are overdue: found by the clock, told once a level, and set right by whoever is told.

The watch asks the database, not the desk: what it finds is looked at again inside the transaction that tells it, so
that a step which comes meanwhile is not told, and no level is told twice, whichever process looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from api.errors import Place, UnknownReference
from api.places import pointer
from api.schemas.steps import TargetsIn
from api.security.access import Access
from api.services import words
from api.services.sight import EVERYTHING, Sight
from api.services.targets import ASSUMED, FOLLOWS, Level, Targets, level_at
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.repositories.steps import (
    Awaited,
    Breach,
    Target,
    insert_breach,
    load_awaited,
    load_targets,
    open_breaches,
    save_targets,
)
from models.tables.places import ward
from solver.hospital import Minute, Priority

if TYPE_CHECKING:
    from api.runtime import Runtime

WATCH_ACTOR = "clock"


@dataclass(frozen=True, slots=True)
class Overdue:
    """A step that did not come, and the level that is to be told now."""

    awaited: Awaited
    level: Level
    due: Minute


# --- the watch ----------------------------------------------------------------------------------------------
async def watch(runtime: Runtime) -> int:
    """Tell of every step that has become overdue; returns how many were told."""
    now = runtime.clock().minute
    if not await runtime.read(lambda connection: overdue(connection, now)):
        return 0
    told: list[Overdue] = []

    def write(transaction: Transaction) -> Outcome:
        told[:] = overdue(transaction.connection, now)
        for one in told:
            insert_breach(transaction, _breach(one, now))
        entries = tuple(AuditEntry("step.overdue", one.awaited.request_id, _detail(one)) for one in told)
        events = tuple(Event("step.overdue", _payload(one, now)) for one in told)
        return Outcome(Answer(200, {}), entries, events, touched=())

    await runtime.submit(Command("steps.watch", WATCH_ACTOR, write=write))
    for one in told:
        runtime.metrics.step_breaches.labels(one.awaited.step.value, "silent", one.level.role).inc()
    return len(told)


def overdue(connection: Connection, now: Minute) -> list[Overdue]:
    """Every step for which a level is reached that was not told yet."""
    targets = targets_of(connection)
    shortest = {step: targets.shortest(step) for step in ASSUMED}
    found: list[Overdue] = []
    for awaited in load_awaited(connection, now, shortest):
        target = targets.minutes(awaited.ward_id, awaited.step, awaited.priority)
        reached = level_at(awaited.since, target, now)
        due = awaited.since + target
        found += [Overdue(awaited, Level(level), due) for level in range(awaited.told + 1, reached + 1)]
    return found


def _breach(one: Overdue, now: Minute) -> Breach:
    a = one.awaited
    return Breach(a.request_id, a.step, a.allocation_id, "silent", one.level, a.ward_id, one.due, now)


def _detail(one: Overdue) -> dict[str, Any]:
    a = one.awaited
    given = {"allocation_id": a.allocation_id} if a.allocation_id else {}
    where = {"ward_id": a.ward_id} if a.ward_id is not None else {}
    return {
        "request_id": a.request_id,
        "step": a.step.value,
        "level": one.level.value,
        "role": one.level.role,
        "due": one.due,
        **given,
        **where,
    }


def _payload(one: Overdue, now: Minute) -> dict[str, Any]:
    wards = sorted({w for w in (one.awaited.ward_id, one.awaited.asking) if w is not None})
    return {"subject": one.awaited.request_id, "minute": now, **_detail(one), "wards": wards}


# --- what is shown ------------------------------------------------------------------------------------------
def breach_json(breach: Breach, zone: str) -> dict[str, Any]:
    """A breach as clients see it."""
    return {
        "request_id": breach.request_id,
        "step": breach.step.value,
        "cause": breach.cause,
        "level": breach.level,
        "role": Level(breach.level).role,
        "ward_id": breach.ward_id,
        "allocation_id": breach.allocation_id or None,
        "due": words.moment(breach.due_minute, zone),
        "told": words.moment(breach.told_minute, zone),
    }


def breaches(connection: Connection, access: Access, ward_id: str | None, zone: str) -> dict[str, Any]:
    """What is overdue now, on the wards the reader may look at, or on one of them."""
    found = [
        breach_json(breach, zone)
        for breach in open_breaches(connection)
        if ward_id in (None, breach.ward_id) and access.allows(breach.ward_id)
    ]
    return {"items": found, "next": None}


# --- targets ------------------------------------------------------------------------------------------------
def targets_of(connection: Connection) -> Targets:
    """The targets in force."""
    own = load_targets(connection)
    return Targets({(t.scope, t.step, t.priority): t.minutes for t in own})


def targets_json(connection: Connection, sight: Sight) -> dict[str, Any]:
    """Every target in force of the hospital and of the wards in sight, as clients see them."""
    own = load_targets(connection)
    found = Targets({(t.scope, t.step, t.priority): t.minutes for t in own})
    whole = [
        _target(None, step, priority, found.minutes(None, step, priority), found.assumed(step, priority))
        for step in ASSUMED
        for priority in Priority
    ]
    single = [
        _target(t.scope, t.step, t.priority, t.minutes, False)
        for t in own
        if t.scope and sight.sees((t.scope,))
    ]
    return {"items": [*whole, *single], "next": None}


def _target(
    ward_id: str | None, step: Any, priority: Priority, minutes: int, assumed: bool
) -> dict[str, Any]:
    return {
        "ward_id": ward_id,
        "step": step.value,
        "follows": FOLLOWS[step].value,
        "priority": priority.name.lower(),
        "minutes": minutes,
        "assumed": assumed,
    }


def set_targets(body: TargetsIn) -> Any:
    """What stores a hospital's own figures; raises ``UnknownReference`` for wards and steps that have none."""
    targets = [Target(t.ward_id or "", t.step, Priority[t.priority.name], t.minutes) for t in body.targets]

    def write(transaction: Transaction) -> Outcome:
        _check(transaction.connection, targets)
        save_targets(transaction, targets)
        set_now = [f"{t.scope or '*'} {t.step.value} {t.priority.name.lower()} {t.minutes}" for t in targets]
        entry = AuditEntry("targets.changed", "hospital", {"set": set_now})
        wards = sorted({t.scope for t in targets if t.scope})
        payload = {"subject": "hospital", "minute": transaction.now.minute, "set": set_now, "wards": wards}
        answer = Answer(200, targets_json(transaction.connection, EVERYTHING))
        return Outcome(answer, (entry,), (Event("targets.changed", payload),), touched=())

    return write


def _check(connection: Connection, targets: list[Target]) -> None:
    known = set(connection.scalars(select(ward.c.id)))
    wrong = [
        Place(pointer("targets", number, "ward_id"), "the id of a ward (GET /wards)")
        for number, target in enumerate(targets)
        if target.scope and target.scope not in known
    ]
    wrong += [
        Place(pointer("targets", number, "step"), f"one of {', '.join(ASSUMED)}")
        for number, target in enumerate(targets)
        if target.step not in ASSUMED
    ]
    if wrong:
        raise UnknownReference(wrong)

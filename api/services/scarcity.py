"""Prices of scarce capacity that follow the forecast: computed again by a job, switched by an administrator, shown.

The job reads what was asked for (weeks of it) beside the writer and hands in prices; the writer takes them in at a
revision, so that the same hospital under the same prices decides the same. They hold while somebody switched them on
and while what is asked for is as it was forecast; the profile's own prices hold otherwise (CLINICAL.md, safeguard 4).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from api.errors import StaleRevision, WrongState
from api.schemas.scarcity import SwitchIn
from api.security.access import Access
from api.services.changes import Changes
from api.services.words import moment
from models.clock import CLOCK_ACTOR
from models.commands import Answer, AuditEntry, Command
from models.repositories.scarcity import StoredScarcity, first_request, load_demanded
from solver.engine.rule import Profile
from solver.hospital import Minute
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing import phrases
from solver.placing.forecast import DRIFT_MINUTES, Demanded, drifted, fit, observe
from solver.placing.problem import PlacingOptions
from solver.placing.scarce import RULE_OF, Capacity, Supply, needs, supplies
from solver.placing.scarcity import ClassPrice, caps_of, plain_of, price
from solver.placing.scarcity_told import told_of
from solver.placing.telling import as_json

if TYPE_CHECKING:
    from api.runtime import Runtime

RECORD_MINUTES: Final = 8 * 7 * MINUTES_PER_DAY
"""How far back a forecast looks (assumed: two months)."""

SUBJECT: Final = "scarcity"


@dataclass(frozen=True, slots=True)
class Computed:
    """What the job found; its version is counted on when it is taken in."""

    found: StoredScarcity


@dataclass(frozen=True, slots=True)
class Switch:
    """Let the prices hold or not, as read at a version."""

    version: int
    body: SwitchIn
    access: Access


@dataclass(frozen=True, slots=True)
class Now:
    """The hospital as prices see it."""

    minute: Minute
    supply: dict[Capacity, Supply]
    waiting: Counter[Capacity]
    profile: Profile
    options: PlacingOptions
    stored: StoredScarcity


# --- the job ------------------------------------------------------------------------------------------------
async def recompute(runtime: Runtime) -> bool:
    """Compute the prices again; False if there is nothing to tell: no forecast, as before, or another process was
    first."""
    now = await runtime.look(_now)
    every, before = runtime.settings.scarcity_minutes, now.stored
    if before.version and before.kind == "computed" and now.minute < before.computed + every:
        return False
    since = max(0, now.minute - RECORD_MINUTES)
    record, began = await asyncio.to_thread(_record, runtime, since)
    began = max(since, now.minute if began is None else began)
    found = await asyncio.to_thread(compute, record, began, now, runtime.meta.zone)
    if found.prices is None and before.prices is None:
        return False
    await runtime.submit(Command("scarcity.compute", CLOCK_ACTOR, Computed(found)))
    return True


def _now(changes: Changes) -> Now:
    records = changes.records
    waiting = Counter(
        capacity
        for case in changes.desk.cases.values()
        if case.allocation is None
        for capacity in needs(case.request, records.persons[case.request.person_id])
    )
    stored = changes.desk.scarcity
    return Now(changes.now, supplies(records), waiting, plain_of(records.profile), records.options, stored)


def _record(runtime: Runtime, since: Minute) -> tuple[list[Demanded], Minute | None]:
    with runtime.database.reading() as connection:
        return load_demanded(connection, since), first_request(connection)


def compute(record: list[Demanded], began: Minute, now: Now, zone: str) -> StoredScarcity:
    """Prices from everything that was asked for since ``began``. The last day is left out of the forecast and compared
    with it."""
    until = now.minute - DRIFT_MINUTES
    forecast = fit(record, began, until, zone) if began < until else None
    if forecast is None:
        return StoredScarcity(computed=now.minute, actor=CLOCK_ACTOR)
    seen = observe(forecast, record, until, now.minute)
    prices = price(forecast, now.supply, now.waiting, now.profile, now.options, now.minute)
    return StoredScarcity(
        computed=now.minute, drifted=drifted(seen), prices=prices, observed=seen, actor=CLOCK_ACTOR
    )


# --- in force -----------------------------------------------------------------------------------------------
def computed(command: Computed, changes: Changes) -> Answer:
    """Take the job's prices in: whether they are switched on stays as it is."""
    before = changes.desk.scarcity
    version = before.version + 1
    prices = command.found.prices
    after = replace(
        command.found,
        version=version,
        switched_on=before.switched_on,
        prices=None if prices is None else replace(prices, version=version),
    )
    changes.use_scarcity(after)
    detail = {"version": version, "weights": {} if prices is None else dict(prices.weights)}
    changes.audit.append(AuditEntry("scarcity.computed", SUBJECT, detail))
    if after.drifted and not before.drifted:
        classes = [capacity.value for capacity in after.drifted]
        changes.tell("scarcity.drifted", SUBJECT, version=version, classes=classes)
    return Answer(200, {"version": version})


def switch(command: Switch, changes: Changes) -> Answer:
    """Let the prices hold, or the profile's own: what is decided after this in the batch is decided so already.

    Raises ``StaleRevision`` if other prices were computed since, ``WrongState`` if it is so already.
    """
    command.access.require(None)
    before, on = changes.desk.scarcity, command.body.on
    if command.version != before.version:
        raise StaleRevision(before.version)
    if on is before.switched_on:
        raise WrongState(f"The prices are switched {'on' if on else 'off'} already.")
    version, reason = before.version + 1, command.body.reason
    prices = None if before.prices is None else replace(before.prices, version=version)
    after = replace(
        before,
        version=version,
        kind="switched",
        switched_on=on,
        prices=prices,
        reason=reason,
        actor=changes.actor,
    )
    changes.use_scarcity(after)
    changes.tell("scarcity.switched", SUBJECT, version=version, on=on)
    told = {"switched_on": on, "in_force": after.in_force is not None, "revision": version}
    return Answer(200, told)


# --- shown --------------------------------------------------------------------------------------------------
def shown(changes: Changes) -> dict[str, Any]:
    """The prices beside the profile's own and their caps, the forecast beside what was asked for."""
    stored, plain = changes.desk.scarcity, plain_of(changes.records.profile)
    weights = {} if stored.prices is None else stored.prices.weights
    classes = () if stored.prices is None else stored.prices.classes
    return {
        "revision": stored.version,
        "hospital_revision": changes.desk.revision,
        "enabled": changes.practice.scarcity_minutes > 0,
        "switched_on": stored.switched_on,
        "in_force": stored.in_force is not None,
        "drifted": [capacity.value for capacity in stored.drifted],
        "computed_at": moment(stored.computed, changes.zone) if stored.computed else None,
        "prices": [
            {
                "rule_id": rule.id,
                "plain": plain.weight(rule),
                "price": weights.get(rule.id),
                "cap": caps_of(plain)[rule.id],
                "in_force": changes.records.profile.weight(rule),
            }
            for rule in dict.fromkeys(RULE_OF.values())
        ],
        "classes": [_class(each, stored) for each in classes],
    }


def _class(each: ClassPrice, stored: StoredScarcity) -> dict[str, Any]:
    seen = stored.observed.get(each.capacity)
    return {
        "capacity": each.capacity.value,
        "rule_id": RULE_OF[each.capacity].id,
        "units": each.units,
        "free": each.free,
        "waiting": each.waiting,
        "expected_within_6_hours": each.expected_hundredths / 100,
        "bid": each.bid,
        "asked_for_last_day": None if seen is None else seen.count,
        "forecast_for_last_day": None if seen is None else round(seen.expected, 2),
        "drifted": each.capacity in stored.drifted,
        "sentence": as_json(phrases.SCARCE_CLASS.of(**told_of(each))),
    }

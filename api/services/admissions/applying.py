"""Applying a plan of admissions: each item is booked by the rules and guards of any placing, or told as a conflict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from api.errors import Place, StaleRevision, UnknownReference, WrongState
from api.places import pointer
from api.schemas.admissions import ApplyIn
from api.security.access import Access
from api.services.admissions.items import Item, items_of
from api.services.admissions.showing import item_json
from api.services.admissions.waiting import plannable, seen
from api.services.cases import Case
from api.services.changes import Changes
from api.services.placing import decide, rules_broken, settle
from models.commands import Answer
from models.repositories import admissions
from models.repositories.admissions import StoredItem
from solver.hospital import Allocation, Minute
from solver.placing import phrases
from solver.placing.ahead import as_it_waits
from solver.placing.problem import Method, Within
from solver.placing.telling import as_json

OPEN, KEPT = "open", "kept"
GONE, CHANGED, PAST, RULES = "gone", "changed", "past", "rules"
SENTENCES: Final = {
    GONE: phrases.PLAN_GONE,
    CHANGED: phrases.PLAN_CHANGED,
    PAST: phrases.PLAN_PAST,
    RULES: phrases.PLAN_RULES,
}


@dataclass(frozen=True, slots=True)
class Apply:
    """Book a plan's items; ``revision``: how often it was applied when it was seen."""

    plan_id: str
    revision: int
    body: ApplyIn
    access: Access


@dataclass(frozen=True, slots=True)
class Became:
    """What became of an item. ``reason`` None: there is no conflict."""

    item: Item
    allocation: Allocation | None
    reason: str | None = None
    rules: tuple[str, ...] = ()
    kept: bool = False


def weight_of(connection: Connection, plan_id: str, body: ApplyIn) -> int:
    """How many placements applying a plan is worth; raises ``NotFound`` or ``WrongState`` if there is no plan."""
    items = items_of(connection, admissions.load_plan(connection, plan_id))
    return max(
        1, sum(one.start is not None for one in items) if body.request_ids is None else len(body.request_ids)
    )


def standing(item: Item, changes: Changes) -> str:
    """How an item stands: open to be booked, booked already, or why it cannot be."""
    case = changes.desk.cases.get(item.request_id)
    if case is None:
        return GONE
    given = case.allocation
    if given is not None and given.start == item.start and given.bed_id in item.beds:
        return KEPT
    if seen(case) != item.seen or not plannable(case, changes):
        return CHANGED
    return PAST if item.start is not None and item.start < changes.now else OPEN


def apply(command: Apply, changes: Changes) -> Answer:
    """Raises ``StaleRevision`` if the plan was applied meanwhile, ``WrongState`` if it has no plan, or if everything
    was to be booked and something cannot be."""
    stored = changes.desk.storage(lambda connection: admissions.load_plan(connection, command.plan_id))
    applied = changes.desk.storage(lambda connection: admissions.last_revision(connection, stored.id))
    if applied != command.revision:
        raise StaleRevision(applied)
    items = _chosen(changes.desk.storage(lambda connection: items_of(connection, stored)), command.body)
    became = _carried_out(items, changes)
    if command.body.all_or_nothing and any(one.reason for one in became):
        raise WrongState(
            "Not every item can be booked; none was.",
            "See which: POST /plans/{id}:check, or apply what can be.",
        )
    rows = [_stored(one, stored.id, applied + 1) for one in became]
    changes.admissions += rows
    count = Counter(row.outcome for row in rows)
    told = {"booked": count["booked"], "kept": count["kept"], "conflicts": count["conflict"]}
    changes.tell("admission.applied", stored.id, revision=applied + 1, **told)
    body = {"plan_id": stored.id, "revision": applied + 1, **told, "items": [item_json(row) for row in rows]}
    return Answer(200, body)


def _chosen(items: Iterable[Item], body: ApplyIn) -> list[Item]:
    """Items that are admitted, of those that were asked for; raises ``UnknownReference``."""
    admitted = {one.request_id: one for one in items if one.start is not None}
    if body.request_ids is None:
        return list(admitted.values())
    unknown = [
        Place(pointer("request_ids", n), "a request that the plan admits, each once")
        for n, request_id in enumerate(body.request_ids)
        if request_id not in admitted or request_id in body.request_ids[:n]
    ]
    if unknown:
        raise UnknownReference(unknown)
    return [admitted[request_id] for request_id in body.request_ids]


def _carried_out(items: Sequence[Item], changes: Changes) -> list[Became]:
    """All old bookings are taken back before a new one is made, so that two may exchange their rooms; who finds no
    place as planned has the old one again, or is decided anew if it has gone."""
    how = {item.request_id: standing(item, changes) for item in items}
    moving = [item for item in items if how[item.request_id] == OPEN]
    cases = {item.request_id: changes.desk.cases[item.request_id] for item in moving}
    for case in cases.values():
        if case.allocation is not None:
            changes.take_back(case)
            changes.came_free = True
    found = {
        item.request_id: _booked(item, cases[item.request_id], changes)
        for item in sorted(moving, key=lambda item: (item.start, item.request_id))
    }
    for request_id, one in found.items():
        if one.reason is not None:
            _as_before(cases[request_id], changes)
    return [found.get(item.request_id) or _untouched(item, how[item.request_id], changes) for item in items]


def _untouched(item: Item, how: str, changes: Changes) -> Became:
    if how != KEPT:
        return Became(item, None, how)
    return Became(item, changes.desk.cases[item.request_id].allocation, kept=True)


def _booked(item: Item, case: Case, changes: Changes) -> Became:
    """Give a case the cheapest of the item's beds at its time, if the rules allow one."""
    live, start = changes.live, _start(item)
    beds = [live.arrays.bed_number[bed] for bed in item.beds if bed in live.arrays.bed_number]
    within = Within(np.array(beds, np.int64), start, start)
    request = as_it_waits(case.request, changes.now)
    priced = live.priced(request, changes.desk.new_id("alc"), waived=case.waived, within=within)
    if priced is None:
        known = [bed for bed in item.beds if bed in live.arrays.bed_number]
        against = live.against(request, known[0], start, case.waived) if known else ()
        return Became(item, None, RULES, against)
    decision = live.judged(case.request, priced[0], Method.BATCH, waived=case.waived)
    if not decision.verified:
        return Became(item, None, RULES, rules_broken(decision, changes))
    settle(case, decision, changes, compare=False)
    return Became(item, decision.allocation)


def _start(item: Item) -> Minute:
    assert item.start is not None, "only items that are admitted are applied"
    return item.start


def _as_before(case: Case, changes: Changes) -> None:
    if case.allocation is None:
        return
    again = changes.live.judged(case.request, case.allocation, Method.BATCH, waived=case.waived)
    if again.verified:
        changes.give(case, case.allocation)
    else:
        settle(case, decide(case, changes), changes, compare=False)


def _stored(one: Became, plan_id: str, revision: int) -> StoredItem:
    outcome = "conflict" if one.reason is not None else "kept" if one.kept else "booked"
    return StoredItem(
        plan_id,
        revision,
        one.item.request_id,
        outcome,
        _start(one.item),
        one.item.room_id or "",
        one.item.theatre_id,
        None if one.allocation is None else one.allocation.id,
        _why(one),
    )


def _why(one: Became) -> dict[str, Any]:
    if one.reason is None:
        return {}
    phrase = SENTENCES[one.reason]
    values = {"rules": one.rules} if one.reason == RULES else {}
    return {"reason": one.reason, "rules": list(one.rules), "told": as_json(phrase.of(**values))}
